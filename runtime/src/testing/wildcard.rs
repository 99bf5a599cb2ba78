//! Patterns in which `*` stands for any text.

/// Whether `text` matches `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match text.find(part) {
            Some(place) => text = &text[place + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "load"),
            ("load", "load"),
            ("l*d", "load"),
            ("*oa*", "load"),
            ("l*o*d", "load"),
            ("GET /*/items", "GET /7/items"),
            ("a*b*b", "abb"),
            ("**", "load"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "load"),
            ("loa", "load"),
            ("l*x", "load"),
            ("lo*oad", "load"),
            ("a*b*b", "ab"),
            ("*x*", "load"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}

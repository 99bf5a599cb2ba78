//! Substitutes `${NAME}` and `${NAME:-default}` in values.
//!
//! Specification: OpenTelemetry, *Configuration Data Model*, "Environment variable substitution".

/// The text with references replaced, once and from left to right; `$$` becomes `$`.
///
/// # Errors
///
/// The mistake in a reference.
pub(super) fn substitute(
    text: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    // A reference cannot contain an escape.
    let parts = text.split("$$").map(|part| replace(part, look_up));
    let parts: Vec<String> = parts.collect::<Result<_, _>>()?;
    Ok(parts.join("$"))
}

fn replace(mut text: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut replaced = String::new();
    while let Some(start) = text.find("${") {
        let (before, reference) = text.split_at(start);
        let Some((reference, rest)) = reference[2..].split_once('}') else {
            break;
        };
        replaced.push_str(before);
        match reference {
            "" => replaced.push_str("${}"),
            reference => replaced.push_str(&value(reference, look_up)?),
        }
        text = rest;
    }
    replaced.push_str(text);
    Ok(replaced)
}

fn value(reference: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let reference = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = reference.split_once(":-").unwrap_or((reference, ""));
    if !is_name(name) {
        return Err(format!(
            "`${{{reference}}}` is not a reference to a variable; write `${{NAME}}` or `${{NAME:-default}}`, or \
             `$$` for a `$`"
        ));
    }
    let value = look_up(name).filter(|value| !value.is_empty());
    Ok(value.unwrap_or_else(|| default.to_owned()))
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    bytes.next().is_some_and(is_start) && bytes.all(|byte| is_start(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substituted(text: &str) -> Result<String, String> {
        substitute(text, &|name| {
            let value = match name {
                "STRING_VALUE" => "value",
                "BOOL_VALUE" => "true",
                "FLOAT_VALUE" => "1.1",
                "INVALID_MAP_VALUE" => "value\nkey:value",
                "REPLACE_ME" => "${DO_NOT_REPLACE_ME}",
                "DO_NOT_REPLACE_ME" => "Never use this value",
                "VALUE_WITH_ESCAPE" => "value$$",
                "EMPTY" => "",
                _ => return None,
            };
            Some(value.to_owned())
        })
    }

    #[test]
    fn the_examples_of_the_specification_hold() {
        for (text, expected) in [
            ("${STRING_VALUE}", "value"),
            ("${env:STRING_VALUE}", "value"),
            ("${INVALID_MAP_VALUE}", "value\nkey:value"),
            ("foo ${STRING_VALUE} ${FLOAT_VALUE}", "foo value 1.1"),
            ("${UNDEFINED_KEY}", ""),
            ("${UNDEFINED_KEY:-fallback}", "fallback"),
            ("${EMPTY:-fallback}", "fallback"),
            ("${REPLACE_ME}", "${DO_NOT_REPLACE_ME}"),
            ("${UNDEFINED_KEY:-${STRING_VALUE}}", "${STRING_VALUE}"),
            ("$${STRING_VALUE}", "${STRING_VALUE}"),
            ("$$${STRING_VALUE}", "$value"),
            ("$$$${STRING_VALUE}", "$${STRING_VALUE}"),
            ("$${STRING_VALUE:-fallback}", "${STRING_VALUE:-fallback}"),
            (
                "$${STRING_VALUE:-${STRING_VALUE}}",
                "${STRING_VALUE:-value}",
            ),
            (
                "${UNDEFINED_KEY:-$${UNDEFINED_KEY}}",
                "${UNDEFINED_KEY:-${UNDEFINED_KEY}}",
            ),
            ("${VALUE_WITH_ESCAPE}", "value$$"),
            ("$${FOO} ${STRING_VALUE} $${BAZ}", "${FOO} value ${BAZ}"),
            ("a $$ b", "a $ b"),
            ("a $ b", "a $ b"),
            ("${", "${"),
            ("${}", "${}"),
        ] {
            assert_eq!(substituted(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_invalid_reference_is_an_error() {
        for text in [
            "${STRING_VALUE:?error}",
            "${1API_KEY}",
            "${API_$KEY}",
            "${sys:home}",
            "${env:}",
            "${ }",
            "${:-x}",
        ] {
            assert!(substituted(text).is_err(), "{text}");
        }
    }
}

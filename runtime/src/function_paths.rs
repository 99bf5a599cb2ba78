//! The paths against which the patterns of a filter are matched.

/// The path of a function, and a second path of a method.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paths {
    path: String,
    /// The path of a method without its type, as an attribute on the method itself does not know the type.
    without_type: Option<String>,
}

impl Paths {
    /// The path of a function whose name the macro knows.
    pub(crate) fn of(module: &str, function: &str) -> Self {
        Paths::whole(&format!("{module}::{function}"))
    }

    /// A function with this path.
    pub(crate) fn whole(path: &str) -> Self {
        Paths {
            path: path.replace("r#", ""),
            without_type: None,
        }
    }

    /// The function around a closure, by the name of the closure's type:
    /// `shop::db::Store::load::{{closure}}::__TRACED_SITE::{{closure}}`, or
    /// `<shop::db::Store as shop::Load>::load::..` where a trait is implemented.
    ///
    /// The compiler does not guarantee such names; a name that cannot be parsed becomes a path that only a
    /// pattern with `*` matches.
    pub(crate) fn around(module: &str, closure: &str) -> Self {
        let module = module.replace("r#", "");
        let name = without_arguments(&of_its_type(closure));
        let segments: Vec<&str> = name
            .split("::")
            .filter(|segment| !["", "{{closure}}", "__TRACED_SITE"].contains(segment))
            .collect();
        let name = segments.join("::");
        let below = name.strip_prefix(&module);
        let function = below
            .and_then(|below| below.strip_prefix("::"))
            .map_or_else(
                // The type is of another module.
                || segments[segments.len().saturating_sub(2)..].join("::"),
                ToOwned::to_owned,
            );
        let method = function.rsplit_once("::").map(|(_, method)| method);
        Paths {
            without_type: method.map(|method| format!("{module}::{method}")),
            path: format!("{module}::{function}"),
        }
    }

    /// The path with the type.
    #[cfg_attr(
        not(feature = "init"),
        allow(dead_code, reason = "only our own provider passes call sites on")
    )]
    pub(crate) fn into_path(self) -> String {
        self.path
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        [Some(&self.path), self.without_type.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// `<Type as Trait>::method` → `Type::method`.
fn of_its_type(name: &str) -> String {
    let Some(qualified) = name.strip_prefix('<') else {
        return name.to_owned();
    };
    let mut brackets = brackets(qualified);
    let Some((end, ..)) = brackets.find(|(_, depth, _)| *depth < 0) else {
        return name.to_owned();
    };
    let (qualified, method) = (&qualified[..end], &qualified[end + 1..]);
    let owner = qualified
        .rsplit_once(" as ")
        .map_or(qualified, |(owner, _)| owner);
    format!("{}{method}", owner.trim_start_matches(['&', ' ']))
}

/// `Store<T>::load::<U>` → `Store::load::`.
fn without_arguments(name: &str) -> String {
    let outside = brackets(name).filter(|(_, depth, letter)| *depth == 0 && *letter != '>');
    outside.map(|(.., letter)| letter).collect()
}

/// Each character with its index and the number of open brackets after it.
fn brackets(name: &str) -> impl Iterator<Item = (usize, i32, char)> {
    let mut depth = 0;
    let mut before = ' ';
    name.char_indices().map(move |(at, letter)| {
        match letter {
            '<' => depth += 1,
            // The arrow of `fn() -> T` is not a closing bracket.
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        before = letter;
        (at, depth, letter)
    })
}

#[cfg(test)]
mod tests {
    use super::Paths;

    #[track_caller]
    fn check(closure: &str, expected: &[&str]) {
        let paths = Paths::around("shop::db", closure);
        assert_eq!(paths.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_function() {
        check(
            "shop::db::load::__TRACED_SITE::{{closure}}",
            &["shop::db::load"],
        );
    }

    #[test]
    fn a_method_has_two() {
        check(
            "shop::db::Store::load::{{closure}}::__TRACED_SITE::{{closure}}",
            &["shop::db::Store::load", "shop::db::load"],
        );
    }

    #[test]
    fn a_method_of_a_generic_type() {
        check(
            "shop::db::Store<T, fn(A) -> B>::load::<U>::{{closure}}",
            &["shop::db::Store::load", "shop::db::load"],
        );
    }

    #[test]
    fn an_implementation_of_a_trait() {
        check(
            "<shop::db::Store<a::B> as shop::Load<X>>::load::{{closure}}",
            &["shop::db::Store::load", "shop::db::load"],
        );
    }

    #[test]
    fn a_type_of_another_module() {
        check(
            "shop::model::Order::load::{{closure}}",
            &["shop::db::Order::load", "shop::db::load"],
        );
    }

    #[test]
    fn a_name_that_cannot_be_parsed() {
        check("<?>", &["shop::db::?"]);
    }
}

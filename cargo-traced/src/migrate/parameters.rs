//! The parameters of a function: `#[instrument]` records all that are not skipped.

use syn::{FnArg, Pat, Signature, Type};

/// The parameters as attributes: `id`, `?order`. Each name is written once: of two parameters of one name, a `cfg`
/// leaves one, which is shown by `Debug` unless both are values.
pub(super) fn recorded(signature: &Signature, skipped: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<(String, bool)> = Vec::new();
    let mut add =
        |name: String, is_value: bool| match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, are_values)) => *are_values &= is_value,
            None => found.push((name, is_value)),
        };
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(_) if !skipped("self") => add("self".to_owned(), false),
            FnArg::Receiver(_) => {}
            FnArg::Typed(parameter) => {
                let by_value = is_value(&parameter.ty);
                for (name, is_whole) in names(&parameter.pat, true) {
                    if !skipped(name.strip_prefix("r#").unwrap_or(&name)) {
                        add(name, by_value && is_whole);
                    }
                }
            }
        }
    }
    let written = found.into_iter().map(|(name, is_value)| match is_value {
        true => name,
        false => format!("?{name}"),
    });
    written.collect()
}

/// The names that stand in patterns, and are not whole parameters.
pub(super) fn in_patterns(signature: &Signature) -> Vec<String> {
    let parameters = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(names(&parameter.pat, true)),
        FnArg::Receiver(_) => None,
    });
    let inner = parameters.flatten().filter(|(_, is_whole)| !is_whole);
    inner
        .map(|(name, _)| name.strip_prefix("r#").unwrap_or(&name).to_owned())
        .collect()
}

/// The names that a pattern binds, each with whether it is the whole parameter.
fn names(pattern: &Pat, is_whole: bool) -> Vec<(String, bool)> {
    match pattern {
        Pat::Ident(name) => vec![(name.ident.to_string(), is_whole)],
        Pat::Reference(reference) => names(&reference.pat, false),
        Pat::Struct(pattern) => pattern
            .fields
            .iter()
            .flat_map(|field| names(&field.pat, false))
            .collect(),
        Pat::Tuple(tuple) => tuple
            .elems
            .iter()
            .flat_map(|part| names(part, false))
            .collect(),
        Pat::TupleStruct(tuple) => tuple
            .elems
            .iter()
            .flat_map(|part| names(part, false))
            .collect(),
        _ => Vec::new(),
    }
}

/// Types that `tracing` records as values and not by `Debug`, and that implement `ToValue` as well.
fn is_value(ty: &Type) -> bool {
    const NAMES: &[&str] = &[
        "String", "bool", "f32", "f64", "i16", "i32", "i64", "i8", "isize", "str", "u16", "u32",
        "u64", "u8", "usize",
    ];
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last();
            last.is_some_and(|last| {
                last.arguments.is_none() && NAMES.iter().any(|name| last.ident == name)
            })
        }
        Type::Reference(reference) if reference.mutability.is_none() => is_value(&reference.elem),
        Type::Paren(inner) => is_value(&inner.elem),
        Type::Group(inner) => is_value(&inner.elem),
        _ => false,
    }
}

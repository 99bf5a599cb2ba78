//! A type as a tree of names that are known, and the comparison of two.

use quote::ToTokens;

use super::scopes::Meaning;

/// A type as it was written, or as a field, an alias or a generic parameter says that it is.
#[derive(Clone)]
pub(super) struct Ty {
    pub(super) written: String,
    pub(super) kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    Named {
        meaning: Meaning,
        /// The name by which it is declared, also where it was imported by another.
        name: String,
        arguments: Vec<Ty>,
    },
    Reference(Box<Ty>),
    Tuple(Vec<Ty>),
    /// A closure or a future behind a pointer.
    Work,
    /// A generic parameter, or a type of one.
    Parameter,
    /// `_`, and types that are compared by how they are written.
    Other,
}

/// How far two types are known to be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sameness {
    Different,
    Perhaps,
    Same,
}

impl Ty {
    pub(super) fn parameter(name: &str) -> Self {
        Ty {
            written: name.to_owned(),
            kind: Kind::Parameter,
        }
    }

    /// `_`
    pub(super) fn inferred() -> Self {
        Ty {
            written: "_".to_owned(),
            kind: Kind::Other,
        }
    }

    pub(super) fn is_inferred(&self) -> bool {
        self.written == "_"
    }

    /// A type of another crate.
    pub(super) fn foreign(name: &str, argument: Ty) -> Self {
        Ty {
            written: name.to_owned(),
            kind: named(
                Meaning::Foreign(vec![name.to_owned()]),
                name,
                vec![argument],
            ),
        }
    }

    /// The name of a type that is not of this package.
    pub(super) fn name_elsewhere(&self) -> Option<&str> {
        match &self.kind {
            Kind::Named { meaning, name, .. } => {
                (!matches!(meaning, Meaning::Declared(..))).then_some(name)
            }
            _ => None,
        }
    }

    pub(super) fn first_argument(&self) -> Option<&Ty> {
        match &self.kind {
            Kind::Named { arguments, .. } => arguments.first(),
            _ => None,
        }
    }

    pub(super) fn same(&self, other: &Ty) -> Sameness {
        match (&self.kind, &other.kind) {
            (
                Kind::Named {
                    meaning,
                    name,
                    arguments,
                },
                Kind::Named {
                    meaning: other_meaning,
                    name: other_name,
                    arguments: other_arguments,
                },
            ) => match name == other_name {
                true => {
                    same_meaning(meaning, other_meaning).min(same_parts(arguments, other_arguments))
                }
                false => Sameness::Different,
            },
            (Kind::Reference(own), Kind::Reference(other)) => own.same(other),
            (Kind::Tuple(own), Kind::Tuple(other)) if own.len() == other.len() => {
                same_parts(own, other)
            }
            (Kind::Parameter | Kind::Work, _) | (_, Kind::Parameter | Kind::Work) => {
                Sameness::Perhaps
            }
            _ if self.is_inferred() || other.is_inferred() => Sameness::Perhaps,
            (Kind::Other, Kind::Other) if self.written == other.written => Sameness::Same,
            _ => Sameness::Different,
        }
    }
}

/// A named type. What another crate declares keeps that name where it was imported by another, and a single letter that
/// nobody declares is a generic parameter of an `impl`.
pub(super) fn named(meaning: Meaning, written: &str, arguments: Vec<Ty>) -> Kind {
    let name = match &meaning {
        Meaning::Declared(_, name) | Meaning::Undeclared(_, name) => name.clone(),
        Meaning::Foreign(path) => path.last().cloned().unwrap_or_default(),
        Meaning::Module(_) | Meaning::Unknown => written.to_owned(),
    };
    match (&meaning, name.len()) {
        (Meaning::Undeclared(..) | Meaning::Unknown, 1) => Kind::Parameter,
        _ => Kind::Named {
            meaning,
            name,
            arguments,
        },
    }
}

fn same_meaning(one: &Meaning, other: &Meaning) -> Sameness {
    match (one, other) {
        (Meaning::Unknown | Meaning::Module(_), _) | (_, Meaning::Unknown | Meaning::Module(_)) => {
            Sameness::Perhaps
        }
        _ if one == other => Sameness::Same,
        (Meaning::Declared(..), Meaning::Declared(..) | Meaning::Foreign(_))
        | (Meaning::Foreign(_), Meaning::Declared(..)) => Sameness::Different,
        // One crate may export what another declares, and a macro may make what another module declares.
        _ => Sameness::Perhaps,
    }
}

/// The arguments of two types, where one may leave out those that have a default.
fn same_parts(own: &[Ty], other: &[Ty]) -> Sameness {
    let longer = match own.len() == other.len() {
        true => Sameness::Same,
        false => Sameness::Perhaps,
    };
    let pairs = own.iter().zip(other);
    pairs.fold(longer, |same, (own, other)| same.min(own.same(other)))
}

/// A type as a line: `Vec<&'a str>`.
pub(super) fn written(node: &impl ToTokens) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut text = String::new();
    for part in node.to_token_stream().to_string().split_whitespace() {
        let needs_space = match (text.chars().last(), part.chars().next()) {
            (Some(last), Some(next)) => {
                matches!(last, ',' | '+')
                    || next == '+'
                    || is_word(last) && (is_word(next) || next == '&' || next == '\'')
            }
            _ => false,
        };
        if needs_space {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

//! Lists of attributes.

use proc_macro2::TokenStream;
use syn::{Attribute, Meta};

use super::expressions::is_one_of;

/// Removes the first attribute whose path ends in `name`, and returns its arguments.
pub(crate) fn take_arguments(attributes: &mut Vec<Attribute>, name: &str) -> Option<TokenStream> {
    let is_wanted = |attribute: &Attribute| is_one_of(attribute.path(), &[name]);
    let place = attributes.iter().position(is_wanted)?;
    Some(match attributes.remove(place).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    })
}

/// The `#[cfg(..)]` attributes among them. rustc evaluates those of parameters after the macro.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    let is_condition = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    attributes.iter().filter(is_condition).cloned().collect()
}

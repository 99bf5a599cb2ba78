//! The crate and the container that a function stands in.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Path;

use crate::args::Arg;

/// Where a function stands: in which crate, whose name is the default
/// instrumentation scope, and in which annotated container.
#[derive(Clone)]
pub struct CrateContext {
    /// `CARGO_PKG_NAME`.
    pub name: String,
    /// `CARGO_PKG_VERSION`.
    pub version: String,
    /// `Type`, of the default name `Type::method`.
    pub container: Option<String>,
    /// Whether the attribute stands on a container, and not on the function.
    pub is_in_container: bool,
}

impl CrateContext {
    /// The crate that is being compiled.
    ///
    /// Read here and not with `env!` in the user's crate, because a build
    /// without Cargo has no such variable and would not compile.
    pub fn from_cargo() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        CrateContext {
            name: variable("CARGO_PKG_NAME"),
            version: variable("CARGO_PKG_VERSION"),
            container: None,
            is_in_container: false,
        }
    }

    pub(crate) fn within(&self, container: Option<&str>) -> Self {
        CrateContext {
            container: container.map(ToOwned::to_owned),
            is_in_container: true,
            ..self.clone()
        }
    }
}

pub(crate) fn krate(path: Option<&Arg<Path>>) -> TokenStream {
    match path {
        Some(path) => path.value.to_token_stream(),
        None => quote::quote!(::traced),
    }
}

//! The crate and the annotated container that a function is in.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Path;

use crate::args::Arg;

/// The crate that a function is in, whose name is the default instrumentation scope, and its
/// annotated container.
#[derive(Clone)]
pub struct CrateContext {
    /// `CARGO_PKG_NAME`.
    pub name: String,
    /// `CARGO_PKG_VERSION`.
    pub version: String,
    /// The `Type` in the default span name `Type::method`.
    pub container: Option<String>,
    /// Whether the attribute stands on a container, and not on the function.
    pub is_in_container: bool,
}

impl CrateContext {
    /// The crate that is being compiled.
    ///
    /// The variables are read here, and not with `env!` in generated code, which would not compile where another
    /// build tool than Cargo leaves them unset.
    pub fn from_cargo() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        CrateContext {
            name: variable("CARGO_PKG_NAME"),
            version: variable("CARGO_PKG_VERSION"),
            container: None,
            is_in_container: false,
        }
    }

    /// The context of a function in an annotated container.
    pub(crate) fn within(&self, container: Option<&str>) -> Self {
        CrateContext {
            container: container.map(ToOwned::to_owned),
            is_in_container: true,
            ..self.clone()
        }
    }
}

/// The path of the crate `traced`: `::traced` unless `crate = ..` says otherwise.
pub(crate) fn krate(path: Option<&Arg<Path>>) -> TokenStream {
    match path {
        Some(path) => path.value.to_token_stream(),
        None => quote::quote!(::traced),
    }
}

//! The template of a request's path.

use std::borrow::Cow;
use std::fmt;

/// The path of a request with names in place of its variable parts, such as `/orders/{id}`. It has low
/// cardinality, so it can be part of the span's name.
///
/// A request of `reqwest-middleware` takes it as an extension:
/// `client.get(url).with_extension(UrlTemplate::new("/orders/{id}"))`.
///
/// Specification: OpenTelemetry semantic conventions, *HTTP spans*, `url.template`.
///
/// ```
/// use traced::http_client::UrlTemplate;
///
/// assert_eq!(UrlTemplate::new("/orders/{id}").to_string(), "/orders/{id}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate(Cow<'static, str>);

impl UrlTemplate {
    /// A template: the path with names in braces.
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        UrlTemplate(template.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

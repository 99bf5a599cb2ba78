//! Removes secrets from URLs.

use std::borrow::Cow;

use reqwest::Url;

use crate::http_conventions::redaction::{REDACTED, Redaction};

/// The URL without secrets, as recorded in `url.full`.
pub(super) fn shown<'u>(redaction: &Redaction, url: &'u Url) -> Cow<'u, str> {
    let has_user = !url.username().is_empty() || url.password().is_some();
    let without_secrets = |text| redaction.without_secrets(text);
    let query = url.query().and_then(without_secrets);
    let fragment = url.fragment().and_then(without_secrets);
    if !has_user && query.is_none() && fragment.is_none() {
        return Cow::Borrowed(url.as_str());
    }
    let mut shown = url.clone();
    if has_user {
        // Setting a user fails for URLs that cannot have one, and this URL has one.
        let _ = shown.set_username(REDACTED);
        let _ = shown.set_password(Some(REDACTED));
    }
    if query.is_some() {
        shown.set_query(query.as_deref());
    }
    if fragment.is_some() {
        shown.set_fragment(fragment.as_deref());
    }
    Cow::Owned(shown.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        super::shown(&Redaction::default(), &Url::parse(url).unwrap()).into_owned()
    }

    #[test]
    fn a_url_without_secrets_is_not_changed() {
        for url in [
            "http://orders/7?color=blue&size=%20&empty=&flag#top",
            "https://[::1]:8443/?sig",
            "data:text/plain,token=1",
        ] {
            assert_eq!(shown(url), url);
        }
    }

    #[test]
    fn secrets_are_replaced_and_the_rest_stays() {
        for (url, expected) in [
            ("http://me:pw@host/", "http://REDACTED:REDACTED@host/"),
            ("http://me@host/", "http://REDACTED:REDACTED@host/"),
            (
                "http://host/?a=1&sig=2&b=%2F",
                "http://host/?a=1&sig=REDACTED&b=%2F",
            ),
            ("http://host/?s%69g=2", "http://host/?s%69g=REDACTED"),
            (
                "http://host/#access_token=2&x=1",
                "http://host/#access_token=REDACTED&x=1",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}

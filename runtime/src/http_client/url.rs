//! URLs without their secrets.

use std::borrow::Cow;

use reqwest::Url;

/// The parameters whose values are always secret, in lower case: those that the conventions
/// name, other signatures of storage services, and names that say that the value is secret.
const SECRETS: [&str; 19] = [
    "access_token",
    "api_key",
    "apikey",
    "awsaccesskeyid",
    "client_secret",
    "code_verifier",
    "id_token",
    "password",
    "refresh_token",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-api-key",
    "x-goog-credential",
    "x-goog-signature",
];

const REDACTED: &str = "REDACTED";

/// The query parameters whose values are removed from a URL.
#[derive(Clone, Debug, Default)]
pub(super) struct Redaction {
    parameters: Vec<String>,
}

impl Redaction {
    pub(super) fn add(&mut self, parameters: impl Iterator<Item = String>) {
        self.parameters.extend(parameters);
    }

    /// The URL as `url.full` shows it.
    pub(super) fn shown<'u>(&self, url: &'u Url) -> Cow<'u, str> {
        let has_user = !url.username().is_empty() || url.password().is_some();
        let query = url.query().and_then(|query| self.shown_query(query));
        let fragment = url.fragment().and_then(|text| self.shown_query(text));
        if !has_user && query.is_none() && fragment.is_none() {
            return Cow::Borrowed(url.as_str());
        }
        let mut shown = url.clone();
        if has_user {
            // It fails for URLs that cannot have a user, and this one has.
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

    /// The query, or a fragment that is written like one, if there is a secret in it.
    fn shown_query(&self, query: &str) -> Option<String> {
        if !query.split('&').any(|pair| self.is_secret(pair)) {
            return None;
        }
        let pairs = query.split('&').map(|pair| match self.is_secret(pair) {
            true => Cow::Owned(format!("{}={REDACTED}", key(pair))),
            false => Cow::Borrowed(pair),
        });
        Some(pairs.collect::<Vec<_>>().join("&"))
    }

    fn is_secret(&self, pair: &str) -> bool {
        let Some((key, _)) = pair.split_once('=') else {
            return false;
        };
        let key = decoded(key);
        let is_it = |secret: &str| secret.eq_ignore_ascii_case(&key);
        SECRETS.into_iter().any(is_it) || self.parameters.iter().any(|secret| is_it(secret))
    }
}

fn key(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(key, _)| key)
}

/// A key as its server reads it, with percent-encoding decoded.
fn decoded(key: &str) -> Cow<'_, str> {
    if !key.contains('%') {
        return Cow::Borrowed(key);
    }
    let Ok(mut url) = Url::parse("http://host/") else {
        return Cow::Borrowed(key);
    };
    url.set_query(Some(key));
    let first = url.query_pairs().next();
    first.map_or(Cow::Borrowed(key), |(key, _)| Cow::Owned(key.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        let mut redaction = Redaction::default();
        redaction.add(["Voucher".to_owned()].into_iter());
        redaction.shown(&Url::parse(url).unwrap()).into_owned()
    }

    #[test]
    fn what_is_no_secret_is_shown_as_it_is() {
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
            (
                "http://host/?SIG=2=3&sig=",
                "http://host/?SIG=REDACTED&sig=REDACTED",
            ),
            ("http://host/?s%69g=2", "http://host/?s%69g=REDACTED"),
            ("http://host/?voucher=2", "http://host/?voucher=REDACTED"),
            (
                "http://host/#access_token=2&x=1",
                "http://host/#access_token=REDACTED&x=1",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn the_list_is_in_lower_case_and_in_order() {
        assert!(SECRETS.is_sorted());
        assert!(
            SECRETS
                .iter()
                .all(|secret| secret.to_lowercase() == *secret)
        );
    }
}

//! Removes secrets from query strings.

use std::borrow::Cow;

use crate::percent_encoding::decode;

/// The parameters whose values are always secret, in lower case: those that the conventions list,
/// the signatures of other storage services, and names such as `password`.
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

pub(crate) const REDACTED: &str = "REDACTED";

/// The query parameters whose values are removed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redaction {
    parameters: Vec<String>,
}

impl Redaction {
    pub(crate) fn add(&mut self, parameters: impl Iterator<Item = String>) {
        self.parameters.extend(parameters);
    }

    /// A query, or a fragment in the form of one, without its secrets; `None` if it has none.
    pub(crate) fn without_secrets(&self, query: &str) -> Option<String> {
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

/// A key after percent-decoding, as the server reads it.
fn decoded(key: &str) -> Cow<'_, str> {
    match key.contains(['%', '+']) {
        true => Cow::Owned(decode(key.replace('+', " "))),
        false => Cow::Borrowed(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> Option<String> {
        let mut redaction = Redaction::default();
        redaction.add(["Voucher".to_owned(), "gift card".to_owned()].into_iter());
        redaction.without_secrets(query)
    }

    #[test]
    fn a_query_without_secrets_is_not_changed() {
        for query in ["", "sig", "color=blue&size=%20&empty=&flag", "%=1", "a&&b="] {
            assert_eq!(shown(query), None, "{query}");
        }
    }

    #[test]
    fn secrets_are_replaced_and_the_rest_stays() {
        for (query, expected) in [
            ("a=1&sig=2&b=%2F", "a=1&sig=REDACTED&b=%2F"),
            ("SIG=2=3&sig=", "SIG=REDACTED&sig=REDACTED"),
            ("s%69g=2", "s%69g=REDACTED"),
            ("voucher=2", "voucher=REDACTED"),
            ("gift+card=2", "gift+card=REDACTED"),
        ] {
            assert_eq!(shown(query).as_deref(), Some(expected), "{query}");
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

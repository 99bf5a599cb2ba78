//! The headers in which proxies describe the client's request.
//!
//! A client can write these headers too. Only the first element counts, as the conventions require, and a value
//! that cannot be a host name or a scheme is ignored.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "Setting `server.address` and
//! `server.port` attributes"; RFC 7239, "Forwarded HTTP Extension".

use super::host_and_port;
use crate::propagation::Carrier;

/// The greatest length of a host name.
const LONGEST_NAME: usize = 253;

/// The client's request, as the proxies describe it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    /// The address of the client, without its port.
    pub(crate) client: Option<String>,
    /// The host and the port to which the client sent the request.
    pub(crate) host: Option<(String, Option<u16>)>,
    /// The scheme that the client used.
    pub(crate) scheme: Option<&'static str>,
}

impl Forwarded {
    /// Reads `Forwarded`, then the older `X-Forwarded-*`.
    pub(crate) fn read<H: Carrier + ?Sized>(headers: &H) -> Self {
        let mut found = headers
            .get("forwarded")
            .map(from_standard)
            .unwrap_or_default();
        let older = |key| headers.get(key).map(first);
        if found.client.is_none() {
            found.client = older("x-forwarded-for").and_then(client);
        }
        if found.host.is_none() {
            found.host = older("x-forwarded-host").and_then(host);
        }
        if found.scheme.is_none() {
            found.scheme = older("x-forwarded-proto").and_then(scheme);
        }
        found
    }
}

fn first(list: &str) -> &str {
    list.split(',').next().unwrap_or_default().trim()
}

fn from_standard(header: &str) -> Forwarded {
    let mut found = Forwarded::default();
    for pair in first(header).split(';') {
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches('"');
        match key.trim() {
            key if key.eq_ignore_ascii_case("for") => found.client = client(value),
            key if key.eq_ignore_ascii_case("host") => found.host = host(value),
            key if key.eq_ignore_ascii_case("proto") => found.scheme = scheme(value),
            _ => {}
        }
    }
    found
}

fn client(value: &str) -> Option<String> {
    let (host, _) = host_and_port(value);
    // RFC 7239: `unknown`, and obfuscated identifiers, which begin with `_`.
    let is_known = !host.eq_ignore_ascii_case("unknown") && !host.starts_with('_');
    (is_known && is_name(host)).then(|| host.to_owned())
}

fn host(value: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = host_and_port(value);
    is_name(host).then(|| (host.to_owned(), port))
}

/// The value as a scheme of HTTP.
pub(crate) fn scheme(value: &str) -> Option<&'static str> {
    ["http", "https"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(value))
}

/// Whether a text is a plausible host name or address.
pub(crate) fn is_name(text: &str) -> bool {
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(may_be)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> Forwarded {
        Forwarded::read(&headers.to_vec())
    }

    #[test]
    fn the_standard_header_wins_over_the_older_ones() {
        let found = read(&[
            (
                "forwarded",
                "For=\"[2001:db8::1]:4711\"; proto=HTTPS;host=shop.example:8443, for=10.0.0.1",
            ),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-host", "other"),
            ("x-forwarded-proto", "http"),
        ]);
        assert_eq!(found.client.as_deref(), Some("2001:db8::1"));
        assert_eq!(found.host, Some(("shop.example".to_owned(), Some(8443))));
        assert_eq!(found.scheme, Some("https"));
    }

    #[test]
    fn of_the_older_headers_the_first_element_counts() {
        let found = read(&[
            ("x-forwarded-for", "192.0.2.1:80, 10.0.0.1"),
            ("x-forwarded-host", "shop.example, proxy"),
            ("x-forwarded-proto", "https,http"),
        ]);
        assert_eq!(found.client.as_deref(), Some("192.0.2.1"));
        assert_eq!(found.host, Some(("shop.example".to_owned(), None)));
        assert_eq!(found.scheme, Some("https"));
    }

    #[test]
    fn nonsense_is_ignored() {
        let long = "a".repeat(300);
        for value in ["", ",", "unknown", "_hidden", "<script>", "a b", "é", &long] {
            let found = read(&[
                (
                    "forwarded",
                    &format!("for={value};host={value};proto={value}"),
                ),
                ("x-forwarded-for", value),
                ("x-forwarded-proto", value),
            ]);
            assert_eq!((found.client, found.scheme), (None, None), "{value}");
        }
        assert_eq!(read(&[("forwarded", ";;=;for")]), Forwarded::default());
    }
}

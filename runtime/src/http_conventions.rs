//! Rules of the semantic conventions for HTTP that clients and servers share.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "Attributes", and *URL*.

#[cfg(any(feature = "actix-web", feature = "tower"))]
pub(crate) mod forwarded;
#[cfg(any(feature = "reqwest", feature = "tower"))]
pub(crate) mod hosts;
pub(crate) mod redaction;

/// The name of a method if the conventions list it, as other names could have high cardinality.
pub(crate) fn method_name(method: &str) -> Option<&'static str> {
    const KNOWN: [&str; 10] = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    ];
    KNOWN.into_iter().find(|known| *known == method)
}

/// The value of `network.protocol.version`.
#[cfg(any(feature = "reqwest", feature = "tower"))]
pub(crate) fn version_name(version: http::Version) -> Option<&'static str> {
    use http::Version;

    Some(match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Whether a response has no body because of its status, or one that servers drop unread because the request was a
/// `HEAD`.
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub(crate) fn has_no_body(is_head: bool, status: u16) -> bool {
    is_head || (100..200).contains(&status) || matches!(status, 204 | 304)
}

/// The host and the port of `host:port`, where an IPv6 address is in brackets.
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub(crate) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').unwrap_or((rest, ""));
            (host, rest.strip_prefix(':'))
        }
        None => match authority.rsplit_once(':') {
            // More than one colon and no brackets: an IPv6 address alone.
            Some((host, _)) if host.contains(':') => (authority, None),
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    (host, port.and_then(|port| port.parse().ok()))
}

#[cfg(all(test, any(feature = "actix-web", feature = "tower")))]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_split_into_host_and_port() {
        for (authority, expected) in [
            ("orders", ("orders", None)),
            ("orders:80", ("orders", Some(80))),
            ("[::1]:8443", ("::1", Some(8443))),
            ("[::1]", ("::1", None)),
            ("::1", ("::1", None)),
            ("orders:", ("orders", None)),
            ("orders:99999", ("orders", None)),
            ("[", ("", None)),
            ("", ("", None)),
        ] {
            assert_eq!(host_and_port(authority), expected, "{authority}");
        }
    }

    #[test]
    fn only_listed_methods_have_a_name() {
        assert_eq!(method_name("GET"), Some("GET"));
        for other in ["get", "BREW", ""] {
            assert_eq!(method_name(other), None, "{other}");
        }
    }
}

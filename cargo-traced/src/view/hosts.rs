//! Rejects requests of other web pages, which must neither send spans nor read them.
//!
//! Any web page can make a browser send requests to the loopback. Such a request has the page's `Origin`. If the
//! name of the page was made to resolve to the loopback (DNS rebinding), the request has that name as `Host`.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

/// The names under which this process answers.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    listen: Option<IpAddr>,
    ports: Vec<u16>,
    allowed: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(listen: Option<IpAddr>, ports: Vec<u16>, allowed: &[String]) -> Self {
        Hosts {
            listen,
            ports,
            allowed: allowed
                .iter()
                .map(|host| host.to_ascii_lowercase())
                .collect(),
        }
    }

    /// The reason to refuse a request; `None` if it is allowed.
    pub(crate) fn refusal(&self, uri: &Uri, headers: &HeaderMap) -> Option<&'static str> {
        let Some(host) = host(uri, headers) else {
            return Some("the request does not say which host it is for");
        };
        if !self.is_ours(&host) {
            return Some("the request is for another host; `--allow-host` allows one more");
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if !origins.all(|origin| is_origin_of(&host, origin.as_bytes())) {
            return Some("the request is of another web page");
        }
        let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
        // Another site may link to the page, and may request nothing else.
        let is_foreign = is("sec-fetch-site", "cross-site") || is("sec-fetch-site", "same-site");
        if is_foreign && !is("sec-fetch-mode", "navigate") {
            return Some("the request is of another web page");
        }
        None
    }

    fn is_ours(&self, host: &Authority) -> bool {
        let name = host.host().to_ascii_lowercase();
        let port = host.port_u16();
        let with_port = format!("{name}:{}", port.unwrap_or(80));
        if self
            .allowed
            .iter()
            .any(|allowed| *allowed == name || *allowed == with_port)
        {
            return true;
        }
        if !self.ports.contains(&port.unwrap_or(80)) {
            return false;
        }
        let address = name
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        match (address, self.listen) {
            (Err(_), _) => name == "localhost",
            (Ok(address), None) => address.is_loopback(),
            // A literal address is not resolved, so DNS rebinding cannot forge it.
            (Ok(_), Some(listen)) if listen.is_unspecified() => true,
            (Ok(address), Some(listen)) => address == listen,
        }
    }
}

/// The host that a request names, in its URI (HTTP/2) or in its header; `None` if the two differ.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let mut named = headers
        .get_all(header::HOST)
        .iter()
        .map(|value| Authority::try_from(value.as_bytes()).ok())
        .chain(uri.authority().map(|authority| Some(authority.clone())));
    let first = named.next()??;
    // `user@localhost` names a host only in a URI.
    let is_plain = !first.as_str().contains('@');
    (is_plain && named.all(|other| other.as_ref() == Some(&first))).then_some(first)
}

fn is_origin_of(host: &Authority, origin: &[u8]) -> bool {
    let origin = origin.strip_prefix(b"http://");
    origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host.as_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(hosts: &Hosts, lines: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        hosts
            .refusal(&Uri::from_static("/v1/traces"), &headers)
            .is_some()
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let hosts = Hosts::new(
            None,
            vec![4317, 4318],
            &["tunnel".to_owned(), "box:9000".to_owned()],
        );
        for host in [
            "localhost:4318",
            "127.0.0.1:4317",
            "[::1]:4318",
            "LOCALHOST:4318",
            "127.1.2.3:4318",
            "tunnel:1",
            "box:9000",
        ] {
            assert!(!is_refused(&hosts, &[("host", host)]), "{host}");
        }
        for host in [
            "evil.example:4318",
            "localhost",
            "localhost:80",
            "localhost:4319",
            "localhost.evil.example:4318",
            "10.0.0.1:4318",
            "127.0.0.1.evil.example:4318",
            "x@localhost:4318",
            "box:4318",
            "",
            "[::2]:4318",
            "localhost:4318,evil.example",
        ] {
            assert!(is_refused(&hosts, &[("host", host)]), "{host}");
        }
        assert!(is_refused(&hosts, &[]));
        assert!(is_refused(
            &hosts,
            &[("host", "localhost:4318"), ("host", "evil.example:4318")]
        ));
    }

    #[test]
    fn only_our_own_page_is_answered() {
        let hosts = Hosts::new(None, vec![4318], &[]);
        let own = ("host", "localhost:4318");
        assert!(!is_refused(
            &hosts,
            &[own, ("origin", "http://localhost:4318")]
        ));
        assert!(!is_refused(
            &hosts,
            &[own, ("sec-fetch-site", "same-origin")]
        ));
        assert!(!is_refused(
            &hosts,
            &[
                own,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate")
            ]
        ));
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost:3000",
            "https://localhost:4318",
            "http://127.0.0.1:4318",
            "",
        ] {
            assert!(is_refused(&hosts, &[own, ("origin", origin)]), "{origin}");
        }
        assert!(is_refused(
            &hosts,
            &[
                own,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors")
            ]
        ));
        assert!(is_refused(
            &hosts,
            &[
                own,
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "cors")
            ]
        ));
    }

    #[test]
    fn a_request_of_http_2_has_its_host_in_the_uri() {
        let hosts = Hosts::new(None, vec![4317], &[]);
        let refusal = |uri: &'static str| hosts.refusal(&Uri::from_static(uri), &HeaderMap::new());
        assert_eq!(refusal("http://localhost:4317/x"), None);
        assert!(refusal("http://evil.example:4317/x").is_some());
    }

    #[test]
    fn a_listener_for_other_machines_answers_to_addresses() {
        let any = Hosts::new(Some("0.0.0.0".parse().unwrap()), vec![4318], &[]);
        assert!(!is_refused(&any, &[("host", "10.0.0.1:4318")]));
        assert!(is_refused(&any, &[("host", "evil.example:4318")]));
        let one = Hosts::new(Some("10.0.0.1".parse().unwrap()), vec![4318], &[]);
        assert!(!is_refused(&one, &[("host", "10.0.0.1:4318")]));
        assert!(is_refused(&one, &[("host", "10.0.0.2:4318")]));
    }
}

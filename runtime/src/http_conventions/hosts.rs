//! The hosts that get the baggage.

use std::net::IpAddr;

/// Top-level domains that are not delegated on the internet.
const INSIDE: [&str; 4] = ["internal", "local", "localhost", "svc"];

/// A list of hosts.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    internal: bool,
    named: Vec<String>,
}

impl Default for Hosts {
    fn default() -> Self {
        Hosts {
            internal: true,
            named: Vec::new(),
        }
    }
}

impl Hosts {
    pub(crate) fn allow(&mut self, hosts: impl Iterator<Item = String>) {
        let hosts = hosts.map(|host| host.to_ascii_lowercase());
        self.named.extend(hosts);
    }

    pub(crate) fn exclude_internal(&mut self) {
        self.internal = false;
    }

    pub(crate) fn include(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
        let host = &*host.to_ascii_lowercase();
        self.named.iter().any(|named| matches(named, host)) || self.internal && is_internal(host)
    }
}

fn matches(named: &str, host: &str) -> bool {
    match named.strip_prefix("*.") {
        Some(domain) => is_below(host, domain),
        None => named == "*" || named.trim_matches(['[', ']']) == host,
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    let label = host.strip_suffix(domain);
    label.is_some_and(|label| label.len() > 1 && label.ends_with('.'))
}

fn is_internal(host: &str) -> bool {
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => !host.contains('.') || INSIDE.into_iter().any(|domain| is_below(host, domain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn includes(hosts: &Hosts, host: &str) -> bool {
        hosts.include(host)
    }

    #[test]
    fn internal_hosts_are_known_by_their_names_and_addresses() {
        let hosts = Hosts::default();
        for host in [
            "localhost",
            "orders",
            "ORDERS.",
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "[::1]",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
            "orders.shop.svc",
            "orders.shop.svc.cluster.local",
            "db.internal",
            "a.localhost",
        ] {
            assert!(includes(&hosts, host), "{host}");
        }
        for host in [
            "example.com",
            "8.8.8.8",
            "172.32.0.1",
            "169.254.169.254",
            "[2001:db8::1]",
            "[fe80::1]",
            "[::ffff:8.8.8.8]",
            "internal.example.com",
            "notlocal.com",
            "localhost.example.com",
        ] {
            assert!(!includes(&hosts, host), "{host}");
        }
    }

    #[test]
    fn a_name_matches_that_host_and_a_star_the_names_below() {
        let mut hosts = Hosts::default();
        let named = [
            "Orders.Example.com",
            "*.corp.example.com",
            "8.8.8.8",
            "[2001:db8::1]",
        ];
        hosts.allow(named.into_iter().map(str::to_owned));
        for host in [
            "orders.example.com",
            "a.corp.example.com",
            "a.b.corp.example.com",
            "8.8.8.8",
            "[2001:db8::1]",
        ] {
            assert!(includes(&hosts, host), "{host}");
        }
        for host in [
            "example.com",
            "corp.example.com",
            "evilcorp.example.com",
            "8.8.4.4",
        ] {
            assert!(!includes(&hosts, host), "{host}");
        }
    }

    #[test]
    fn internal_hosts_can_be_excluded_and_all_hosts_allowed() {
        let mut hosts = Hosts::default();
        hosts.exclude_internal();
        assert!(!includes(&hosts, "localhost"));
        hosts.allow(["*".to_owned()].into_iter());
        assert!(includes(&hosts, "example.com"));
    }
}

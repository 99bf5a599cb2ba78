//! The attributes of the OpenTelemetry semantic conventions, for a look-up at
//! compile time. `cargo xtask semconv` generates the data from the tables in `macros/semconv`.

mod generated;
mod types;
mod typo;

use self::generated::{DEPRECATED, IN_FORCE};
pub(crate) use self::types::{Instead, Type};

/// Attributes in force that are not in the tables, although deprecated attributes were renamed to them.
static ALSO_IN_FORCE: &[(&str, Type)] = &[
    ("client.address", Type::String),
    ("client.port", Type::Int),
    ("destination.address", Type::String),
    ("destination.port", Type::Int),
    ("server.address", Type::String),
    ("server.port", Type::Int),
    ("session.id", Type::String),
    ("session.previous_id", Type::String),
    ("source.address", Type::String),
    ("source.port", Type::Int),
    ("thread.id", Type::Int),
    ("thread.name", Type::String),
];

/// The type of an attribute in force.
pub(crate) fn type_of(key: &str) -> Option<Type> {
    find(IN_FORCE, key).or_else(|| find(ALSO_IN_FORCE, key))
}

fn in_force() -> impl Iterator<Item = &'static (&'static str, Type)> {
    IN_FORCE.iter().chain(ALSO_IN_FORCE)
}

/// The replacement of an attribute that is no longer in force.
pub(crate) fn deprecated(key: &str) -> Option<Instead> {
    find(DEPRECATED, key).filter(|instead| *instead != Instead::Moved)
}

fn find<T: Copy>(table: &[(&str, T)], key: &str) -> Option<T> {
    let place = table
        .binary_search_by(|(known, _)| (*known).cmp(key))
        .ok()?;
    Some(table[place].1)
}

/// The attribute that a key is probably a misspelling of.
///
/// Applications define keys in the same namespaces, so similarity proves little: only one part of the key may
/// differ, and only as a typing error would change it.
pub(crate) fn meant(key: &str) -> Option<&'static str> {
    let first = &key[..=key.find('.')?];
    let rest = &key[first.len() - 1..];
    if key.len() < 8 {
        return None;
    }
    // This runs for every key that an application defines, so the cheap checks come first.
    let mut likely = in_force().map(|(known, _)| *known).filter(|known| {
        known.len().abs_diff(key.len()) <= 2
            && (known.starts_with(first) || known.ends_with(rest))
            && typo::is_typo(key, known)
    });
    let found = likely.next()?;
    // With two candidates, the key is more likely one of the application.
    let is_certain = likely.next().is_none() && !is_known(key);
    is_certain.then_some(found)
}

/// Whether the conventions have the key, a key below it, or a template above it.
fn is_known(key: &str) -> bool {
    let begins = |longer: &str, shorter: &str| {
        longer
            .strip_prefix(shorter)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    find(DEPRECATED, key).is_some()
        || find(IN_FORCE, key).is_some()
        || IN_FORCE
            .iter()
            .any(|(known, ty)| begins(known, key) || (*ty == Type::Template && begins(key, known)))
}

/// Whether the part is a word of the conventions: `device.mode` is not a misspelt `device.model`.
fn is_word_of_conventions(part: &str) -> bool {
    let mut keys = in_force().map(|(known, _)| *known);
    keys.any(|known| known.split(['.', '_']).any(|word| word == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole_and_sorted() {
        assert_eq!((IN_FORCE.len(), DEPRECATED.len()), (724, 207));
        assert!(IN_FORCE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ALSO_IN_FORCE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(DEPRECATED.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_new_name_is_in_force() {
        for (key, instead) in DEPRECATED {
            if let Instead::Renamed(new) = instead {
                assert!(type_of(new).is_some(), "{key} → {new}");
            }
            assert!(type_of(key).is_none(), "{key} is in force");
        }
    }

    #[test]
    fn the_first_and_the_last_are_found() {
        for (key, ty) in IN_FORCE {
            assert_eq!(type_of(key), Some(*ty));
        }
        assert_eq!(type_of("order.id"), None);
        assert_eq!(
            deprecated("http.method"),
            Some(Instead::Renamed("http.request.method"))
        );
        assert_eq!(deprecated("db.user"), Some(Instead::Removed));
        assert_eq!(deprecated("gen_ai.request.model"), None);
    }

    #[test]
    fn typos_are_recognised() {
        for (written, known) in [
            ("db.sytem.name", "db.system.name"),
            ("http.reqeust.method", "http.request.method"),
            ("htpp.request.method", "http.request.method"),
            ("http.response.staus_code", "http.response.status_code"),
            ("sever.address", "server.address"),
            ("messaging.destnation.name", "messaging.destination.name"),
            ("messaging.destnatoin.name", "messaging.destination.name"),
            ("http.rout", "http.route"),
            ("http.respons.status_code", "http.response.status_code"),
            ("db.namespac", "db.namespace"),
            ("httpp.request.method", "http.request.method"),
            ("htp.request.method", "http.request.method"),
            ("error.tpye", "error.type"),
            ("server.prot", "server.port"),
            ("db.query.txt", "db.query.text"),
            ("http.request_method", "http.request.method"),
            ("db.system_name", "db.system.name"),
            ("erver.address", "server.address"),
        ] {
            assert_eq!(meant(written), Some(known), "{written}");
        }
    }

    #[test]
    fn keys_of_applications_are_no_typos() {
        for key in [
            "order.id",
            "app.user.id",
            "db.pool",
            "db.pool.size",
            "user.role",
            "user.game",
            "http.router",
            "http.request.id",
            "http.request",
            "http.request.header.x-id",
            "device.mode",
            "grpc.request.metadata.key",
            "db.query",
            "db.query.time",
            "session.ip",
            "url.hash",
            "file.lines",
            "server.name",
            "client.name",
            "cache.key",
            "queue.name",
            "messaging.topic",
            "thread.names",
            "rpc.retries",
            "gen_ai.request.model",
            "http.method",
            "service.version2",
            "http.status",
            "error.kind",
            "job.attempt",
            "customer.id",
            "http.response.status_text",
            "disk.io.detection",
            "http.routes",
            "process.stat",
            "user_id",
            "k8s.container.restart.count",
            "code.functions.name",
            "network.peer.part",
            "db.query.test",
            "process.execution.name",
            "messaging.consumed.group.name",
        ] {
            assert_eq!(meant(key), None, "{key}");
        }
    }
}

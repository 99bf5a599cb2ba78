//! The server of a connection, from its URL in any of the notations that diesel accepts.

use url::Url;

use crate::database::{Server, System};

pub(super) fn of(url: &str) -> Server {
    match Url::parse(url) {
        Ok(parsed) if System::named(parsed.scheme()) != System::Other => Server::of_url(&parsed),
        _ if url.contains('=') && !url.starts_with("file:") => of_settings(url),
        // A file of SQLite.
        _ => Server {
            namespace: Some(url.to_owned()).filter(|file| !file.is_empty()),
            ..Server::of(System::Sqlite)
        },
    }
}

/// `host=db.example.com dbname=shop`: a connection string of libpq.
fn of_settings(settings: &str) -> Server {
    let value = |name: &str| {
        let mut pairs = settings.split_ascii_whitespace();
        let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('\'').to_owned()).filter(|value| !value.is_empty())
    };
    let address = value("host").or_else(|| value("hostaddr"));
    let is_socket = address.as_ref().is_some_and(|path| path.starts_with('/'));
    let port = value("port").and_then(|port| port.parse().ok());
    Server {
        namespace: value("dbname").or_else(|| value("user")),
        port: port
            .or(Some(5432))
            .filter(|_| address.is_some() && !is_socket),
        address,
        ..Server::of(System::PostgreSql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_read_from_every_notation() {
        let of = |url: &str| {
            let server = of(url);
            (
                server.system,
                server.namespace.unwrap_or_default(),
                server.address.unwrap_or_default(),
                server.port,
            )
        };
        let text = str::to_owned;
        assert_eq!(
            of("postgres://ann:secret@h:5433/shop"),
            (System::PostgreSql, text("shop"), text("h"), Some(5433))
        );
        assert_eq!(
            of("host=h user=ann password=secret dbname='shop'"),
            (System::PostgreSql, text("shop"), text("h"), Some(5432))
        );
        assert_eq!(
            of("host=/run/pg user=ann"),
            (System::PostgreSql, text("ann"), text("/run/pg"), None)
        );
        assert_eq!(
            of("mysql://root@h/shop"),
            (System::MySql, text("shop"), text("h"), Some(3306))
        );
        assert_eq!(
            of(":memory:"),
            (System::Sqlite, text(":memory:"), text(""), None)
        );
        assert_eq!(
            of("data/shop.db"),
            (System::Sqlite, text("data/shop.db"), text(""), None)
        );
        assert_eq!(
            of("sqlite://shop.db"),
            (System::Sqlite, text("shop.db"), text(""), None)
        );
    }
}

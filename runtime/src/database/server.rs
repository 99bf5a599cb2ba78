//! The attributes of a database server.

use std::borrow::Cow;
use std::sync::OnceLock;

use url::Url;

use crate::attributes::Constant;
use crate::percent_encoding::decode;

/// The database systems whose dialects and defaults are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    PostgreSql,
    MySql,
    Sqlite,
    Other,
}

impl System {
    /// The system that the scheme of a URL or the name of a driver denotes.
    pub(crate) fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "postgresql" | "postgres" => System::PostgreSql,
            "mysql" | "mariadb" => System::MySql,
            "sqlite" => System::Sqlite,
            _ => System::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            System::PostgreSql => "postgresql",
            System::MySql => "mysql",
            System::Sqlite => "sqlite",
            System::Other => "other_sql",
        }
    }
}

/// The attributes that every statement to a server has.
///
/// Specification: OpenTelemetry semantic conventions, *Database client spans*, "Common attributes".
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) system: System,
    /// `db.system.name`.
    pub(crate) name: Cow<'static, str>,
    /// `db.namespace`.
    pub(crate) namespace: Option<String>,
    /// `server.address`: a host, or the path of a socket.
    pub(crate) address: Option<String>,
    /// `server.port`; `None` for a socket.
    pub(crate) port: Option<u16>,
    /// The attributes, made when they are first needed.
    pub(crate) encoded: OnceLock<Constant>,
}

impl Server {
    /// A server of which only the system is known.
    pub(crate) fn of(system: System) -> Self {
        Server {
            system,
            name: Cow::Borrowed(system.name()),
            namespace: None,
            address: None,
            port: None,
            encoded: OnceLock::new(),
        }
    }

    /// Sets the name of the system.
    pub(crate) fn rename(&mut self, name: Cow<'static, str>) {
        self.name = name;
        self.encoded = OnceLock::new();
    }

    /// The attributes of the server and the database.
    pub(crate) fn attributes(&self) -> &Constant {
        self.encoded.get_or_init(|| {
            Constant::new(|attributes| {
                attributes.value("db.system.name", &self.name);
                attributes.value("db.namespace", &self.namespace);
                attributes.value("server.address", &self.address);
                attributes.value("server.port", &self.port);
            })
        })
    }

    /// The server of a URL. Neither the password nor any other setting is taken from it.
    pub(crate) fn of_url(url: &Url) -> Self {
        let system = System::named(url.scheme());
        let server = Server::of(system);
        match system {
            System::Sqlite => Server {
                namespace: sqlite_file(url),
                ..server
            },
            _ => server.at(url),
        }
    }

    fn at(self, url: &Url) -> Self {
        let host = url.host_str().map(decode).filter(|host| !host.is_empty());
        let (_, socket) = url
            .query_pairs()
            .find(|(key, _)| key == "socket" || key == "host")
            .unzip();
        let address = socket.map(Cow::into_owned).or(host);
        let is_socket = address.as_ref().is_some_and(|path| path.starts_with('/'));
        let default_port = match self.system {
            System::PostgreSql => Some(5432),
            System::MySql => Some(3306),
            _ => None,
        };
        let port = url.port().or(default_port);
        let name = url.path().trim_start_matches('/');
        let namespace = match (name, self.system) {
            // PostgreSQL's default database has the name of the user.
            ("", System::PostgreSql) => url.username(),
            (name, _) => name,
        };
        Server {
            namespace: Some(decode(namespace)).filter(|name| !name.is_empty()),
            port: port.filter(|_| address.is_some() && !is_socket),
            address,
            ..self
        }
    }
}

/// The file of an SQLite database, or `:memory:`.
fn sqlite_file(url: &Url) -> Option<String> {
    let in_memory = |(key, value): (Cow<'_, str>, Cow<'_, str>)| key == "mode" && value == "memory";
    if url.query_pairs().any(in_memory) {
        return Some(":memory:".to_owned());
    }
    // In `sqlite://data.db` the file is in the place of the host.
    let host = url.host_str().unwrap_or_default();
    Some(decode(format!("{host}{}", url.path()))).filter(|file| !file.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_from_its_url() {
        let of = |url: &str| {
            let server = Server::of_url(&Url::parse(url).unwrap());
            let Server {
                name,
                namespace,
                address,
                port,
                ..
            } = server;
            (name.into_owned(), namespace, address, port)
        };
        let all = |name: &str, namespace: &str, address: &str, port| {
            let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            (name.to_owned(), text(namespace), text(address), port)
        };
        assert_eq!(
            of("postgres://ann:secret@db.example.com:5433/shop?sslmode=prefer"),
            all("postgresql", "shop", "db.example.com", Some(5433))
        );
        assert_eq!(
            of("postgresql://ann@localhost"),
            all("postgresql", "ann", "localhost", Some(5432))
        );
        assert_eq!(
            of("postgres://ann@%2Fvar%2Frun%2Fpostgresql:5432/shop"),
            all("postgresql", "shop", "/var/run/postgresql", None)
        );
        assert_eq!(
            of("postgres://[::1]/a%20b"),
            all("postgresql", "a b", "[::1]", Some(5432))
        );
        assert_eq!(
            of("mysql://root:secret@h/shop"),
            all("mysql", "shop", "h", Some(3306))
        );
        assert_eq!(
            of("mariadb://root@h/shop?socket=/run/m.sock"),
            all("mysql", "shop", "/run/m.sock", None)
        );
        assert_eq!(
            of("sqlite://data/shop.db?mode=rwc"),
            all("sqlite", "data/shop.db", "", None)
        );
        assert_eq!(
            of("sqlite:///var/shop%20.db"),
            all("sqlite", "/var/shop .db", "", None)
        );
        assert_eq!(of("sqlite://x?mode=memory").1.as_deref(), Some(":memory:"));
        assert_eq!(
            of("mssql://h:1433/d"),
            all("other_sql", "d", "h", Some(1433))
        );
    }
}

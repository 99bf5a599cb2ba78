//! The recorded attributes of statements, ordinary and hostile ones.

use std::time::Instant;

use url::Url;

use super::server::{Server, System};
use super::statement::Statement;
use super::statements::Statements;

fn read(text: &str, system: System) -> Statement {
    Statement::read(text, system, false)
}

fn text(text: &str, system: System) -> String {
    read(text, system).text
}

const ALL: [System; 4] = [
    System::PostgreSql,
    System::MySql,
    System::Sqlite,
    System::Other,
];

#[test]
fn literals_become_question_marks_and_the_rest_stays_as_it_is_written() {
    let cases = [
        (
            "SELECT  id\nFROM users WHERE name = 'Ann' AND age != 42 AND x <> -1.5e3",
            "SELECT  id\nFROM users WHERE name = ? AND age != ? AND x <> -?",
        ),
        ("SELECT 'it''s', ''", "SELECT ?, ?"),
        (
            "INSERT INTO t VALUES (X'53', 0, 'a')",
            "INSERT INTO t VALUES (?, ?, ?)",
        ),
        (
            "SELECT 1 -- of Ann\n, 2 /* of Bob */ LIMIT 10",
            "SELECT ?  \n, ?   LIMIT ?",
        ),
        (
            "SELECT NULL, TRUE, orders2 FROM orders2",
            "SELECT NULL, TRUE, orders2 FROM orders2",
        ),
    ];
    for system in ALL {
        for (statement, masked) in cases {
            assert_eq!(text(statement, system), masked, "{system:?}: {statement}");
        }
    }
}

#[test]
fn placeholders_stay_as_they_are_written() {
    let cases = [
        (
            System::PostgreSql,
            "SELECT $1, $2::int FROM t WHERE a ? 'b'",
            "SELECT $1, $2::int FROM t WHERE a ? ?",
        ),
        (
            System::MySql,
            "SELECT ? FROM `t` WHERE a = ?",
            "SELECT ? FROM `t` WHERE a = ?",
        ),
        (
            System::Sqlite,
            "SELECT ?, ?1, $1, :a, @b, $c FROM [t]",
            "SELECT ?, ?1, $1, :a, @b, $c FROM [t]",
        ),
    ];
    for (system, statement, masked) in cases {
        assert_eq!(text(statement, system), masked);
    }
}

#[test]
fn each_dialect_has_its_literals() {
    let cases = [
        (
            System::PostgreSql,
            r"SELECT E'a\'b', $$c'd$$, $x$e$$f$x$, U&'\0041', B'01'",
            "SELECT ?, ?, ?, ?, ?",
        ),
        (
            System::PostgreSql,
            "SELECT \"Ann\" FROM \"song list\"",
            "SELECT \"Ann\" FROM \"song list\"",
        ),
        (
            System::PostgreSql,
            "SELECT 1 /* a /* nested */ comment 'x */ + 2",
            "SELECT ?   + ?",
        ),
        (
            System::MySql,
            r#"SELECT "it\"s", 'it\'s', N'n', 0xFF"#,
            "SELECT ?, ?, ?, ?",
        ),
        (System::MySql, "SELECT 1 # of 'Ann'\n, 2", "SELECT ?  \n, ?"),
        (System::MySql, "SELECT /*!50001 'Ann', */ 2", "SELECT ?"),
        (System::Other, "SELECT 'Ann /*! Eve', 2", "SELECT ?"),
        (System::Sqlite, "SELECT \"Ann\", 'x'", "SELECT \"Ann\", ?"),
    ];
    for (system, statement, masked) in cases {
        assert_eq!(text(statement, system), masked, "{system:?}: {statement}");
    }
}

#[test]
fn what_nobody_can_read_is_masked_to_its_end() {
    for system in ALL {
        assert_eq!(text("SELECT 'secret", system), "SELECT ?");
        assert_eq!(
            text("SELECT 1, 'a', 'secret; DROP TABLE x", system),
            "SELECT ?, ?, ?"
        );
        assert!(["SELECT ?", "SELECT ? ?"].contains(&&*text("SELECT 1 /* secret", system)));
        assert_eq!(text("SELECT \"secret", system), "SELECT ?");
    }
    assert_eq!(text("SELECT $x$secret$y$", System::PostgreSql), "SELECT ?");
    assert_eq!(text("SELECT `secret", System::MySql), "SELECT ?");
    assert_eq!(read("SELECT 'secret", System::PostgreSql).summary, "SELECT");
}

/// Every string of these pieces has a secret in each literal, and no secret is recorded.
#[test]
fn no_piece_of_a_literal_is_recorded_whatever_stands_around_it() {
    let pieces = [
        "'secret'",
        "'sec''secret'",
        "123",
        " ",
        "\n",
        "\u{e9}\u{1f600}",
        "/* secret */",
        "-- secret\n",
        "SELECT",
        "(",
        ")",
        ",",
        "users",
        "\r\n",
        "\t",
        "=",
        "::",
        "$1",
        "?",
        "\0",
        "FROM",
        "'\u{1f600}secret\n'",
        ";",
    ];
    let mut state = 1_u64;
    let mut next = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for _ in 0..20_000 {
        let length = next(12);
        let statement: String = (0..length)
            .map(|_| format!("{} ", pieces[next(pieces.len())]))
            .collect();
        for system in ALL {
            let recorded = read(&statement, system);
            assert!(
                !format!("{recorded:?}").contains("secret"),
                "{system:?}: {statement:?}: {recorded:?}"
            );
        }
    }
}

#[test]
fn any_text_is_read_to_some_end() {
    let letters: Vec<char> = "'\"`$;:@?/*-#\\[](){}eExXnNqQuU&!<>=|.0aS \n\u{0}\u{e9}\u{10ffff}"
        .chars()
        .collect();
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut statement = String::new();
        for _ in 0..(state >> 40) % 24 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            statement.push(letters[usize::try_from(state >> 33).unwrap() % letters.len()]);
        }
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        for system in ALL {
            let recorded = read(&statement, system);
            assert!(recorded.summary.len() <= 255);
        }
    }
}

#[test]
fn a_megabyte_is_read_as_far_as_its_beginning() {
    let values = "(1, 'secret'), ".repeat(70_000);
    let long = format!("INSERT INTO orders VALUES {values}");
    let nested = format!("SELECT {}", "(".repeat(1_000_000));
    let names = format!("WITH {} SELECT 1", "a(b, ".repeat(200_000));
    let open = format!("SELECT '{}", "secret".repeat(170_000));
    for system in ALL {
        for statement in [&long, &nested, &names, &open] {
            let begun = Instant::now();
            let recorded = read(statement, system);
            assert!(recorded.text.len() <= 32 * 1024, "{}", recorded.text.len());
            assert!(!recorded.text.contains("secret"));
            // A runaway takes minutes.
            assert!(begun.elapsed().as_secs() < 20);
        }
        assert_eq!(read(&long, system).summary, "INSERT orders");
    }
}

#[test]
fn kept_literals_are_kept() {
    let statement = "SELECT 'Ann' -- of Bob";
    let recorded = Statement::read(statement, System::PostgreSql, true);
    assert_eq!(recorded.text, statement);
    assert_eq!(recorded.summary, "SELECT");
}

#[test]
fn summaries_have_operations_and_targets_in_their_order() {
    let cases = [
        (
            "SELECT * FROM wuser_table WHERE username = ?",
            "SELECT wuser_table",
        ),
        ("select id from Users", "select Users"),
        (
            "INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = 1",
            "INSERT shipping_details SELECT orders",
        ),
        (
            "SELECT * FROM songs, artists WHERE songs.artist_id = artists.id",
            "SELECT songs artists",
        ),
        (
            "SELECT * FROM \"song list\" JOIN artists a ON a.id = 1",
            "SELECT \"song list\" artists",
        ),
        (
            "SELECT d FROM (SELECT * FROM orders o JOIN customers c ON o.c = c.id) x",
            "SELECT SELECT orders customers",
        ),
        ("SELECT * FROM (a JOIN b ON a.x = b.x), c", "SELECT a b c"),
        (
            "SELECT * FROM public.users u LEFT JOIN LATERAL (SELECT 1) y ON true",
            "SELECT public.users SELECT",
        ),
        (
            "UPDATE products SET stock = stock - $2 WHERE name = $1 RETURNING price",
            "UPDATE products",
        ),
        (
            "UPDATE ONLY t SET a = 1, b = (SELECT max(x) FROM s)",
            "UPDATE t SELECT s",
        ),
        (
            "UPDATE OR IGNORE t SET a = 1 FROM u WHERE t.id = u.id",
            "UPDATE t u",
        ),
        (
            "DELETE FROM orders USING x WHERE orders.id = x.id",
            "DELETE orders x",
        ),
        (
            "INSERT INTO t (a, b) VALUES (1, 2), (3, 4) ON CONFLICT (a) DO UPDATE SET b = 1",
            "INSERT t",
        ),
        (
            "INSERT IGNORE INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = a + 1",
            "INSERT t",
        ),
        ("REPLACE INTO t VALUES (1)", "REPLACE t"),
        (
            "SELECT EXTRACT(YEAR FROM day), trim(both 'x' from y) FROM t WHERE a IS DISTINCT FROM b",
            "SELECT t",
        ),
        (
            "SELECT count(id), replace(name, 'a', 'b'), coalesce(update, 1) FROM t",
            "SELECT t",
        ),
        ("SELECT * FROM generate_series(1, 10) g, t", "SELECT t"),
        (
            "SELECT 1 UNION ALL SELECT a FROM t ORDER BY 1, 2",
            "SELECT SELECT t",
        ),
        ("SELECT a, b FROM t ORDER BY a, b LIMIT 1, 2", "SELECT t"),
        (
            "SELECT id FROM jobs WHERE done = false FOR UPDATE SKIP LOCKED",
            "SELECT jobs",
        ),
        (
            "WITH recent AS (SELECT * FROM orders), r2 (a, b) AS MATERIALIZED (SELECT 1, 2) SELECT * FROM recent, r2, users",
            "SELECT orders SELECT SELECT users",
        ),
        (
            "WITH RECURSIVE t AS (SELECT 1) DELETE FROM users WHERE id IN (SELECT * FROM t)",
            "SELECT DELETE users SELECT",
        ),
        (
            "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE users",
        ),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY i ON users (name)",
            "CREATE INDEX i",
        ),
        (
            "CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT * FROM t",
            "CREATE MATERIALIZED VIEW v SELECT t",
        ),
        ("DROP TABLE users", "DROP TABLE users"),
        ("TRUNCATE TABLE users", "TRUNCATE TABLE users"),
        ("CALL ship($1, 2)", "CALL ship"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN"),
        ("SET search_path = x", "SET"),
        ("PRAGMA foreign_keys = ON", "PRAGMA"),
        ("EXPLAIN ANALYZE SELECT * FROM t", "EXPLAIN SELECT t"),
        (
            "CREATE TABLE a (x INT); INSERT INTO a VALUES (1); SELECT * FROM b",
            "CREATE TABLE a INSERT a SELECT b",
        ),
        ("(SELECT 1)", "SELECT"),
        ("", ""),
        ("  -- nothing", ""),
        ("'secret'", ""),
    ];
    for (statement, summary) in cases {
        for system in [System::PostgreSql, System::Sqlite, System::Other] {
            assert_eq!(
                read(statement, system).summary,
                summary,
                "{system:?}: {statement}"
            );
        }
    }
}

#[test]
fn a_long_summary_ends_between_two_names() {
    let tables: Vec<String> = (0..100).map(|table| format!("table_{table}")).collect();
    let recorded = read(
        &format!("SELECT * FROM {}", tables.join(", ")),
        System::PostgreSql,
    );
    assert!((240..=255).contains(&recorded.summary.len()));
    let last = recorded.summary.rsplit(' ').next().unwrap();
    assert!(tables.iter().any(|table| table == last), "{last}");
    let enormous = read(
        &format!("SELECT * FROM {}", "t".repeat(300)),
        System::PostgreSql,
    );
    assert_eq!(enormous.summary, "SELECT");
}

#[test]
fn operation_and_table_are_named_where_there_is_one() {
    let of = |statement| {
        let recorded = read(statement, System::PostgreSql);
        (recorded.operation, recorded.collection, recorded.procedure)
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(of("SELECT * FROM t"), (some("SELECT"), some("t"), None));
    assert_eq!(
        of("SELECT * FROM t JOIN t u ON true"),
        (some("SELECT"), some("t"), None)
    );
    assert_eq!(
        of("SELECT * FROM t JOIN u ON true"),
        (some("SELECT"), None, None)
    );
    assert_eq!(of("INSERT INTO t SELECT * FROM u"), (None, None, None));
    assert_eq!(of("CALL ship()"), (some("CALL"), None, some("ship")));
}

#[test]
fn a_text_is_read_once() {
    let statements = Statements::new(System::PostgreSql, false);
    let first = statements.get("SELECT 1");
    assert!(std::sync::Arc::ptr_eq(&first, &statements.get("SELECT 1")));
    assert!(!std::sync::Arc::ptr_eq(&first, &statements.get("SELECT 2")));
    for number in 0..10_000 {
        statements.get(&format!("SELECT {number}"));
    }
    assert!(
        format!("{statements:?}").contains("known: 5"),
        "bounded: {statements:?}"
    );
}

#[test]
fn servers_are_what_their_urls_say() {
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

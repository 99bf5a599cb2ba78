//! Is every literal of a statement replaced, and nothing else?

use std::time::Instant;

use super::read;
use crate::database::server::System;
use crate::database::statement::Statement;

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
fn unreadable_text_is_masked_to_its_end() {
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

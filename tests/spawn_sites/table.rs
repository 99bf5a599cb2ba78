//! The table of `docs/spawn_sites.md` shows exactly the bodies of the tests.

use std::fmt::Write as _;
use std::path::Path;

const FILES: &[(&str, &[(&str, &str)])] = &[
    ("Forms and places", crate::forms::SITES),
    ("tokio", crate::tokio::SITES),
    ("tokio-util", crate::tokio_util::SITES),
    ("std", crate::standard::SITES),
    ("rayon", crate::rayon::SITES),
    ("futures", crate::futures::SITES),
    ("smol, blocking, async-executor", crate::smol::SITES),
    ("async-std", crate::async_std::SITES),
    ("actix-rt", crate::executors::SITES),
    ("crossbeam, threadpool", crate::crossbeam::SITES),
    ("axum", crate::axum::SITES),
    ("channels", crate::channels::SITES),
    ("cells", crate::cells::SITES),
];

const BEGIN: &str =
    "<!-- sites: written by `BLESS=1 cargo test -p traced-tests --test spawn_sites` -->\n";
const END: &str = "<!-- end of sites -->\n";

#[test]
fn the_table_in_the_docs_shows_the_tested_bodies() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spawn_sites.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let tested = table();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{tested}{END}{after}")).unwrap();
    } else {
        assert_eq!(shown, tested, "run with BLESS=1 and read the diff");
    }
}

#[test]
fn the_clippy_toml_in_the_docs_is_the_checked_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("../docs/spawn_sites.md")).unwrap();
    let checked = std::fs::read_to_string(folder.join("spawners/clippy.toml")).unwrap();
    assert!(
        text.contains(&checked),
        "put this into the docs:\n{checked}"
    );
}

fn table() -> String {
    let mut text = String::from("\n| in | test | body |\n|---|---|---|\n");
    for (group, sites) in FILES {
        for (test, body) in *sites {
            let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
            let inside = body
                .strip_prefix("{ ")
                .and_then(|body| body.strip_suffix(" }"));
            let body = inside.unwrap_or(&body);
            let _ = writeln!(
                text,
                "| {group} | `{test}` | `{}` |",
                body.replace('|', "\\|")
            );
        }
    }
    text.push('\n');
    text
}

//! `docs/process_life.md` names an existing test behind each of its sentences.

const PAGE: &str = include_str!("../../docs/process_life.md");

/// The tests that the page may name, those of `tests/otlp` included.
const TOPICS: [(&str, &str); 5] = [
    ("routes::", include_str!("../otlp/tests/routes.rs")),
    ("tls::", include_str!("../otlp/tests/tls.rs")),
    ("ends::", include_str!("ends.rs")),
    ("forks::", include_str!("forks.rs")),
    ("signals::", include_str!("signals.rs")),
];

#[test]
fn the_page_names_tests_that_exist() {
    let mut named = 0;
    for word in PAGE.split('`') {
        for (topic, source) in TOPICS {
            if let Some(test) = word.strip_prefix(topic) {
                assert!(source.contains(&format!("#[test]\nfn {test}()")), "{word}");
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named}");
}

#[test]
fn every_test_is_named_on_the_page() {
    for (topic, source) in &TOPICS[2..] {
        for test in source.split("#[test]\nfn ").skip(1) {
            let (test, _) = test.split_once('(').unwrap();
            assert!(PAGE.contains(&format!("`{topic}{test}`")), "{topic}{test}");
        }
    }
}

//! The examples of `docs/messaging.md` are excerpts of the code of this package.

const SOURCES: [&str; 9] = [
    include_str!("../apalis/main.rs"),
    include_str!("history.rs"),
    include_str!("jobs.rs"),
    include_str!("kafka.rs"),
    include_str!("nats.rs"),
    include_str!("rabbitmq.rs"),
    include_str!("redis.rs"),
    include_str!("sql.rs"),
    include_str!("support.rs"),
];

#[test]
fn every_example_is_an_excerpt() {
    let document = include_str!("../../docs/messaging.md");
    let examples: Vec<_> = document
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect();
    assert!(examples.len() > 10);
    for example in examples {
        let found = SOURCES.iter().any(|source| source.contains(example));
        assert!(found, "in no source of this package:\n{example}");
    }
}

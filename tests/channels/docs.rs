//! The examples of `docs/channels.md` are excerpts of what runs here.

const SOURCES: [&str; 3] = [
    include_str!("actor.rs"),
    include_str!("batcher.rs"),
    include_str!("workers.rs"),
];

#[test]
fn every_example_is_an_excerpt() {
    let page = include_str!("../../docs/channels.md");
    let examples: Vec<_> = page
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect();
    assert_eq!(examples.len(), 5);
    for example in examples {
        let found = SOURCES.iter().any(|source| source.contains(example));
        assert!(found, "in no source of this test:\n{example}");
    }
}

//! The expansions that the book shows are those that the macro writes.
//!
//! In `runtime/docs/book/arguments.md` a block of Rust is followed by a block of text with lines of its expansion, in
//! their order. A line `..` stands for lines that the book leaves out.

#[allow(dead_code, reason = "the snapshots use all of it")]
mod expansion;

use std::fs;

const CHAPTER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../runtime/docs/book/arguments.md"
);

/// Each example, with what the page shows of its expansion.
fn examples(page: &str) -> Vec<(String, String)> {
    let mut examples = Vec::new();
    let mut blocks = page.split("\n```");
    let mut rust = String::new();
    while let (Some(_prose), Some(block)) = (blocks.next(), blocks.next()) {
        if let Some(code) = block.strip_prefix("rust\n") {
            rust = shown(code);
        } else if let Some(text) = block.strip_prefix("text\n") {
            examples.push((std::mem::take(&mut rust), text.to_owned()));
        }
    }
    examples
}

/// The lines that rustdoc shows.
fn shown(code: &str) -> String {
    let is_shown = |line: &&str| *line != "#" && !line.starts_with("# ");
    code.lines().filter(is_shown).collect::<Vec<_>>().join("\n")
}

/// The text without white space, and without the comma that a formatter puts after the last of several lines.
fn normalized(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    text.replace(",)", ")").replace(",}", "}")
}

/// The first piece of the text that does not follow the previous piece in the expansion.
fn first_difference<'t>(text: &'t str, expansion: &str) -> Option<&'t str> {
    let expansion = normalized(expansion);
    let mut rest = expansion.as_str();
    text.split("\n..").find(|piece| {
        let piece = normalized(piece);
        let piece = piece.trim_end_matches(',');
        match rest.split_once(piece) {
            Some((_, after)) => {
                rest = &rest[rest.len() - after.len()..];
                false
            }
            None => true,
        }
    })
}

#[test]
fn the_book_shows_real_expansions() {
    let page = fs::read_to_string(CHAPTER).unwrap();
    let examples = examples(&page);
    assert!(examples.len() > 25, "only {} examples", examples.len());
    let mut differences = Vec::new();
    for (rust, text) in examples {
        let file = syn::parse_file(&rust).unwrap_or_else(|error| panic!("{error}:\n{rust}"));
        let real = prettyplease::unparse(&expansion::expanded(file));
        if let Some(piece) = first_difference(&text, &real) {
            differences.push(format!("not in the expansion:\n{piece}\nwhich is\n{real}"));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

//! Writes `llms.txt` and the skill for assistants from the pages and tables of the documentation.

use std::fs;

use anyhow::Context;

use crate::{Verdict, paths};

pub(crate) const USAGE: &str = "\
Writes llms.txt and skills/traced/SKILL.md from the documentation.

    cargo xtask assistant [--check]

With --check, nothing is written; it fails if a file is not what would be written.
";

const TEMPLATE: &str = include_str!("assistant/skill.md");

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let mut is_check = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("check") => is_check = true,
            other => return Err(other.unexpected().into()),
        }
    }
    let mut verdict = Verdict::Passed;
    for (path, text) in [("llms.txt", llms()?), ("skills/traced/SKILL.md", skill()?)] {
        let file = paths::root().join(path);
        if !is_check {
            fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
        } else if fs::read_to_string(&file).unwrap_or_default() != text {
            println!("{path} is not what the documentation says; run `cargo xtask assistant`");
            verdict = Verdict::Failed;
        }
    }
    Ok(verdict)
}

/// The text of `llms.txt`, in the format of <https://llmstxt.org>: a title, a summary, and lists of links, each with
/// a description.
fn llms() -> anyhow::Result<String> {
    let readme = read("README.md")?;
    let summary = first_paragraph(&readme).context("README.md has no first paragraph")?;
    let features = table(&read("runtime/src/lib.rs")?, "| feature |")?;
    Ok(format!(
        "# traced\n\n> {summary}\n\n\
         A crate for Rust. Applications and libraries depend on `traced`; `traced-macros` and `traced-macros-backend` come with \
         it. `cargo-traced` is the command that finds lost traces.\n\n\
         ## Start\n\n\
         - [README](README.md): the example, what one sees, every argument and feature, limits\n\
         - [Skill](skills/traced/SKILL.md): the rules for writing code with it, with every argument and feature\n\
         - [Quickstart](examples/quickstart): a program that prints its traces\n\n\
         ## Pages\n\n{}\n\
         ## Features\n\n{features}\n\
         ## Optional\n\n\
         - [ARCHITECTURE](ARCHITECTURE.md): how the crate is built, and what holds of it\n\
         - [CONTRIBUTING](CONTRIBUTING.md): commands and recipes\n\
         - [Benchmarks](benches/README.md): what a span costs\n",
        pages("docs/")?
    ))
}

fn skill() -> anyhow::Result<String> {
    let arguments = table(&read("runtime/docs/traced.md")?, "| argument |")?;
    let features = table(&read("runtime/src/lib.rs")?, "| feature |")?;
    let lints = read("docs/lints.md")?;
    let lints: Vec<String> = lints
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|name| format!("`{name}`"))
        .collect();
    Ok(TEMPLATE
        .replace("{arguments}\n", &arguments)
        .replace("{features}\n", &features)
        .replace("{lints}", &lints.join(", "))
        .replace("{pages}\n", &pages("../../docs/")?))
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(paths::root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// The table whose first line begins with `start`. Its links of rustdoc, which lead nowhere in these files, become
/// their text.
fn table(text: &str, start: &str) -> anyhow::Result<String> {
    let lines = text
        .lines()
        .map(|line| line.strip_prefix("//! ").unwrap_or(line));
    let rows = lines.skip_while(|line| !line.starts_with(start));
    let rows = rows.take_while(|line| line.starts_with('|'));
    let table: String = rows
        .map(|row| format!("{}\n", without_links(row)))
        .collect();
    anyhow::ensure!(!table.is_empty(), "no table begins with `{start}`");
    Ok(table)
}

/// Replaces `[text](path)`, and the ``[`name`]`` of rustdoc, by the text.
fn without_links(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(start) = rest.find('[') {
        let Some(length) = rest[start..].find(']') else {
            break;
        };
        let (label, after) = (
            &rest[start + 1..start + length],
            &rest[start + length + 1..],
        );
        plain += &rest[..start];
        match after_target(after) {
            Some(after) => {
                plain += label;
                rest = after;
            }
            None if label.starts_with('`') => {
                plain += label;
                rest = after;
            }
            None => {
                plain += &rest[start..=start + length];
                rest = after;
            }
        }
    }
    plain + rest
}

/// The rest of the text after the `(path)` at its start. The path may contain parentheses.
fn after_target(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (place, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (place > 0).then(|| &text[place + 1..]);
        }
    }
    None
}

/// A line for each page: its title, and its first sentence.
fn pages(folder: &str) -> anyhow::Result<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(paths::root().join("docs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(Some(name).filter(|name| name.ends_with(".md")));
    }
    names.sort_unstable();
    let mut lines = String::new();
    for name in names {
        let page = read(&format!("docs/{name}"))?;
        let title = page.lines().find_map(|line| line.strip_prefix("# "));
        let title = title.with_context(|| format!("docs/{name} has no title"))?;
        let title = title.replace('`', "");
        lines += &match first_paragraph(&page)
            .map(|paragraph| first_sentence(&without_links(&paragraph)))
        {
            Some(sentence) => format!("- [{title}]({folder}{name}): {sentence}\n"),
            None => format!("- [{title}]({folder}{name})\n"),
        };
    }
    Ok(lines)
}

/// The first paragraph of prose, as one line.
fn first_paragraph(page: &str) -> Option<String> {
    let is_prose = |block: &&str| {
        block.starts_with(|first: char| first.is_alphanumeric() || "`\"*".contains(first))
    };
    let block = page.split("\n\n").map(str::trim).find(is_prose)?;
    Some(block.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn first_sentence(paragraph: &str) -> String {
    // The list or listing after a colon is left out.
    let ends = [". ", ": "]
        .into_iter()
        .filter_map(|end| paragraph.find(end));
    let end = ends.min().unwrap_or(paragraph.len());
    paragraph[..end].trim_end_matches(['.', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_what_the_documentation_says() {
        let written = |path: &str| read(path).unwrap();
        let advice = "run `cargo xtask assistant`";
        assert!(written("llms.txt") == llms().unwrap(), "llms.txt: {advice}");
        let skill = skill().unwrap();
        assert!(
            written("skills/traced/SKILL.md") == skill,
            "SKILL.md: {advice}"
        );
        assert!(!skill.contains("{arguments}") && !skill.contains("{pages}"));
    }

    #[test]
    fn each_link_leads_to_a_file() {
        for (path, folder) in [
            ("llms.txt", ""),
            ("skills/traced/SKILL.md", "skills/traced/"),
        ] {
            let text = read(path).unwrap();
            for link in text.split("](").skip(1) {
                let link = link.split(')').next().unwrap();
                let file = paths::root().join(folder).join(link);
                assert!(file.exists(), "{path}: {link}");
            }
        }
    }

    #[test]
    fn a_page_is_its_title_and_its_first_sentence() {
        let page = "# A `page`\n\n![picture](x.png)\n\nOne sentence,\nin two lines. Another.\n";
        let paragraph = first_paragraph(page).unwrap();
        assert_eq!(first_sentence(&paragraph), "One sentence, in two lines");
        assert_eq!(first_sentence("As a list: one, two."), "As a list");
        assert_eq!(first_paragraph("# Title\n\n| table |\n"), None);
    }

    #[test]
    fn links_become_their_text() {
        for (text, plain) in [
            ("a [`b`](crate::b()) c [`d`].", "a `b` c `d`."),
            ("`#[traced]` and [e f](https://g)", "`#[traced]` and e f"),
            ("a [ b", "a [ b"),
        ] {
            assert_eq!(without_links(text), plain);
        }
    }
}

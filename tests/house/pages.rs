//! Pages that lead to other pages, and pages that show what something else says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sources::root;

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn markdown_in(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(root().join(folder)).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut pages: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    assert!(!pages.is_empty(), "{folder}");
    pages
}

/// The pages that people read in the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = markdown_in(".");
    pages.extend(markdown_in("docs"));
    pages.extend(markdown_in("runtime/docs/book"));
    pages
}

/// The lines of a page that are no code.
fn prose(page: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line);
        }
    }
    lines
}

/// What `[text](target)`, `[text]: target` and the pictures of a page lead to, in this repository.
fn targets(page: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(page) {
        let inline = line.split("](").skip(1);
        targets.extend(inline.filter_map(|rest| rest.split([')', ' ']).next()));
        if let Some((_, target)) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
        {
            targets.push(target.trim());
        }
    }
    let is_ours = |target: &&str| !target.contains("://") && !target.starts_with("mailto:");
    targets
        .into_iter()
        .filter(is_ours)
        .map(str::to_owned)
        .collect()
}

/// The anchors of a page, as GitHub makes them of its headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).into_iter().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let letters = heading.trim_start_matches('#').trim().to_lowercase();
        let letters = letters.chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ => letter.is_alphanumeric().then_some(letter),
        });
        letters.collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let written = text(&page);
        for target in targets(&written) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = match file {
                "" => page.clone(),
                _ => page.parent().unwrap().join(file),
            };
            let leads = match (file.exists(), anchor, file.extension()) {
                (false, ..) => false,
                (true, "", _) => true,
                (true, anchor, Some(extension)) if extension == "md" => {
                    anchors(&text(&file)).contains(anchor)
                }
                (true, ..) => true,
            };
            if !leads {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_readme_begins_with_a_sentence_a_picture_and_eight_lines() {
    let readme = text(&root().join("README.md"));
    let begins = readme.split("\n```rust\n").next().unwrap();
    let sentences = begins.split("<picture>").next().unwrap();
    assert_eq!(sentences.matches(['.']).count(), 1, "{sentences}");
    assert!(begins.contains("docs/pictures/quickstart-light.svg"));
    assert!(begins.lines().count() < 15);
    let code = readme
        .split("```rust\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert_eq!(code.lines().count(), 8);
    // What it expands to is shown below, from this file.
    let snapshot = text(&root().join("macros/snapshots/readme.rs"));
    let without_comment = |line: &str| line.split(" // ").next().unwrap().to_owned();
    let shown: Vec<_> = code.lines().skip(3).map(without_comment).collect();
    assert_eq!(shown, snapshot.lines().collect::<Vec<_>>());
}

#[test]
fn the_book_has_every_chapter() {
    let contents = text(&root().join("docs/book.md"));
    let module = text(&root().join("runtime/src/guide.rs"));
    let arguments = crate::tables::arguments(&["Traced,", "Both"]);
    for chapter in markdown_in("runtime/docs/book") {
        let name = chapter.file_name().unwrap().to_str().unwrap();
        let title = text(&chapter)
            .lines()
            .next()
            .unwrap()
            .trim_start_matches("# ")
            .to_owned();
        let row = format!("[{title}](../runtime/docs/book/{name})");
        assert!(contents.contains(&row), "docs/book.md has no {row}");
        let stem = name.trim_end_matches(".md");
        assert!(
            module.contains(&format!("{stem} \"../docs/book/{name}\"")),
            "{name}"
        );
        assert!(module.contains(&format!("[{title}]({stem})")), "{title}");
        if stem == "arguments" {
            let written = text(&chapter);
            let headings = written.lines().filter(|line| line.starts_with("## "));
            let names = headings.flat_map(|line| line.split('`').skip(1).step_by(2));
            let is_of_name = |letter: &char| letter.is_alphanumeric() || *letter == '_';
            let shown: BTreeSet<String> = names
                .map(|name| name.chars().take_while(is_of_name).collect())
                .collect();
            let missing: Vec<_> = arguments.difference(&shown).collect();
            assert!(missing.is_empty(), "{name} has no section: {missing:?}");
        }
    }
}

/// The pages whose examples rustdoc tests; `runtime/src/lib.rs` and `tests/support.rs` include them.
const TESTED: &[&str] = &[
    "broken_patterns.md",
    "coming_from.md",
    "servers.md",
    "which_functions.md",
];

#[test]
fn broken_patterns_show_the_cases_and_the_errors_of_the_macro() {
    let page = text(&root().join("docs/broken_patterns.md"));
    let cases = root().join("tests/ui/fail");
    let lines = |text: &str| -> String {
        let lines = text
            .lines()
            .map(|line| line.split(" // ").next().unwrap().trim());
        lines.map(|line| format!("{line}\n")).collect()
    };
    let mut messages = 0;
    let mut code = None;
    for block in page.split("\n```").collect::<Vec<_>>().chunks(2) {
        let [prose, block] = block else { continue };
        if let Some(refused) = block.strip_prefix("rust,compile_fail\n") {
            let is_shown = |line: &&str| !line.starts_with("# ");
            code = Some(
                refused
                    .lines()
                    .filter(is_shown)
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
        let message = block.strip_prefix("text\nerror: ");
        let (Some(message), Some((_, file))) = (message, prose.rsplit_once("../tests/ui/fail/"))
        else {
            continue;
        };
        let stderr = cases.join(file.split(')').next().unwrap());
        let shown = lines(message);
        assert!(
            lines(&text(&stderr)).contains(shown.trim()),
            "not in {}:\n{message}",
            stderr.display()
        );
        if let Some(code) = code.take() {
            let case = stderr.with_extension("rs");
            assert!(
                lines(&text(&case)).contains(&lines(&code)),
                "not in {}:\n{code}",
                case.display()
            );
        }
        messages += 1;
    }
    assert_eq!(messages, 7);
}

/// All sources of a folder, without white space.
fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_built = path.ends_with("target") || path.ends_with("node_modules");
        if path.is_dir() && !is_built {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.extend(text(&path).split_whitespace());
        }
    }
}

#[test]
fn rust_on_a_page_compiles_somewhere() {
    let mut includers = text(&root().join("tests/support.rs"));
    includers.push_str(&text(&root().join("runtime/src/lib.rs")));
    let mut compiled = String::new();
    for folder in ["tests", "examples", "runtime/src"] {
        sources(&root().join(folder), &mut compiled);
    }
    let mut invented = Vec::new();
    for page in markdown_in("docs") {
        let name = page.file_name().unwrap().to_str().unwrap();
        let written = text(&page);
        if TESTED.contains(&name) {
            assert!(includers.contains(&format!("../docs/{name}\")")), "{name}");
            assert!(!written.contains("```rust,ignore"), "{name}");
            continue;
        }
        for block in written.split("```rust\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let code: String = block.split_whitespace().collect();
            if !compiled.contains(&code) {
                invented.push(format!("{name}:\n{block}"));
            }
        }
    }
    for chapter in markdown_in("runtime/docs/book") {
        assert!(
            !text(&chapter).contains("rust,ignore"),
            "{}",
            chapter.display()
        );
    }
    assert!(
        invented.is_empty(),
        "neither tested nor quoted from a test: write `rust,ignore` where it cannot be\n{}",
        invented.join("\n")
    );
}

#[test]
fn templates_ask_for_a_trace_file() {
    let folder = root().join(".github/ISSUE_TEMPLATE");
    let mut templates: Vec<_> = ["trace.yml", "compile.yml", "loss.yml"]
        .map(|name| folder.join(name))
        .into();
    templates.push(root().join(".github/pull_request_template.md"));
    for template in templates {
        let asked = text(&template);
        assert!(asked.contains("TRACED_FILE="), "{}", template.display());
    }
}

#[test]
fn lints_have_their_cases_and_a_section() {
    let source = text(&root().join("macros-backend/src/lints.rs"));
    let (_, list) = source.split_once("\nlints! {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    let lints: Vec<_> = list
        .split(',')
        .map(str::trim)
        .filter(|lint| !lint.is_empty())
        .collect();
    assert!(lints.contains(&"span_not_entered"));
    let page = text(&root().join("docs/lints.md"));
    for lint in lints {
        let section = format!("\n## {lint}\n");
        assert!(
            page.contains(&section),
            "docs/lints.md has no section {lint}"
        );
        let fails = format!("tests/ui/fail/lints/{lint}.rs");
        let passes = format!("tests/ui/pass/{lint}.rs");
        for case in [fails, passes] {
            assert!(root().join(&case).exists(), "{case}");
        }
    }
}

//! Draws the picture of the README: a trace that the quickstart printed.

mod svg;

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};
use lexopt::ValueExt as _;

use crate::{Verdict, paths};

pub(crate) const USAGE: &str = "\
Runs the quickstart and draws one of the traces that it prints, in docs/pictures/quickstart-{light,dark}.svg.

    cargo xtask picture [TITLE]

TITLE is how the root of the trace begins; without it, the request that the database refused.
";

const TITLE: &str = "buy too many";

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let mut title = TITLE.to_owned();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(value) => title = value.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let printed = quickstart()?;
    let trace =
        trace(&printed, &title).with_context(|| format!("no trace begins with {title:?}"))?;
    for theme in svg::THEMES {
        let path = format!("docs/pictures/quickstart-{}.svg", theme.name);
        fs::write(paths::root().join(&path), svg::draw(&trace, theme))?;
        println!("wrote {path}");
    }
    Ok(Verdict::Passed)
}

/// The coloured output of the quickstart.
fn quickstart() -> anyhow::Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", "quickstart"])
        .current_dir(paths::root())
        .env("FORCE_COLOR", "1")
        .env_remove("NO_COLOR")
        .output()?;
    ensure!(
        output.status.success(),
        "the quickstart failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// The lines of the trace whose root begins with `title`, up to the next empty line.
fn trace<'p>(printed: &'p str, title: &str) -> Option<Vec<&'p str>> {
    let is_first = |line: &&str| {
        let plain = svg::plain(line);
        let mark = plain
            .split_once(' ')
            .filter(|(mark, _)| ["●", "✗"].contains(mark));
        mark.is_some_and(|(_, rest)| rest.starts_with(title))
    };
    let lines: Vec<_> = printed.lines().skip_while(|line| !is_first(line)).collect();
    let lines: Vec<_> = lines
        .into_iter()
        .take_while(|line| !line.is_empty())
        .collect();
    (!lines.is_empty()).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_up_to_the_empty_line() {
        let printed = "\x1b[32m●\x1b[0m \x1b[1mbuy\x1b[0m · 1ms\nbuy 1ms\n\n✗ buy too many · 2ms\nbuy too many 2ms\n\n";
        assert_eq!(
            trace(printed, TITLE).unwrap(),
            ["✗ buy too many · 2ms", "buy too many 2ms"]
        );
        assert_eq!(trace(printed, "buy").unwrap()[1], "buy 1ms");
        assert_eq!(trace(printed, "sell"), None);
    }

    /// Both pictures and the text in the README show the same spans. Their times may differ.
    #[test]
    fn the_pictures_show_the_spans_of_the_readme() {
        let readme = fs::read_to_string(paths::root().join("README.md")).unwrap();
        let (_, text) = readme.split_once(&format!("```text\n✗ {TITLE}")).unwrap();
        let (text, _) = text.split_once("```").unwrap();
        for theme in svg::THEMES {
            let path = format!("docs/pictures/quickstart-{}.svg", theme.name);
            let picture = fs::read_to_string(paths::root().join(path)).unwrap();
            let spans = text
                .lines()
                .filter(|line| line.contains(['█', '▐']))
                .skip(1);
            for span in spans {
                let name = span.trim_start_matches(['│', '├', '└', '─', ' ']);
                let name = name
                    .split("  ")
                    .next()
                    .unwrap()
                    .split(['✗', '█', '▐'])
                    .next()
                    .unwrap();
                let first = name.split_whitespace().next().unwrap();
                assert!(picture.contains(first), "{first} is not in {}", theme.name);
            }
            assert!(picture.contains("CHECK constraint failed"));
        }
    }
}

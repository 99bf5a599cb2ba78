//! Draws the text of a terminal as SVG. Each piece has the position of its column, and bars are rectangles, so that
//! they line up in every font.

use std::fmt::Write as _;

/// The size of a character, in pixels.
const CELL: (f64, f64) = (7.8, 18.0);
const MARGIN: f64 = 16.0;

pub(super) struct Theme {
    pub(super) name: &'static str,
    background: &'static str,
    text: &'static str,
    dim: &'static str,
    /// Red, green, yellow, blue, magenta, cyan: the codes 31 to 36.
    colours: [&'static str; 6],
}

pub(super) const THEMES: &[Theme] = &[
    Theme {
        name: "light",
        background: "#ffffff",
        text: "#1f2328",
        dim: "#59636e",
        colours: [
            "#b42318", "#116329", "#7d4e00", "#0a53be", "#8250df", "#0b6e75",
        ],
    },
    Theme {
        name: "dark",
        background: "#0d1117",
        text: "#e6edf3",
        dim: "#9198a1",
        colours: [
            "#ff7b72", "#3fb950", "#d29922", "#79c0ff", "#d2a8ff", "#39c5cf",
        ],
    },
];

/// The style that the codes of a terminal give to the text after them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Style {
    is_bold: bool,
    is_dim: bool,
    colour: Option<usize>,
}

impl Style {
    fn after(self, codes: &str) -> Self {
        codes
            .split(';')
            .fold(self, |style, code| match code.parse() {
                Ok(1) => Style {
                    is_bold: true,
                    ..style
                },
                Ok(2) => Style {
                    is_dim: true,
                    ..style
                },
                Ok(code @ 31..=36) => Style {
                    colour: Some(code - 31),
                    ..style
                },
                _ => Style::default(),
            })
    }

    fn fill(self, theme: &Theme) -> &'static str {
        match self.colour {
            Some(colour) => theme.colours[colour],
            None if self.is_dim => theme.dim,
            None => theme.text,
        }
    }
}

/// The pieces of a line, each with its style.
fn pieces(line: &str) -> Vec<(Style, &str)> {
    let mut style = Style::default();
    let mut pieces = Vec::new();
    for (place, piece) in line.split("\x1b[").enumerate() {
        let text = match (place, piece.split_once('m')) {
            (1.., Some((codes, text))) => {
                style = style.after(codes);
                text
            }
            _ => piece,
        };
        if !text.is_empty() {
            pieces.push((style, text));
        }
    }
    pieces
}

/// A line without the codes.
pub(super) fn plain(line: &str) -> String {
    pieces(line).into_iter().map(|(_, text)| text).collect()
}

/// The start and the width of a block character within its cell.
fn block(letter: char) -> Option<(f64, f64)> {
    match letter {
        '▐' => Some((0.5, 0.5)),
        '█' => Some((0.0, 1.0)),
        // From seven eighths down to one.
        '▉'..='▏' => Some((0.0, f64::from('▏' as u32 + 1 - letter as u32) / 8.0)),
        _ => None,
    }
}

pub(super) fn draw(lines: &[&str], theme: &Theme) -> String {
    let columns = lines.iter().map(|line| plain(line).chars().count()).max();
    let width = columns.unwrap_or(0) as f64 * CELL.0 + 2.0 * MARGIN;
    let height = lines.len() as f64 * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\">\n\
         <title>A trace that `cargo run --example quickstart` printed</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>\n",
        theme.background
    );
    for (row, line) in lines.iter().enumerate() {
        let top = MARGIN + row as f64 * CELL.1;
        let mut column = 0;
        for (style, text) in pieces(line) {
            piece(&mut out, style, text, column, top, theme);
            column += text.chars().count();
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Draws one piece: text as text, and each run of block characters as a rectangle.
fn piece(out: &mut String, style: Style, text: &str, column: usize, top: f64, theme: &Theme) {
    let fill = style.fill(theme);
    let mut letters = text.chars().peekable();
    let mut column = column;
    let at = |column: usize| MARGIN + column as f64 * CELL.0;
    while let Some(&letter) = letters.peek() {
        let mut run = String::new();
        let is_bar = block(letter).is_some();
        while let Some(letter) = letters.next_if(|letter| block(*letter).is_some() == is_bar) {
            run.push(letter);
        }
        let length = run.chars().count();
        if is_bar {
            let (begins, _) = block(letter).unwrap_or_default();
            let width: f64 = run.chars().filter_map(block).map(|(_, width)| width).sum();
            let (x, y) = (at(column) + begins * CELL.0, top + 4.0);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"11\" fill=\"{fill}\"/>",
                width * CELL.0
            );
        } else if !run.trim().is_empty() {
            let begins = run.chars().take_while(|letter| *letter == ' ').count();
            let weight = if style.is_bold {
                " font-weight=\"bold\""
            } else {
                ""
            };
            let shown = run.trim();
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" fill=\"{fill}\"{weight} xml:space=\"preserve\">{}</text>",
                at(column + begins),
                top + 13.5,
                shown.chars().count() as f64 * CELL.0,
                escaped(shown)
            );
        }
        column += length;
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_styles_and_are_not_shown() {
        let line = "\x1b[1;31mplace\x1b[0m \x1b[2m615µs\x1b[0m";
        assert_eq!(plain(line), "place 615µs");
        let [(failed, "place"), (plain, " "), (dim, "615µs")] = pieces(line)[..] else {
            panic!("{:?}", pieces(line))
        };
        assert!(failed.is_bold && failed.colour == Some(0));
        assert_eq!(plain, Style::default());
        assert!(dim.is_dim && dim.colour.is_none());
    }

    #[test]
    fn blocks_take_their_part_of_a_cell() {
        assert_eq!(block('█'), Some((0.0, 1.0)));
        assert_eq!(block('▉'), Some((0.0, 7.0 / 8.0)));
        assert_eq!(block('▏'), Some((0.0, 1.0 / 8.0)));
        assert_eq!(block('▐'), Some((0.5, 0.5)));
        assert_eq!(block('x'), None);
    }

    #[test]
    fn text_stands_at_its_column_and_bars_are_rectangles() {
        let drawn = draw(&["a < b  ▐█"], &THEMES[0]);
        assert!(drawn.contains(">a &lt; b</text>"), "{drawn}");
        let x = MARGIN + 7.5 * CELL.0;
        assert!(drawn.contains(&format!("<rect x=\"{x:.1}\"")), "{drawn}");
        assert!(
            drawn.contains(&format!("width=\"{:.1}\"", 1.5 * CELL.0)),
            "{drawn}"
        );
    }
}

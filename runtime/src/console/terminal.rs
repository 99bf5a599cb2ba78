//! The properties of the destination: whether it has colours, and its width.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};

use terminal_size::{Width, terminal_size_of};

use super::output::Output;
use crate::color;
use crate::printer::Stream;

/// The width of a destination that is not a terminal.
const DEFAULT_WIDTH: usize = 100;

/// The smallest width: nothing readable fits in less.
const NARROWEST: usize = 20;

/// When to colour the output.
///
/// ```
/// use traced::console::{ColorChoice, ConsoleProcessor};
///
/// let processor = ConsoleProcessor::builder().color(ColorChoice::Never).build();
/// # drop(processor);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set and not empty, or `TERM` is `dumb`.
    /// `CLICOLOR_FORCE` or `FORCE_COLOR`, neither empty nor `0`, enable colour
    /// elsewhere too. A writer of your own does not count as a terminal.
    #[default]
    Auto,
    /// Always, even if the environment says otherwise.
    Always,
    /// Never, even if the environment says otherwise.
    Never,
}

/// The destination of the trees.
pub(super) enum Target {
    Stream(Stream),
    /// A writer of the user's, which does not tell whether it is a terminal.
    Writer(Box<dyn Write + Send>),
}

impl Target {
    fn is_terminal(&self) -> bool {
        match self {
            Target::Stream(Stream::Stdout) => io::stdout().is_terminal(),
            Target::Stream(Stream::Stderr) => io::stderr().is_terminal(),
            Target::Writer(_) => false,
        }
    }

    /// The terminal, if there is one, otherwise a fixed width.
    fn width(&self) -> WidthSource {
        match self {
            Target::Stream(stream) if self.is_terminal() => WidthSource::Stream(*stream),
            _ => WidthSource::Fixed(DEFAULT_WIDTH),
        }
    }

    pub(super) fn into_output(self) -> Output {
        match self {
            Target::Stream(stream) => Output::of_stream(stream),
            Target::Writer(writer) => Output::of_writer(writer),
        }
    }
}

/// The source of the width, which is read anew for every trace because windows are resized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WidthSource {
    Fixed(usize),
    Stream(Stream),
}

impl WidthSource {
    pub(super) fn columns(self) -> usize {
        let measured = match self {
            WidthSource::Fixed(columns) => return columns.max(NARROWEST),
            WidthSource::Stream(Stream::Stdout) => terminal_size_of(io::stdout()),
            WidthSource::Stream(Stream::Stderr) => terminal_size_of(io::stderr()),
        };
        let columns = measured.map_or(DEFAULT_WIDTH, |(Width(columns), _)| columns.into());
        columns.max(NARROWEST)
    }
}

/// The style of the trees for a destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputStyle {
    pub(super) color: bool,
    pub(super) width: WidthSource,
}

impl OutputStyle {
    pub(super) fn of(target: &Target, color: ColorChoice, width: Option<usize>) -> Self {
        let env = |name: &str| std::env::var_os(name);
        OutputStyle {
            color: is_colored(color, env, target.is_terminal()),
            width: width
                .or_else(|| columns_variable(env))
                .map_or_else(|| target.width(), WidthSource::Fixed),
        }
    }
}

fn is_colored(choice: ColorChoice, env: impl Fn(&str) -> Option<OsString>, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => color::is_enabled(env, terminal),
    }
}

fn columns_variable(env: impl Fn(&str) -> Option<OsString>) -> Option<usize> {
    let columns = env("COLUMNS")?.to_str()?.trim().parse().ok()?;
    (columns > 0).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(set: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            let (_, value) = set.iter().find(|(key, _)| *key == name)?;
            Some(value.into())
        }
    }

    #[test]
    fn a_terminal_gets_colour() {
        assert!(is_colored(ColorChoice::Auto, env(&[]), true));
    }

    #[test]
    fn a_file_gets_none() {
        assert!(!is_colored(ColorChoice::Auto, env(&[]), false));
    }

    #[test]
    fn a_dumb_terminal_gets_none() {
        assert!(!is_colored(
            ColorChoice::Auto,
            env(&[("TERM", "dumb")]),
            true
        ));
    }

    #[test]
    fn no_color_wins_over_force_color() {
        let both = env(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]);
        assert!(!is_colored(ColorChoice::Auto, both, true));
    }

    #[test]
    fn an_empty_no_color_is_unset() {
        assert!(is_colored(
            ColorChoice::Auto,
            env(&[("NO_COLOR", "")]),
            true
        ));
    }

    #[test]
    fn clicolor_force_colours_a_file() {
        let forced = env(&[("CLICOLOR_FORCE", "1")]);
        assert!(is_colored(ColorChoice::Auto, forced, false));
    }

    #[test]
    fn force_color_of_zero_forces_nothing() {
        let zero = env(&[("FORCE_COLOR", "0")]);
        assert!(!is_colored(ColorChoice::Auto, zero, false));
    }

    #[test]
    fn an_explicit_choice_ignores_the_environment() {
        let no = env(&[("NO_COLOR", "1")]);
        assert!(is_colored(ColorChoice::Always, no, false));
    }

    #[test]
    fn columns_is_read_as_a_number() {
        assert_eq!(columns_variable(env(&[("COLUMNS", "132")])), Some(132));
    }

    #[test]
    fn columns_that_is_not_a_number_is_ignored() {
        assert_eq!(columns_variable(env(&[("COLUMNS", "wide")])), None);
    }
}

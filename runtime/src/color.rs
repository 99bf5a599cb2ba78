//! Whether output is to be coloured, by the environment variables that are in common use.

use std::ffi::OsString;

/// Whether lines on standard error are to be coloured.
#[cfg(feature = "logs")]
pub(crate) fn is_enabled_on_stderr() -> bool {
    use std::io::IsTerminal as _;

    is_enabled(
        |name| std::env::var_os(name),
        std::io::stderr().is_terminal(),
    )
}

/// Whether output is to be coloured. `NO_COLOR` (<https://no-color.org>) takes precedence over the variables that
/// force colour, because users who cannot read colours have no other way to turn them off.
pub(crate) fn is_enabled(env: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let is_set = |name| env(name).is_some_and(|value| !value.is_empty());
    let is_forced = |name| is_set(name) && env(name).is_some_and(|value| value != "0");
    if is_set("NO_COLOR") {
        return false;
    }
    is_forced("CLICOLOR_FORCE")
        || is_forced("FORCE_COLOR")
        || (is_terminal && env("TERM").is_none_or(|kind| kind != "dumb"))
}

//! A progress bar, which is shown only on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for files, whose number grows as modules are found. indicatif hides it where standard error is no
/// terminal.
pub(crate) fn files(verb: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix:>12} [{bar:27}] {pos}/{len}: {wide_msg}");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(verb.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

//! The cost of a span in every library, measured side by side.
//!
//! Without arguments the program starts itself once for every mode (provider, subscriber and
//! reporter are global), reads the measurements and prints the tables. `benches/README.md` says how
//! to read them.

mod allocations;
mod attach;
mod instructions;
mod measure;
mod modes;
mod parent;
mod undisturbed;
mod variants;

use std::process::ExitCode;

use modes::Mode;

fn main() -> ExitCode {
    // `cargo bench` adds `--bench` to the user's arguments.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--time", mode, variants] => with_mode(mode, |mode| measure::time(mode, variants)),
        ["--time", mode, variants, shapes] => with_mode(mode, |mode| {
            measure::time_shapes(mode, variants, Some(shapes));
        }),
        ["--allocations", mode, variants] => with_mode(mode, |mode| {
            measure::allocations(mode, variants);
        }),
        ["--instructions", mode, variants] => with_mode(mode, |mode| {
            instructions::run(mode, variants);
        }),
        ["--repeat", mode, variant, shape, calls] => with_mode(mode, |mode| {
            measure::repeat(mode, variant, shape, calls.parse().expect("a number"));
        }),
        ["--sizes"] => {
            measure::sizes();
            ExitCode::SUCCESS
        }
        [] => parent::report(None),
        ["--save", path] => parent::report(Some(path)),
        _ => {
            eprintln!("usage: cargo bench -p traced-benches [-- --save measured.tsv]");
            ExitCode::FAILURE
        }
    }
}

fn with_mode(name: &str, run: impl FnOnce(Mode)) -> ExitCode {
    let Some(mode) = Mode::ALL.into_iter().find(|mode| mode.name() == name) else {
        eprintln!("`{name}` is not a mode");
        return ExitCode::FAILURE;
    };
    run(mode);
    ExitCode::SUCCESS
}

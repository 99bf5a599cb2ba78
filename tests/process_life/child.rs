//! Programs that end, fork and are signalled in every way, a process each: the tests start them by
//! name. Where their spans go is up to `OTEL_*`.

#[cfg(unix)]
mod child {
    pub(crate) mod ends;
    pub(crate) mod forks;
    pub(crate) mod signals;
}

#[cfg(unix)]
fn main() {
    use child::{ends, forks, signals};

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["atexit"] => ends::in_atexit(),
        ["thread_local"] => ends::in_thread_local_of_main(),
        ["thread_local_of_a_thread"] => ends::in_thread_local_of_a_thread(),
        ["old_thread_local"] => ends::in_the_oldest_thread_local(),
        ["static"] => ends::in_static(),
        ["exit"] => ends::by_exit(),
        ["exit_in_silence"] => ends::by_exit_in_silence(),
        ["abort"] => ends::by_abort(),
        ["panics"] => ends::by_panics(),
        ["invocations"] => ends::after_invocations(),
        ["again"] => ends::again(),
        ["two"] => ends::two_at_once(),
        ["masks"] => signals::masks(),
        ["fork_printing"] => forks::printing(),
        ["fork", case] => forks::run(case),
        ["signal_again", case] => signals::again(case),
        ["signal", handler, order, flush] => signals::run(handler, order, flush),
        _ => panic!("no program {arguments:?}"),
    }
}

#[cfg(not(unix))]
fn main() {}

#[traced::traced]
fn work(_name: &str) {}

/// Ends 50 spans.
fn work_50() {
    (0..50).for_each(|_| work("some"));
}

/// For the test.
fn say(line: impl std::fmt::Display) {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

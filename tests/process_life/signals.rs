//! SIGTERM, SIGINT and SIGHUP, with and without handlers of the program's.

use std::process::Command;

use nix::sys::signal::Signal::{self, SIGHUP, SIGINT, SIGTERM};

use crate::program::{Ended, Running, count, exporting, program, run, send};

/// Whether the signal is ignored in this process, and so in its children. Shells ignore SIGINT in
/// background jobs, and `nohup` ignores SIGHUP.
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let is_ignored = mask.unwrap_or_default() & (1 << (signal as i32 - 1)) != 0;
    if is_ignored {
        eprintln!("NOT RUN: {signal} is ignored here");
    }
    is_ignored
}

/// The handlers that can be set here: `ctrlc::try_set_handler` takes an ignored signal for one with a handler.
fn possible(handlers: &[&'static str]) -> Vec<&'static str> {
    let ctrlc_is_possible = ![SIGTERM, SIGINT, SIGHUP].into_iter().any(is_ignored);
    let mut handlers = handlers.to_vec();
    handlers.retain(|handler| *handler != "ctrlc" || ctrlc_is_possible);
    handlers
}

fn after(signal: Signal, [handler, order, flush]: [&str; 3]) -> (usize, Ended) {
    let (collector, command) = exporting(&["signal", handler, order, flush]);
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready");
    running.signal(signal);
    let ended = running.end();
    (count(&collector, "work"), ended)
}

/// Expects the program to end by its own handler, and all spans to arrive.
fn decides_itself(signal: Signal, arguments: [&str; 3]) {
    let (spans, ended) = after(signal, arguments);
    ended.assert_code(7);
    assert_eq!(
        ended.stdout,
        ["handled", "exported 50"],
        "{arguments:?}: {ended:#?}"
    );
    assert_eq!(spans, 50, "{arguments:?}");
}

#[test]
fn where_nobody_handles_it_spans_are_flushed_if_that_is_asked_for() {
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        if !is_ignored(signal) {
            let (spans, ended) = after(signal, ["none", "before", "flush"]);
            ended.assert_signal(signal);
            assert_eq!(spans, 50);
        }
    }
}

#[test]
fn where_nobody_handles_it_that_is_said_and_what_to_write() {
    let (_collector, command) = exporting(&["signal", "none", "before", ""]);
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready");
    let said = running.error();
    assert!(said.contains("`flush_on_signals()`"), "{said}");
    assert!(said.contains("SIGTERM"), "{said}");
    running.signal(SIGTERM);
    running.end().assert_signal(SIGTERM);
}

/// As a program in a terminal, which handles Ctrl-C alone.
#[cfg(target_os = "linux")]
#[test]
fn a_program_that_handles_ctrl_c_alone_is_told_of_sigterm() {
    let (_collector, command) = exporting(&["signal", "ctrl_c", "before", ""]);
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready");
    let said = running.error();
    let start =
        "traced: note: SIGTERM will end this process without exporting its last spans; call";
    assert!(said.starts_with(start), "{said}");
    running.signal(SIGTERM);
    running.end().assert_signal(SIGTERM);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_written_at_the_end_is_said_to_be_missing_after_a_signal() {
    let page = std::env::temp_dir().join(format!("traced-signals-{}.html", std::process::id()));
    let mut command = program(&["signal", "ctrl_c", "before", ""]);
    command.env("OTEL_TRACES_EXPORTER", "none");
    command.env("OTEL_LOGS_EXPORTER", "none");
    command
        .env("TRACED_HTML", &page)
        .env("TRACED_AUDIT", "true");
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready");
    let said = running.error();
    let start = "traced: note: SIGTERM will end this process without writing its page of traces or saying where \
                 contexts were lost; call `flush_on_signals()`";
    assert!(said.starts_with(start), "{said}");
    running.signal(SIGTERM);
    running.end().assert_signal(SIGTERM);
    assert!(!page.exists());
}

#[test]
fn a_flush_that_is_asked_for_writes_the_page_and_says_where_contexts_were_lost() {
    let page = std::env::temp_dir().join(format!("traced-flushed-{}.html", std::process::id()));
    let mut command = program(&["signal", "lost", "before", "flush"]);
    command.env("OTEL_TRACES_EXPORTER", "none");
    command.env("OTEL_LOGS_EXPORTER", "none");
    command
        .env("TRACED_HTML", &page)
        .env("TRACED_AUDIT", "true");
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready");
    running.signal(SIGTERM);
    let ended = running.end();
    ended.assert_signal(SIGTERM);
    let lost = "lost context at process_life_child::work: 50 of 51 (50 started as roots)";
    assert!(ended.stderr.contains(lost), "{ended:#?}");
    let is_page = std::fs::remove_file(&page).is_ok();
    assert!(is_page, "{ended:#?}");
}

#[test]
fn init_changes_nothing_for_a_program_with_a_handler_of_its_own() {
    for handler in possible(&["tokio", "axum", "signal_hook", "ctrlc", "sigwait"]) {
        for order in ["before", "after"] {
            decides_itself(SIGTERM, [handler, order, ""]);
        }
    }
    for handler in possible(&["tokio", "signal_hook", "ctrlc", "sigwait"]) {
        for signal in [SIGINT, SIGHUP] {
            if !is_ignored(signal) {
                decides_itself(signal, [handler, "after", ""]);
            }
        }
    }
}

/// Skipped where there is no `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn a_handler_that_was_there_decides_though_a_flush_is_asked_for() {
    for handler in possible(&["tokio", "axum", "signal_hook", "ctrlc"]) {
        decides_itself(SIGTERM, [handler, "before", "flush"]);
    }
    // The program blocks the signal and has no handler; all threads of `traced` block it too.
    decides_itself(SIGTERM, ["sigwait", "before", "flush"]);
}

#[test]
fn a_handler_that_replaces_ours_decides_alone() {
    decides_itself(SIGTERM, ["ctrlc_replacing", "after", "flush"]);
}

/// The reason why `init` does not flush on signals unless it is told to.
#[test]
fn a_flush_that_is_asked_for_is_in_the_way_of_later_handlers() {
    for handler in ["tokio", "signal_hook"] {
        let (spans, ended) = after(SIGTERM, [handler, "after", "flush"]);
        ended.assert_signal(SIGTERM);
        assert_eq!(spans, 50);
    }
    let ended = run(program(&["signal", "ctrlc", "after", "flush"]));
    assert!(ended.stderr.contains("MultipleHandlers"), "{ended:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn every_thread_of_ours_blocks_signals() {
    let ended = run(program(&["masks"]));
    ended.assert_code(0);
    let mut threads = 0;
    for line in &ended.stdout {
        let (mask, name) = line.split_once(' ').unwrap();
        let mask = u64::from_str_radix(mask, 16).unwrap();
        let blocks = [SIGTERM, SIGINT, SIGHUP, Signal::SIGUSR1, Signal::SIGCHLD]
            .map(|signal| mask & (1 << (signal as i32 - 1)) != 0);
        if name.starts_with("process-life") {
            assert_eq!(blocks, [false; 5], "{ended:#?}");
        } else {
            threads += 1;
            assert_eq!(blocks, [true; 5], "{name}: {ended:#?}");
        }
    }
    assert!(threads >= 3, "{ended:#?}");
}

#[test]
fn the_last_init_says_whether_a_signal_flushes() {
    for (case, expected) in [("flushes", 50), ("does_not_flush", 0), ("is_over", 0)] {
        let (collector, command) = exporting(&["signal_again", case]);
        let mut running = Running::start(command);
        assert_eq!(running.line(), "ready");
        running.signal(SIGTERM);
        running.end().assert_signal(SIGTERM);
        assert_eq!(count(&collector, "work"), expected, "{case}");
    }
}

/// Runs the program as process 1 of a new namespace, as containers do; `None` where that is not
/// allowed.
#[cfg(target_os = "linux")]
fn as_process_1(inner: &Command) -> Option<Running> {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--mount-proc"]);
        command
    };
    let works = unshare().arg("true").output();
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("NOT RUN: no `unshare`, or not as root");
        return None;
    }
    let mut command = unshare();
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Some(Running::start(command))
}

/// The id of the namespace's process 1 outside of it.
#[cfg(target_os = "linux")]
fn child_of(unshare: u32) -> u32 {
    let children = format!("/proc/{unshare}/task/{unshare}/children");
    let children = std::fs::read_to_string(children).unwrap();
    children.trim().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn process_1_flushes_and_ends_with_the_status_of_the_signal() {
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        if is_ignored(signal) {
            continue;
        }
        let (collector, command) = exporting(&["signal", "none", "before", "flush"]);
        let Some(mut running) = as_process_1(&command) else {
            return;
        };
        assert_eq!(running.line(), "ready");
        send(signal, child_of(running.id()));
        let ended = running.end();
        ended.assert_code(128 + signal as i32);
        assert_eq!(count(&collector, "work"), 50);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn process_1_does_not_wait_for_the_flush_at_a_second_signal() {
    // A collector that accepts connections and never answers.
    let collector = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let mut command = program(&["signal", "none", "before", "flush_for_long"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "1000000")
        .env("OTEL_LOGS_EXPORTER", "none")
        .env("OTEL_BSP_SCHEDULE_DELAY", "1000000");
    let Some(mut running) = as_process_1(&command) else {
        return;
    };
    assert_eq!(running.line(), "ready");
    let process = child_of(running.id());
    send(SIGTERM, process);
    // A connection means that the flush has begun.
    let _connection = collector.accept().unwrap();
    send(SIGTERM, process);
    running.end().assert_code(143);
}

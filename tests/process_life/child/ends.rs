//! Ways to end.

use std::cell::RefCell;
use std::sync::Mutex;
use std::time::Duration;

use traced::telemetry::TelemetryGuard;
use traced::telemetry::{TelemetryBuilder, flush, shutdown};

use crate::{say, work_50};

static GUARD: Mutex<Option<TelemetryGuard>> = Mutex::new(None);

fn start() -> TelemetryGuard {
    traced::init().unwrap()
}

/// Registered before anything of ours: it runs last, when all thread-local values are gone.
#[allow(unsafe_code)] // There is no safe way to `atexit`, which is what C libraries do.
pub(crate) fn in_atexit() {
    extern "C" fn end() {
        drop(GUARD.lock().unwrap().take());
        say("dropped");
    }
    // SAFETY: `end` is a function for the whole life of the process, and does not unwind.
    unsafe { libc::atexit(end) };
    *GUARD.lock().unwrap() = Some(start());
    work_50();
    std::process::exit(3);
}

thread_local! {
    static LOCAL: RefCell<Option<Dropped>> = const { RefCell::new(None) };
}

struct Dropped(Option<TelemetryGuard>);

impl Drop for Dropped {
    fn drop(&mut self) {
        drop(self.0.take());
        say("dropped");
    }
}

fn put_in_thread_local() {
    LOCAL.with(|local| *local.borrow_mut() = Some(Dropped(Some(start()))));
    work_50();
}

pub(crate) fn in_thread_local_of_main() {
    put_in_thread_local();
}

pub(crate) fn in_thread_local_of_a_thread() {
    std::thread::spawn(put_in_thread_local).join().unwrap();
    say("joined");
}

/// Touched before anything of ours and of OpenTelemetry's, so it is destroyed after all of that.
pub(crate) fn in_the_oldest_thread_local() {
    LOCAL.with(|_| ());
    std::thread::spawn(|| {
        LOCAL.with(|local| *local.borrow_mut() = Some(Dropped(None)));
        let guard = start();
        work_50();
        LOCAL.with(|local| local.borrow_mut().as_mut().unwrap().0 = Some(guard));
    })
    .join()
    .unwrap();
    say("joined");
}

/// A `static` is never dropped.
pub(crate) fn in_static() {
    *GUARD.lock().unwrap() = Some(start());
    work_50();
    let report = shutdown();
    say(format_args!("exported {}", report.exported));
    // Whoever is later does nothing.
    assert_eq!(shutdown().ended, 0);
    drop(GUARD.lock().unwrap().take());
}

pub(crate) fn by_exit() {
    let _telemetry = start();
    work_50();
    say(format_args!("exported {}", flush().exported));
    std::process::exit(3);
}

pub(crate) fn by_exit_in_silence() {
    let _telemetry = start();
    work_50();
    std::process::exit(3);
}

/// As with `panic = "abort"`: nothing is unwound after the panic hook.
pub(crate) fn by_abort() {
    let _telemetry = start();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        hook(panic);
        flush();
        std::process::abort();
    }));
    work_50();
    panic!("out of paper");
}

/// Each kind of panic in a span, caught.
pub(crate) fn by_panics() {
    #[traced::traced]
    fn of_a_message() {
        panic!("out of paper");
    }
    #[traced::traced]
    fn of_a_value() {
        std::panic::panic_any(3);
    }
    #[traced::traced]
    fn of_core() {
        let list = Vec::<String>::new();
        say(format_args!("{}", list[list.len()]));
    }
    let _telemetry = start();
    for panics in [of_a_message, of_a_value, of_core] {
        drop(std::panic::catch_unwind(panics));
    }
}

/// As on AWS Lambda, which freezes the process between two invocations: a line is an invocation.
pub(crate) fn after_invocations() {
    let _telemetry = start();
    for line in std::io::stdin().lines() {
        drop(line);
        work_50();
        say(format_args!("exported {}", flush().exported));
    }
}

/// As in tests one after another.
pub(crate) fn again() {
    for round in 0..3 {
        let builder = TelemetryBuilder::default().service_name(format!("round-{round}"));
        let builder = match round {
            0 => builder.filter("process_life_child=off".parse().unwrap()),
            _ => builder,
        };
        let telemetry = builder.flush_on_signals().init().unwrap();
        work_50();
        match round {
            1 => drop(telemetry),
            _ => say(format_args!("exported {}", telemetry.shutdown().exported)),
        }
        // Between two, there are no spans.
        work_50();
    }
}

pub(crate) fn two_at_once() {
    let first = start();
    let second = TelemetryBuilder::default().no_exporter().init();
    say(second.unwrap_err());
    work_50();
    drop(first);
    let third = TelemetryBuilder::default().no_exporter();
    let third = third.shutdown_deadline(Duration::from_secs(1)).init();
    assert!(third.is_ok());
}

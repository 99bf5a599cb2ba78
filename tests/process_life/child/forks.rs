//! Programs that fork and go on in the child without `exec`.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use traced::telemetry::TelemetryGuard;
use traced::telemetry::{TelemetryBuilder, flush, shutdown};

use crate::{say, work};

/// A limit for the child's immediate work on any machine; the deadline of a flush is much longer.
const AT_ONCE: Duration = Duration::from_secs(20);
const DEADLINE: Duration = Duration::from_secs(100);

fn start() -> TelemetryGuard {
    let builder = TelemetryBuilder::default().shutdown_deadline(DEADLINE);
    builder.init().unwrap()
}

/// Runs `child` in a forked child, and waits for it.
#[allow(unsafe_code)] // There is no safe way to `fork`: it is what is tried here.
fn forked(child: impl FnOnce()) -> WaitStatus {
    // SAFETY: glibc makes `malloc` safe in the child of a process with threads; nothing else that the
    // child does depends on threads of the parent's, which is what is tried here.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => waitpid(child, None).unwrap(),
        ForkResult::Child => {
            let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
            let _ = std::io::stdout().flush();
            // SAFETY: ends the process.
            unsafe { libc::_exit(unwound.is_err().into()) }
        }
    }
}

fn at_once<T>(f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = f();
    assert!(start.elapsed() < AT_ONCE, "took {:?}", start.elapsed());
    result
}

fn works(name: &'static str) {
    match name {
        "parent" => parent(),
        _ => in_child(),
    }
}

#[traced::traced]
fn parent() {}

#[traced::traced]
fn in_child() {}

/// The child starts telemetry of its own.
fn child_exports() {
    let telemetry = at_once(start);
    works("child");
    let report = telemetry.shutdown();
    assert_eq!((report.ended, report.exported), (1, 1), "{report}");
}

pub(crate) fn run(case: &str) {
    let status = match case {
        "drops" => with_guard(|guard| {
            at_once(|| drop(guard));
            child_exports();
        }),
        "shuts_down" => with_guard(|guard| {
            let report = at_once(|| guard.shutdown());
            assert_eq!(report.ended, 0);
            child_exports();
        }),
        "keeps" => with_guard(|guard| {
            child_exports();
            assert_eq!(at_once(|| guard.force_flush()).ended, 0);
            at_once(|| drop(guard));
            child_exports();
        }),
        "drops_later" => with_guard(|guard| {
            let telemetry = start();
            works("child");
            drop(guard);
            works("child");
            assert_eq!(telemetry.shutdown().exported, 2);
        }),
        "forgets" => with_guard(|guard| {
            std::mem::forget(guard);
            at_once(flush);
            at_once(shutdown);
            child_exports();
        }),
        "goes_on" => with_guard(|guard| {
            // More spans than a queue holds.
            at_once(|| (0..5000).for_each(|_| works("child")));
            at_once(flush);
            at_once(shutdown);
            drop(guard);
        }),
        "grandchild" => with_guard(|_guard| {
            let telemetry = start();
            works("child");
            let status = forked(|| {
                child_exports();
            });
            assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
            assert_eq!(telemetry.shutdown().exported, 1);
        }),
        "ids" => ids(),
        "busy" => busy(),
        "signal" => signal(),
        _ => panic!("no case {case}"),
    };
    say(format_args!("{status:?}"));
    assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
}

/// Forks while spans of the parent wait; the parent exports them after the child has ended.
fn with_guard(child: impl FnOnce(TelemetryGuard)) -> WaitStatus {
    let guard = start();
    works("parent");
    let mut guard = Some(guard);
    let status = forked(|| child(guard.take().unwrap()));
    works("parent");
    let report = guard.unwrap().shutdown();
    assert_eq!((report.ended, report.exported), (2, 2), "{report}");
    status
}

/// Forks workers after the parent's telemetry has been shut down.
fn ids() -> WaitStatus {
    let guard = start();
    works("parent");
    drop(guard);
    let first = forked(child_exports);
    assert!(matches!(first, WaitStatus::Exited(_, 0)), "{first:?}");
    forked(child_exports)
}

/// Forks while other threads end spans, flush and print messages, so that many children inherit a
/// locked mutex.
fn busy() -> WaitStatus {
    let guard = start();
    // The first span of a call site registers it. A child that is forked meanwhile makes no spans of new call sites.
    work("busy");
    tracing::info!("busy");
    let is_over = AtomicBool::new(false);
    let status = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    work("busy");
                    tracing::info!("busy");
                }
            });
        }
        let mut status = None;
        for _ in 0..30 {
            let forked = forked(|| {
                (0..10).for_each(|_| work("orphan"));
                at_once(flush);
                child_exports();
            });
            status = Some(forked);
            if !matches!(forked, WaitStatus::Exited(_, 0)) {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
        status.unwrap()
    });
    drop(guard);
    status
}

/// Prints trees on standard error; the thread that prints exists in the parent only.
pub(crate) fn printing() {
    let builder = || {
        let console = traced::console::ConsoleProcessor::builder().stderr();
        TelemetryBuilder::default().console(console.build())
    };
    let guard = builder().init().unwrap();
    works("parent");
    guard.force_flush();
    let mut kept = Some(guard);
    let status = forked(|| {
        at_once(|| drop(kept.take()));
        let telemetry = at_once(|| builder().init().unwrap());
        works("child");
        at_once(|| telemetry.shutdown());
    });
    assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
    drop(kept);
}

/// The child inherits the parent's signal handlers, but not the thread that they wake.
fn signal() -> WaitStatus {
    use nix::sys::signal::{Signal, raise};

    let builder = TelemetryBuilder::default().flush_on_signals();
    let guard = builder.shutdown_deadline(DEADLINE).init().unwrap();
    works("parent");
    let mut kept = Some(guard);
    let killed = forked(|| {
        drop(kept.take());
        raise(Signal::SIGTERM).unwrap();
        thread::sleep(AT_ONCE);
    });
    let by_term = matches!(killed, WaitStatus::Signaled(_, Signal::SIGTERM, _));
    assert!(by_term, "{killed:?}");
    let killed = forked(|| {
        let builder = TelemetryBuilder::default().flush_on_signals();
        let _telemetry = builder.shutdown_deadline(DEADLINE).init().unwrap();
        drop(kept.take());
        works("child");
        raise(Signal::SIGTERM).unwrap();
        thread::sleep(AT_ONCE);
    });
    let by_term = matches!(killed, WaitStatus::Signaled(_, Signal::SIGTERM, _));
    assert!(by_term, "{killed:?}");
    works("parent");
    assert_eq!(kept.unwrap().shutdown().exported, 2);
    forked(|| ())
}

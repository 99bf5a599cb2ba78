//! Parameters and locals are dropped in the order of the plain function.

use std::sync::Mutex;

use traced::traced;
use traced_tests::Noisy;

type Log = Mutex<Vec<&'static str>>;

/// Defines a function twice: plain and annotated.
macro_rules! twice {
    ($plain:ident, $annotated:ident, $($function:tt)*) => {
        mod $plain {
            use super::*;
            $($function)*
        }
        mod $annotated {
            use super::*;
            #[traced]
            $($function)*
        }
    };
}

twice!(
    plain_sync,
    traced_sync,
    #[allow(unused_variables)]
    pub(super) fn f<'l>(a: Noisy<'l>, b: Noisy<'l>, _c: Noisy<'l>, log: &'l Log) {
        let local = Noisy("local", log);
        let _ = (&a, &b);
    }
);

twice!(
    plain_async,
    traced_async,
    #[allow(unused_variables)]
    pub(super) async fn f<'l>(a: Noisy<'l>, b: Noisy<'l>, _c: Noisy<'l>, log: &'l Log) {
        let local = Noisy("local", log);
        tokio::task::yield_now().await;
        let _ = (&a, &b);
    }
);

twice!(
    plain_moved,
    traced_moved,
    pub(super) async fn f<'l>(a: Noisy<'l>, b: Noisy<'l>, c: Noisy<'l>, log: &'l Log) {
        let _local = Noisy("local", log);
        drop(b);
        tokio::task::yield_now().await;
        let _ = (&a, &c);
    }
);

twice!(
    plain_patterns,
    traced_patterns,
    pub(super) fn f<'l>((a, b): (Noisy<'l>, Noisy<'l>), [c, d]: [Noisy<'l>; 2], log: &'l Log) {
        let _local = Noisy("local", log);
        let _ = (&d, &b, &a, &c);
    }
);

struct Unnamed;

twice!(
    plain_unnamed,
    traced_unnamed,
    pub(super) fn f<'l>(a: Noisy<'l>, _: Noisy<'l>, _: Unnamed, c: Noisy<'l>, log: &'l Log) {
        let _local = Noisy("local", log);
        let _ = (&a, &c);
    }
);

twice!(
    plain_early,
    traced_early,
    pub(super) fn f<'l>(a: Noisy<'l>, b: Noisy<'l>, log: &'l Log) -> Result<(), &'static str> {
        let _local = Noisy("local", log);
        if a.0 == "a" {
            return Err("early");
        }
        drop(b);
        Ok(())
    }
);

fn order(run: impl FnOnce(&Log)) -> Vec<&'static str> {
    let log = Mutex::default();
    run(&log);
    log.into_inner().unwrap()
}

#[test]
fn a_function_drops_as_without_its_span() {
    let plain = order(|log| plain_sync::f(Noisy("a", log), Noisy("b", log), Noisy("c", log), log));
    let traced =
        order(|log| traced_sync::f(Noisy("a", log), Noisy("b", log), Noisy("c", log), log));
    assert_eq!(plain, ["local", "c", "b", "a"]);
    assert_eq!(traced, plain);
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

#[test]
fn a_future_drops_as_without_its_span() {
    let plain = order(|log| {
        block_on(plain_async::f(
            Noisy("a", log),
            Noisy("b", log),
            Noisy("c", log),
            log,
        ));
    });
    let traced = order(|log| {
        block_on(traced_async::f(
            Noisy("a", log),
            Noisy("b", log),
            Noisy("c", log),
            log,
        ));
    });
    assert_eq!(plain, ["local", "c", "b", "a"]);
    assert_eq!(traced, plain);
}

#[test]
fn a_future_dropped_while_pending_drops_as_without_its_span() {
    fn poll_and_drop(future: impl Future) {
        let mut future = Box::pin(future);
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut task).is_pending());
    }
    let in_runtime = |log: &Log, annotated: bool| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _entered = runtime.enter();
        let [a, b, c] = ["a", "b", "c"];
        if annotated {
            poll_and_drop(traced_async::f(
                Noisy(a, log),
                Noisy(b, log),
                Noisy(c, log),
                log,
            ));
        } else {
            poll_and_drop(plain_async::f(
                Noisy(a, log),
                Noisy(b, log),
                Noisy(c, log),
                log,
            ));
        }
    };
    let plain = order(|log| in_runtime(log, false));
    assert_eq!(plain.len(), 4);
    assert_eq!(order(|log| in_runtime(log, true)), plain);
}

#[test]
fn a_future_dropped_before_it_was_polled_drops_as_without_its_span() {
    let plain = order(|log| {
        drop(plain_async::f(
            Noisy("a", log),
            Noisy("b", log),
            Noisy("c", log),
            log,
        ));
    });
    let traced = order(|log| {
        drop(traced_async::f(
            Noisy("a", log),
            Noisy("b", log),
            Noisy("c", log),
            log,
        ));
    });
    assert_eq!(traced, plain);
}

#[test]
fn a_function_that_moves_one_out_drops_as_without_its_span() {
    let plain = order(|log| {
        block_on(plain_moved::f(
            Noisy("a", log),
            Noisy("b", log),
            Noisy("c", log),
            log,
        ));
    });
    let traced = order(|log| {
        block_on(traced_moved::f(
            Noisy("a", log),
            Noisy("b", log),
            Noisy("c", log),
            log,
        ));
    });
    assert_eq!(traced, plain);
}

#[test]
fn patterns_drop_as_without_the_span() {
    let plain = order(|log| {
        let (tuple, array) = (
            (Noisy("a", log), Noisy("b", log)),
            [Noisy("c", log), Noisy("d", log)],
        );
        plain_patterns::f(tuple, array, log);
    });
    let traced = order(|log| {
        let (tuple, array) = (
            (Noisy("a", log), Noisy("b", log)),
            [Noisy("c", log), Noisy("d", log)],
        );
        traced_patterns::f(tuple, array, log);
    });
    assert_eq!(traced, plain);
}

#[test]
fn parameters_without_a_name_drop_as_without_the_span() {
    let arguments = ["a", "unnamed", "c"];
    let plain = order(|log| {
        let [a, unnamed, c] = arguments.map(|name| Noisy(name, log));
        plain_unnamed::f(a, unnamed, Unnamed, c, log);
    });
    let traced = order(|log| {
        let [a, unnamed, c] = arguments.map(|name| Noisy(name, log));
        traced_unnamed::f(a, unnamed, Unnamed, c, log);
    });
    assert_eq!(plain, ["local", "c", "unnamed", "a"]);
    assert_eq!(traced, plain);
}

#[test]
fn an_early_return_drops_as_without_the_span() {
    let plain =
        order(|log| assert!(plain_early::f(Noisy("a", log), Noisy("b", log), log).is_err()));
    let traced =
        order(|log| assert!(traced_early::f(Noisy("a", log), Noisy("b", log), log).is_err()));
    assert_eq!(traced, plain);
}

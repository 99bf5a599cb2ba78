//! The same code plain and annotated, in the edition of the test target: locals, temporaries and
//! parameters are dropped in the same order.

use std::sync::Mutex;

use traced::traced;

pub(crate) type Log = Mutex<Vec<&'static str>>;

/// A value that records its drop.
pub(crate) struct Noisy<'l>(pub(crate) &'static str, pub(crate) &'l Log);

impl Noisy<'_> {
    pub(crate) fn value(&self) -> u8 {
        1
    }
}

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        note(self.1, self.0);
    }
}

pub(crate) fn note(log: &Log, what: &'static str) {
    log.lock().unwrap().push(what);
}

pub(crate) fn order(run: impl FnOnce(&Log)) -> Vec<&'static str> {
    let log = Log::default();
    run(&log);
    log.into_inner().unwrap()
}

/// Defines a function twice, plain and annotated, with the block as its body. The tokens in
/// brackets are in the annotated function only.
macro_rules! sync_cases {
    ($($name:ident($log:ident) { $($before:tt)* } [$($attribute:tt)*] { $($block:tt)* } { $($after:tt)* })*) => {
        $(#[allow(unused_braces, unused_parens)]
        mod $name {
            use super::*;

            fn plain($log: &Log) {
                $($before)* { $($block)* } $($after)*
            }

            #[traced]
            fn annotated($log: &Log) {
                $($attribute)* $($before)* { $($block)* } $($after)*
            }

            #[test]
            fn drops_in_the_same_order() {
                assert_eq!(order(annotated), order(plain));
            }
        })*
    };
}

sync_cases! {
    a_let(log) { let x = } [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        Noisy("temporary", log).value()
    } { ; note(log, "after"); let _ = x; }

    a_let_of_a_chain(log) { let x = } [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        Noisy("temporary", log).value()
    } { .checked_add({ note(log, "next"); 1 }); note(log, "after"); let _ = x; }

    a_statement(log) {} [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        Noisy("temporary", log).value();
    } { note(log, "after"); }

    a_closure(log) { let call = || } [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        Noisy("temporary", log).value()
    } { ; let _ = call(); note(log, "after"); }

    an_if_let(log) { let x = } [#[traced(name = "part")]] {
        if let Some(_) = Some(Noisy("matched", log)).as_ref().filter(|_| false) {
            1
        } else {
            note(log, "else");
            2
        }
    } { ; note(log, "after"); let _: u8 = x; }
}

mod a_block_of_span {
    use super::*;

    #[test]
    fn drops_in_the_same_order() {
        let plain = order(|log| {
            let _x = {
                let _local = Noisy("local", log);
                Noisy("temporary", log).value()
            };
            note(log, "after");
        });
        let in_span = order(|log| {
            let _x = traced::span!("part", {
                let _local = Noisy("local", log);
                Noisy("temporary", log).value()
            });
            note(log, "after");
        });
        assert_eq!(in_span, plain);
    }
}

/// Defines a function twice, plain and annotated, and a call of it.
macro_rules! functions {
    ($($name:ident { $($function:tt)* } $log:ident => $call:expr;)*) => {
        $(#[allow(unused_mut, unused_assignments)]
        mod $name {
            use super::*;

            mod plain {
                use super::super::*;
                $($function)*
            }

            mod annotated {
                use super::super::*;
                #[traced]
                $($function)*
            }

            #[test]
            fn drops_in_the_same_order() {
                let plain = {
                    use self::plain::f;
                    order(|$log| $call)
                };
                let annotated = {
                    use self::annotated::f;
                    order(|$log| $call)
                };
                assert_eq!(annotated, plain);
                assert!(!plain.is_empty());
            }
        })*
    };
}

fn noisy<'l>(what: &'static str, log: &'l Log) -> Noisy<'l> {
    Noisy(what, log)
}

functions! {
    a_function {
        pub(super) fn f<'l>(_a: Noisy<'l>, b: Noisy<'l>) -> u8 {
            let _local = Noisy("local", b.1);
            Noisy("temporary", b.1).value()
        }
    } log => { f(noisy("a", log), noisy("b", log)); };

    at_the_caller {
        #[track_caller]
        pub(super) fn f<'l>(_a: Noisy<'l>, b: Noisy<'l>) -> Result<u8, u8> {
            let _local = Noisy("local", b.1);
            Ok(Noisy("temporary", b.1).value()).and_then(Err)
        }
    } log => { let _ = f(noisy("a", log), noisy("b", log)); };

    a_parameter_that_is_assigned {
        pub(super) fn f<'l>(mut a: Noisy<'l>, b: Noisy<'l>, c: Noisy<'l>) -> u8 {
            let _local = Noisy("local", b.1);
            a = Noisy("assigned", b.1);
            let _ = &c;
            Noisy("temporary", a.1).value()
        }
    } log => { f(noisy("a", log), noisy("b", log), noisy("c", log)); };

    a_tail_that_borrows_from_a_parameter_that_is_assigned {
        pub(super) fn f<'l>(mut a: std::cell::RefCell<Vec<Noisy<'l>>>, log: &'l Log) -> usize {
            a = std::cell::RefCell::new(vec![Noisy("assigned", log)]);
            let _local = Noisy("local", log);
            a.borrow().len()
        }
    } log => { f(std::cell::RefCell::new(Vec::new()), log); };

    items_in_the_body {
        pub(super) fn f<'l>(mut a: Noisy<'l>, b: Noisy<'l>) -> u8 {
            const LOCAL: &str = "local";
            a = Noisy("assigned", b.1);
            let _local = Noisy(LOCAL, a.1);
            Noisy("temporary", b.1).value()
        }
    } log => { f(noisy("a", log), noisy("b", log)); };

    units {
        pub(super) fn f<'l>(a: Noisy<'l>, b: &Noisy<'l>) -> u8 {
            std::thread::scope(|scope| {
                let unit = scope.spawn(|| {
                    let _local = Noisy("local", a.1);
                    Noisy("temporary", b.1).value()
                });
                unit.join().unwrap()
            })
        }
    } log => { f(noisy("a", log), &noisy("b", log)); };
}

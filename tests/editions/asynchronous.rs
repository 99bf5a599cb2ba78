//! The cases with `await`, which edition 2015 does not have.

use super::cases::*;

use traced::traced;

fn run(future: impl std::future::Future) {
    futures::executor::block_on(future);
}

macro_rules! async_cases {
    ($($name:ident($log:ident) { $($before:tt)* } [$($attribute:tt)*] { $($block:tt)* } { $($after:tt)* })*) => {
        $(#[allow(unused_braces, unused_parens)]
        mod $name {
            use super::*;

            async fn plain($log: &Log) {
                $($before)* { $($block)* } $($after)*
            }

            #[traced]
            async fn annotated($log: &Log) {
                $($attribute)* $($before)* { $($block)* } $($after)*
            }

            #[test]
            fn drops_in_the_same_order() {
                assert_eq!(order(|log| run(annotated(log))), order(|log| run(plain(log))));
            }
        })*
    };
}

async_cases! {
    a_let(log) { let x = } [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        Noisy("temporary", log).value()
    } { ; note(log, "after"); let _ = x; }

    a_let_that_awaits(log) { let x = } [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        std::future::ready(()).await;
        Noisy("temporary", log).value()
    } { ; note(log, "after"); let _ = x; }

    an_async_block(log) { let x = async } [#[traced(name = "part")]] {
        let _local = Noisy("local", log);
        std::future::ready(()).await;
        Noisy("temporary", log).value()
    } { ; let _ = x.await; note(log, "after"); }
}

mod an_async_function {
    use super::*;

    macro_rules! twice {
        ($($function:tt)*) => {
            mod plain {
                use super::*;
                $($function)*
            }
            mod annotated {
                use super::*;
                #[traced]
                $($function)*
            }
        };
    }

    twice! {
        #[allow(unused_assignments)]
        pub(super) async fn f<'l>(mut a: Noisy<'l>, b: Noisy<'l>, c: Noisy<'l>) -> u8 {
            const LOCAL: &str = "local";
            let _local = Noisy(LOCAL, b.1);
            a = Noisy("assigned", b.1);
            std::future::ready(()).await;
            let _ = &c;
            Noisy("temporary", a.1).value()
        }
    }

    #[test]
    fn drops_in_the_same_order() {
        fn noisy<'l>(what: &'static str, log: &'l Log) -> Noisy<'l> {
            Noisy(what, log)
        }
        let plain = order(|log| run(plain::f(noisy("a", log), noisy("b", log), noisy("c", log))));
        let annotated = order(|log| {
            run(annotated::f(
                noisy("a", log),
                noisy("b", log),
                noisy("c", log),
            ))
        });
        assert_eq!(annotated, plain);
    }
}

#[test]
fn a_temporary_is_not_held_over_an_await_of_ours() {
    #[traced]
    async fn locks(of: &std::sync::Mutex<u8>) -> u8 {
        #[traced(name = "part")]
        let locked = {
            std::future::ready(()).await;
            *of.lock().unwrap()
        };
        locked
    }
    fn is_send(_: &impl Send) {}
    let of = std::sync::Mutex::new(3);
    let future = locks(&of);
    is_send(&future);
    assert_eq!(futures::executor::block_on(future), 3);
}

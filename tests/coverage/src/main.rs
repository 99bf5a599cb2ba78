//! A spawn site, nested span and function of every shape, with lines that run and lines that do
//! not. `tests/coverage/check` runs the program plain and annotated, and compares how often each
//! line ran.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;

fn main() {
    block_in_closure(1);
    block_with_type(1);
    call_in_closure(1);
    closure_over_lines(1);
    condition_in_closure(1);
    macro_in_closure(1);
    closure_that_never_runs(1);
    closure_in_scope(1);
    nested_closures(1);
    closure_of_another_macro(1);
    boxed_closure(1);
    shared_closures(1);
    makers(1);
    spans_of_units(1);
    futures(1);
    functions_as_units(1);
    drop(question_marks("1"));
    nested_spans(1);
    nested_closures_with_spans(1);
    drop(in_place("1"));
    let _sum = returns_closure(1)(1);
    wait(asynchronous(1)).unwrap_or_default();
    wait(awaited_spans(1)).unwrap_or_default();
    wait(returns_future(1));
    wait(returns_box(1));
    wait(looks_at_parameters(1, "text"));
    blocks_with_spans(1);
    Service.method(1);
    let _at = endless as fn() -> _;
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn block_in_closure(n: usize) {
    let unit = thread::spawn(move || {
        if n > 5 {
            never();
        }
        match n {
            0 => never(),
            _ => always(),
        }
    });
    if n > 5 {
        never();
    }
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn block_with_type(n: usize) {
    let unit = thread::spawn(move || -> usize {
        if n > 5 {
            never();
        }
        n
    });
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn call_in_closure(n: usize) {
    drop(thread::spawn(move || always()).join());
    let unit = thread::spawn(move || plus(n, 1));
    drop(unit.join());
    let unit = thread::spawn(move ||
        plus(n, 1));
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn closure_over_lines(n: usize) {
    let unit = thread::spawn(move || plus(
        n,
        (1..n)
            .map(|n| {
                if n > 5 {
                    never();
                }
                n
            })
            .sum(),
    ));
    drop(unit.join());
    let unit = thread::spawn(move ||
        (n > 5)
            .then(|| never())
            .map_or(
                n,
                |()| 0,
            ) + 1
    );
    drop(unit.join());
    let text = n.to_string();
    let unit = thread::spawn(move || text
        .parse::<usize>()
        .unwrap_or_else(|_| {
            never();
            0
        }));
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn condition_in_closure(n: usize) {
    let unit = thread::spawn(move || if n > 5 {
        never();
    } else {
        always();
    });
    drop(unit.join());
    let unit = thread::spawn(move || match n {
        0 => never(),
        1 => always(),
        _ => never(),
    });
    drop(unit.join());
    let unit = thread::spawn(move || match n {
        0 => 1,
        _ => 2,
    } + n);
    drop(unit.join());
    let unit = thread::spawn(move || loop {
        if n > 5 {
            never();
        }
        break;
    });
    drop(unit.join());
    let unit = thread::spawn(move || unsafe {
        if n > 5 {
            never();
        }
        always_unsafe();
    });
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn macro_in_closure(n: usize) {
    let unit = thread::spawn(move || assert_ne!(
        n,
        2,
        "never {}",
        n + 1,
    ));
    drop(unit.join());
    let unit = thread::spawn(move || vec![
        n,
        2,
    ]);
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn closure_that_never_runs(n: usize) {
    if n > 5 {
        let unit = thread::spawn(move || {
            never();
            n
        });
        drop(unit.join());
        drop(thread::spawn(move || never()).join());
    }
    Pool.execute(|| {
        never();
    });
    Pool.spawn(|| if n > 5 {
        never();
    });
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn closure_in_scope(n: usize) {
    thread::scope(|scope| {
        scope.spawn(|| {
            if n > 5 {
                never();
            }
            always();
        });
        scope.spawn(|| plus(
            n,
            1,
        ));
    });
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn nested_closures(n: usize) {
    let unit = thread::spawn(move || {
        let unit = thread::spawn(move || {
            if n > 5 {
                never();
            }
            thread::spawn(move || always())
        });
        if n > 5 {
            never();
        }
        unit.join().map(|unit| unit.join())
    });
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn closure_of_another_macro(n: usize) {
    macro_rules! spawned {
        ($body:block) => {
            thread::spawn(move || $body)
        };
        ($body:expr) => {
            thread::spawn(move || $body)
        };
    }
    let unit = spawned!({
        if n > 5 {
            never();
        }
        always();
    });
    drop(unit.join());
    let unit = spawned!(plus(
        n,
        1,
    ));
    drop(unit.join());
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn boxed_closure(n: usize) {
    Pool.unblock(Box::new(move || {
        if n > 5 {
            never();
        }
        always();
    }));
    Pool.spawn({
        let copy = n;
        move || {
            if copy > 5 {
                never();
            }
            always();
        }
    });
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn shared_closures(n: usize) {
    Pool.broadcast(|worker| {
        if worker > 5 {
            never();
        }
        always();
    });
    Pool.broadcast(|worker| plus(
        worker,
        n,
    ));
    Pool.spawn_broadcast(move |worker| {
        if worker > 5 {
            never();
        }
        plus(worker, n)
    });
    Pool.spawn_broadcast(move |worker|
        plus(worker, n)
    );
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn makers(n: usize) {
    Pool.spawn_pinned(move || {
        if n > 5 {
            never();
        }
        async move {
            if n > 5 {
                never();
            }
            always();
        }
    });
    Pool.spawn_pinned(move || async move {
        if n > 5 {
            never();
        }
        always();
    });
    Pool.spawn_pinned(move || later(
        n,
    ));
    Pool.spawn_pinned(ready);
}

#[cfg_attr(feature = "annotated", traced::traced_spawn(name = "unit"))]
fn spans_of_units(n: usize) {
    let unit = thread::spawn(move || {
        if n > 5 {
            never();
        }
        always();
    });
    drop(unit.join());
    let unit = thread::spawn(move || -> usize {
        if n > 5 {
            never();
        }
        n
    });
    drop(unit.join());
    let unit = thread::spawn(move || plus(
        n,
        1,
    ));
    drop(unit.join());
    Pool.broadcast(|worker| {
        if worker > 5 {
            never();
        }
        always();
    });
    Pool.broadcast(|worker| plus(
        worker,
        n,
    ));
    Pool.spawn_pinned(move || {
        if n > 5 {
            never();
        }
        async move {
            if n > 5 {
                never();
            }
            always();
        }
    });
    Pool.spawn_local(async move {
        if n > 5 {
            never();
        }
        later(n).await;
    });
    if n > 5 {
        thread::spawn(move || {
            never();
        });
        Pool.spawn_local(async move {
            never();
        });
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn futures(n: usize) {
    Pool.spawn_local(async move {
        if n > 5 {
            never();
        }
        later(n).await;
        if n > 5 {
            later(n).await;
        }
    });
    Pool.spawn_local(Box::pin(async move {
        if n > 5 {
            never();
        }
        later(n).await;
    }));
    Pool.spawn_local({
        let copy = n;
        async move {
            if copy > 5 {
                never();
            }
            later(copy).await;
        }
    });
    Pool.spawn_local(later(
        n,
    ));
    Pool.spawn_ok(async move {
        never();
    });
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn functions_as_units(n: usize) {
    drop(thread::spawn(always).join());
    Pool.broadcast(worker);
    Pool.spawn(
        if n > 5 {
            never
        } else {
            always
        },
    );
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn question_marks(text: &str) -> Result<usize, std::num::ParseIntError> {
    let n: usize = text
        .parse()?;
    if n > 5 {
        never();
        return Ok(text.parse::<usize>()?);
    }
    Ok(n)
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn nested_spans(n: usize) -> usize {
    #[cfg_attr(feature = "annotated", traced(name = "block"))]
    {
        if n > 5 {
            never();
        }
        always();
    }
    #[cfg_attr(feature = "annotated", traced(name = "let"))]
    let sum = {
        if n > 5 {
            never();
        }
        plus(n, 1)
    };
    #[cfg_attr(feature = "annotated", traced(name = "call"))]
    let sum = plus(
        sum,
        1,
    );
    #[cfg_attr(feature = "annotated", traced(name = "loop"))]
    for n in 0..n {
        if n > 5 {
            never();
        }
    }
    if n > 5 {
        #[cfg_attr(feature = "annotated", traced(name = "never"))]
        {
            never();
        }
    }
    #[cfg_attr(feature = "annotated", traced(name = "match"))]
    match n {
        0 => never(),
        _ => always(),
    }
    match n {
        #[cfg_attr(feature = "annotated", traced(name = "arm"))]
        0 => never(),
        #[cfg_attr(feature = "annotated", traced(name = "arm"))]
        1 => {
            if sum > 5 {
                never();
            }
            always();
        }
        _ => never(),
    }
    sum
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn nested_closures_with_spans(n: usize) {
    #[cfg_attr(feature = "annotated", traced(name = "closure"))]
    let double = |n: usize| {
        if n > 5 {
            never();
        }
        n * 2
    };
    double(n);
    #[cfg_attr(feature = "annotated", traced(name = "closure"))]
    let double = |n: usize| plus(
        n,
        n,
    );
    double(n);
    #[cfg_attr(feature = "annotated", traced(name = "closure"))]
    let double = |n: usize| -> usize {
        if n > 5 {
            never();
        }
        n * 2
    };
    double(n);
    #[cfg_attr(feature = "annotated", traced(name = "closure"))]
    let never_called = |n: usize| {
        never();
        n * 2
    };
    let _never_called = never_called;
    #[cfg_attr(feature = "annotated", traced(name = "async"))]
    let future = async move {
        if n > 5 {
            never();
        }
        later(n).await
    };
    wait(future);
    #[cfg_attr(feature = "annotated", traced(name = "async closure"))]
    let future = |n: usize| async move {
        if n > 5 {
            never();
        }
        later(n).await
    };
    wait(future(n));
    #[cfg_attr(feature = "annotated", traced(name = "async closure"))]
    let future = async |n: usize| {
        if n > 5 {
            never();
        }
        later(n).await
    };
    wait(future(n));
}

#[cfg_attr(feature = "annotated", traced::traced)]
#[track_caller]
fn in_place(text: &str) -> Result<usize, std::num::ParseIntError> {
    let n: usize = text
        .parse()?;
    if n > 5 {
        never();
        return text.parse();
    }
    match n {
        0 => text.parse::<usize>(),
        _ => Ok(n),
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn returns_closure(n: usize) -> impl Fn(usize) -> usize {
    if n > 5 {
        never();
    }
    move |m| {
        if m > 5 {
            never();
        }
        m + n
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
async fn asynchronous(n: usize) -> Result<usize, std::num::ParseIntError> {
    if n > 5 {
        never();
        later(n).await;
    }
    later(
        n,
    )
    .await;
    let unit = thread::spawn(move || {
        if n > 5 {
            never();
        }
        always();
    });
    drop(unit.join());
    "1".parse()
}

#[cfg_attr(feature = "annotated", traced::traced)]
async fn awaited_spans(n: usize) -> Option<usize> {
    #[cfg_attr(feature = "annotated", traced(name = "await"))]
    later(n).await;
    #[cfg_attr(feature = "annotated", traced(name = "block"))]
    {
        if n > 5 {
            never();
            later(n).await;
        }
        later(n).await;
    }
    #[cfg_attr(feature = "annotated", traced(name = "let"))]
    let sum = {
        if n > 5 {
            return None;
        }
        later(n).await;
        n.checked_add(1)?
    };
    for n in 0..3 {
        #[cfg_attr(feature = "annotated", traced(name = "jump"))]
        {
            if n > 5 {
                never();
                continue;
            }
            later(n).await;
            if n == 1 {
                break;
            }
        }
    }
    Some(sum)
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn returns_future(n: usize) -> impl Future<Output = usize> {
    if n > 5 {
        never();
    }
    async move {
        if n > 5 {
            never();
        }
        later(n).await;
        n
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn returns_box(n: usize) -> Pin<Box<dyn Future<Output = usize>>> {
    Box::pin(async move {
        if n > 5 {
            never();
        }
        later(n).await;
        n
    })
}

#[cfg_attr(feature = "annotated", traced::traced(attributes(text)))]
async fn looks_at_parameters(n: usize, text: &str) -> usize {
    if n > 5 {
        never();
    }
    later(n).await;
    text.len()
}

fn blocks_with_spans(n: usize) -> usize {
    #[cfg(not(feature = "annotated"))]
    macro_rules! span {
        ($name:expr, $block:block) => {{
            let _name = $name;
            $block
        }};
    }
    #[cfg(feature = "annotated")]
    use traced::span;
    span!("block", {
        if n > 5 {
            never();
        }
        always();
    });
    span!("block", {
        if n > 5 {
            never();
        }
        n
    })
}

struct Service;

impl Service {
    #[cfg_attr(feature = "annotated", traced::traced)]
    fn method(&self, n: usize) {
        if n > 5 {
            never();
        }
        always();
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn endless() -> ! {
    loop {
        never();
    }
}

fn always() {}

unsafe fn always_unsafe() {}

fn never() {
    panic!("this must not run");
}

fn plus(n: usize, m: usize) -> usize {
    n + m
}

fn worker(_: usize) -> usize {
    1
}

/// A future that is pending once.
async fn later(_: usize) {
    let is_ready = Cell::new(false);
    std::future::poll_fn(|_| match is_ready.replace(true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

fn ready() -> std::future::Ready<()> {
    std::future::ready(())
}

fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// A type whose methods have the names of spawners and run their argument in place.
struct Pool;

impl Pool {
    fn spawn<R>(&self, unit: impl FnOnce() -> R) {
        unit();
    }

    fn execute(&self, _: impl FnOnce()) {}

    fn broadcast<R>(&self, unit: impl Fn(usize) -> R) {
        unit(1);
        unit(2);
    }

    fn spawn_broadcast<R>(&self, unit: impl Fn(usize) -> R + 'static) {
        unit(1);
        unit(2);
    }

    fn spawn_pinned<F: Future>(&self, make: impl FnOnce() -> F) {
        wait(make());
    }

    fn unblock(&self, unit: Box<dyn FnOnce()>) {
        unit();
    }

    fn spawn_local<F: Future>(&self, future: F) {
        wait(future);
    }

    fn spawn_ok<F: Future>(&self, _: F) {}
}

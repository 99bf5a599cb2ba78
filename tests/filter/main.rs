//! Functions that a filter switches off and on. All tests of the process share the filter, so that one runs at a time.

mod environment;
mod functions;
mod levels;
mod passing_through;

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use functions::db;
use traced::testing::capture;
use traced::{Filter, traced};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Everything is on again when this is dropped.
struct Filtered {
    _alone: MutexGuard<'static, ()>,
}

impl Drop for Filtered {
    fn drop(&mut self) {
        traced::set_filter(Filter::default());
    }
}

fn filtered(filter: &str) -> Filtered {
    let alone = ONE_AT_A_TIME.lock();
    let alone = alone.unwrap_or_else(PoisonError::into_inner);
    traced::set_filter(filter.parse().unwrap());
    Filtered { _alone: alone }
}

/// Compares the tree of the spans of `call` under `filter` with the expected one.
#[track_caller]
fn check(filter: &str, call: fn(), expected: &str) {
    let _filtered = filtered(filter);
    let ((), spans) = capture(call);
    assert_eq!(spans.tree(), expected, "{filter}");
}

#[test]
fn a_directive_for_a_module_covers_the_modules_below() {
    check("filter::functions::db=off", functions::handle, "handle\n");
    check("filter=off", functions::handle, "");
}

#[test]
fn a_path_ends_where_a_name_ends() {
    let all = "handle\n  query\n    fetch\n";
    check("filter::functions::d=off", functions::handle, all);
    check("filter::functions::db::quer=off", functions::handle, all);
}

#[test]
fn a_star_is_any_text() {
    check("*::query=off", functions::handle, "handle\n  fetch\n");
    check("filter::*::db*=off", functions::handle, "handle\n");
    check("*qu*y=off", functions::handle, "handle\n  fetch\n");
    check("*=off", functions::handle, "");
}

#[test]
fn the_parent_of_a_span_is_the_nearest_function_that_is_on() {
    let query = "filter::functions::db::query=off";
    check(query, functions::handle, "handle\n  fetch\n");
}

#[test]
fn the_directive_with_the_most_letters_decides_wherever_it_stands() {
    for filter in [
        "off,filter::functions::db=on",
        "filter::functions::db=on,off",
        "filter=off,filter::functions::db=on",
        "filter::functions::*=off,filter::functions::db=on",
    ] {
        check(filter, functions::handle, "query\n  fetch\n");
    }
}

#[test]
fn of_two_directives_of_one_length_the_later_decides() {
    check("filter=off,filter=on", functions::health, "health\n");
    check("filter=on,filter=off", functions::health, "");
    // The first has as many letters, but fewer stars.
    check("filter=off,filter*=on", functions::health, "");
}

#[test]
fn the_name_of_the_span_and_its_scope_do_not_matter() {
    let renamed = functions::renamed;
    check("*::renamed=off", renamed, "");
    check("another=off", renamed, "another name\n");
    check("a_scope=off", renamed, "another name\n");
}

#[test]
fn the_path_of_a_method_has_its_type() {
    let save: fn() = || db::Store.save();
    check("filter::functions::db::Store::save=off", save, "");
    check("filter::functions::db::Store=off", save, "");
    check("filter::functions::db::save=off", save, "Store::save\n");
    let load: fn() = || db::Loader::load(&db::Store);
    check("filter::functions::db::Store::load=off", load, "");
    let alone: fn() = || db::Store.alone();
    // A method that is annotated by itself may be written without its type.
    check("filter::functions::db::alone=off", alone, "");
    check("filter::functions::db::Store::alone=off", alone, "");
    check("filter::functions::db::Other::alone=off", alone, "alone\n");
}

#[test]
fn a_directive_for_a_function_covers_the_functions_in_it() {
    let inner = functions::inner;
    let all = "inner\n  inner::block\n  parse\n";
    check("", inner, all);
    check("*::inner=off", inner, "");
    check("*::parse=off", inner, all);
    let in_method: fn() = || db::Store.with_inner();
    check("*::db::Store::with_inner=off", in_method, "");
    check("*::db::with_inner=off", in_method, "Store::with_inner\n");
    check(
        "*::db::Loader=off",
        || db::Loader::defaulted(&db::Store),
        "",
    );
}

#[test]
fn raw_names_and_package_names_match_in_both_spellings() {
    check(
        "filter::functions::r#type::r#match=off",
        functions::r#type::r#match,
        "",
    );
    check(
        "filter::functions::type::match=off",
        functions::r#type::r#match,
        "",
    );
    let package: Filter = "my-shop::db=off".parse().unwrap();
    assert!(!package.is_on("my_shop::db::load"));
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

#[test]
fn async_functions_streams_and_spawned_units_are_off_too() {
    let everything: fn() = || run(functions::everything());
    check(
        "",
        everything,
        "everything\n  rows\n    row\n  spawner\n    unit n=3\n      leaf\n  boxed\n    leaf\n  \
         told n=2\n    leaf\n",
    );
    check(
        "*::rows=off,*::spawner=off,*::boxed=off,*::told=off",
        everything,
        "everything\n  row\n  leaf\n  leaf\n  leaf\n",
    );
}

#[test]
fn an_off_function_does_not_evaluate_its_attributes() {
    let _filtered = filtered("*::told=off,*::spawner=off");
    let before = functions::evaluated();
    let ((), spans) = capture(|| run(functions::everything()));
    assert_eq!(spans.named("everything").name(), "everything");
    assert_eq!(functions::evaluated(), before);
}

#[test]
fn an_error_that_leaves_an_off_function_is_recorded_above_it() {
    #[traced]
    fn outer() -> Result<(), String> {
        inner()
    }

    #[traced]
    fn inner() -> Result<(), String> {
        Err("no".into())
    }

    let _filtered = filtered("filter::inner=off");
    let (_, spans) = capture(outer);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans.named("outer").exceptions().len(), 1);
}

#[test]
fn a_change_is_seen_by_other_threads_at_their_next_call() {
    let _filtered = filtered("");
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (done, ready) = std::sync::mpsc::channel();
    let worker = std::thread::spawn(move || {
        let mut counts = Vec::new();
        while wait.recv().is_ok() {
            counts.push(capture(functions::health).1.len());
            done.send(()).unwrap();
        }
        counts
    });
    for filter in ["", "*::health=off", "*::health=on", "off"] {
        traced::set_filter(filter.parse().unwrap());
        go.send(()).unwrap();
        ready.recv().unwrap();
    }
    drop(go);
    assert_eq!(worker.join().unwrap(), [1, 0, 1, 0]);
}

#[test]
fn a_function_that_never_ran_is_off_from_its_first_call() {
    #[traced]
    fn first_called_here() {}

    let _filtered = filtered("*::first_called_here=off");
    assert!(capture(first_called_here).1.is_empty());
    traced::set_filter(Filter::default());
    assert_eq!(capture(first_called_here).1.len(), 1);
}

#[test]
fn a_span_that_has_started_goes_on() {
    #[traced]
    fn switches_itself_off() {
        traced::set_filter("off".parse().unwrap());
        traced::set_attributes!(late = true);
    }

    let _filtered = filtered("");
    let ((), spans) = capture(switches_itself_off);
    assert_eq!(spans.tree(), "switches_itself_off late=true\n");
}

#[test]
fn changing_the_filter_during_calls_breaks_no_trace() {
    let _filtered = filtered("");
    std::thread::scope(|scope| {
        let workers = [0, 1].map(|_| {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let (_, spans) = capture(functions::handle);
                    // Whichever functions are on, the parent of a span belongs to the same call.
                    assert!(spans.len() <= 3);
                }
            })
        });
        while !workers.iter().all(|worker| worker.is_finished()) {
            traced::set_filter("*::query=off".parse().unwrap());
            traced::set_filter("off".parse().unwrap());
            traced::set_filter(Filter::default());
        }
    });
    assert_eq!(capture(functions::handle).1.len(), 3);
}

#[test]
fn the_filter_can_be_read_and_printed() {
    let _filtered = filtered("");
    assert_eq!(traced::filter(), Filter::default());
    traced::set_filter(
        " my_crate::db = OFF , , my_crate::*=on, off"
            .parse()
            .unwrap(),
    );
    let printed = traced::filter().to_string();
    assert_eq!(printed, "my_crate::db=off,my_crate::*=on,*=off");
    assert_eq!(printed.parse(), Ok(traced::filter()));
}

#[test]
fn a_directive_that_cannot_be_read_is_told_with_what_to_write() {
    for (filter, expected) in [
        (
            "my_crate::db",
            "`my_crate::db` says neither `on` nor `off`, nor a level; write `my_crate::db=off`, \
             `my_crate::db=on` or `my_crate::db=info`",
        ),
        (
            "on,my_crate=debgu",
            "in `my_crate=debgu`, expected `on`, `off` or a level (`error`, `warn`, `info`, `debug`, \
             `trace`), found `debgu`; write `my_crate=off`, `my_crate=on` or `my_crate=info`",
        ),
        (
            "my crate=off",
            "in `my crate=off`, `my crate` is not a path; write one such as `my_crate::db` or \
             `*::health`, where `*` is any text",
        ),
        (
            "=off",
            "in `=off`, `` is not a path; write one such as `my_crate::db` or `*::health`, where \
             `*` is any text",
        ),
    ] {
        let error = filter.parse::<Filter>().unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    for wrong in ["my_crate:db=off", "my_crate::db()=off", "a=b=off", "a="] {
        assert!(wrong.parse::<Filter>().is_err(), "{wrong}");
    }
}

//! `#[traced::test]` alone, and above or below other attributes.

use std::num::ParseIntError;
use std::process::Command;

use traced::testing::{assert_tree, spans};
use traced::traced;

use crate::{audit, load};

#[traced::test]
fn the_attribute_alone_makes_a_test() {
    audit();
    assert_tree!(spans(), "audit");
}

#[traced::test]
fn tests_beside_each_other_see_their_own_spans() {
    load(7).unwrap();
    assert_tree!(spans(), "load id=7");
}

#[traced::test]
#[test]
fn it_may_stand_above_test() {
    audit();
    assert_tree!(spans(), "audit");
}

#[traced::test]
fn a_test_may_return_a_result() -> Result<(), ParseIntError> {
    let id = "7".parse()?;
    load(id).unwrap();
    assert_tree!(spans(), "load id=7");
    Ok(())
}

#[traced::test]
#[should_panic(expected = "it is to panic")]
fn a_test_may_be_expected_to_panic() {
    audit();
    panic!("it is to panic");
}

#[traced::test(crate = traced)]
fn the_path_of_the_crate_may_be_given() {
    audit();
    assert_tree!(spans(), "audit");
}

async fn tasks() {
    #[traced]
    async fn top() {
        tokio::spawn(inner()).await.unwrap();
    }
    #[traced]
    async fn inner() {
        tokio::task::yield_now().await;
    }
    top().await;
}

#[traced::test]
#[tokio::test]
async fn it_may_stand_above_tokio() {
    tasks().await;
    assert_tree!(spans(), "top\n  inner");
}

#[tokio::test]
#[traced::test]
async fn it_may_stand_below_tokio() {
    tasks().await;
    assert_tree!(spans(), "top\n  inner");
}

#[traced::test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_stand_above_tokio_with_threads() -> Result<(), String> {
    tasks().await;
    load(0).unwrap_err();
    assert_tree!(spans(), "top\n  inner\nload id=0 error");
    load(7)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[traced::test]
async fn it_may_stand_below_tokio_with_threads() -> Result<(), String> {
    tasks().await;
    load(7)?;
    assert_tree!(spans(), "top\n  inner\nload id=7");
    Ok(())
}

#[traced::test]
#[tokio::test]
async fn in_a_task_the_spans_are_those_of_the_test() {
    #[traced]
    async fn top() {
        tokio::spawn(async {
            audit();
            assert_eq!(spans().len(), 1);
        })
        .await
        .unwrap();
    }
    top().await;
    assert_tree!(spans(), "top\n  audit");
}

#[test]
fn without_the_attribute_there_are_no_spans() {
    let said = crate::failure(spans);
    assert!(
        said.starts_with("no test captures spans here: annotate the test with `#[traced::test]`"),
        "{said}"
    );
}

/// The harness lists each test once, whatever other attributes it has.
#[test]
fn each_is_a_test_once_wherever_the_attribute_stands() {
    let listed = Command::new(std::env::current_exe().unwrap())
        .arg("--list")
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for name in [
        "the_attribute_alone_makes_a_test",
        "it_may_stand_above_test",
        "it_may_stand_above_tokio",
        "it_may_stand_below_tokio",
        "a_test_may_return_a_result",
        "the_path_of_the_crate_may_be_given",
    ] {
        let line = format!("test_attribute::{name}: test");
        let count = listed.lines().filter(|known| *known == line).count();
        assert_eq!(count, 1, "{name} in {listed}");
    }
}

/// Runs each test alone in its process, as nextest does.
#[test]
fn each_runs_in_a_process_of_its_own() {
    for name in [
        "test_attribute::the_attribute_alone_makes_a_test",
        "test_attribute::it_may_stand_below_tokio_with_threads",
        "wait::async_code_waits_without_blocking_its_thread",
        "checks::a_carried_context_is_not_lost",
    ] {
        let mut test = Command::new(std::env::current_exe().unwrap());
        let run = test
            .args(["--exact", name, "--nocapture"])
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{name}: {printed}");
        assert!(printed.contains("1 passed"), "{name}: {printed}");
    }
}

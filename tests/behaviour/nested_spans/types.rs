//! Types that are inferred from the surrounding code, in `#[traced]` and `span!`.

use std::num::ParseIntError;

use opentelemetry::trace::Status;
use traced::testing::{capture, capture_async};
use traced::traced;

#[traced]
fn let_decides() -> (u64, String, Vec<u8>) {
    #[traced(name = "number")]
    let number: u64 = "1".parse().unwrap();
    #[traced(name = "string")]
    let string: String = "a".into();
    let list: Vec<u8> = #[traced(name = "list")]
    {
        (0..3).collect()
    };
    (number, string, list)
}

#[test]
fn a_let_says_the_type_of_its_value() {
    let (out, spans) = capture(let_decides);
    assert_eq!(out, (1, "a".to_owned(), vec![0, 1, 2]));
    assert_eq!(spans.tree(), "let_decides\n  number\n  string\n  list\n");
}

fn function_decides(fails: bool) -> Result<u8, String> {
    traced::span!("work", {
        match fails {
            true => Err("no luck".into()),
            false => Ok(1),
        }
    })
}

#[test]
fn a_function_says_the_type_of_its_last_span() {
    let (out, spans) = capture(|| function_decides(true));
    assert_eq!(out, Err("no luck".to_owned()));
    assert_eq!(*spans.named("work").status(), Status::error("no luck"));
}

#[traced]
fn closure_decides() -> Result<u8, String> {
    let written = #[traced(name = "written")]
    |n: u8| -> Result<u8, String> { Ok(n) };
    fn once(call: impl FnOnce(u8) -> Result<u8, String>) -> Result<u8, String> {
        call(1)
    }
    let passed = once(
        #[traced(name = "passed")]
        |n| Err(format!("not {n}"))?,
    );
    written(1).and(passed)
}

#[test]
fn a_closure_says_the_type_of_its_body() {
    let (out, spans) = capture(closure_decides);
    assert_eq!(out, Err("not 1".to_owned()));
    assert_eq!(*spans.named("passed").status(), Status::error("not 1"));
}

fn leaves(early: bool) -> u8 {
    if early {
        traced::span!("leaves", { return 1 });
    }
    2
}

#[test]
fn a_span_may_give_no_value() {
    let (out, spans) = capture(|| leaves(true));
    assert_eq!((out, spans.tree().as_str()), (1, "leaves\n"));
}

#[traced]
fn borrows() -> usize {
    fn text() -> String {
        "text".to_owned()
    }
    #[traced(name = "whole")]
    let whole: &str = &text();
    #[traced(name = "field")]
    let field = &(text(), 1).0;
    #[traced(name = "tuple")]
    let (first, _) = (&text(), 2);
    #[traced(name = "either")]
    let either = if first.is_empty() { "" } else { &text() };
    whole.len() + field.len() + first.len() + either.len()
}

#[test]
fn a_let_keeps_what_its_value_borrows() {
    let (out, spans) = capture(borrows);
    assert_eq!(out, 16);
    assert_eq!(
        spans.tree(),
        "borrows\n  whole\n  field\n  tuple\n  either\n"
    );
}

#[traced]
fn borrows_in_a_statement() -> usize {
    let lengths = [
        #[traced(name = "trimmed")]
        String::from(" a ").trim(),
    ]
    .map(str::len);
    lengths[0]
}

#[test]
fn a_temporary_lives_to_the_end_of_its_statement() {
    let (out, spans) = capture(borrows_in_a_statement);
    assert_eq!(out, 1);
    assert_eq!(spans.tree(), "borrows_in_a_statement\n  trimmed\n");
}

async fn one() -> u8 {
    tokio::task::yield_now().await;
    1
}

#[traced]
async fn awaited() -> Result<u8, String> {
    #[traced(name = "number")]
    let number: u64 = {
        one().await;
        "1".parse().unwrap()
    };
    #[traced(name = "string")]
    let string: String = char::from(one().await + b'a').into();
    let written = #[traced(name = "written")]
    async |n: u8| -> Result<u8, String> { Ok(n) };
    traced::span!("last", {
        written(one().await).await?;
        Ok(number as u8 + string.len() as u8)
    })
}

#[tokio::test]
async fn so_it_is_with_what_awaits() {
    let (out, spans) = capture_async(awaited()).await;
    assert_eq!(out, Ok(2));
    let tree = "awaited\n  number\n  string\n  last\n    written\n";
    assert_eq!(spans.tree(), tree);
}

#[traced]
fn closures(texts: &[&str]) -> Vec<Result<u8, ParseIntError>> {
    let parse = #[traced(name = "parse")]
    |text: &&str| {
        if text.is_empty() {
            return Ok(0);
        }
        let number = text.parse::<u8>()?;
        Ok::<u8, ParseIntError>(number)
    };
    texts.iter().map(parse).collect()
}

#[test]
fn an_error_that_leaves_a_closure_by_a_question_mark_is_the_closures() {
    let (out, spans) = capture(|| closures(&["", "1", "x"]));
    assert!(out[2].is_err());
    let failed = spans
        .iter()
        .filter(|span| *span.status() == Status::error("invalid digit found in string"));
    assert_eq!(failed.count(), 1);
}

#[traced]
fn counts() -> (u8, Vec<u8>) {
    let mut total = 0;
    let mut list = vec![1, 2];
    let mut add = #[traced(name = "add")]
    |n: u8| total += n;
    add(1);
    add(2);
    let first = #[traced(name = "first")]
    |list: &mut Vec<u8>| {
        list.push(3);
        list.first_mut().map(|first| *first += 1)
    };
    first(&mut list);
    let consume = #[traced(name = "consume")]
    move || list;
    (total, consume())
}

#[test]
fn a_closure_captures_as_it_did() {
    let (out, _) = capture(counts);
    assert_eq!(out, (3, vec![2, 2, 3]));
}

//! Every kind of statement and expression that `#[traced]` may stand on, and the attributes that
//! may stand beside it.

use opentelemetry::trace::Status;
use traced::testing::{capture, capture_async};
use traced::traced;

fn one() -> u8 {
    1
}

fn checked(fails: bool) -> Result<u8, String> {
    match fails {
        true => Err("checked".to_owned()),
        false => Ok(1),
    }
}

#[traced]
fn beside_other_attributes() -> u8 {
    #[cfg(not(any()))]
    #[traced(name = "kept")]
    one();
    #[cfg(any())]
    #[traced(name = "left out")]
    one();
    #[allow(unused_must_use)]
    #[traced(name = "allowed")]
    checked(true);
    #[traced(name = "first")]
    #[allow(clippy::needless_return)]
    one();
    #[cfg(any())]
    #[traced(name = "no block")]
    {
        return 3;
    }
    #[cfg(any())]
    #[traced(name = "no macro")]
    println!("no macro");
    #[cfg(any())]
    #[traced(name = "no let")]
    let _n = one();
    2
}

#[test]
fn other_attributes_stay_with_the_statement() {
    let (out, spans) = capture(beside_other_attributes);
    assert_eq!(out, 2);
    let names: Vec<&str> = spans.iter().map(|span| span.name()).collect();
    assert_eq!(
        names,
        ["beside_other_attributes", "kept", "allowed", "first"]
    );
    assert_eq!(*spans.named("allowed").status(), Status::error("checked"));
}

#[traced]
fn assigns(fails: bool) -> Result<u8, String> {
    let mut sum;
    #[traced(name = "assigned")]
    sum = one();
    #[traced(name = "added")]
    sum += one();
    if sum > 1 {
        #[traced(name = "returned")]
        return checked(fails);
    }
    Ok(sum)
}

#[test]
fn a_span_is_around_the_value_of_an_assignment_and_a_return() {
    let (out, spans) = capture(|| assigns(true));
    assert!(out.is_err());
    assert_eq!(*spans.named("returned").status(), Status::error("checked"));
    let (_, spans) = capture(|| assigns(false));
    assert_eq!(spans.tree(), "assigns\n  assigned\n  added\n  returned\n");
}

#[traced]
fn of_every_kind(list: &[u8]) -> bool {
    #[traced(name = "index")]
    let index = list[usize::from(one())];
    #[traced(name = "array")]
    let array = [one(), one()];
    #[traced(name = "tuple")]
    let tuple = (one(), one());
    let reference = #[traced(name = "reference")]
    &one();
    let cast = (#[traced(name = "path")]
    index) as u16;
    let literal = #[traced(name = "struct")]
    std::ops::Range {
        start: one(),
        end: 2,
    };
    assert_eq!((array[0], tuple.0, *reference, cast), (1, 1, 1, 20));
    assert_eq!(literal.len(), 1);
    #[traced(name = "compared")]
    one()
        == one()
}

#[test]
fn an_expression_of_any_kind_may_have_a_span() {
    let (out, spans) = capture(|| of_every_kind(&[10, 20]));
    assert!(out);
    let tree =
        "of_every_kind\n  index\n  array\n  tuple\n  reference\n  path\n  struct\n  compared\n";
    assert_eq!(spans.tree(), tree);
}

#[traced]
async fn in_macros() -> Vec<u8> {
    let mut list = vec![
        #[traced(name = "element")]
        {
            one()
        },
        2,
    ];
    let (three, four) = tokio::join!(
        #[traced(name = "joined")]
        async {
            3
        },
        async {
            #[traced(name = "statement")]
            let four = one() + 3;
            four
        }
    );
    list.extend([three, four]);
    tokio::select! {
        five = #[traced(name = "selected")] async { 5 } => list.push(five),
    }
    list
}

#[tokio::test]
async fn an_expression_in_a_macro_may_have_a_span() {
    let (out, spans) = capture_async(in_macros()).await;
    assert_eq!(out, [1, 2, 3, 4, 5]);
    let tree = "in_macros\n  element\n  joined\n  statement\n  selected\n";
    assert_eq!(spans.tree(), tree);
}

//! `cfg_attr` wherever an attribute of ours may stand: the predicate `all()` is true, `any()` is
//! false.

use std::fmt;

use traced::testing::{capture, capture_async};
use traced::{traced, traced_spawn};

fn double(n: u8) -> u8 {
    n * 2
}

async fn double_later(n: u8) -> u8 {
    n * 2
}

#[traced]
fn parameters(
    #[cfg_attr(all(), attribute)] held: u8,
    #[cfg_attr(any(), attribute)] not_held: u8,
    #[cfg_attr(all(), attribute("shop.key"))] named: u8,
    #[cfg_attr(all(), allow(unused_variables), attribute)] with_another: u8,
    #[cfg_attr(all(), cfg_attr(all(), attribute))] nested: u8,
    #[cfg_attr(all(), cfg_attr(any(), attribute))] nested_not: u8,
    #[cfg_attr(any(), attribute("one"))]
    #[cfg_attr(not(any()), attribute("other"))]
    either: u8,
) -> u8 {
    held + not_held + named + with_another + nested + nested_not + either
}

#[test]
fn a_parameter_is_recorded_where_the_condition_holds() {
    let (sum, spans) = capture(|| parameters(1, 2, 3, 4, 5, 6, 7));
    assert_eq!(sum, 28);
    assert_eq!(
        spans.tree(),
        "parameters held=1 shop.key=3 with_another=4 nested=5 other=7\n"
    );
}

struct Shop;

#[traced]
impl Shop {
    fn buy(&self, #[cfg_attr(all(), attribute)] id: u8) -> u8 {
        id
    }

    #[cfg_attr(all(), cfg_attr(all(), traced(skip)))]
    fn left_out(&self) {}

    #[cfg_attr(all(), cfg_attr(any(), traced(skip)), inline)]
    fn not_left_out(&self) {}

    #[cfg_attr(any(), traced(name = "one"))]
    #[cfg_attr(all(), traced(name = "other"))]
    fn one_of_two(&self) {}
}

#[test]
fn a_member_of_a_container_too() {
    let (_, spans) = capture(|| {
        Shop.left_out();
        Shop.not_left_out();
        Shop.one_of_two();
        Shop.buy(3)
    });
    assert_eq!(spans.tree(), "Shop::not_left_out\nother\nShop::buy id=3\n");
}

#[traced(name = "statements")]
fn statements(n: u8) -> u8 {
    #[cfg_attr(all(), traced(name = "let", attributes(n)))]
    let one = double(n);
    #[cfg_attr(any(), traced(name = "let not"))]
    let two = double(one);
    #[cfg_attr(all(), traced(name = "semicolon"))]
    double(two);
    #[cfg_attr(any(), traced(name = "semicolon not"))]
    double(two);
    #[allow(clippy::let_and_return)]
    #[cfg_attr(all(), cfg_attr(all(), traced(name = "nested")), allow(unused_mut))]
    let mut three = double(two);
    #[cfg_attr(all(), traced(name = "assigned"))]
    {
        three += 1;
    }
    #[cfg_attr(all(), traced(name = "if"))]
    if three > 100 {
        three = 0;
    }
    #[cfg_attr(any(), traced(name = "for not"))]
    for _ in 0..1 {
        three += 1;
    }
    #[cfg_attr(all(), traced(name = "macro"))]
    assert!(three > 0);
    #[cfg_attr(all(), traced(name = "tail"))]
    double(three)
}

#[test]
fn a_statement_is_in_a_span_where_the_condition_holds() {
    let (out, spans) = capture(|| statements(1));
    assert_eq!(out, 20);
    assert_eq!(
        spans.tree(),
        "statements\n  let n=1\n  semicolon\n  nested\n  assigned\n  if\n  macro\n  tail\n"
    );
}

#[traced(name = "arms")]
fn arms(n: u8) -> u8 {
    match n {
        #[cfg_attr(all(), traced(name = "first"))]
        0 => double(1),
        #[cfg_attr(any(), traced(name = "second"))]
        1 => {
            let two = double(1);
            two + 1
        }
        #[cfg_attr(all(), traced(name = "third"))]
        2 if n > 1 => double(4),
        #[traced(name = "plain")]
        3 => double(5),
        _ =>
        {
            #[cfg_attr(all(), traced(name = "body"))]
            double(6)
        }
    }
}

#[test]
fn an_arm_is_in_a_span_where_the_condition_holds() {
    let (out, spans) = capture(|| [arms(0), arms(1), arms(2), arms(3), arms(4)]);
    assert_eq!(out, [2, 3, 8, 10, 12]);
    assert_eq!(
        spans.tree(),
        "arms\n  first\narms\narms\n  third\narms\n  plain\narms\n  body\n"
    );
}

#[traced(name = "expressions")]
fn expressions(words: &[&str]) -> usize {
    let lengths = words.iter().map(
        #[cfg_attr(all(), traced(name = "closure"))]
        |word| word.len(),
    );
    let more = words.iter().map(
        #[cfg_attr(any(), traced(name = "closure not"))]
        |word| word.len(),
    );
    let length = str::len(
        #[cfg_attr(all(), traced(name = "argument"))]
        words[0].to_owned().as_str(),
    );
    let from_let = #[cfg_attr(all(), traced(name = "value"))]
    double(1);
    lengths.sum::<usize>() + more.sum::<usize>() + length + usize::from(from_let)
}

#[test]
fn an_expression_is_in_a_span_where_the_condition_holds() {
    let (out, spans) = capture(|| expressions(&["a"]));
    assert_eq!(out, 5);
    assert_eq!(
        spans.tree(),
        "expressions\n  argument\n  value\n  closure\n"
    );
}

#[traced(name = "futures")]
async fn futures() -> Result<u8, fmt::Error> {
    #[cfg_attr(all(), traced(name = "awaited"))]
    let one = double_later(1).await;
    let block = #[cfg_attr(all(), traced(name = "async"))]
    async {
        double_later(2).await
    };
    let plain = #[cfg_attr(any(), traced(name = "async not"))]
    async {
        double_later(3).await
    };
    let (two, three) = tokio::join!(
        block,
        #[cfg_attr(all(), traced(name = "joined"))]
        double_later(4)
    );
    #[cfg_attr(all(), traced(name = "question"))]
    let four = Ok::<u8, fmt::Error>(4)?;
    Ok(one + two + three + four + plain.await)
}

#[tokio::test]
async fn a_future_is_in_a_span_where_the_condition_holds() {
    let (out, spans) = capture_async(futures()).await;
    assert_eq!(out, Ok(24));
    assert_eq!(
        spans.tree(),
        "futures\n  awaited\n  joined\n  async\n  question\n"
    );
}

#[traced]
fn child() {}

#[traced(name = "spawning")]
fn spawning() {
    #[cfg_attr(all(), traced_spawn(name = "unit"))]
    let one = std::thread::spawn(child);
    one.join().unwrap();
    #[cfg_attr(any(), traced_spawn(detached))]
    std::thread::spawn(child).join().unwrap();
    #[cfg_attr(all(), traced_spawn(detached))]
    std::thread::spawn(child).join().unwrap();
    #[cfg_attr(all(), traced_spawn(name = "several"), allow(unused_must_use))]
    std::thread::spawn(child).join().unwrap();
}

#[test]
fn a_spawn_site_obeys_where_the_condition_holds() {
    let ((), spans) = capture(spawning);
    assert_eq!(
        spans.tree(),
        "spawning\n  unit\n    child\n  child\n  several\n    child\n"
    );
}

#[traced_spawn]
mod carried {
    use super::child;
    use traced::traced_spawn;

    #[cfg_attr(all(), traced_spawn(detached))]
    pub(super) fn detached() {
        std::thread::spawn(child).join().unwrap();
    }

    #[cfg_attr(any(), traced_spawn(detached))]
    pub(super) fn not_detached() {
        std::thread::spawn(child).join().unwrap();
    }
}

#[traced(name = "around")]
fn around() {
    carried::detached();
    carried::not_detached();
}

#[test]
fn a_function_in_a_container_of_spawn_sites_too() {
    let ((), spans) = capture(around);
    assert_eq!(spans.tree(), "around\n  child\n");
}

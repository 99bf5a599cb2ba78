//! `assert_tree!`: which trees fit, and how a failure shows the difference.

use std::process::Command;

use traced::testing::{Spans, assert_tree, capture};
use traced::traced;

use crate::{audit, failure, handle, load};

fn order(ids: &[u64]) -> Spans {
    capture(|| handle(ids)).1
}

#[test]
fn the_whole_tree_fits() {
    let spans = order(&[7, 0]);
    assert_tree!(spans, &spans.tree());
}

#[test]
fn a_tree_may_leave_parts_of_spans_out() {
    let spans = order(&[7, 0]);
    assert_tree!(
        spans,
        "
        GET /orders [server] http.route=/ord* !http.request.method unset
          load id=7 unset
          load [client] id=* error: not found*
          audit
        "
    );
    assert_tree!(&spans, "GET *\n  l*d\n  *\n  *");
    assert_tree!(spans, "\"GET /orders\"\n  load\n  load error\n  audit");
}

#[test]
fn dots_fit_any_number_of_spans() {
    let spans = order(&[1, 2, 3]);
    assert_tree!(spans, "..");
    assert_tree!(spans, "GET /orders\n  ..");
    assert_tree!(spans, "GET /orders\n  ..\n  audit");
    assert_tree!(
        spans,
        "GET /orders\n  load\n  ..\n  load id=3\n  ..\n  audit\n  .."
    );
    assert_tree!(capture(|| ()).1, "..");
    assert_tree!(capture(|| ()).1, "");
}

#[test]
fn any_order_lets_siblings_come_in_any_order() {
    let spans = order(&[1, 2, 3]);
    let tree = "
        GET /orders
          (any order)
          audit
          load id=*
          load id=1
          load id=2
    ";
    // `id=*` fits all three spans, but must take the one that fits no other line.
    assert_tree!(spans, tree);
    assert_tree!(
        spans,
        "GET /orders\n  (any order)\n  load id=3\n  ..\n  load id=1"
    );
    let said = failure(|| assert_tree!(spans, &tree.replace("(any order)", "..")));
    assert!(said.contains("- "), "{said}");
}

#[test]
fn a_failure_marks_each_line_that_differs() {
    let spans = order(&[7, 0]);
    let said = failure(|| {
        assert_tree!(
            spans,
            "
            GET /orders
              load [client] id=8
              load error: not found: 1
              reserve
                ..
              audit
            "
        );
    });
    let expected = "\
the spans are not as expected (`-` expected, `+` found):

  GET /orders
-   load [client] id=8
+   load [client] id=7
    ^ id is 7
-   load error: not found: 1
+   load [client] id=0 error.type=alloc::string::String error: not found: 0
    ^ the status is error: not found: 0
-   reserve
-     ..
    audit
";
    assert_eq!(said, expected);
}

#[test]
fn an_unexpected_span_is_shown_with_all_below_it() {
    let spans = order(&[7]);
    let said = failure(|| assert_tree!(spans, ""));
    let expected = "\
the spans are not as expected (`-` expected, `+` found):

+ GET /orders [server] http.route=/orders
+   load [client] id=7
+   audit
";
    assert_eq!(said, expected);
    let said = failure(|| assert_tree!(spans, "GET /orders\n  load\n  audit [client]\nlate"));
    let expected = "\
the spans are not as expected (`-` expected, `+` found):

  GET /orders
    load
-   audit [client]
+   audit
    ^ the kind is internal
- late
";
    assert_eq!(said, expected);
}

#[test]
fn in_any_order_the_spans_that_are_left_are_marked() {
    let ((), spans) = capture(|| {
        audit();
        load(7).unwrap();
    });
    let said = failure(|| assert_tree!(spans, "(any order)\nload id=8\nstore"));
    let expected = "\
the spans are not as expected (`-` expected, `+` found):

- load id=8
+ load [client] id=7
  ^ id is 7
- store
+ audit
";
    assert_eq!(said, expected);
}

#[test]
fn attributes_kinds_and_statuses_are_compared_if_they_are_written() {
    let spans = order(&[0]);
    for wrong in [
        "load [server]",
        "load id=1",
        "load !id",
        "load http.route=*",
        "load unset",
        "load ok",
        "load error: found*",
        "loads",
        "oad",
    ] {
        let tree = format!("GET /orders\n  {wrong}\n  audit");
        let said = failure(|| assert_tree!(spans, &tree));
        assert!(said.contains(&format!("-   {wrong}\n")), "{said}");
    }
    let said = failure(|| assert_tree!(spans, "GET /orders error\n  .."));
    assert!(
        said.contains("- GET /orders error\n+ GET /orders [server]"),
        "{said}"
    );
}

#[test]
fn a_failure_names_each_part_that_differs() {
    let spans = order(&[0]);
    let tree = "GET /orders\n  load [server] id=1 !error.type text=a unset\n  audit";
    let said = failure(|| assert_tree!(spans, tree));
    let line = "    ^ the kind is client, id is 0, error.type is alloc::string::String, there is no text, \
                the status is error: not found: 0\n";
    assert!(said.contains(line), "{said}");
}

#[test]
fn a_span_with_line_breaks_has_one_line() {
    #[traced(attributes(text = "SELECT 1\n\tFROM t"))]
    fn query() -> Result<(), &'static str> {
        Err("syntax\nerror")
    }

    let (_, spans) = capture(query);
    assert_eq!(spans.tree().lines().count(), 1, "{}", spans.tree());
    assert_tree!(spans, &spans.tree());
    assert_tree!(spans, r"query text=SELECT 1\n\tFROM t error: syntax\nerror");
    assert_eq!(spans.named("query").text("text"), "SELECT 1\n\tFROM t");
}

#[test]
fn a_tree_that_cannot_be_read_has_its_own_failure() {
    let said = failure(|| assert_tree!(order(&[]), "  GET /orders\naudit"));
    assert_eq!(
        said,
        "the expected tree cannot be read: `audit` is indented less than the first line\n"
    );
}

const FAILING: &str = "TESTING_FAILS";

/// The line of the `assert_tree!` below.
const LINE: u32 = line!() + 6;

#[test]
fn fails_on_request() {
    let spans = order(&[]);
    if std::env::var_os(FAILING).is_some() {
        assert_tree!(spans, "other");
    }
}

#[test]
fn a_failure_is_at_the_line_of_the_macro() {
    let failed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "trees::fails_on_request"])
        .env(FAILING, "1")
        .output()
        .unwrap();
    assert!(!failed.status.success());
    let printed = String::from_utf8(failed.stdout).unwrap();
    let place = format!("panicked at {}:{LINE}:", file!());
    assert!(printed.contains(&place), "{place} in {printed}");
    assert!(
        printed.contains("the spans of this test are in "),
        "{printed}"
    );
}

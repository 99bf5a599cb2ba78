//! Settings that exist in code only, without a variable.

use crate::program::run;

#[test]
fn processors_see_a_span_in_the_order_in_which_they_were_added() {
    let printed = run("stamped seen order", &[]).says_nothing();
    let attributes = printed.all("attribute");
    // One attribute of the function itself came before the limit was reached.
    assert!(
        attributes.contains(&"first=1") && attributes.contains(&"second=2"),
        "{attributes:?}"
    );
}

#[test]
fn baggage_that_is_wanted_is_on_every_span() {
    let printed = run("tenants seen tenant", &[]).says_nothing();
    assert_eq!(printed.all("exported").len(), 2);
    let tenants = printed
        .all("attribute")
        .into_iter()
        .filter(|each| *each == "tenant.id=red");
    // The attribute is set after the start of the span that sets it, and so comes last.
    assert!(tenants.count() >= 1, "{printed:#?}");
    assert!(!printed.stdout.contains("sesame"), "{printed:#?}");
}

#[test]
fn a_filter_in_code_beats_that_of_the_environment() {
    let environment = [("TRACED_FILTER", "settings_child::inject=off")];
    let printed = run("seen off order inject", &environment).says_nothing();
    assert!(printed.one("exported").starts_with("inject "));
    let printed = run("seen order inject", &environment).says_nothing();
    assert!(printed.one("exported").starts_with("order "));
}

#[test]
fn a_second_time_is_an_error_and_changes_nothing() {
    let printed = run("seen again order", &[]).says_nothing();
    assert!(printed.one("again").contains("was initialised before"));
    assert_eq!(printed.all("exported").len(), 1);
}

//! What `#[traced::test]` is where the feature `testing` is off.

use traced::__private::test_without_testing as test;

#[test]
fn captured() {}

fn main() {}

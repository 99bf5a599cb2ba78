//! Runs all tests of this folder again with the SDK's provider, which users may install, and which
//! `init` uses if the user adds a span processor.

use std::process::Command;

/// The variable that makes `traced::testing` install the SDK's provider.
const SDK: &str = "TRACED_TESTING_SDK";

#[test]
fn everything_else_holds_on_the_sdk_too() {
    if std::env::var_os(SDK).is_some() {
        return;
    }
    let this = std::env::current_exe().unwrap();
    let mut others = Command::new(this);
    let others = others.env(SDK, "1").output().unwrap();
    assert!(
        others.status.success(),
        "{}{}",
        String::from_utf8_lossy(&others.stdout),
        String::from_utf8_lossy(&others.stderr)
    );
}

//! All of this once more, on the SDK's provider: it is what users install themselves, and what `init`
//! falls back to where a span processor of the user's needs it.

use std::process::Command;

/// Read by `traced::testing`.
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

//! Runs the program `soak` with fewer spans than by default.

use std::process::Command;

#[test]
fn memory_does_not_grow_with_the_number_of_spans() {
    let output = Command::new(env!("CARGO_BIN_EXE_soak"))
        .args(["2000000", "4"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    // The exporter is slower than four threads, so some spans were dropped.
    assert!(printed.contains("2000000 spans ended"), "{printed}");
}

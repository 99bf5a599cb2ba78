//! Error messages: `ui/fail` is compared word by word with the output of the pinned compiler, and
//! `ui/pass` has to compile.
//!
//! `TRYBUILD=overwrite cargo test -p traced-tests --test ui` accepts the current output.

use std::path::Path;

#[test]
fn messages_are_as_recorded() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/**/*.rs");
    cases.pass("ui/pass/*.rs");
}

#[test]
fn no_message_is_left_without_its_case() {
    fn check(folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "stderr")
            {
                assert!(
                    path.with_extension("rs").exists(),
                    "orphan: {}",
                    path.display()
                );
            }
        }
    }
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"));
}

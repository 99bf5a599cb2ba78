//! The core files, and which tests are asked about them.

use anyhow::Context;

/// Files that are asked about, and the tests that are asked.
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) files: &'static [&'static str],
    /// Whose crate the files are, and how its library alone is compiled.
    pub(super) library: &'static [&'static str],
    /// The roots of the crates that the files are compiled in.
    pub(super) roots: &'static [&'static str],
    pub(super) tests: &'static [&'static str],
}

pub(super) const SETS: &[Set] = &[
    Set {
        name: "macros",
        files: &[
            "macros-backend/src/args.rs",
            "macros-backend/src/args/**",
            "macros-backend/src/model.rs",
            "macros-backend/src/model/**",
        ],
        library: &["-p", "traced-macros-backend"],
        roots: &["macros-backend/src/lib.rs"],
        // The unit tests of the backend come across none of these files.
        tests: &[
            "-p",
            "traced-macros",
            "--test",
            "messages",
            "--test",
            "snapshots",
            "--test",
            "book",
        ],
    },
    Set {
        name: "runtime",
        files: &[
            "runtime/src/carry.rs",
            "runtime/src/outcome.rs",
            "runtime/src/outcome/**",
            "runtime/src/propagation.rs",
            "runtime/src/propagation/**",
            "runtime/src/recorder.rs",
            "runtime/src/recorder/**",
            "runtime/src/span/**",
        ],
        library: &["-p", "traced", "--all-features"],
        // The queue is model-checked in a crate of its own.
        roots: &["runtime/src/lib.rs", "tests/accounts/lib.rs"],
        tests: &[
            "-p",
            "traced",
            "-p",
            "traced-servers-in-process",
            "-p",
            "traced-tests",
            "-p",
            "traced-tests-accounts",
            "-p",
            "traced-tests-recorder",
            "--all-features",
            "--lib",
            "--test",
            "answers",
            "--test",
            "behaviour",
            "--test",
            "carriers",
            "--test",
            "carry",
            "--test",
            "channels",
            "--test",
            "filter",
            "--test",
            "http",
            "--test",
            "invariants",
            "--test",
            "metrics",
            "--test",
            "poll_times",
            "--test",
            "providers",
            "--test",
            "servers_in_process",
            "--test",
            "testing",
            "--test",
            "w3c",
            "--test",
            "wrapped_provider",
        ],
    },
    // The queue is in the set above too. Its own tests are compiled in a minute, and need seconds for a mutant.
    Set {
        name: "queue",
        files: &[
            "runtime/src/recorder/sink.rs",
            "runtime/src/recorder/sink/**",
        ],
        library: &["-p", "traced", "--features", "init"],
        roots: &["runtime/src/lib.rs", "tests/accounts/lib.rs"],
        tests: &["-p", "traced-tests-accounts"],
    },
];

pub(super) fn set_of(name: &str) -> anyhow::Result<&'static Set> {
    let set = SETS.iter().find(|set| set.name == name);
    set.with_context(|| format!("there is no set `{name}`; there are macros, runtime and queue"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    #[test]
    fn sets_are_asked_for_by_name() {
        for set in SETS {
            assert_eq!(set_of(set.name).unwrap().name, set.name);
        }
        assert!(set_of("tests").is_err());
    }

    /// A pattern that no file is at would ask about nothing, and say nothing.
    #[test]
    fn the_files_of_each_set_are_there() {
        for set in SETS {
            for file in set.files.iter().chain(set.roots) {
                let path = paths::root().join(file.trim_end_matches("/**"));
                assert!(path.exists(), "{file}");
            }
        }
    }
}

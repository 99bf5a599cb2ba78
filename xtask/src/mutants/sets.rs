//! The core files, and which tests are asked about them.

use anyhow::Context;

/// Files that are asked about, and the tests that are asked.
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) files: &'static [&'static str],
    /// Files that `files` matches and that are not asked about.
    pub(super) left_out: &'static [&'static str],
    /// The package of the files.
    pub(super) package: &'static str,
    /// The roots of the crates that the files are compiled in.
    pub(super) roots: &'static [&'static str],
    /// The packages of the tests, and their features, as cargo takes them.
    pub(super) packages: &'static [&'static str],
    /// The test programs of these packages.
    pub(super) programs: &'static [&'static str],
    /// Those that take so long that they are asked only if `--tests` names them.
    pub(super) long_programs: &'static [&'static str],
    /// Whether the unit tests of these packages are asked too.
    pub(super) has_unit_tests: bool,
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
        left_out: &[],
        package: "traced-macros-backend",
        roots: &["macros-backend/src/lib.rs"],
        packages: &["-p", "traced-macros"],
        programs: &["messages", "snapshots", "book"],
        long_programs: &[],
        // Those of the backend come across none of these files.
        has_unit_tests: false,
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
        left_out: &[
            // What stands in place of the recorder where it is not compiled.
            "runtime/src/recorder/absent.rs",
            "runtime/src/recorder/no_exporters.rs",
            // The set `queue`.
            "runtime/src/recorder/sink.rs",
            "runtime/src/recorder/sink/**",
        ],
        package: "traced",
        roots: &["runtime/src/lib.rs"],
        packages: &[
            "-p",
            "traced",
            "-p",
            "traced-servers-in-process",
            "-p",
            "traced-tests",
            "-p",
            "traced-tests-recorder",
            // Headers of messages, which no package of tests asks for.
            "--features",
            "traced/async-nats,traced/lapin,traced/rdkafka",
        ],
        // Not `allocator`: its allocator ends spans wherever the recorder allocates, and noting that a mutant was met allocates.
        programs: &[
            "another_provider",
            "answers",
            "behaviour",
            "carriers",
            "carry",
            "channels",
            "filter",
            "http",
            "invariants",
            "metrics",
            "own_propagator",
            "poll_times",
            "providers",
            "servers_in_process",
            "sql",
            "testing",
            "w3c",
            "wrapped_provider",
        ],
        // Each of its tests starts programs.
        long_programs: &["settings"],
        has_unit_tests: true,
    },
    Set {
        name: "queue",
        files: &[
            "runtime/src/recorder/sink.rs",
            "runtime/src/recorder/sink/**",
        ],
        left_out: &[],
        package: "traced",
        // The queue is model-checked in a crate of its own.
        roots: &["runtime/src/lib.rs", "tests/accounts/lib.rs"],
        packages: &["-p", "traced-tests-accounts"],
        programs: &[],
        long_programs: &[],
        has_unit_tests: true,
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
            for file in set.files.iter().chain(set.left_out).chain(set.roots) {
                let path = paths::root().join(file.trim_end_matches("/**"));
                assert!(path.exists(), "{file}");
            }
        }
    }
}

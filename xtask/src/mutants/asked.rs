//! Which of a set's tests are asked: all of them, or those that `--tests` names.

use anyhow::bail;

use super::sets::Set;

/// The names that `--tests` was given: a program, or a module of tests in a program.
pub(super) struct Asked(Option<Vec<Named>>);

struct Named {
    program: String,
    /// Of a test, or of a module of tests; empty for every test of the program.
    path: String,
}

impl Asked {
    /// Every test of a set.
    pub(super) fn all() -> Self {
        Asked(None)
    }

    /// Reads `PROGRAM[::PATH][,..]`.
    pub(super) fn read(list: &str) -> Self {
        let names = list.split(',').map(|name| {
            let (program, path) = name.split_once("::").unwrap_or((name, ""));
            Named {
                program: program.to_owned(),
                path: path.to_owned(),
            }
        });
        Asked(Some(names.collect()))
    }

    /// Whether every test of a set is asked.
    pub(super) fn are_all(&self) -> bool {
        self.0.is_none()
    }

    /// What makes cargo compile the programs. A name that is no program of the set is that of a crate with unit tests.
    pub(super) fn cargo_arguments<'a>(&'a self, set: &'a Set) -> Vec<&'a str> {
        let is_program =
            |name: &str| set.programs.contains(&name) || set.long_programs.contains(&name);
        let (programs, has_unit_tests) = match &self.0 {
            None => (set.programs.to_vec(), set.has_unit_tests),
            Some(names) => {
                let names = names.iter().map(|named| &*named.program);
                let (programs, others): (Vec<_>, Vec<_>) = names.partition(|name| is_program(name));
                (programs, !others.is_empty())
            }
        };
        let mut arguments = set.packages.to_vec();
        arguments.extend(has_unit_tests.then_some("--lib"));
        arguments.extend(programs.into_iter().flat_map(|name| ["--test", name]));
        arguments
    }

    /// An error if a name is that of no compiled program.
    pub(super) fn check(&self, compiled: &[&str]) -> anyhow::Result<()> {
        let names = self.0.iter().flatten();
        for Named { program, .. } in names {
            if !compiled.contains(&&**program) {
                bail!("the set has no test program `{program}`");
            }
        }
        Ok(())
    }

    /// Whether tests of a program are asked.
    pub(super) fn has_program(&self, name: &str) -> bool {
        let Some(names) = &self.0 else {
            return true;
        };
        names.iter().any(|named| named.program == name)
    }

    /// Whether a test of a program is asked.
    pub(super) fn has(&self, program: &str, test: &str) -> bool {
        let Some(names) = &self.0 else {
            return true;
        };
        let mut of_program = names.iter().filter(|named| named.program == program);
        of_program.any(|Named { path, .. }| {
            let rest = test.strip_prefix(path.as_str());
            path.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sets;
    use super::*;

    #[test]
    fn names_are_programs_or_paths_in_them() {
        let asked = Asked::read("behaviour,traced::span,traced::recorder::ids");
        let has = |program, test| asked.has(program, test);
        assert!(has("behaviour", "names::renamed"));
        assert!(has("traced", "span::watched::tests::a"));
        assert!(has("traced", "recorder::ids"));
        assert!(!has("traced", "recorder::idle"));
        assert!(!has("traced", "span_level::a"));
        assert!(!has("providers", "span::a"));
        assert!(Asked::all().has("providers", "span::a"));
    }

    #[test]
    fn only_programs_that_are_asked_are_compiled() {
        let set = sets::set_of("runtime").unwrap();
        let rest = |asked: &Asked| -> Vec<String> {
            let arguments = asked.cargo_arguments(set);
            let rest = &arguments[set.packages.len()..];
            rest.iter().map(ToString::to_string).collect()
        };
        let behaviour = Asked::read("behaviour");
        assert_eq!(rest(&behaviour), ["--test", "behaviour"]);
        let both = Asked::read("traced::span,behaviour");
        assert_eq!(rest(&both), ["--lib", "--test", "behaviour"]);
        let all = rest(&Asked::all());
        assert_eq!(all.len(), 1 + 2 * set.programs.len());
        // A long one is asked by its name alone.
        let long = Asked::read("settings::audit");
        assert_eq!(rest(&long), ["--test", "settings"]);
        assert!(!all.contains(&"settings".to_owned()));
    }

    #[test]
    fn a_name_that_is_no_program_is_an_error() {
        let compiled = ["traced", "traced_tests"];
        let asked = Asked::read("traced::span");
        assert!(asked.check(&compiled).is_ok());
        assert!(asked.has_program("traced") && !asked.has_program("traced_tests"));
        assert!(Asked::read("traced,behavior").check(&compiled).is_err());
        assert!(Asked::all().check(&compiled).is_ok() && Asked::all().has_program("traced"));
    }
}

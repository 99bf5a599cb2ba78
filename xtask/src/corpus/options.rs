//! The options that `corpus` and `migrate-corpus` share.

use std::path::PathBuf;

use crate::paths;

pub(super) struct Options {
    pub(super) names: Vec<String>,
    pub(super) ci: bool,
    pub(super) runs_tests: bool,
    pub(super) scratch: PathBuf,
    pub(super) traced: PathBuf,
}

impl Options {
    /// Reads the shared options, and sets those of `flags` that are given: the options of one command alone.
    ///
    /// The command works in `target/{folder}` unless `--scratch` names another folder.
    pub(super) fn read(
        mut arguments: lexopt::Parser,
        folder: &str,
        flags: &mut [(&str, &mut bool)],
    ) -> anyhow::Result<Self> {
        let mut options = Self {
            names: Vec::new(),
            ci: false,
            runs_tests: true,
            scratch: paths::target().join(folder),
            traced: paths::root().join("runtime"),
        };
        while let Some(argument) = arguments.next()? {
            use lexopt::Arg::{Long, Value};
            match argument {
                Long("ci") => options.ci = true,
                Long("no-run") => options.runs_tests = false,
                Long("scratch") => options.scratch = arguments.value()?.into(),
                Long("traced") => options.traced = arguments.value()?.into(),
                Value(name) => options.names.push(name.to_string_lossy().into_owned()),
                Long(name) => match flags.iter_mut().find(|(flag, _)| *flag == name) {
                    Some((_, is_given)) => **is_given = true,
                    None => return Err(Long(name).unexpected().into()),
                },
                _ => return Err(argument.unexpected().into()),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> anyhow::Result<(Options, bool)> {
        let mut lock = false;
        let arguments = lexopt::Parser::from_args(words);
        let options = Options::read(arguments, "corpus", &mut [("lock", &mut lock)])?;
        Ok((options, lock))
    }

    #[test]
    fn shared_options_and_flags_of_a_command_are_read() {
        let (options, lock) = read(&["--lock", "--no-run", "--scratch", "here", "http"]).unwrap();
        assert_eq!((options.runs_tests, options.ci, lock), (false, false, true));
        assert_eq!(options.scratch, PathBuf::from("here"));
        assert_eq!(options.names, ["http"]);
        let (options, lock) = read(&["--ci"]).unwrap();
        assert_eq!((options.runs_tests, options.ci, lock), (true, true, false));
    }

    #[test]
    fn an_option_of_another_command_is_an_error() {
        let error = read(&["--only-migrate"]).err().unwrap();
        assert_eq!(error.to_string(), "invalid option '--only-migrate'");
    }
}

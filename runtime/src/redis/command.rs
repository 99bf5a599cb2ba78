//! The names of commands. Nothing else of a command is read.

use redis::{Arg, Cmd, Pipeline};

/// The greatest length of a command's name: a longer word could be a value.
const LONGEST_NAME: usize = 32;

/// The command that a span is named after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) name: String,
    /// The number of commands, if there can be several.
    pub(super) batch: Option<usize>,
}

impl Operation {
    pub(super) fn of(command: &Cmd) -> Self {
        Operation {
            name: name(first_argument(command)).to_owned(),
            batch: None,
        }
    }

    pub(super) fn of_pipeline(pipeline: &Pipeline, is_atomic: bool) -> Self {
        let names = pipeline
            .cmd_iter()
            .map(|command| name(first_argument(command)));
        Operation::batch(names, is_atomic)
    }

    /// A command in its encoded form.
    pub(super) fn of_packed(bytes: &[u8]) -> Self {
        Operation {
            name: name(Packed(bytes).next()).to_owned(),
            batch: None,
        }
    }

    /// Several commands in their encoded form, with `MULTI` and `EXEC` around atomic ones.
    pub(super) fn of_packed_pipeline(bytes: &[u8], is_atomic: bool) -> Self {
        let names = Packed(bytes).map(|argument| name(Some(argument)));
        match is_atomic {
            true => Operation::batch(names.filter(|name| !["MULTI", "EXEC"].contains(name)), true),
            false => Operation::batch(names, false),
        }
    }

    fn batch<'n>(mut names: impl Iterator<Item = &'n str>, is_atomic: bool) -> Self {
        let word = if is_atomic { "MULTI" } else { "PIPELINE" };
        let Some(first) = names.next() else {
            return Operation {
                name: word.to_owned(),
                batch: Some(0),
            };
        };
        let (mut count, mut are_same) = (1, true);
        for other in names {
            count += 1;
            are_same &= other.eq_ignore_ascii_case(first);
        }
        // By the conventions, a batch of one command is a single operation.
        if count == 1 {
            return Operation {
                name: first.to_owned(),
                batch: None,
            };
        }
        Operation {
            name: match are_same {
                true => format!("{word} {first}"),
                false => word.to_owned(),
            },
            batch: Some(count),
        }
    }
}

fn first_argument(command: &Cmd) -> Option<&[u8]> {
    match command.args_iter().next()? {
        Arg::Simple(argument) => Some(argument),
        _ => None,
    }
}

/// The name of a command as the program wrote it; `_OTHER` if it cannot be a name, as it could be a value.
fn name(argument: Option<&[u8]>) -> &str {
    let text = argument.and_then(|argument| std::str::from_utf8(argument).ok());
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_name =
        |text: &&str| !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(may_be);
    text.filter(is_name).unwrap_or("_OTHER")
}

/// Iterates over the names of packed commands; ends at bytes that are not a command.
struct Packed<'b>(&'b [u8]);

impl<'b> Packed<'b> {
    /// Takes a line such as `*3` or `$5`, and returns its number.
    fn number(&mut self, sign: u8) -> Option<usize> {
        let end = self.0.windows(2).position(|two| two == b"\r\n")?;
        let (line, rest) = self.0.split_at(end);
        let number = line.strip_prefix(&[sign])?;
        self.0 = rest.get(2..)?;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    fn argument(&mut self) -> Option<&'b [u8]> {
        let length = self.number(b'$')?;
        let argument = self.0.get(..length)?;
        self.0 = self.0.get(length.checked_add(2)?..)?;
        Some(argument)
    }
}

impl<'b> Iterator for Packed<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let count = self.number(b'*')?;
        let first = self.argument()?;
        for _ in 1..count {
            self.argument()?;
        }
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use redis::{cmd, pipe};

    use super::*;

    fn of(name: &str, batch: impl Into<Option<usize>>) -> Operation {
        Operation {
            name: name.to_owned(),
            batch: batch.into(),
        }
    }

    #[test]
    fn an_operation_has_the_name_of_its_command_and_no_value() {
        let mut command = cmd("SET");
        command.arg("key").arg("a\r\n$3\r\nGET\r\n");
        assert_eq!(Operation::of(&command), of("SET", None));
        let packed = command.get_packed_command();
        assert_eq!(Operation::of_packed(&packed), of("SET", None));
        for strange in ["", "a b", "é", &"a".repeat(33)] {
            assert_eq!(
                Operation::of(&cmd(strange)),
                of("_OTHER", None),
                "{strange}"
            );
        }
        assert_eq!(Operation::of(&Cmd::new()), of("_OTHER", None));
    }

    #[test]
    fn a_pipeline_is_named_after_the_common_name_of_its_commands() {
        let mut same = pipe();
        same.set("a", "*9\r\n").set("b", "");
        let mut mixed = pipe();
        mixed.set("a", 1).get("a").del("a");
        for (pipeline, name, count) in [(&same, "PIPELINE SET", 2), (&mixed, "PIPELINE", 3)] {
            let packed = pipeline.get_packed_pipeline();
            assert_eq!(Operation::of_pipeline(pipeline, false), of(name, count));
            assert_eq!(
                Operation::of_packed_pipeline(&packed, false),
                of(name, count)
            );
        }
        let mut single = pipe();
        single.get("a");
        let packed = single.get_packed_pipeline();
        assert_eq!(Operation::of_pipeline(&single, false), of("GET", None));
        assert_eq!(
            Operation::of_packed_pipeline(&packed, true),
            of("GET", None)
        );
        let packed = same.atomic().get_packed_pipeline();
        assert_eq!(Operation::of_pipeline(&same, true), of("MULTI SET", 2));
        assert_eq!(
            Operation::of_packed_pipeline(&packed, true),
            of("MULTI SET", 2)
        );
    }

    #[test]
    fn bytes_that_are_not_commands_have_no_name() {
        for bytes in [
            &b""[..],
            b"*",
            b"*1\r\n",
            b"*1\r\n$9\r\nGET\r\n",
            b"PING\r\n",
            &[255; 40],
        ] {
            assert_eq!(Operation::of_packed(bytes), of("_OTHER", None), "{bytes:?}");
            let pipeline = Operation::of_packed_pipeline(bytes, false);
            assert_eq!(pipeline, of("PIPELINE", 0), "{bytes:?}");
        }
        let huge = format!("*1\r\n${}\r\nGET\r\n", usize::MAX);
        assert_eq!(Operation::of_packed(huge.as_bytes()), of("_OTHER", None));
    }
}

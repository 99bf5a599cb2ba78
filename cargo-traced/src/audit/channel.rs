//! `channel`: messages that go from one annotated function to another without their context.

mod ends;
mod handed_on;

use std::collections::HashMap;

use self::ends::{RECEIVERS, RECEIVING, SENDERS, SENDING, Types, ends, made};
use self::handed_on::handed_on;
use super::Report;
use super::program::Program;
use super::reachable;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

/// How messages of a type leave a channel.
struct Taken<'a> {
    /// The annotated function in whose span a message is handled.
    by: &'a Function<'a>,
    /// The function that receives it.
    receiver: &'a Function<'a>,
}

pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let declared = Types::of(program.files);
    let taken = taken(program, &declared);
    if taken.is_empty() {
        return;
    }
    let called = Called::of(program);
    let has_many = program.of_program().map(made).sum::<usize>() > 1;
    let senders = program.of_program().filter(|function| function.is_traced());
    for function in senders {
        for end in ends(function, &declared, SENDERS, SENDING) {
            let Some(Taken { by, receiver }) = taken.get(&end.message) else {
                continue;
            };
            let mut message = format!(
                "`{}` takes this `{}` without the context of `{}`",
                by.title(),
                end.message,
                function.title()
            );
            let doubt = if called.has(receiver) {
                "; both may belong to the trace of a function that calls them"
            } else if has_many && is_of_std(&end.message) {
                "; it may be that of another channel"
            } else {
                ""
            };
            message.push_str(doubt);
            let level = match doubt.is_empty() {
                true => Level::Warning,
                false => Level::Note,
            };
            report.findings.push(Finding {
                rule: "channel",
                level,
                file: function.file,
                range: function.file.range(end.span),
                message,
                label: Some("what is done for it is not part of this trace".to_owned()),
                help: vec![Help::text(format!(
                    "send a `traced::Envelope<{}>`, and give it to the function that handles it as \
                     `#[traced(parent = ..)]`",
                    end.message
                ))],
                function: function.title(),
                function_start: Some(function.start),
            });
        }
    }
}

/// Whether messages of several channels may have this type, as it is of the standard library, or of `bytes`.
fn is_of_std(message: &str) -> bool {
    let name = message.split('<').next().unwrap_or_default();
    let last = name.rsplit("::").next().unwrap_or_default();
    [
        "Arc", "Box", "Bytes", "HashMap", "Option", "PathBuf", "Result", "String", "Vec",
    ]
    .contains(&last)
}

/// The types of messages that annotated functions handle, received by themselves or by a loop that hands each to them.
fn taken<'a>(program: &Program<'a>, declared: &Types) -> HashMap<String, Taken<'a>> {
    let mut taken = HashMap::new();
    for receiver in program.of_program() {
        let handled: Vec<(String, &Function<'_>)> = match receiver.is_traced() {
            true => ends(receiver, declared, RECEIVERS, RECEIVING)
                .into_iter()
                .map(|end| (end.message, receiver))
                .collect(),
            false => handed_on(program, receiver, declared),
        };
        for (message, by) in handled {
            taken.entry(message).or_insert(Taken { by, receiver });
        }
    }
    taken
}

/// The functions that annotated functions call or spawn: they run in a trace already, which may be that of the senders.
struct Called<'a>(Vec<&'a Function<'a>>);

impl<'a> Called<'a> {
    fn of(program: &Program<'a>) -> Self {
        // The span of `main` is that of the program.
        let callers = program
            .of_program()
            .filter(|function| function.is_traced() && !function.is_main());
        let called =
            callers.flat_map(|caller| reachable::called_in(program, &caller.block, caller));
        let reachable = reachable::from(program, called.collect());
        Called([reachable.certain, reachable.possible].concat())
    }

    fn has(&self, function: &Function<'_>) -> bool {
        self.0.iter().any(|called| std::ptr::eq(*called, function))
    }
}

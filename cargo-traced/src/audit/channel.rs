//! `channel`: messages that go from one annotated function to another without their context.

mod ends;
mod handed_on;

use std::collections::HashMap;

use self::ends::{Fields, RECEIVERS, SENDERS, ends};
use self::handed_on::handed_on;
use super::Report;
use super::program::Program;
use super::reachable;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

const SENDING: &[&str] = &["blocking_send", "send", "send_async", "try_send"];
const RECEIVING: &[&str] = &[
    "blocking_recv",
    "iter",
    "next",
    "recv",
    "recv_async",
    "recv_timeout",
    "try_recv",
];

/// How messages of a type leave a channel.
struct Taken<'a> {
    /// The annotated function in whose span a message is handled.
    by: &'a Function<'a>,
    /// The function that receives it.
    receiver: &'a Function<'a>,
}

pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let fields = Fields::of(program.files);
    let taken = taken(program, &fields);
    if taken.is_empty() {
        return;
    }
    let called = Called::of(program);
    let senders = program.of_program().filter(|function| function.is_traced());
    for function in senders {
        for end in ends(function, &fields, SENDERS, SENDING) {
            let Some(Taken { by, receiver }) = taken.get(&end.message) else {
                continue;
            };
            let mut message = format!(
                "`{}` takes this `{}` without the context of `{}`",
                by.title(),
                end.message,
                function.title()
            );
            let level = match called.has(receiver) {
                true => {
                    message
                        .push_str("; both may belong to the trace of a function that calls them");
                    Level::Note
                }
                false => Level::Warning,
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

/// The types of messages that annotated functions handle, received by themselves or by a loop that hands each to them.
fn taken<'a>(program: &Program<'a>, fields: &Fields) -> HashMap<String, Taken<'a>> {
    let mut taken = HashMap::new();
    for receiver in program.of_program() {
        let handled: Vec<(String, &Function<'_>)> = match receiver.is_traced() {
            true => ends(receiver, fields, RECEIVERS, RECEIVING)
                .into_iter()
                .map(|end| (end.message, receiver))
                .collect(),
            false => handed_on(program, receiver, fields),
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

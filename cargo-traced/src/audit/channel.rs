//! `channel`: messages that go from one annotated function to another without their context.

mod carried;
mod ends;
mod handed_on;
mod handled;
mod kinds;
mod parents;
mod scopes;
mod tree;
mod types;
mod variables;

use self::carried::{Carried, carried};
use self::ends::{End, ends};
use self::handed_on::handed_on;
use self::handled::{Doubt, Handled};
use self::kinds::{RECEIVERS, RECEIVING, SENDERS, SENDING, made};
use self::tree::{Sameness, Ty};
use self::types::Types;
use super::Report;
use super::program::Program;
use super::reachable;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let types = Types::of(program);
    let handled = handled(program, &types);
    if handled.is_empty() {
        return;
    }
    let called = Called::of(program);
    let has_many = program.of_program().map(made).sum::<usize>() > 1;
    let senders = program.of_program().filter(|function| function.is_traced());
    for function in senders {
        for end in ends(function, &types, SENDERS, SENDING) {
            let Some((handled, same)) = handling(&handled, &end.message) else {
                continue;
            };
            let doubt = if called.has(handled.receiver) {
                Some(Doubt::SameTrace)
            } else if same != Sameness::Same {
                Some(Doubt::OtherType)
            } else if has_many && is_of_std(&end.message) {
                Some(Doubt::OtherChannel)
            } else if carried(&types, &end.message) != Carried::No {
                Some(Doubt::MayCarry)
            } else {
                handled.doubt
            };
            report
                .findings
                .push(finding(function, &end, handled.by, doubt));
        }
    }
}

/// How a message is handled that is sent: by the first function of which that is most certain.
fn handling<'h, 'a>(handled: &'h [Handled<'a>], sent: &Ty) -> Option<(&'h Handled<'a>, Sameness)> {
    let with_sameness = handled
        .iter()
        .map(|handled| (handled, sent.same(&handled.message)));
    let possible = with_sameness.filter(|(_, same)| *same != Sameness::Different);
    possible.min_by_key(|(handled, same)| (*same != Sameness::Same, handled.doubt.is_some()))
}

fn finding<'a>(
    sender: &'a Function<'a>,
    end: &End,
    by: &Function<'_>,
    doubt: Option<Doubt>,
) -> Finding<'a> {
    let sent = &end.message.written;
    let mut message = format!(
        "`{}` takes this `{sent}` without the context of `{}`",
        by.title(),
        sender.title()
    );
    if let Some(doubt) = doubt {
        message += &format!("; {}", doubt.as_text());
    }
    Finding {
        rule: "channel",
        level: match doubt {
            Some(_) => Level::Note,
            None => Level::Warning,
        },
        file: sender.file,
        range: sender.file.range(end.span),
        message,
        label: Some("what is done for it is not part of this trace".to_owned()),
        help: vec![Help::text(format!(
            "send a `traced::Envelope<{sent}>`, and give it to the function that handles it as \
             `#[traced(parent = ..)]`"
        ))],
        function: sender.title(),
        function_start: Some(sender.start),
    }
}

/// Whether messages of several channels may have this type, as it is of the standard library, or of `bytes`.
fn is_of_std(message: &Ty) -> bool {
    message.name_elsewhere().is_some_and(|name| {
        [
            "Arc", "Box", "Bytes", "HashMap", "Option", "PathBuf", "Result", "String", "Vec",
        ]
        .contains(&name)
    })
}

/// The messages that annotated functions handle, received by themselves or by a loop that hands each to them.
fn handled<'a>(program: &Program<'a>, types: &Types<'_>) -> Vec<Handled<'a>> {
    let received = program
        .of_program()
        .map(|receiver| match receiver.is_traced() {
            true => {
                let ends = ends(receiver, types, RECEIVERS, RECEIVING).into_iter();
                let handled = ends.map(|end| Handled {
                    message: end.message,
                    by: receiver,
                    receiver,
                    doubt: None,
                });
                handled.collect()
            }
            false => handed_on(program, receiver, types),
        });
    received.flatten().collect()
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

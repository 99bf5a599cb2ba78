//! The environment of a process that will be started, written through its command.

use std::process::Command;

use crate::checks::sent;

/// The variables that are set, and those that are not passed on although this process may have them.
fn variables(command: &Command) -> Vec<(&str, Option<&str>)> {
    let variables = command.get_envs();
    let variables = variables.map(|(name, value)| {
        let value = value.map(|value| value.to_str().unwrap());
        (name.to_str().unwrap(), value)
    });
    variables.collect()
}

#[test]
fn a_process_gets_its_parent_and_nothing_of_another_trace() {
    let (command, parent) = sent(Command::new("nobody"));
    assert_eq!(
        variables(&command),
        [
            ("BAGGAGE", None),
            ("TRACEPARENT", Some(&*parent)),
            ("TRACESTATE", None),
        ]
    );
}

#[cfg(feature = "tokio")]
#[test]
fn the_command_of_tokio_writes_the_same() {
    let (command, parent) = sent(tokio::process::Command::new("nobody"));
    assert_eq!(
        variables(command.as_std()),
        [
            ("BAGGAGE", None),
            ("TRACEPARENT", Some(&*parent)),
            ("TRACESTATE", None),
        ]
    );
}

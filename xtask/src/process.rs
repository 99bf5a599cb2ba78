//! Process control that the standard library lacks: user times, process groups and signals.

use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;

/// Seconds of user time of all ended processes that this program started.
#[cfg(unix)]
pub(crate) fn user_time_of_children() -> anyhow::Result<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let time = getrusage(UsageWho::RUSAGE_CHILDREN)?.user_time();
    Ok(Duration::new(
        time.tv_sec().try_into()?,
        1000 * u32::try_from(time.tv_usec())?,
    )
    .as_secs_f64())
}

#[cfg(not(unix))]
pub(crate) fn user_time_of_children() -> anyhow::Result<f64> {
    bail!("the user time of processes can be measured only on Unix")
}

/// Set by the signals that ask this program to end, so that it first ends the processes that it started.
pub(crate) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Nothing interrupts.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Interruption(Arc::default())
    }

    pub(crate) fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a command came to its end.
pub(crate) enum Ended {
    Exited(ExitStatus),
    /// It took longer than the limit.
    TookTooLong,
    /// The closure of [`run_group_until`] was satisfied.
    Stopped,
}

/// Runs a command in a process group of its own and kills the group at the end, because a test that hangs would
/// outlive the cargo that started it. `None` if the command took longer than `limit`.
pub(crate) fn run_group(
    command: &mut Command,
    limit: Duration,
    interruption: &Interruption,
) -> anyhow::Result<Option<ExitStatus>> {
    let ended = run_group_until(command, limit, interruption, || false)?;
    Ok(match ended {
        Ended::Exited(status) => Some(status),
        Ended::TookTooLong | Ended::Stopped => None,
    })
}

/// The same, but also stops the group as soon as `is_enough` returns `true`. It is called every 20 ms.
pub(crate) fn run_group_until(
    command: &mut Command,
    limit: Duration,
    interruption: &Interruption,
    mut is_enough: impl FnMut() -> bool,
) -> anyhow::Result<Ended> {
    let mut group = Group::spawn(command)?;
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if interruption.happened() {
            bail!("interrupted");
        }
        if let Some(status) = group.0.try_wait()? {
            return Ok(Ended::Exited(status));
        }
        if is_enough() {
            return Ok(Ended::Stopped);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(Ended::TookTooLong)
}

/// The process that leads a group, which is killed when this is dropped.
struct Group(Child);

impl Group {
    fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        Ok(Self(command.spawn()?))
    }

    #[cfg(unix)]
    fn kill(&mut self) {
        use nix::sys::signal::{Signal, killpg};
        use nix::unistd::Pid;
        if let Ok(leader) = self.0.id().try_into() {
            // The group may have ended by itself.
            let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
        }
    }

    #[cfg(not(unix))]
    fn kill(&mut self) {
        let _ = self.0.kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_command_that_ends_has_a_status() {
        let status = run_group(&mut shell("exit 3"), LONG, &Interruption::none()).unwrap();
        assert_eq!(status.unwrap().code(), Some(3));
    }

    #[test]
    fn a_command_that_takes_too_long_has_none() {
        let status = run_group(
            &mut shell("sleep 600"),
            Duration::ZERO,
            &Interruption::none(),
        )
        .unwrap();
        assert_eq!(status, None);
    }

    #[test]
    fn an_interruption_is_an_error() {
        let interrupted = Interruption(Arc::new(AtomicBool::new(true)));
        let error = run_group(&mut shell("sleep 600"), LONG, &interrupted).unwrap_err();
        assert_eq!(error.to_string(), "interrupted");
    }

    /// The grandchild holds the writing end of a pipe open, so reading ends when it does.
    #[test]
    fn processes_that_a_command_leaves_behind_end_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let script = format!("exec >'{}'; sleep 600 & exit 0", pipe.display());
        let reader = thread::spawn(move || fs::read(pipe));
        let status = run_group(&mut shell(&script), LONG, &Interruption::none()).unwrap();
        assert!(status.unwrap().success());
        assert_eq!(reader.join().unwrap().unwrap(), b"");
    }

    #[test]
    fn user_time_never_decreases() {
        let before = user_time_of_children().unwrap();
        assert!(shell("true").status().unwrap().success());
        assert!(user_time_of_children().unwrap() >= before);
    }
}

//! The processes of the shop: starting, stopping and killing them.

use std::env;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::Failed;

pub(crate) struct Process {
    name: &'static str,
    child: Child,
    /// The address it listens on; empty if it does not listen.
    pub(crate) address: String,
    _output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a program in the folder of this one, and waits until it prints that it is ready.
    pub(crate) async fn start(
        name: &'static str,
        settings: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        let program = env::current_exe()?.with_file_name(name);
        let mut child = Command::new(program)
            .env("OTEL_SERVICE_NAME", name)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut first = String::new();
        output.read_line(&mut first).await?;
        let Some(address) = first.strip_prefix("ready") else {
            return Err(format!("{name} did not start").into());
        };
        Ok(Process {
            name,
            address: address.trim().to_owned(),
            child,
            _output: output,
        })
    }

    /// Asks the process to stop with SIGTERM, as an orchestrator does, and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<(), Failed> {
        let process = self.child.id().ok_or("it has ended before")?;
        let kill = format!("kill -TERM {process}");
        Command::new("sh").args(["-c", &kill]).status().await?;
        let status = self.child.wait().await?;
        if !status.success() {
            return Err(format!("{} did not stop in order: {status}", self.name).into());
        }
        Ok(())
    }

    /// Kills the process with SIGKILL: no destructor runs and nothing is exported.
    pub(crate) async fn kill(mut self) -> Result<(), Failed> {
        Ok(self.child.kill().await?)
    }
}

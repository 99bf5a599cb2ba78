//! Starts the shop, sends requests, causes failures, and checks the traces: every request must be
//! one tree with the trees that link to it, and there must be no other trace.
//!
//! `examples/shop/run` starts the servers that this needs.

mod customer;
mod expected;
mod forest;
mod misfortunes;
mod outline;
mod play;
mod processes;
mod receiver;
mod report;
mod spans;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::process::ExitCode;

use shop::setting;

use crate::play::Play;
use crate::receiver::Receiver;

/// The reason why the scenarios could not be run to the end.
type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failed> {
    let endpoint = setting("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let address = endpoint.strip_prefix("http://").unwrap_or(&endpoint);
    let receiver = Receiver::start(address.parse()?).await?;

    let telemetry = traced::init()?;
    let mut play = Play::new(receiver.clone());
    let played = play.all().await;
    drop(telemetry);

    let spans = receiver.spans();
    report::print(&play.scenarios, &spans);
    let mut faults = report::faults(&play.scenarios, &spans);
    faults.extend(played.err().map(|error| error.to_string()));
    for fault in &faults {
        println!("\nWRONG: {fault}");
    }
    if !faults.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    println!("Every scenario is one tree with its links: no orphan, no stray root.");
    Ok(ExitCode::SUCCESS)
}

//! Starts the shop, lets a customer and some misfortunes upon it, and looks at the traces: every
//! request must be one tree, with what links to it, and there must be nothing else.
//!
//! `examples/shop/run` starts what this needs.

mod customer;
mod expected;
mod forest;
mod misfortunes;
mod outline;
mod processes;
mod receiver;
mod report;
mod spans;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::process::ExitCode;

use shop::setting;

use crate::customer::{Answer, Customer};
use crate::misfortunes::Misfortunes;
use crate::processes::Process;
use crate::receiver::Receiver;
use crate::report::Scenario;

/// Why the scenario could not be played to its end.
type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failed> {
    let endpoint = setting("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let address = endpoint.strip_prefix("http://").unwrap_or(&endpoint);
    let receiver = Receiver::start(address.parse()?).await?;

    let telemetry = traced::init()?;
    let scenarios = play(&receiver).await?;
    drop(telemetry);

    let spans = receiver.spans();
    report::print(&scenarios, &spans);
    let faults = report::faults(&scenarios, &spans);
    for fault in &faults {
        println!("\nWRONG: {fault}");
    }
    if !faults.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    println!("Every scenario is one tree with its links: no orphan, no stray root.");
    Ok(ExitCode::SUCCESS)
}

/// All scenarios, one after the other: each waits for its last span.
async fn play(receiver: &Receiver) -> Result<Vec<Scenario>, Failed> {
    let orders = Process::start("orders", &[]).await?;
    let url = format!("http://{}", orders.address);
    let gateway = Process::start("gateway", &[("ORDERS_URL", &url)]).await?;
    let customer = Customer::of(&gateway.address)?;
    let mut scenarios = Vec::new();

    // Nobody reads the queues yet: the messages wait for the worker, and are one batch.
    let answer = customer.order_many(&["teapot", "teapot", "teapot"]).await?;
    let batch = answer.expect(201, "batch", expected::BATCH)?;
    let worker = Process::start("worker", &[]).await?;
    scenarios.push(batch.arrived_at(receiver).await);

    let misfortunes = Misfortunes::prepare(&setting("DATABASE_URL")?).await?;
    for (name, product, quantity, status, expected) in [
        ("success", "teapot", 3, 201, expected::SUCCESS),
        ("out of stock", "teapot", 99, 409, expected::OUT_OF_STOCK),
        ("retry", "samovar", 1, 201, expected::RETRY),
        ("tried again", "vase", 1, 201, expected::TRIED_AGAIN),
        ("dead letter", "anvil", 1, 201, expected::DEAD_LETTER),
    ] {
        let answer = customer.order(product, quantity).await?;
        let scenario = answer.expect(status, name, expected)?;
        scenarios.push(scenario.arrived_at(receiver).await);
    }

    let answer = customer.order("piano", 1).await?;
    let slow = answer.expect(201, "slow", expected::SUCCESS)?;
    let slow = slow.in_which("INSERT orders", misfortunes::SLOW_MS);
    scenarios.push(slow.arrived_at(receiver).await);

    // Nobody gets the lock before the last process has heard that nobody waits any more.
    let mut lock = misfortunes.take_the_lock().await?;
    let enough = lock.wait_for_somebody();
    let trace = customer.order_until("harp", enough).await?;
    let hung_up = Scenario::of("hung up", trace, expected::HUNG_UP);
    scenarios.push(hung_up.arrived_at(receiver).await);
    lock.release().await?;

    let trace = customer.send_garbage(&setting("AMQP_URL")?).await?;
    let poison = Scenario::of("poisoned message", trace, expected::POISON);
    scenarios.push(poison.arrived_at(receiver).await);

    let (answer, worker) = kill_while_packing(worker, &customer, &misfortunes, receiver).await?;
    let killed = answer.expect(201, "killed worker", expected::KILLED)?;
    // This one keeps its spans for an hour: they arrive because it sends them when it stops.
    misfortunes.wait_for_parcel("egg").await?;
    worker.stop().await?;
    scenarios.push(killed.arrived_at(receiver).await);

    gateway.stop().await?;
    orders.stop().await?;
    Ok(scenarios)
}

/// Kills the worker in the middle of a parcel; the order and another worker.
async fn kill_while_packing(
    worker: Process,
    customer: &Customer,
    misfortunes: &Misfortunes,
    receiver: &Receiver,
) -> Result<(Answer, Process), Failed> {
    let mut lock = misfortunes.take_the_lock().await?;
    let answer = customer.order("egg", 12).await?;
    let packing = lock.wait_for_somebody().await?;
    // What the worker has finished must have left it: nobody else knows of that.
    let before = Scenario::of("before", answer.trace.clone(), expected::BEFORE_THE_KILL);
    before.arrived_at(receiver).await;

    worker.kill().await?;
    lock.clear_up_after(packing).await?;
    lock.release().await?;
    let an_hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    Ok((answer, Process::start("worker", &an_hour).await?))
}

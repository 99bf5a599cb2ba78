//! The processes that make the spans: a small shop whose traces have every feature of a trace.
//!
//! `fleet-load worker`, `fleet-load orders WORKER`, `fleet-load gateway ORDERS COUNT RATE` and
//! `fleet-load billing COUNT`, a short process on its own. The environment says where the spans go.
//! At its end each process prints its report, one line for each exporter.

mod gateway;
mod orders;
mod wire;
mod worker;

use std::env;
use std::error::Error;
use std::thread;
use std::time::Duration;

use traced::traced;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let telemetry = traced::init()?;
    match arguments[..] {
        ["gateway", orders, count, rate] => gateway::run(orders, count.parse()?, rate.parse()?)?,
        ["orders", worker] => orders::run(worker)?,
        ["worker"] => worker::run()?,
        ["billing", count] => (0..count.parse()?).for_each(bill),
        _ => {
            return Err(
                "usage: worker | orders WORKER | gateway ORDERS COUNT RATE | billing COUNT".into(),
            );
        }
    }
    for row in telemetry.shutdown().exporters {
        let (ended, exported) = (row.ended, row.exported);
        let (dropped, failed) = (row.dropped, row.failed);
        println!(
            "report {ended} {exported} {dropped} {failed} {}",
            row.exporter
        );
    }
    Ok(())
}

#[traced(attributes(bill.id = id))]
fn bill(id: u64) {
    print(id);
}

#[traced(kind = "client")]
fn print(id: u64) {
    thread::sleep(Duration::from_millis(1 + id % 2));
}

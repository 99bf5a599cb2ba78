//! A one-line description of the machine that measures.

use std::fs;
use std::process::Command;
use std::thread;

use crate::cargo::output;
use crate::paths;

pub(super) fn description() -> anyhow::Result<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let version = output(
        Command::new("rustc")
            .arg("--version")
            .current_dir(paths::root()),
    )?;
    let cores = thread::available_parallelism()?;
    let parts = [
        processor(&read("/proc/cpuinfo")).unwrap_or(std::env::consts::ARCH),
        &format!("{cores} cores"),
        system(std::env::consts::OS),
        &compiler(&version),
        &load(&read("/proc/loadavg")).unwrap_or_default(),
    ]
    .map(str::to_owned);
    Ok(parts.join(", ").trim_end_matches(", ").to_owned())
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name)
}

fn system(os: &str) -> &str {
    match os {
        "linux" => "Linux",
        "macos" => "macOS",
        other => other,
    }
}

/// `rustc 1.95.0` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn compiler(version: &str) -> String {
    let words: Vec<&str> = version.split_whitespace().take(2).collect();
    words.join(" ")
}

/// The load of the last five minutes, because a measurement takes minutes.
fn load(loadavg: &str) -> Option<String> {
    let load: f64 = loadavg.split_whitespace().nth(1)?.parse().ok()?;
    Some(format!("load {load:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_from_the_output_of_linux_and_rustc() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo), Some("Intel(R) Xeon(R) Processor"));
        assert_eq!(processor(""), None);
        assert_eq!(
            compiler("rustc 1.95.0 (59807616e 2026-04-14)\n"),
            "rustc 1.95.0"
        );
        assert_eq!(
            load("0.52 1.28 2.00 3/300 4242\n").as_deref(),
            Some("load 1.3")
        );
        assert_eq!(load(""), None);
    }

    #[test]
    fn this_machine_has_a_description() {
        assert!(description().unwrap().contains(" cores, "));
    }
}

//! The quickstart's output: three traces, each one tree.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use traced::console::{ColorChoice, ConsoleProcessor};
use traced::telemetry::TelemetryBuilder;

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_is_one_tree() {
    let printed = Printed::default();
    let console = ConsoleProcessor::builder()
        .writer(printed.clone())
        .width(100)
        .color(ColorChoice::Never)
        .build();
    let builder = TelemetryBuilder::default().console(console);
    let telemetry = traced::init!(builder).unwrap();
    crate::send_requests().await.unwrap();
    drop(telemetry);

    let printed = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    let traces: Vec<String> = printed.trim_end().split("\n\n").map(outline).collect();
    assert_eq!(traces, [ORDER, ERROR, PANIC], "{printed}");
    assert!(
        printed.contains("CHECK constraint failed: stock >= 0"),
        "{printed}"
    );
    assert!(
        printed.contains("✗ panic: attempt to divide by zero"),
        "{printed}"
    );
}

const ORDER: &str = "
buy teapots
  POST client
    POST /orders server
      place
        BEGIN client
        UPDATE products client
        INSERT orders client
        COMMIT client
      pack
      confirm
";

const ERROR: &str = "
buy too many ✗
  POST client ✗
    POST /orders server ✗
      place ✗
        BEGIN client
        UPDATE products client ✗
";

const PANIC: &str = "
ask in vain ✗
  GET client ✗
    GET /products/{product}/average server ✗
      SELECT orders client
";

/// The names of a printed trace, indented by depth.
fn outline(trace: &str) -> String {
    let spans = trace.lines().skip(1).filter_map(|line| {
        let name = line.trim_start_matches(['│', ' ', '├', '└', '─']);
        let indent = line.chars().count() - name.chars().count();
        let is_span = indent == 0 || line.contains("─ ");
        is_span.then(|| format!("{:1$}{2}\n", "", indent / 3 * 2, without_times(name)))
    });
    format!("\n{}", spans.collect::<String>())
}

/// The part of a line before the duration. The mark of work that outlives its parent is removed, as
/// it depends on the machine.
fn without_times(name: &str) -> String {
    let is_time = |word: &&str| word.ends_with('s') && word.starts_with(char::is_numeric);
    let words = name.split_whitespace().take_while(|word| !is_time(word));
    words
        .filter(|word| *word != "↗")
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_source_passes_nothing_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("quickstart");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        // Each word is written in two pieces, because this file is searched too.
        for word in [
            concat!("Con", "text"),
            concat!("att", "ach"),
            concat!("with_", "context"),
        ] {
            assert!(!source.contains(word), "{word} in {}", path.display());
        }
    }
}

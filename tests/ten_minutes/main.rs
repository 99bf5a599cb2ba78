//! Is the service of `docs/ten_minutes.md` what the page says, and does it print the traces that the page shows?

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The service with spans, whose trees are read line by line.
struct Service {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Service {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orders-after"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
        command
            .env("OTEL_TRACES_EXPORTER", "console")
            .env("NO_PROXY", "*");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|line| Some(line.unwrap().strip_prefix("http://")?.to_owned()));
        Service {
            process,
            lines,
            address: address.unwrap(),
        }
    }

    /// The status and the rest of the answer.
    fn ask(&self, request: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (address, length) = (&self.address, body.len());
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The lines that name a span or a trace, up to the one that begins with `last`, without durations and bars.
    fn printed_until(&mut self, last: &str) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            let line = self.lines.next().expect("the service goes on").unwrap();
            let name: String = line.trim_start_matches(['│', ' ', '├', '└', '─']).into();
            let ends = name.starts_with(last);
            if line.contains(['█', '▐']) {
                let words = name.split("  ").next().unwrap().trim();
                let is_time = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
                let words: Vec<_> = words.split(' ').take_while(|word| !is_time(word)).collect();
                // Which of two tasks ends first is up to the machine, and so is the mark of the later one.
                names.push(words.join(" ").trim_end_matches(" ↗").to_owned());
            } else if line.starts_with(['●', '✗', '↳']) {
                // Where the line is long, the first eight digits of the id.
                names.push(format!("trace {}", &line.rsplit(' ').next().unwrap()[..8]));
            }
            if ends {
                return names;
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_order_is_one_trace_over_database_queue_and_client() {
    let mut service = Service::start();
    let answer = service.ask("POST /orders", r#"{"product":"teapot"}"#);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let printed = service.printed_until("POST /smtp server");
    let trace = printed
        .iter()
        .find(|line| line.starts_with("trace"))
        .unwrap();
    let at = |name: &str| {
        let place = printed.iter().position(|line| line == name);
        place.unwrap_or_else(|| panic!("no `{name}` in {printed:#?}"))
    };
    assert!(at("POST /orders server") < at("place"));
    assert!(at("place") < at("INSERT orders client"));
    assert!(at("INSERT orders client") < at("COMMIT client"));
    assert!(at("send") < at("POST client"));
    assert!(at("POST client") < at("POST /smtp server"));
    let traces: Vec<_> = printed
        .iter()
        .filter(|line| line.starts_with("trace"))
        .collect();
    assert!(traces.iter().all(|other| *other == trace), "{printed:#?}");
}

#[test]
fn an_order_that_is_not_there_is_no_failure_and_one_that_is_refused_is() {
    let mut service = Service::start();
    let answer = service.ask("GET /orders/7", "");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let printed = service.printed_until("SELECT orders");
    assert!(printed.contains(&"show".to_owned()), "{printed:#?}");

    let answer = service.ask("POST /orders", r#"{"product":""}"#);
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    let printed = service.printed_until("INSERT orders");
    for failed in ["POST /orders server ✗", "place ✗", "INSERT orders client ✗"] {
        assert!(
            printed.contains(&failed.to_owned()),
            "no {failed}: {printed:#?}"
        );
    }
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lines_of(program: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder().join(program)).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The lines of the page's `diff` blocks that begin with one of these letters.
fn shown(letters: &[char]) -> BTreeSet<String> {
    let page = fs::read_to_string(folder().join("../../docs/ten_minutes.md")).unwrap();
    let blocks = page.split("```diff\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let lines = blocks
        .flat_map(str::lines)
        .filter(|line| line.starts_with(letters));
    lines.map(|line| line[1..].to_owned()).collect()
}

#[test]
fn the_page_shows_every_line_that_was_written() {
    let (before, after) = (lines_of("before"), lines_of("after"));
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let features = r#"features = ["console", "init", "signals", "reqwest", "sqlx", "tower"]"#;
    assert!(manifest.contains(features));
    let added: BTreeSet<_> = shown(&['+'])
        .into_iter()
        .filter(|line| !line.contains(features))
        .collect();
    let written: BTreeSet<_> = after.difference(&before).cloned().collect();
    let left_out: Vec<_> = written.difference(&added).collect();
    assert!(left_out.is_empty(), "not on the page: {left_out:#?}");
    let invented: Vec<_> = added.difference(&after).collect();
    assert!(invented.is_empty(), "on the page alone: {invented:#?}");
    let invented: Vec<_> = shown(&['-', ' ']).difference(&before).cloned().collect();
    assert!(
        invented.is_empty(),
        "not in the service as it was: {invented:#?}"
    );
}

//! What the console prints, through a real provider.
//!
//! Start and end times are given in milliseconds, so that no test depends on its speed.

mod harness;

use std::io;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use traced::console::{ColorChoice, ConsoleProcessor};

use self::harness::{Console, Printed, Sending, at, end, received, received_text};

#[test]
fn a_finished_trace_is_printed_as_a_tree() {
    let console = Console::new();
    let root = console.start_kind("POST /orders", SpanKind::Server, &Context::new(), 0);
    let load = console.start("load_cart", &root, 0);
    let query = console.start_kind("SELECT", SpanKind::Client, &load, 10);
    query
        .span()
        .set_attribute(KeyValue::new("db.system.name", "postgresql"));
    end(&query, 40);
    end(&load, 50);
    let charge = console.start("charge", &root, 50);
    charge.span().add_event_with_timestamp(
        "exception",
        at(90),
        vec![
            KeyValue::new("exception.type", "PaymentError"),
            KeyValue::new("exception.message", "card declined"),
        ],
    );
    charge.span().set_status(Status::error("card declined"));
    end(&charge, 100);
    end(&root, 100);
    assert_eq!(
        console.text(),
        "\
✗ POST /orders · 100ms · 4 spans · 1 error · shop · 02000000
POST /orders server  100ms  ████████████████████████████████
├─ load_cart        50.0ms  ████████████████
│  └─ SELECT client 30.0ms     █████████▊
│       db.system.name=postgresql
└─ charge ✗         50.0ms                  ████████████████
     ✗ PaymentError: card declined +40.0ms

"
    );
}

#[test]
fn nothing_is_printed_before_the_root_ends() {
    let console = Console::new();
    let root = console.start("root", &Context::new(), 0);
    end(&console.start("child", &root, 1), 2);
    assert_eq!(console.text(), "");
}

#[test]
fn both_sides_of_a_call_within_one_process_are_one_tree() {
    let console = Console::new();
    let client = console.start_kind("GET", SpanKind::Client, &Context::new(), 0);
    let server = console.start_kind("GET /", SpanKind::Server, &received(&client), 10);
    end(&server, 90);
    end(&client, 100);
    assert_eq!(
        console.lines(),
        [
            "● GET · 100ms · 2 spans · shop · 02000000",
            "GET client       100ms  ████████████████████████████████████",
            "└─ GET / server 80.0ms     ▐████████████████████████████▍",
            "",
        ]
    );
}

#[test]
fn a_server_span_that_outlives_its_client_stays_in_the_tree() {
    let console = Console::new();
    let client = console.start_kind("GET", SpanKind::Client, &Context::new(), 0);
    let server = console.start_kind("GET /", SpanKind::Server, &received(&client), 10);
    end(&client, 90);
    end(&server, 100);
    assert!(console.lines()[2].starts_with("└─ GET / server 90.0ms"));
}

#[test]
fn a_caller_elsewhere_is_named_by_its_id() {
    let console = Console::new();
    let caller = Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    ));
    end(&console.start("GET /", &caller, 0), 10);
    assert_eq!(console.lines()[2], "  ↤ parent 0000000000000002 (remote)");
}

#[test]
fn spawned_work_within_the_grace_joins_the_tree() {
    let console = Console::new();
    let root = console.start("handler", &Context::new(), 0);
    let task = console.start("task", &root, 20);
    end(&root, 50);
    end(&task, 100);
    assert_eq!(
        console.lines(),
        [
            "● handler · 100ms · 2 spans · shop · 02000000",
            "handler   50.0ms  █████████████████████",
            "└─ task ↗ 80.0ms          ██████████████████████████████████",
            "",
        ]
    );
}

#[test]
fn spawned_work_past_the_grace_is_shown_running() {
    let (console, _task) = outlived();
    assert!(console.lines()[2].starts_with("└─ task ↗ running "));
}

#[test]
fn spawned_work_past_the_grace_is_printed_late() {
    let (console, task) = outlived();
    let before = console.lines().len();
    end(&task, 100);
    assert_eq!(
        console.lines()[before..],
        [
            "↳ task · 80.0ms · 1 span · late · shop · 02000000",
            "task 80.0ms  ███████████████████████████████████████████████",
            "  ↤ parent handler",
            "",
        ]
    );
}

/// A root that has ended and was printed, while its task still runs.
fn outlived() -> (Console, Context) {
    let console = Console::new();
    let root = console.start("handler", &Context::new(), 0);
    let task = console.start("task", &root, 20);
    end(&root, 50);
    console.provider.force_flush().unwrap();
    (console, task)
}

#[test]
fn the_end_of_the_grace_prints_without_any_further_call() {
    let (sender, printed) = mpsc::channel();
    let console = Console::with(|builder| builder.grace(Duration::ZERO).writer(Sending(sender)));
    let root = console.start("handler", &Context::new(), 0);
    let _task = console.start("task", &root, 20);
    end(&root, 50);
    assert!(received_text(&printed).starts_with("● handler"));
}

#[test]
fn a_trace_that_grows_too_old_prints_without_any_further_call() {
    let (sender, printed) = mpsc::channel();
    let console = Console::with(|builder| builder.max_age(Duration::ZERO).writer(Sending(sender)));
    let _root = console.start("worker", &Context::new(), 0);
    assert!(received_text(&printed).starts_with("… worker"));
}

#[test]
fn a_flush_prints_an_open_trace_with_a_mark() {
    let console = Console::new();
    let _root = console.start("worker", &Context::new(), 0);
    console.provider.force_flush().unwrap();
    assert!(console.lines()[0].contains(" · … unfinished · "));
}

#[test]
fn a_shutdown_prints_an_open_trace_with_a_mark() {
    let console = Console::new();
    let _root = console.start("worker", &Context::new(), 0);
    console.provider.shutdown().unwrap();
    assert!(console.lines()[0].contains(" · … unfinished · "));
}

#[test]
fn a_root_that_was_shown_running_is_printed_when_it_ends() {
    let console = Console::new();
    let root = console.start("worker", &Context::new(), 0);
    console.provider.force_flush().unwrap();
    let before = console.lines().len();
    end(&root, 100);
    assert_eq!(
        console.lines()[before],
        "↳ worker · 100ms · 1 span · late · shop · 02000000"
    );
}

#[test]
fn one_trace_too_many_prints_the_oldest_with_a_mark() {
    let console = Console::with(|builder| builder.max_traces(1));
    let _oldest = console.start("oldest", &Context::new(), 0);
    let _newest = console.start("newest", &Context::new(), 0);
    let shown = console.lines();
    assert!(shown[0].starts_with("… oldest · ") && shown[0].contains("unfinished"));
}

/// The names of the printed traces, in the order of printing.
fn titles(console: &Console) -> Vec<String> {
    let lines = console.lines();
    let titles = lines.iter().filter(|line| line.contains(" · shop · "));
    titles
        .map(|line| line.rsplit(" · ").next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_thousand_traces_at_once_are_printed_once_each() {
    let console = Console::with(|builder| builder.width(100));
    let roots: Vec<_> = (0..1_000)
        .map(|start| console.start("root", &Context::new(), start))
        .collect();
    let children: Vec<_> = roots
        .iter()
        .map(|root| console.start("child", root, 1_000))
        .collect();
    children
        .iter()
        .chain(&roots)
        .for_each(|span| end(span, 2_000));
    let mut titles = titles(&console);
    assert_eq!(titles.len(), 1_000);
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 1_000);
    assert!(!console.text().contains("unfinished"));
}

#[test]
fn traces_past_the_bound_are_printed_once_each_too() {
    let console = Console::with(|builder| builder.max_traces(16).width(100));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let roots: Vec<_> = (0..20)
                        .map(|_| console.start("root", &Context::new(), 0))
                        .collect();
                    for root in &roots {
                        end(&console.start("child", root, 1), 2);
                        end(root, 3);
                    }
                }
            });
        }
    });
    console.provider.force_flush().unwrap();
    let mut titles = titles(&console);
    assert_eq!(titles.len(), 400);
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 400);
}

#[test]
fn white_space_of_values_is_one_space() {
    let console = Console::new();
    let root = console.start("query", &Context::new(), 0);
    let sql = "\n    SELECT id,\r\n\t\tname\n    FROM orders\n";
    root.span()
        .set_attribute(KeyValue::new("db.query.text", sql));
    root.span()
        .add_event("plan", vec![KeyValue::new("text", "Seq Scan\n  on orders")]);
    end(&root, 10);
    let text = console.text();
    assert!(
        text.contains("  db.query.text=\"SELECT id, name FROM orders\"\n"),
        "{text}"
    );
    assert!(text.contains("text=\"Seq Scan on orders\"\n"), "{text}");
}

/// Tests the default destination; a span that ends on a thread of the test belongs to the test's
/// output too.
#[test]
fn prints_two_trees() {
    let provider = SdkTracerProvider::builder()
        .with_span_processor(ConsoleProcessor::new())
        .build();
    let tracer = provider.tracer("shop");
    tracer.in_span("in a test", |_| {});
    std::thread::scope(|scope| {
        scope.spawn(|| tracer.in_span("on its thread", |_| {}));
    });
}

#[test]
fn libtest_captures_the_trees_of_a_test() {
    let run = |argument: &[&str]| {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let name = format!(
            "{}::prints_two_trees",
            module_path!().split_once("::").unwrap().1
        );
        command.args(["--exact", &name]).args(argument);
        // With one thread, libtest runs tests on the main thread.
        command
            .env("RUST_TEST_THREADS", "2")
            .env_remove("RUST_TEST_NOCAPTURE");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let trees =
        |text: &str| text.matches("● in a test").count() + text.matches("● on its thread").count();
    let (stdout, stderr) = run(&[]);
    assert!(stdout.contains("1 passed"), "{stdout}");
    assert_eq!((trees(&stdout), trees(&stderr)), (0, 0), "{stdout}{stderr}");
    let (stdout, stderr) = run(&["--show-output"]);
    assert_eq!((trees(&stdout), trees(&stderr)), (2, 0), "{stdout}{stderr}");
    let (stdout, stderr) = run(&["--nocapture"]);
    assert_eq!((trees(&stdout), trees(&stderr)), (0, 2), "{stdout}{stderr}");
}

#[test]
fn spans_past_the_bound_are_counted() {
    let console = Console::with(|builder| builder.max_spans(2));
    let root = console.start("root", &Context::new(), 0);
    for _ in 0..5 {
        end(&console.start("child", &root, 1), 2);
    }
    end(&root, 10);
    assert_eq!(
        console.lines()[0],
        "● root · 10.0ms · 2 spans · 4 spans dropped · 02000000"
    );
}

#[test]
fn spans_that_are_not_sampled_are_not_printed() {
    let printed = Printed::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .with_span_processor(ConsoleProcessor::builder().writer(printed.clone()).build())
        .build();
    provider.tracer("shop").in_span("root", |_| {});
    provider.shutdown().unwrap();
    assert!(printed.0.lock().unwrap().is_empty());
}

#[test]
fn a_link_to_a_printed_span_is_named() {
    let console = Console::new();
    let first = console.start("enqueue", &Context::new(), 0);
    end(&first, 10);
    let before = console.lines().len();
    let second = console.start("consume", &Context::new(), 20);
    second
        .span()
        .add_link(first.span().span_context().clone(), Vec::new());
    end(&second, 30);
    assert_eq!(
        console.lines()[before + 2],
        "  ⇢ link 02000000:01000000 enqueue"
    );
}

#[test]
fn a_name_cannot_drive_the_terminal() {
    let console = Console::new();
    end(
        &console.start("\x1b[2Jevil\n\u{202e}", &Context::new(), 0),
        10,
    );
    assert!(!console.text().contains(['\x1b', '\u{202e}']));
}

#[test]
fn colour_is_written_where_it_is_asked_for() {
    let console = Console::with(|builder| builder.color(ColorChoice::Always));
    end(&console.start("root", &Context::new(), 0), 10);
    assert!(console.text().starts_with("\x1b[32m● \x1b[0m\x1b[1mroot"));
}

#[test]
fn every_line_respects_the_width() {
    let console = Console::with(|builder| builder.width(40));
    let root = console.start("a name that is far too long for it", &Context::new(), 0);
    root.span()
        .set_attribute(KeyValue::new("key", "value ".repeat(40)));
    end(&root, 10);
    assert!(
        console
            .lines()
            .iter()
            .all(|line| line.chars().count() <= 40)
    );
}

#[test]
fn parallel_traces_do_not_interleave() {
    let console = Console::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let root = console.start("root", &Context::new(), 0);
                    end(&console.start("child", &root, 0), 10);
                    end(&root, 10);
                }
            });
        }
    });
    console.provider.force_flush().unwrap();
    let text = console.text();
    let mut trees = text.split_terminator("\n\n");
    let whole = |tree: &str| {
        let names = tree.lines().map(|line| line.split(' ').next().unwrap());
        names.eq(["●", "root", "└─"])
    };
    assert_eq!(
        (trees.clone().count(), trees.all(whole)),
        (200, true),
        "{text}"
    );
}

#[test]
fn a_broken_writer_does_not_reach_the_program() {
    struct Broken;
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let console = Console::with(|builder| builder.writer(Broken));
    end(&console.start("root", &Context::new(), 0), 10);
    console.provider.shutdown().unwrap();
}

/// A processor that starts a span whenever it prints one.
struct SelfTraced {
    provider: Arc<OnceLock<SdkTracerProvider>>,
    printed: Printed,
}

impl io::Write for SelfTraced {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if !text.starts_with("● write".as_bytes()) {
            let provider = self.provider.get().unwrap();
            provider.tracer("writer").in_span("write", |_| {});
        }
        self.printed.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_may_make_spans_itself() {
    let printed = Printed::default();
    let provider = Arc::new(OnceLock::new());
    let writer = SelfTraced {
        provider: Arc::clone(&provider),
        printed: printed.clone(),
    };
    let processor = ConsoleProcessor::builder().writer(writer).build();
    let built = SdkTracerProvider::builder().with_span_processor(processor);
    let built = provider.get_or_init(|| built.build());
    built.tracer("shop").in_span("root", |_| {});
    let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with('●')).count(), 2);
}

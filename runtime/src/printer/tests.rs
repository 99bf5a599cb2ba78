use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A limit for tests that would never end; no other test waits so long.
const LIMIT: Duration = Duration::from_secs(60);

/// A stream that waits in each write until the test allows it.
struct Stopped {
    written: Sender<String>,
    allowed: Receiver<()>,
}

impl Write for Stopped {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.written
            .send(String::from_utf8_lossy(text).into_owned())
            .unwrap();
        let _ = self.allowed.recv();
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A printer, the texts that it starts to write, and the sender that allows each write.
fn stopped() -> (&'static Printer, Receiver<String>, Sender<()>) {
    let (written, texts) = channel();
    let (allow, allowed) = channel();
    let writer = Box::new(Stopped { written, allowed });
    let printer = Printer::new(Sink::Own(Mutex::new(writer)));
    (Box::leak(Box::new(printer)), texts, allow)
}

fn soon() -> Instant {
    Instant::now() + LIMIT
}

#[test]
fn what_is_printed_is_written_when_the_call_returns() {
    let (printer, texts, allow) = stopped();
    allow.send(()).unwrap();
    printer.print("a\n".to_owned());
    assert!(printer.flush(soon()));
    assert_eq!(texts.try_recv().unwrap(), "a\n");
}

#[test]
fn a_blocked_stream_does_not_block_the_program() {
    let (printer, texts, allow) = stopped();
    for number in 0..1_000 {
        printer.print(format!("{number}\n"));
    }
    assert!(!printer.flush(Instant::now()));
    drop(allow);
    assert!(printer.flush(soon()));
    let all: String = texts.try_iter().collect();
    let expected: String = (0..1_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(all, expected);
}

#[test]
fn text_that_does_not_fit_is_counted_and_reported() {
    let (printer, texts, allow) = stopped();
    let large = "x".repeat(1 << 20) + "\n";
    printer.print(large.clone());
    assert_eq!(texts.recv_timeout(LIMIT).unwrap(), large);
    // Three more wait, and there is no room for two.
    for _ in 0..5 {
        printer.print(large.clone());
    }
    drop(allow);
    assert!(printer.flush(soon()));
    let mut later = String::new();
    while !later.contains("2 trees, log lines or messages were left out") {
        later = texts.recv_timeout(LIMIT).unwrap();
    }
}

#[test]
fn short_texts_are_written_together() {
    let (printer, texts, allow) = stopped();
    printer.enqueue("first\n".to_owned());
    assert_eq!(texts.recv_timeout(LIMIT).unwrap(), "first\n");
    printer.enqueue("second\n".to_owned());
    printer.enqueue("third\n".to_owned());
    drop(allow);
    assert_eq!(texts.recv_timeout(LIMIT).unwrap(), "second\nthird\n");
}

#[test]
fn a_writer_that_panics_is_used_again() {
    struct Panics(bool, Sender<String>);
    impl Write for Panics {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            assert!(std::mem::take(&mut self.0), "the second time");
            self.1
                .send(String::from_utf8_lossy(text).into_owned())
                .unwrap();
            Ok(text.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0 = true;
            Ok(())
        }
    }
    let (sender, texts) = channel();
    let sink = Sink::Own(Mutex::new(Box::new(Panics(true, sender))));
    let printer: &'static Printer = Box::leak(Box::new(Printer::new(sink)));
    printer.print("a\n".to_owned());
    printer.print("b\n".to_owned());
    assert!(printer.flush(soon()));
    assert_eq!(texts.try_iter().collect::<Vec<_>>(), ["a\n", "b\n"]);
}

#[test]
fn a_thread_that_is_gone_is_started_again() {
    let (printer, texts, allow) = stopped();
    drop(allow);
    printer.print("parent\n".to_owned());
    assert!(printer.flush(soon()));
    // Imitates the child of a fork.
    printer.state.lock().unwrap().process += 1;
    printer.print("child\n".to_owned());
    assert!(printer.flush(soon()));
    assert_eq!(
        texts.try_iter().collect::<Vec<_>>(),
        ["parent\n", "child\n"]
    );
}

#[test]
fn a_test_is_known_by_its_executable() {
    use std::path::Path;
    assert!(is_cargo_test(Path::new(
        "/t/debug/deps/shop-0123456789abcdef"
    )));
    assert!(!is_cargo_test(Path::new("/t/debug/shop")));
    assert!(!is_cargo_test(Path::new("/t/debug/deps/shop-till")));
}

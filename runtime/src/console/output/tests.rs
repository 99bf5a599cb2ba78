use std::io;
use std::sync::{Arc, mpsc};

use super::*;

/// Keeps what is written, one entry per call.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Write for Calls {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let text_as_string = String::from_utf8_lossy(text).into_owned();
        self.0.lock().unwrap().push(text_as_string);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Calls back on every write.
struct Callback<F>(F);

impl<F: FnMut(&[u8]) -> io::Result<usize>> Write for Callback<F> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        (self.0)(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_text_is_one_write() {
    let calls = Calls::default();
    Output::of_writer(Box::new(calls.clone())).print("a\nb\n".to_owned());
    assert_eq!(*calls.0.lock().unwrap(), ["a\nb\n"]);
}

#[test]
fn a_broken_writer_is_tried_again() {
    let (sender, receiver) = mpsc::channel();
    let output = Output::of_writer(Box::new(Callback(move |_: &[u8]| {
        sender.send(()).unwrap();
        Err(io::ErrorKind::BrokenPipe.into())
    })));
    output.print("a".to_owned());
    output.print("b".to_owned());
    assert_eq!(receiver.try_iter().count(), 2);
}

#[test]
fn a_writer_may_print_itself() {
    let (sender, receiver) = mpsc::channel();
    let output = Arc::new_cyclic(|itself: &std::sync::Weak<Output>| {
        let itself = itself.clone();
        Output::of_writer(Box::new(Callback(move |text: &[u8]| {
            if text == b"outer" {
                itself.upgrade().unwrap().print("inner".to_owned());
            }
            sender.send(text.to_vec()).unwrap();
            Ok(text.len())
        })))
    });
    output.print("outer".to_owned());
    let written: Vec<_> = receiver.try_iter().collect();
    assert_eq!(written, [b"outer".to_vec(), b"inner".to_vec()]);
}

#[test]
fn a_writer_that_panicked_is_used_again() {
    let (sender, receiver) = mpsc::channel();
    let output = Output::of_writer(Box::new(Callback(move |text: &[u8]| {
        assert_ne!(text, b"bad", "the writer gives up");
        sender.send(()).unwrap();
        Ok(text.len())
    })));
    let bad = std::panic::AssertUnwindSafe(|| output.print("bad".to_owned()));
    std::panic::catch_unwind(bad).unwrap_err();
    output.print("good".to_owned());
    assert_eq!(receiver.try_iter().count(), 1);
}

#[test]
fn a_busy_writer_does_not_block_the_program() {
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let output = Output::of_writer(Box::new(Callback(move |text: &[u8]| {
        started.send(text.to_vec()).unwrap();
        if text == b"slow" {
            released.recv().unwrap();
        }
        Ok(text.len())
    })));
    thread::scope(|scope| {
        scope.spawn(|| output.print("slow".to_owned()));
        assert_eq!(has_started.recv().unwrap(), b"slow");
        // Returns although the writer is held up; the other thread writes this too.
        output.print("next".to_owned());
        release.send(()).unwrap();
        assert_eq!(has_started.recv().unwrap(), b"next");
    });
}

#[test]
fn a_flush_gives_up_on_a_writer_that_is_stuck() {
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let output = Output::of_writer(Box::new(Callback(move |text: &[u8]| {
        started.send(()).unwrap();
        released.recv().unwrap();
        Ok(text.len())
    })));
    thread::scope(|scope| {
        scope.spawn(|| output.print("stuck".to_owned()));
        has_started.recv().unwrap();
        assert!(!output.flush(Duration::ZERO));
        release.send(()).unwrap();
    });
}

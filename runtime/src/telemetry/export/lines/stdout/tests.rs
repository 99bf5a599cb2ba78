use std::cell::Cell;
use std::io::Read as _;
use std::thread;
use std::time::Duration;

use rustix::pipe::{PIPE_BUF, pipe};

use super::*;

fn piped() -> (File, Stdout) {
    let (reader, writer) = pipe().unwrap();
    let stdout = Stdout {
        file: Some(writer.into()),
        is_pipe: true,
    };
    (reader.into(), stdout)
}

fn line(len: usize) -> Vec<u8> {
    let mut line = vec![b'x'; len - 1];
    line.push(b'\n');
    line
}

/// A condition that ends the wait at its check number `count`.
fn ends_at_check(count: u32) -> impl Fn() -> bool {
    let left = Cell::new(count);
    move || {
        left.set(left.get().saturating_sub(1));
        left.get() > 0
    }
}

#[test]
fn a_full_pipe_has_whole_lines_and_further_ones_fail() {
    let (mut reader, mut stdout) = piped();
    let short = line(PIPE_BUF - 7);
    let mut written = 0;
    let error = loop {
        match stdout.write(&short, &ends_at_check(3)) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(written > 1);
    drop(stdout);
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    assert_eq!(read, short.repeat(written));
}

#[test]
fn a_long_line_waits_for_an_empty_pipe_that_fits_it() {
    let (mut reader, mut stdout) = piped();
    let (short, long) = (line(10), line(3 * (64 << 10)));
    stdout.write(&short, &|| true).unwrap();
    let error = stdout.write(&long, &ends_at_check(5)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    let waiting = thread::spawn(move || stdout.write(&long, &|| true));
    thread::sleep(Duration::from_millis(50));
    let mut read = vec![0; short.len()];
    reader.read_exact(&mut read).unwrap();
    assert_eq!(read, short);
    // The write does not wait for a reader.
    waiting.join().unwrap().unwrap();
    read.clear();
    reader.read_to_end(&mut read).unwrap();
    assert_eq!(read, line(3 * (64 << 10)));
}

#[test]
fn a_reader_that_is_gone_is_an_error_at_once() {
    for len in [10, 2 * PIPE_BUF] {
        let (reader, mut stdout) = piped();
        stdout.write(&line(10), &|| true).unwrap();
        drop(reader);
        let error = stdout.write(&line(len), &|| true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn a_non_blocking_pipe_gets_whole_lines_too() {
    let (mut reader, mut stdout) = piped();
    let flags = rustix::fs::OFlags::NONBLOCK;
    rustix::fs::fcntl_setfl(stdout.file.as_ref().unwrap(), flags).unwrap();
    let lines = thread::spawn(move || {
        for _ in 0..100 {
            stdout.write(&line(PIPE_BUF), &|| true).unwrap();
            stdout.write(&line(3 * PIPE_BUF), &|| true).unwrap();
        }
    });
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    lines.join().unwrap();
    assert_eq!(read.len(), 400 * PIPE_BUF);
}

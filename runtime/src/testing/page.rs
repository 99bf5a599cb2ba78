//! The page that a failed test writes.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use opentelemetry_sdk::trace::SpanData;

use crate::html;

/// The page of one capture. It is written at most once.
#[derive(Debug, Default)]
pub(super) struct Page {
    is_written: AtomicBool,
}

impl Page {
    pub(super) fn is_unwritten(&self) -> bool {
        !self.is_written.load(Ordering::Relaxed)
    }

    /// Writes the page, and returns a sentence with its path. `None` if it was written before, has no spans, or cannot
    /// be written, as only the failure of the test matters.
    pub(super) fn write<'s>(&self, spans: impl Iterator<Item = &'s SpanData>) -> Option<String> {
        let spans: Vec<&SpanData> = spans.collect();
        if spans.is_empty() || self.is_written.swap(true, Ordering::Relaxed) {
            return None;
        }
        let (path, test) = place();
        let program = program();
        html::write_for_test(&path, &test, &program, spans).ok()?;
        Some(format!(
            "the spans of this test are in {}\n",
            path.display()
        ))
    }

    /// Writes the page while the test is unwinding, and prints its path. It must not panic, as a second panic would
    /// abort all tests.
    pub(super) fn write_in_unwind<'s>(&self, spans: impl Iterator<Item = &'s SpanData>) {
        if let Some(message) = self.write(spans) {
            // libtest shows the text of `eprint!` with the failure. `eprint!` panics if stderr is closed.
            if std::io::stderr().flush().is_ok() {
                eprint!("{message}");
            }
        }
    }
}

/// The file of the page for the test of this thread, and the test's name.
fn place() -> (PathBuf, String) {
    // libtest names a thread after its test, except with `--test-threads=1`.
    let test = thread::current().name().unwrap_or("test").to_owned();
    let name = format!("{}-{}", program(), test.replace("::", "-"));
    let file = format!("{}.html", html::file_name(&name));
    (folder().join(file), test)
}

/// `TRACED_HTML` if it names a folder, otherwise one beside the executables: `target/debug/traced`.
fn folder() -> PathBuf {
    if let Some(html::Target::Folder(folder)) = env::var_os("TRACED_HTML").map(html::Target::of) {
        return folder;
    }
    let program = env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new(""));
    match folder.file_name() {
        Some(name) if name == "deps" => folder.with_file_name("traced"),
        // A doctest is compiled in a folder that is removed afterwards.
        _ => env::temp_dir().join("traced"),
    }
}

/// The name of the test's executable, without the hash that Cargo adds.
fn program() -> String {
    let program = env::current_exe().unwrap_or_default();
    let stem = program.file_stem().unwrap_or_default();
    let stem = stem.to_string_lossy().into_owned();
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 => name.to_owned(),
        _ => stem,
    }
}

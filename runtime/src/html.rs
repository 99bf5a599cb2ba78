//! A page that shows the traces of this process: one HTML file that needs nothing else.
//!
//! The source of the page is in `page/` at the top of the repository, and `html/page.html` is built from it. The
//! spans are OTLP JSON in an element of the page, so other tools can read them too.

#[cfg(feature = "init")]
mod content;
mod file;
mod items;
mod json;
#[cfg(feature = "init")]
mod pages;

use std::borrow::Cow;
use std::io::{self, Write};
#[cfg(feature = "testing")]
use std::path::Path;
use std::time::SystemTime;

#[cfg(feature = "testing")]
use opentelemetry::KeyValue;
#[cfg(feature = "testing")]
use opentelemetry_sdk::trace::SpanData;

pub(crate) use self::file::Target;
use self::items::Items;
#[cfg(feature = "init")]
pub(crate) use self::pages::Pages;

/// The page, with [`MARK`] in the place of the spans.
const PAGE: &str = include_str!("html/page.html");
const MARK: &str = "{{data}}";

/// Why a page is written, which is shown at its top.
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    #[cfg(feature = "init")]
    Flush,
    #[cfg(feature = "init")]
    End,
    /// A panic, with its message and location.
    #[cfg(feature = "init")]
    Panic(String),
    /// A failed test, with its name.
    #[cfg(feature = "testing")]
    Test(String),
}

/// Writes the page with its data, which is already escaped.
fn write_page(
    out: &mut impl Write,
    reason: &Reason,
    resource: &str,
    spans: &Items,
    records: &Items,
) -> io::Result<()> {
    let (head, tail) = PAGE.split_once(MARK).unwrap_or((PAGE, ""));
    out.write_all(head.as_bytes())?;
    write!(
        out,
        "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":{resource}}},"
    )?;
    spans.write(out, "scopeSpans", "spans")?;
    out.write_all(b"}],\"resourceLogs\":[")?;
    if !records.is_empty() {
        write!(out, "{{\"resource\":{{\"attributes\":{resource}}},")?;
        records.write(out, "scopeLogs", "logRecords")?;
        out.write_all(b"}")?;
    }
    out.write_all(b"],\"traced\":")?;
    let (reason, message): (&str, &str) = match reason {
        #[cfg(feature = "init")]
        Reason::Flush => ("flush", ""),
        #[cfg(feature = "init")]
        Reason::End => ("end", ""),
        #[cfg(feature = "init")]
        Reason::Panic(said) => ("panic", said),
        #[cfg(feature = "testing")]
        Reason::Test(name) => ("test", name),
    };
    let dropped = spans.dropped();
    out.write_all(json::facts(reason, message, dropped, SystemTime::now()).as_bytes())?;
    out.write_all(b"}")?;
    out.write_all(tail.as_bytes())
}

/// Writes a page of these spans, for a test that failed.
#[cfg(feature = "testing")]
pub(crate) fn write_for_test<'s>(
    path: &Path,
    test: &str,
    service: &str,
    spans: impl IntoIterator<Item = &'s SpanData>,
) -> io::Result<()> {
    let mut items = Items::default();
    for span in spans {
        items.push(&span.instrumentation_scope, json::span(span, true).into());
    }
    let resource = json::attributes(&[KeyValue::new("service.name", service.to_owned())]);
    let mut page = Vec::new();
    let reason = Reason::Test(test.to_owned());
    write_page(&mut page, &reason, &resource, &items, &Items::default())?;
    file::replace(path, &page)
}

/// A text as a safe name of a file.
pub(crate) fn file_name(text: &str) -> Cow<'_, str> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.chars().all(is_safe) && !text.starts_with('.') {
        return Cow::Borrowed(text);
    }
    let replaced: String = text
        .chars()
        .map(|c| if is_safe(c) { c } else { '_' })
        .collect();
    Cow::Owned(replaced.replacen('.', "_", usize::from(replaced.starts_with('.'))))
}

#[cfg(all(test, feature = "init"))]
mod tests;

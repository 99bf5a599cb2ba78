//! Files of OTLP JSON: lines of it, one document, or a page that `TRACED_HTML` wrote.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::bail;
use serde_json::Value;

use super::parts::Part;
use super::store::Store;

/// The start of the data in a page. The data is in the last element with this start, and contains no `<`.
const DATA: &str = r#"<script type="application/json" id="traced-data">"#;

/// Reads a file into the store. Lines that are not JSON are reported: the last line of a file that is being written
/// may be incomplete.
pub(crate) fn read(path: &Path, store: &Store) -> anyhow::Result<()> {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let mut lines = BufReader::new(File::open(path)?);
    let (mut line, mut number, mut skipped, mut found) = (Vec::new(), 0_u64, Vec::new(), 0);
    let add = |value: Value| -> usize {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        let parts = values.into_iter().flat_map(Part::of_json);
        parts.map(|part| store.add(&name, part)).count()
    };
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice(text) {
            Ok(value) => found += add(value),
            Err(_) if found == 0 && skipped.is_empty() => match whole(path)? {
                Some(value) => {
                    found += add(value);
                    skipped.clear();
                    break;
                }
                None => skipped.push(number),
            },
            Err(_) => skipped.push(number),
        }
    }
    if found == 0 {
        bail!(
            "there are no spans of OTLP JSON in it (the Collector's file exporter writes them with `format: json` and \
             without `compression`)"
        );
    }
    if let Some(first) = skipped.first() {
        let (count, path) = (skipped.len(), path.display());
        eprintln!(
            "warning: {path}: {count} lines are not JSON and were skipped, the first is line {first}"
        );
    }
    Ok(())
}

/// The file as one document, if it is one.
fn whole(path: &Path) -> anyhow::Result<Option<Value>> {
    let bytes = fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let json = match text.trim_start().starts_with('<') {
        true => text
            .rsplit_once(DATA)
            .map_or("", |(_, data)| data.split('<').next().unwrap_or_default()),
        false => &text,
    };
    Ok(serde_json::from_str(json.trim()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#;

    fn items(text: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans.jsonl");
        fs::write(&path, text).unwrap();
        let store = Store::new(100, 1 << 20);
        read(&path, &store).map_err(|error| error.to_string())?;
        Ok(store.document().0.iter().map(|part| part.items).sum())
    }

    #[test]
    fn lines_documents_and_pages_are_read() {
        assert_eq!(items(&format!("{SPANS}\n\n{SPANS}\r\n")), Ok(2));
        assert_eq!(items(&SPANS.replace(":[", ":\n [")), Ok(1));
        assert_eq!(items(&format!("[{SPANS},{SPANS}]")), Ok(2));
        assert_eq!(
            items(&format!(
                "<!doctype html>\n<script>{DATA:?}</script>\n{DATA}{SPANS}</script>\n</html>\n"
            )),
            Ok(1)
        );
        let mixed = format!("{SPANS}\n{{\"resourceMetrics\":[]}}\n{SPANS}\n{{\"resourceSp");
        assert_eq!(items(&mixed), Ok(2));
        assert_eq!(items(&format!("half a li\n{SPANS}\n")), Ok(1));
    }

    #[test]
    fn a_file_without_spans_is_an_error() {
        for text in [
            "",
            "\n",
            "{}",
            "name,id\n1,2\n",
            "<html></html>",
            "\0\0\0\u{1}\n\u{6}",
        ] {
            assert!(items(text).is_err(), "{text}");
        }
    }
}

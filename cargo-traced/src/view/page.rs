//! The page. It is served to a browser and requests new spans, or is written to a file with all spans.
//!
//! `page.html` is the page that `TRACED_HTML` writes too, a build of `page/` at the top of the repository.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::store::Store;

const PAGE: &str = include_str!("page.html");
const MARK: &str = "{{data}}";

/// The content security policies of a page in a file, and of a served page, which also requests spans.
const CLOSED: &str = "default-src 'none'";
const OPEN_TO_SERVER: &str = "default-src 'none'; connect-src 'self'";

/// The time that a request waits for spans before the answer is empty.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The page, and the spans that it asks for.
pub(crate) fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/live", get(live))
        .with_state(store)
}

async fn page() -> impl IntoResponse {
    let page = PAGE.replacen(CLOSED, OPEN_TO_SERVER, 1);
    let page = page.replacen(MARK, r#"{"traced":{"reason":"live"}}"#, 1);
    let policy = format!("{}; frame-ancestors 'none'", policy(&page));
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "DENY".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, Html(page))
}

/// The content security policy that is written in the page.
fn policy(page: &str) -> &str {
    let policy = page.split_once(r#"http-equiv="Content-Security-Policy" content=""#);
    policy
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or(CLOSED, |(policy, _)| policy)
}

/// Answers with new spans. `after` is the number of the first part that the page lacks; `run` identifies the process
/// that sent the others.
async fn live(State(store): State<Arc<Store>>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let query = query.unwrap_or_default();
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    };
    let after = parameter("after")
        .and_then(|after| after.parse().ok())
        .unwrap_or(0);
    let run = parameter("run").unwrap_or_default();
    let number = store.number_of(run, after);
    // A page that has no parts yet gets its answer at once, even if it is empty.
    if !run.is_empty() {
        let _ = tokio::time::timeout(LONGEST_WAIT, store.wait_for(number)).await;
    }
    (
        [(header::CONTENT_TYPE, "application/json")],
        store.answer(number),
    )
}

/// Writes a page with everything in the store. The file is replaced in one step, so that a reader finds either the old
/// or the new page.
pub(crate) fn write(path: &Path, store: &Store) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let (head, tail) = PAGE.split_once(MARK).unwrap_or((PAGE, ""));
    let (parts, dropped) = store.document();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    write!(file, "{head}[")?;
    for part in parts {
        writeln!(file, "{},", made_safe(&part.json))?;
    }
    let facts = serde_json::json!({"reason": "end", "dropped": dropped, "writtenUnixNano": now.as_nanos().to_string()});
    write!(file, "{}]{tail}", serde_json::json!({"traced": facts}))?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Only its owner can read a temporary file. The page gets the usual permissions.
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// JSON that cannot end an HTML element. The escaped characters occur only in its strings.
fn made_safe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::parts::Part;

    #[test]
    fn the_page_is_that_of_the_library() {
        let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/html/page.html");
        // Outside of the repository there is no second copy to compare with.
        if let Ok(other) = fs::read_to_string(other) {
            assert!(other == PAGE, "`npm run build` in page/ writes both");
        }
    }

    #[test]
    fn texts_do_not_end_the_element_of_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/page.html");
        let store = Store::new(10, 1 << 20);
        let json = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"</script><!-- &"}]}]}]}"#;
        store.add(
            "a",
            Part {
                json: json.to_owned(),
                items: 1,
            },
        );
        write(&path, &store).unwrap();
        let page = fs::read_to_string(&path).unwrap();
        let data = page
            .rsplit_once(r#"id="traced-data">"#)
            .unwrap()
            .1
            .split('<')
            .next()
            .unwrap();
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(
            read[0],
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        );
        assert_eq!(read[1]["traced"]["dropped"], 0);
    }

    #[test]
    fn the_served_page_may_only_request_its_own_server() {
        let page = PAGE.replacen(CLOSED, OPEN_TO_SERVER, 1);
        let policy = policy(&page);
        assert!(
            policy.starts_with("default-src 'none'; connect-src 'self'; script-src 'sha256-"),
            "{policy}"
        );
    }
}

//! The content of a page, apart from the state that spans change meanwhile.

use std::io;
use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;

use super::items::Items;
use super::{PAGE, Reason, write_page};

/// The content of one page. Making it copies references only.
pub(super) struct Content {
    pub(super) reason: Reason,
    /// Attributes of the resource, as JSON.
    pub(super) resource: String,
    pub(super) spans: Items,
    pub(super) records: Items,
    pub(super) open: Vec<Arc<SpanData>>,
}

impl Content {
    /// The page. `finish` applies the limits to open spans.
    pub(super) fn page(self, finish: &dyn Fn(&mut SpanData)) -> io::Result<Vec<u8>> {
        let open = self.open.into_iter().map(|span| {
            let mut span = Arc::unwrap_or_clone(span);
            finish(&mut span);
            span
        });
        let spans = self.spans.with_open(open);
        let bytes = PAGE.len() + spans.bytes() + self.records.bytes();
        let mut page = Vec::with_capacity(bytes);
        write_page(
            &mut page,
            &self.reason,
            &self.resource,
            &spans,
            &self.records,
        )?;
        Ok(page)
    }
}

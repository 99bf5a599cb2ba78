//! What a user writes without this crate: a span of OpenTelemetry's SDK around a query, with the attributes that the traced
//! pool records.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use opentelemetry::trace::{
    FutureExt, SpanKind, Status, TraceContextExt, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter, Tracer,
};

use crate::kind::Kind;

/// Drops the spans: that those by hand cost nothing here is in their favour.
#[derive(Debug)]
struct Dropping;

impl SpanExporter for Dropping {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// Makes the spans of one database system.
pub(crate) struct ByHand {
    system: &'static str,
    tracer: Tracer,
    _provider: SdkTracerProvider,
}

impl ByHand {
    pub(crate) fn new(system: &'static str) -> Self {
        // As in the traced pool's provider, no span is to be dropped.
        let batch = BatchConfigBuilder::default()
            .with_max_queue_size(1 << 17)
            .with_scheduled_delay(Duration::from_secs(1))
            .build();
        let processor = BatchSpanProcessor::builder(Dropping).with_batch_config(batch);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor.build())
            .build();
        ByHand {
            system,
            tracer: provider.tracer("by_hand"),
            _provider: provider,
        }
    }

    pub(crate) async fn in_span(
        &self,
        kind: Kind,
        text: &'static str,
        query: impl Future<Output = Result<(), Box<dyn Error>>>,
    ) -> Result<(), Box<dyn Error>> {
        let (summary, operation, table, rows) = match kind {
            Kind::Key => ("SELECT cost_of_orders", "SELECT", Some("cost_of_orders"), 1),
            Kind::List => ("SELECT cost_of_orders cost_of_products", "SELECT", None, 20),
            Kind::Sums => (
                "SELECT cost_of_orders",
                "SELECT",
                Some("cost_of_orders"),
                10,
            ),
            Kind::Insert => ("INSERT cost_of_visits", "INSERT", Some("cost_of_visits"), 0),
        };
        let mut attributes = vec![
            KeyValue::new("db.system.name", self.system),
            KeyValue::new("db.namespace", "postgres"),
            KeyValue::new("server.address", "/run/postgresql"),
            KeyValue::new("db.query.text", text),
            KeyValue::new("db.query.summary", summary),
            KeyValue::new("db.operation.name", operation),
        ];
        attributes.extend(table.map(|table| KeyValue::new("db.collection.name", table)));
        let span = self
            .tracer
            .span_builder(summary)
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
            .start(&self.tracer);
        let context = Context::current_with_span(span);
        let result = query.with_context(context.clone()).await;
        let span = context.span();
        match &result {
            Ok(()) => span.set_attribute(KeyValue::new("db.response.returned_rows", rows)),
            Err(error) => span.set_status(Status::error(error.to_string())),
        }
        span.end();
        result
    }
}

use std::sync::mpsc;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

use super::*;
use crate::recorder::sink::{Bounds, Sink};

/// An exporter that says when it is called, and then blocks until it is told to go on.
#[derive(Debug)]
struct Blocking {
    calls: mpsc::Sender<&'static str>,
    goes_on: Mutex<mpsc::Receiver<()>>,
}

impl SpanExporter for Blocking {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        self.calls.send("export").unwrap();
        let _ = self.goes_on.lock().unwrap().recv();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.calls.send("shutdown").unwrap();
        Ok(())
    }

    fn set_resource(&mut self, _: &Resource) {
        self.calls.send("resource").unwrap();
    }
}

/// A batch of one span, which holds a reference to `scope`.
fn batch(scope: &Arc<InstrumentationScope>) -> Batch<Scope> {
    let bounds = Bounds {
        items: 1,
        bytes: 1_000,
        batch: 1,
        batch_bytes: 1_000,
    };
    let sink = Sink::new(bounds, Box::new(|| true), |span| span.len());
    let slot = sink.acquire().unwrap();
    sink.push(&slot, &Scope::Own(Arc::clone(scope)), 2, |_| {});
    let batch = sink.take();
    assert_eq!(batch.len(), 1);
    batch
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

#[test]
fn batches_do_not_pile_up_behind_an_exporter_that_blocks() {
    let (calls, called) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let blocking = Blocking {
        calls,
        goes_on: Mutex::new(goes_on),
    };
    let resource = NewResource::default();
    resource.set(&Resource::builder_empty().build());
    let scopes = Arc::<Scopes>::default();
    let limit = Duration::from_millis(1);
    let mut exporter = UserExporter::new(blocking, limit, scopes, resource);
    let runtime = runtime();
    let scope = Arc::new(InstrumentationScope::default());
    for _ in 0..10 {
        let late = runtime.block_on(exporter.export(batch(&scope)));
        assert!(late.unwrap_err().contains("OTEL_BSP_EXPORT_TIMEOUT"));
    }
    // One for the exporter, and one that waits.
    assert!(Arc::strong_count(&scope) <= 1 + 2, "{scope:?}");

    // The shutdown finds no place either, and the worker gives it up; the exporter is shut down nevertheless.
    let _ = runtime.block_on(async { timeout(limit, exporter.shutdown(limit)).await });
    drop(exporter);
    drop(go_on);
    let called: Vec<_> = called.iter().collect();
    assert_eq!(called.first(), Some(&"resource"));
    assert_eq!(called.last(), Some(&"shutdown"));
    assert_eq!(called.iter().filter(|call| **call == "shutdown").count(), 1);
}

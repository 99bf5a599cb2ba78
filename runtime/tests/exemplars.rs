//! From a metric to a trace: the exemplars of `prometheus-client`.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::{CounterWithExemplar, HistogramWithExemplars};
use prometheus_client::registry::Registry;
use traced::testing::capture;
use traced::traced;

type Labels = [(&'static str, String); 2];

#[traced]
fn charge(seconds: &HistogramWithExemplars<Labels>, orders: &CounterWithExemplar<Labels>) {
    seconds.observe(0.5, traced::current().exemplar_labels(), None);
    orders.inc_by(1, traced::current().exemplar_labels(), None);
}

#[test]
fn an_exemplar_names_the_span_of_its_measurement() {
    let mut registry = Registry::default();
    let seconds = HistogramWithExemplars::<Labels>::new([0.1, 1.0].into_iter());
    let orders = CounterWithExemplar::<Labels>::default();
    registry.register("seconds", "how long it takes", seconds.clone());
    registry.register("orders", "how many there are", orders.clone());
    let ((), spans) = capture(|| charge(&seconds, &orders));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let span = spans.named("charge");
    let (trace_id, span_id) = (span.trace_id(), span.id());
    let exemplar = format!("# {{trace_id=\"{trace_id}\",span_id=\"{span_id}\"}}");
    for line in ["seconds_bucket{le=\"1.0\"} 1", "orders_total 1"] {
        assert!(text.contains(&format!("{line} {exemplar}")), "{text}");
    }
    assert_eq!(text.matches(&exemplar).count(), 2, "{text}");
}

#[test]
fn outside_a_trace_there_is_no_exemplar() {
    let orders = CounterWithExemplar::<Labels>::default();
    orders.inc_by(1, traced::current().exemplar_labels(), None);
    let mut registry = Registry::default();
    registry.register("orders", "how many there are", orders);
    registry.register("plain", "for comparison", Counter::<u64>::default());
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    assert!(text.contains("orders_total 1\n"), "{text}");
    assert!(!text.contains("trace_id"), "{text}");
}

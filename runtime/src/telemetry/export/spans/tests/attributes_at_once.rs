//! Are attributes that are encoded at once the same as those that are encoded when the span ends?

use super::*;

/// The spans of a call site with attributes of `fill`, and some that are set later.
fn of_call_site(
    sampling: Sampling,
    limits: Limits,
    count: usize,
    fill: &mut dyn FnMut(&mut Attributes),
    later: &[KeyValue],
) -> (bool, Exported) {
    static SITE: CallSite = CallSite::new("load", SpanKind::Client, "scope", "", "module");
    let (provider, intake, known) = ours(sampling, limits);
    let tracer = provider.tracer_with_scope(scopes()[0].clone());
    let stack = ContextStack::of_this_thread().unwrap();
    let mut started = Context::new();
    let hold = |context: &mut Context| started = std::mem::take(context);
    tracer.start_with_attributes(&SITE, "load".into(), stack, count, fill, hold);
    started.span().set_attributes(later.iter().cloned());
    started.span().end();
    let encoded = Arc::<EncodedResource>::default();
    let request = SpansRequest::new(intake.take(), &known, &encoded);
    let bytes = request.encode(Format::Protobuf).unwrap();
    let read = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    (
        provider.writes_attributes(),
        without_what_differs(read.resource_spans),
    )
}

#[test]
fn attributes_are_the_same_whether_they_are_encoded_at_once() {
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut random = Random::new(7);
    for round in 0..rounds(300) {
        // Sometimes more than are written, and a key twice.
        let count = random.below(keys.len());
        let twice = random.below(8) == 0;
        let values: Vec<_> = (0..count).map(|_| random.value()).collect();
        let mut fill = |attributes: &mut Attributes| {
            for (place, value) in values.iter().enumerate() {
                let key = keys[if twice { place / 2 } else { place }];
                match value {
                    Value::Bool(value) => attributes.push_bool(key, *value),
                    Value::I64(value) => attributes.push_i64(key, *value),
                    Value::F64(value) => attributes.push_f64(key, *value),
                    Value::String(text) => attributes.push_str(key, text.as_str()),
                    value => attributes.push(key, value.clone()),
                }
            }
        };
        let later = few_attributes(&mut random);
        let limits = Limits {
            attributes: [128, 8][random.below(2)],
            ..limits()
        };
        let plain = Sampling::Plain(Sampler::AlwaysOn);
        let given = Sampling::Given(Box::new(Sampler::AlwaysOn));
        let (is_written, written) = of_call_site(plain, limits, count, &mut fill, &later);
        let (is_not, values) = of_call_site(given, limits, count, &mut fill, &later);
        assert!(is_written && !is_not);
        assert_eq!(written, values, "round {round}");
    }
}

/// Few lists are longer than what is encoded at once, so these have lengths around that.
#[test]
fn attributes_beyond_those_that_are_encoded_at_once_are_the_same() {
    const KEYS: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t",
    ];
    for count in 14..=KEYS.len() {
        // The key of each attribute in turn takes the place of the last one's.
        for again in &KEYS[..count] {
            let mut fill = |attributes: &mut Attributes| {
                for (place, key) in (0_i64..).zip(&KEYS[..count - 1]) {
                    attributes.push_i64(key, place);
                }
                attributes.push_str(again, "last");
            };
            let later = [KeyValue::new("a", true), KeyValue::new("later", true)];
            for limit in [128, 8] {
                let limits = Limits {
                    attributes: limit,
                    ..limits()
                };
                for later in [&later[..], &[]] {
                    let plain = Sampling::Plain(Sampler::AlwaysOn);
                    let given = Sampling::Given(Box::new(Sampler::AlwaysOn));
                    let (is_written, written) =
                        of_call_site(plain, limits, count, &mut fill, later);
                    let (is_not, values) = of_call_site(given, limits, count, &mut fill, later);
                    assert!(is_written && !is_not);
                    assert_eq!(written, values, "{count} attributes, {again} again");
                }
            }
        }
    }
}

#[test]
fn attributes_are_not_encoded_at_once_if_they_are_read_or_limited() {
    let cut = Limits {
        value_length: Some(2),
        ..limits()
    };
    let few = Limits {
        attributes: 1,
        ..limits()
    };
    for limits in [cut, few] {
        let plain = Sampling::Plain(Sampler::AlwaysOn);
        let mut fill = |attributes: &mut Attributes| {
            attributes.push_str("a", "long");
            attributes.push_str("b", "long");
        };
        let (is_written, exported) = of_call_site(plain, limits, 2, &mut fill, &[]);
        assert!(!is_written);
        let span = &exported[0].scope_spans[0].spans[0];
        let kept = 2 - span.dropped_attributes_count as usize;
        assert_eq!(
            (span.attributes.len(), kept),
            (limits.attributes.min(2), limits.attributes.min(2))
        );
    }
}

/// Attributes that many spans share are encoded together, or one by one where there is no room for all.
#[cfg(any(feature = "diesel", feature = "sqlx"))]
#[test]
fn attributes_of_many_spans_keep_their_place() {
    use crate::attributes::Constant;

    const KEYS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let constant = Constant::new(|attributes| {
        for (place, key) in (0_i64..).zip(KEYS) {
            attributes.push_i64(key, place);
        }
    });
    let before = [
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
    ];
    for count in 0..=before.len() {
        for limit in [128, 18] {
            let limits = Limits {
                attributes: limit,
                ..limits()
            };
            let mut fill = |attributes: &mut Attributes| {
                for key in &before[..count] {
                    attributes.push_bool(key, true);
                }
                attributes.constant(&constant);
                attributes.push_str("after", "x");
                // Once more, as a value that is encoded, or not.
                attributes.push_str("c", "again");
            };
            let plain = Sampling::Plain(Sampler::AlwaysOn);
            let given = Sampling::Given(Box::new(Sampler::AlwaysOn));
            let (is_written, written) = of_call_site(plain, limits, count, &mut fill, &[]);
            let (is_not, values) = of_call_site(given, limits, count, &mut fill, &[]);
            assert!(is_written && !is_not);
            assert_eq!(written, values, "{count} before, at most {limit}");
        }
    }
}

//! W3C Trace Context: the headers `traceparent` and `tracestate`.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The random flag of level 2: at least the last seven bytes of the trace id are random.
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The length of the fields that every version has: 2 + 1 + 32 + 1 + 16 + 1 + 2.
const PARENT_LENGTH: usize = 55;

/// The number of members that a `tracestate` may have.
const MAX_MEMBERS: usize = 32;

/// The length of `tracestate` that every participant must propagate.
const MAX_STATE_LENGTH: usize = 512;

/// Members longer than this are removed first if the state is too long.
const LONG_MEMBER: usize = 128;

/// W3C Trace Context, level 1, with the random flag of level 2.
///
/// It is as strict as the specification: a `traceparent` is valid if it occurs once, in lower case, with the length
/// of its version and without an id of zeros; otherwise there is no remote parent. A `tracestate` that is malformed,
/// has a key twice, or has more than 32 members, is ignored as a whole, and the trace continues. A valid
/// `tracestate` is passed on unchanged; if it is longer than 512 characters, members of more than 128
/// characters are removed first, then members at the end.
///
/// The OpenTelemetry SDK's propagator of the same name differs: it uses only the first of two
/// `traceparent` or `tracestate` headers, accepts versions of one digit, trailing dashes, and
/// values with any characters, keeps both members with the same key, removes those after the 32nd, drops the random
/// flag, and writes an empty `tracestate`.
///
/// The provider that `traced::init` and `traced::testing` install sets the random flag on new traces whose ids are
/// random, and passes it on. The SDK's provider passes it on to sampled child spans only, and does not set it.
///
/// Specification: W3C *Trace Context* level 1 (sections 3.2, 3.3) and level 2 (3.2.2.5).
///
/// ```
/// use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator as _};
/// use traced::propagation::{BaggagePropagator, TraceContextPropagator};
///
/// let both = TextMapCompositePropagator::new(vec![
///     Box::new(TraceContextPropagator::new()),
///     Box::new(BaggagePropagator::new()),
/// ]);
/// assert_eq!(both.fields().count(), 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct TraceContextPropagator {
    _private: (),
}

impl TraceContextPropagator {
    /// The propagator.
    pub fn new() -> Self {
        TraceContextPropagator::default()
    }
}

impl TextMapPropagator for TraceContextPropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let flags = span.trace_flags() & (TraceFlags::SAMPLED | RANDOM);
        let parent = format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id());
        injector.set(TRACEPARENT, parent);
        let state = written(span.trace_state());
        if !state.is_empty() {
            injector.set(TRACESTATE, state);
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let parents = extractor.get_all(TRACEPARENT).unwrap_or_default();
        let [parent] = *parents else {
            return context.clone();
        };
        let Some((trace_id, span_id, flags)) = read_parent(parent) else {
            return context.clone();
        };
        let states = extractor.get_all(TRACESTATE).unwrap_or_default();
        let state = read_state(&states).unwrap_or_default();
        context.with_remote_span_context(SpanContext::new(trace_id, span_id, flags, true, state))
    }

    fn fields(&self) -> FieldIter<'_> {
        static FIELDS: OnceLock<[String; 2]> = OnceLock::new();
        FieldIter::new(FIELDS.get_or_init(|| [TRACEPARENT.to_owned(), TRACESTATE.to_owned()]))
    }
}

fn read_parent(header: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let (fields, rest) = trim(header).as_bytes().split_at_checked(PARENT_LENGTH)?;
    let is_well_formed = match read_hex(&fields[..2])? {
        0xff => false,
        0 => rest.is_empty(),
        // Later versions add their fields after a dash.
        _ => matches!(rest, [] | [b'-', ..]),
    };
    let dashes = [fields[2], fields[35], fields[52]];
    if !is_well_formed || dashes != [b'-'; 3] {
        return None;
    }
    let trace_id = TraceId::from(read_hex(&fields[3..35])?);
    let span_id = SpanId::from(u64::try_from(read_hex(&fields[36..52])?).ok()?);
    let flags = TraceFlags::new(u8::try_from(read_hex(&fields[53..])?).ok()?);
    let is_valid = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
    // Undefined flags are cleared, as later versions may give them a meaning.
    is_valid.then_some((trace_id, span_id, flags & (TraceFlags::SAMPLED | RANDOM)))
}

/// Parses at most 32 hexadecimal digits in lower case.
fn read_hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | u128::from(value))
    })
}

/// The trace state in these headers, which form one list; `None` if it is invalid.
fn read_state(headers: &[&str]) -> Option<TraceState> {
    let mut members: Vec<(&str, &str)> = Vec::new();
    let all = headers.iter().flat_map(|header| header.split(','));
    for member in all.map(trim).filter(|member| !member.is_empty()) {
        let (key, value) = member.split_once('=')?;
        if !is_key(key) || !is_value(value) {
            return None;
        }
        let is_known = members.iter().any(|(present, _)| *present == key);
        if is_known || members.len() == MAX_MEMBERS {
            return None;
        }
        members.push((key, value));
    }
    shorten(&mut members);
    let state = TraceState::from_key_value(members.iter().copied());
    state.ok().or_else(|| {
        // The specification allows system ids of 14 characters, OpenTelemetry's API only 13: a member with a
        // longer one is left out.
        members.retain(|member| TraceState::from_key_value([*member]).is_ok());
        TraceState::from_key_value(members).ok()
    })
}

/// Removes members until the state is short enough that every participant must propagate it.
fn shorten(members: &mut Vec<(&str, &str)>) {
    let length = |(key, value): &(&str, &str)| key.len() + 1 + value.len();
    while members
        .iter()
        .map(|member| length(member) + 1)
        .sum::<usize>()
        > MAX_STATE_LENGTH + 1
    {
        let long = members
            .iter()
            .rposition(|member| length(member) > LONG_MEMBER);
        members.remove(long.unwrap_or(members.len() - 1));
    }
}

/// The header, without members that a program added to the state but that are not valid in a header.
fn written(state: &TraceState) -> String {
    let members = state.into_iter();
    let members = members.filter(|(key, value)| is_key(key) && is_value(value));
    let members: Vec<_> = members
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    members.join(",")
}

/// Whether it is a valid key: `tenant@system` or one name, each beginning with a letter or (level 2) a digit.
fn is_key(key: &str) -> bool {
    let is_name = |name: &str, longest: usize| {
        let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        name.len() <= longest
            && name.as_bytes().first().is_some_and(is_letter)
            && name
                .bytes()
                .all(|byte| is_letter(&byte) || b"_-*/".contains(&byte))
    };
    match key.split_once('@') {
        None => is_name(key, 256),
        Some((tenant, system)) => is_name(tenant, 241) && is_name(system, 14),
    }
}

/// Whether it is a valid value: printable ASCII without a comma or an equals sign, and no space at the end.
fn is_value(value: &str) -> bool {
    let is_allowed = |byte| matches!(byte, b' '..=b'~') && !b",=".contains(&byte);
    (1..=256).contains(&value.len()) && value.bytes().all(is_allowed) && !value.ends_with(' ')
}

/// Removes the white space that a list may have around its members.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

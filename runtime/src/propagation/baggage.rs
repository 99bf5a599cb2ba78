//! W3C Baggage: the header `baggage`.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt as _, BaggageMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use crate::percent_encoding::{decode, encode};

const BAGGAGE: &str = "baggage";

/// The size in bytes that every participant must propagate; beyond it, whole members may be dropped.
const MAX_LENGTH: usize = 8192;

/// The number of members that every participant must propagate; OpenTelemetry's baggage holds no more.
const MAX_MEMBERS: usize = 64;

/// W3C Baggage: names and values that are propagated with a trace to every service that it reaches.
///
/// # Security
///
/// All baggage **leaves the process** unencrypted with every request and message whose
/// headers are injected, also to third parties. And the caller of a service determines the baggage
/// that the service receives. So baggage should hold no secrets, no personal data, and no values on which
/// permissions depend.
///
/// # Format
///
/// Values are percent-encoded when they are injected and decoded when they are extracted; bytes that
/// are not UTF-8 become U+FFFD. Metadata (`;property=value`) is passed on unchanged. Malformed members are
/// left out, and the others are kept. Of a header beyond the limits, 64 members or 8192 bytes, the complete
/// members within the limits are kept. The grammar allows 180 members, but OpenTelemetry's [`Baggage`] holds
/// 64.
///
/// The OpenTelemetry SDK's propagator of the same name differs: it uses only the first of two
/// headers, drops a header of more than 8192 bytes altogether but writes longer ones, does not encode `%`
/// (so that the value `100%25` arrives as `100%`), ends a value at its second `=`,
/// and writes metadata unchecked.
///
/// Specification: W3C *Baggage*, sections 3.2 and 3.3; OpenTelemetry, *Baggage API*.
///
/// ```
/// use std::collections::HashMap;
/// use traced::opentelemetry::Context;
/// use traced::opentelemetry::baggage::BaggageExt as _;
///
/// traced::propagation::use_w3c();
/// let headers = HashMap::from([("baggage", "tenant=Caf%C3%A9;source=login, debug=1")]);
/// let context = traced::extract(&headers);
/// assert_eq!(context.baggage().get("tenant").unwrap().as_str(), "Café");
/// ```
#[derive(Clone, Debug, Default)]
pub struct BaggagePropagator {
    _private: (),
}

impl BaggagePropagator {
    /// The propagator.
    pub fn new() -> Self {
        BaggagePropagator::default()
    }
}

impl TextMapPropagator for BaggagePropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let header = written(context.baggage());
        if !header.is_empty() {
            injector.set(BAGGAGE, header);
        }
    }

    /// Without a single valid member, the context keeps its baggage.
    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let headers = extractor.get_all(BAGGAGE).unwrap_or_default();
        let baggage = read(&headers);
        match baggage.is_empty() {
            true => context.clone(),
            false => context.with_baggage(baggage),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        static FIELDS: OnceLock<[String; 1]> = OnceLock::new();
        FieldIter::new(FIELDS.get_or_init(|| [BAGGAGE.to_owned()]))
    }
}

/// The members of these headers, which form one list, up to the limits.
fn read(headers: &[&str]) -> Baggage {
    let mut baggage = Baggage::new();
    let mut length = 0;
    for member in headers.iter().flat_map(|header| header.split(',')) {
        length += member.len();
        if length > MAX_LENGTH {
            break;
        }
        length += 1;
        if let Some((key, value, metadata)) = read_member(member) {
            baggage.insert_with_metadata(key.to_owned(), value, metadata);
        }
        if baggage.len() == MAX_MEMBERS {
            break;
        }
    }
    baggage
}

fn read_member(member: &str) -> Option<(&str, String, BaggageMetadata)> {
    let (pair, properties) = match member.split_once(';') {
        Some((pair, properties)) => (pair, trim(properties)),
        None => (member, ""),
    };
    let (key, value) = pair.split_once('=')?;
    let (key, value) = (trim(key), trim(value));
    let is_well_formed = is_token(key) && value.bytes().all(is_octet);
    let metadata = match properties.bytes().all(is_property_octet) {
        true => properties,
        false => "",
    };
    is_well_formed.then(|| (key, decode(value), metadata.into()))
}

/// The header. Its members are sorted by key, so that the members beyond the limit are the same each time: a map has
/// no order.
fn written(baggage: &Baggage) -> String {
    let mut members: Vec<_> = baggage.iter().collect();
    members.sort_by(|(key, _), (other, _)| key.as_str().cmp(other.as_str()));
    let mut header = String::new();
    for (key, (value, metadata)) in members {
        if !is_token(key.as_str()) {
            continue;
        }
        let mut member = format!("{}=", key.as_str());
        encode(value.as_str(), is_plain, &mut member);
        let metadata = trim(metadata.as_str());
        if !metadata.is_empty() {
            member.push(';');
            // A tab is allowed as white space, but as a control character it would be rejected by `inject`.
            encode(&metadata.replace('\t', " "), is_property_octet, &mut member);
        }
        let comma = usize::from(!header.is_empty());
        if header.len() + comma + member.len() > MAX_LENGTH {
            continue;
        }
        header.push_str(&",".repeat(comma));
        header.push_str(&member);
    }
    header
}

/// Whether it is a valid key: a token of HTTP.
fn is_token(key: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !key.is_empty() && key.bytes().all(is_allowed)
}

/// Whether a byte may occur in an encoded value.
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

/// Whether a byte is written without encoding. An equals sign could be, but other propagators end the value there.
fn is_plain(byte: u8) -> bool {
    is_octet(byte) && byte != b'%' && byte != b'='
}

/// Whether a byte may occur in properties, which are already encoded.
fn is_property_octet(byte: u8) -> bool {
    is_octet(byte) || b"; \t".contains(&byte)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

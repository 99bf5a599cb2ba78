//! A request made of encoded spans: wraps their bytes in the fields of their scopes and of the resource.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource as WireResource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use prost::Message as _;
use prost::encoding::encode_varint;

use super::super::send_error::{Retry, SendError, SendErrorKind};
use super::super::signal::{self, Format};
use crate::encoding::{field_len, first_len};
use crate::recorder::sink::Batch;
use crate::recorder::{Scope, Scopes};

/// The request that exports a batch of spans.
#[derive(Debug)]
pub(crate) struct SpansRequest {
    batch: Batch<Scope>,
    scopes: Arc<Scopes>,
    resource: Arc<EncodedResource>,
}

/// The fields of `ResourceSpans` for the resource, encoded once, when the provider is built and sets it.
#[derive(Debug, Default)]
pub(in super::super) struct EncodedResource(OnceLock<Fields>);

#[derive(Debug, Default)]
struct Fields {
    resource: Vec<u8>,
    schema_url: Vec<u8>,
}

// Tags of protobuf: eight times the number of the field, plus 2 for the wire type `LEN`.
const FIRST: u8 = 0x0a;
const SECOND: u8 = 0x12;
const THIRD: u8 = 0x1a;

impl EncodedResource {
    /// Sets the resource; only the first call counts.
    pub(in super::super) fn set(&self, resource: &opentelemetry_sdk::Resource) {
        let resource = ResourceAttributesWithSchema::from(resource);
        let attributes = resource.attributes.0;
        let message = WireResource {
            attributes,
            ..WireResource::default()
        };
        let _ = self.0.set(Fields {
            resource: field(FIRST, &message.encode_to_vec()),
            schema_url: text_field(THIRD, resource.schema_url.as_deref()),
        });
    }

    fn fields(&self) -> &Fields {
        // Empty if the provider never sets a resource.
        self.0.get_or_init(|| Fields {
            resource: field(FIRST, &[]),
            schema_url: Vec::new(),
        })
    }
}

/// The spans of one scope.
struct Group<'a> {
    scope: &'a Scope,
    /// Encoded spans, each with the tag and the length of `ScopeSpans.spans`, so that they are copied as they are.
    runs: Vec<&'a [u8]>,
    /// `ScopeSpans.scope` and `ScopeSpans.schema_url`.
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl SpansRequest {
    pub(in super::super) fn new(
        batch: Batch<Scope>,
        scopes: &Arc<Scopes>,
        resource: &Arc<EncodedResource>,
    ) -> Self {
        SpansRequest {
            batch,
            scopes: Arc::clone(scopes),
            resource: Arc::clone(resource),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.batch.len() as u64
    }

    pub(super) fn split_off(&mut self) -> Self {
        SpansRequest::new(
            self.batch.split_off(first_len),
            &self.scopes,
            &self.resource,
        )
    }

    pub(super) fn encode(&self, format: Format) -> Result<Bytes, SendError> {
        let protobuf = self.to_protobuf();
        match format {
            Format::Protobuf => Ok(protobuf.into()),
            Format::Json => match ExportTraceServiceRequest::decode(&*protobuf) {
                Ok(request) => signal::encode(&request, format),
                Err(error) => Err(SendError::new(
                    SendErrorKind::Malformed,
                    Retry::Never,
                    error.to_string(),
                )),
            },
        }
    }

    /// An `ExportTraceServiceRequest` of one `ResourceSpans`.
    fn to_protobuf(&self) -> Vec<u8> {
        let Fields {
            resource,
            schema_url,
        } = self.resource.fields();
        let groups = self.groups();
        let lens: Vec<usize> = groups.iter().map(Group::len).collect();
        let scopes = lens.iter().map(|len| field_len(*len)).sum::<usize>();
        let body = resource.len() + scopes + schema_url.len();
        let mut out = Vec::with_capacity(field_len(body));
        // `ExportTraceServiceRequest.resource_spans`.
        start_field(&mut out, FIRST, body);
        out.extend_from_slice(resource);
        for (group, len) in groups.iter().zip(lens) {
            // `ResourceSpans.scope_spans`.
            start_field(&mut out, SECOND, len);
            group.write(&mut out);
        }
        out.extend_from_slice(schema_url);
        out
    }

    /// The spans grouped by scope, in the order of their first spans.
    fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (scope, bytes) in self.batch.runs() {
            match groups.iter_mut().find(|group| group.scope == scope) {
                Some(group) => group.runs.push(bytes),
                None => {
                    let known = self.scopes.get(scope);
                    let message = InstrumentationScope::from((&known, None));
                    groups.push(Group {
                        scope,
                        runs: vec![bytes],
                        head: field(FIRST, &message.encode_to_vec()),
                        tail: text_field(THIRD, known.schema_url()),
                    });
                }
            }
        }
        groups
    }
}

impl Group<'_> {
    fn len(&self) -> usize {
        let spans: usize = self.runs.iter().map(|run| run.len()).sum();
        self.head.len() + spans + self.tail.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        self.runs.iter().for_each(|run| out.extend_from_slice(run));
        out.extend_from_slice(&self.tail);
    }
}

fn start_field(out: &mut Vec<u8>, tag: u8, len: usize) {
    out.push(tag);
    encode_varint(len as u64, out);
}

fn field(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field_len(bytes.len()));
    start_field(&mut out, tag, bytes.len());
    out.extend_from_slice(bytes);
    out
}

/// The field of a text. Protobuf leaves out the default, which is an empty text.
fn text_field(tag: u8, text: Option<&str>) -> Vec<u8> {
    match text.unwrap_or_default() {
        "" => Vec::new(),
        text => field(tag, text.as_bytes()),
    }
}

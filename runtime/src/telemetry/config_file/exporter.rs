//! Processors and their exporters, for spans and log records.

use std::time::Duration;

use super::error::Wrong;
use super::fields::Fields;
use super::yaml::Node;
use crate::telemetry::batch::Batch;
use crate::telemetry::environment::Environment;
use crate::telemetry::error::InitError;
use crate::telemetry::otlp::Otlp;
use crate::telemetry::pairs::{self, Member};
use crate::telemetry::settings::{Compression, Protocol};
use crate::telemetry::signal::Signal;

/// A processor with its exporter.
#[derive(Debug)]
pub(super) struct ProcessorConfig {
    pub(super) batch: Batch,
    pub(super) exporter: ExporterKind,
}

#[derive(Debug)]
pub(super) enum ExporterKind {
    Otlp(Box<Otlp>),
    Console,
}

impl ProcessorConfig {
    pub(super) fn read(node: &Node, signal: Signal) -> Result<Self, Wrong> {
        let (name, settings) = node.choice("processors")?;
        let mut fields = Fields::of(settings, &name.text)?;
        let batch = match &*name.text {
            "batch" => batch(&mut fields, settings)?,
            // Each span is exported as soon as possible, and the code that ends it does not wait
            // for the export.
            "simple" => Batch::new().schedule_delay(Duration::ZERO),
            "event_to_span_event_bridge/development" => {
                return Err(name.wrong(format_args!("`{}` is not supported", name.text)));
            }
            unknown => {
                return Err(name.wrong(format_args!(
                    "`{unknown}` is not a processor; expected `batch` or `simple`"
                )));
            }
        };
        let exporter = exporter(fields.required("exporter")?, signal)?;
        fields.end()?;
        Ok(ProcessorConfig { batch, exporter })
    }
}

fn batch(fields: &mut Fields<'_>, node: &Node) -> Result<Batch, Wrong> {
    let mut batch = Batch::new();
    if let Some(delay) = fields.count("schedule_delay", 0)? {
        batch = batch.schedule_delay(millis(delay));
    }
    if let Some(timeout) = fields.count("export_timeout", 0)? {
        batch = batch.export_timeout(millis(timeout));
    }
    let queue = fields.count("max_queue_size", 1)?;
    if let Some(size) = queue {
        batch = batch.max_queue_size(size);
    }
    if let Some(size) = fields.count("max_export_batch_size", 1)? {
        const QUEUE: usize = 2048;
        let queue = queue.unwrap_or(QUEUE);
        if size > queue {
            let place = fields.get("max_export_batch_size").unwrap_or(node);
            return Err(place.wrong(format_args!(
                "expected at most the size of the queue, {queue}, found `{size}`"
            )));
        }
        batch = batch.max_export_batch_size(size);
    }
    Ok(batch)
}

fn millis(millis: usize) -> Duration {
    Duration::from_millis(millis as u64)
}

fn exporter(node: &Node, signal: Signal) -> Result<ExporterKind, Wrong> {
    let (name, settings) = node.choice("exporter")?;
    let mut fields = Fields::of(settings, &name.text)?;
    let kind = match &*name.text {
        "otlp_http" => ExporterKind::Otlp(Box::new(http(&mut fields, settings, signal)?)),
        "otlp_grpc" => ExporterKind::Otlp(Box::new(grpc(&mut fields, settings, signal)?)),
        "console" if signal == Signal::Traces && cfg!(not(feature = "console")) => {
            return Err(name
                .wrong("`console` is not supported, as the feature `console` of `traced` is off"));
        }
        "console" => ExporterKind::Console,
        "otlp_file/development" => {
            return Err(name.wrong(
                "`otlp_file/development` is not supported; `TRACED_FILE` writes such a file",
            ));
        }
        unknown => {
            return Err(name.wrong(format_args!(
                "`{unknown}` is not an exporter; expected `otlp_http`, `otlp_grpc` or `console`"
            )));
        }
    };
    fields.end()?;
    Ok(kind)
}

fn http(fields: &mut Fields<'_>, node: &Node, signal: Signal) -> Result<Otlp, Wrong> {
    let encoding = fields.get("encoding");
    let protocol = match encoding.map(Node::text).transpose()? {
        None | Some("protobuf") => Protocol::HttpProtobuf,
        Some("json") => Protocol::HttpJson,
        Some(other) => {
            return Err(encoding.unwrap_or(node).wrong(format_args!(
                "expected `protobuf` or `json`, found `{other}`"
            )));
        }
    };
    let otlp = Otlp::new().protocol(protocol);
    let endpoint = fields.get("endpoint");
    let otlp = common(
        otlp,
        fields,
        endpoint.map(Node::text).transpose()?,
        signal,
        false,
    )?;
    checked(otlp, endpoint.unwrap_or(node), signal)
}

fn grpc(fields: &mut Fields<'_>, node: &Node, signal: Signal) -> Result<Otlp, Wrong> {
    let otlp = Otlp::new().protocol(Protocol::Grpc);
    let endpoint = fields.get("endpoint");
    let otlp = common(
        otlp,
        fields,
        endpoint.map(Node::text).transpose()?,
        signal,
        true,
    )?;
    checked(otlp, endpoint.unwrap_or(node), signal)
}

/// The fields that an exporter has over HTTP and over gRPC.
fn common(
    mut otlp: Otlp,
    fields: &mut Fields<'_>,
    endpoint: Option<&str>,
    signal: Signal,
    is_grpc: bool,
) -> Result<Otlp, Wrong> {
    let mut is_insecure = false;
    if let Some(node) = fields.get("tls") {
        (otlp, is_insecure) = tls(otlp, node, is_grpc)?;
    }
    if let Some(endpoint) = endpoint {
        // `insecure` applies only to an endpoint without a scheme.
        let endpoint = match is_insecure && !endpoint.contains("://") {
            true => format!("http://{endpoint}"),
            false => endpoint.to_owned(),
        };
        otlp = match signal {
            Signal::Traces => otlp.traces_endpoint(endpoint),
            Signal::Logs => otlp.logs_endpoint(endpoint),
        };
    }
    for (name, value) in headers(fields)? {
        otlp = otlp.header(name, value);
    }
    if let Some(node) = fields.get("compression") {
        otlp = otlp.compression(compression(node)?);
    }
    if let Some(timeout) = fields.count("timeout", 0)? {
        otlp = otlp.timeout(millis(timeout));
    }
    fields.refuse(
        "max_request_size",
        "`traced` halves what a collector finds too large",
    )?;
    fields.refuse(
        "max_response_size",
        "`traced` reads no more of an answer than it needs",
    )?;
    Ok(otlp)
}

/// Sets the files of the section `tls`, and returns whether the section says `insecure`.
fn tls(mut otlp: Otlp, node: &Node, is_grpc: bool) -> Result<(Otlp, bool), Wrong> {
    let mut fields = Fields::of(node, "tls")?;
    if let Some(file) = fields.text("ca_file")? {
        otlp = otlp.certificate(file);
    }
    match (fields.text("cert_file")?, fields.text("key_file")?) {
        (Some(certificate), Some(key)) => otlp = otlp.identity(certificate, key),
        (None, None) => {}
        _ => return Err(node.wrong("expected both `cert_file` and `key_file`, found one")),
    }
    let is_insecure = match is_grpc {
        true => fields.get("insecure").map(Node::boolean).transpose()? == Some(true),
        false => false,
    };
    fields.end()?;
    Ok((otlp, is_insecure))
}

fn compression(node: &Node) -> Result<Compression, Wrong> {
    match node.text()? {
        "gzip" => Ok(Compression::Gzip),
        "none" => Ok(Compression::None),
        other => Err(node.wrong(format_args!("expected `gzip` or `none`, found `{other}`"))),
    }
}

/// Entries of `headers` take precedence over those of `headers_list`. A message never shows a
/// value.
fn headers(fields: &mut Fields<'_>) -> Result<Vec<(String, String)>, Wrong> {
    let mut headers = Vec::new();
    if let Some(node) = fields.get("headers_list") {
        for (index, member) in pairs::members(node.text()?).enumerate() {
            match member {
                Member::Pair(name, value) => headers.push((name, value)),
                Member::Empty => return Err(node.wrong(pairs::STRAY_COMMA)),
                Member::Malformed(wrong) => {
                    return Err(node.wrong(format_args!("pair {} {wrong}", index + 1)));
                }
            }
        }
    }
    for item in fields.list("headers")? {
        let mut fields = Fields::of(item, "headers")?;
        let name = fields.required("name")?.text()?;
        let value = fields.get("value").map(secret).transpose()?;
        fields.end()?;
        headers.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(headers)
}

/// Reads a text that no message may show.
fn secret(node: &Node) -> Result<String, Wrong> {
    let text = node.text().map(str::to_owned);
    text.map_err(|_| node.wrong("expected a text, which may need quotes"))
}

/// Builds the settings once, so that mistakes in them are reported with their line.
fn checked(otlp: Otlp, node: &Node, signal: Signal) -> Result<Otlp, Wrong> {
    match otlp.settings(&mut Environment::new(|_| None), signal) {
        Ok(_) => Ok(otlp),
        Err(InitError::Endpoint { wrong, .. }) => Err(node.wrong(wrong)),
        Err(InitError::Header { name, wrong }) => {
            Err(node.wrong(format_args!("the header `{name}` {wrong}")))
        }
        Err(InitError::TlsIsOff { endpoint }) => Err(node.wrong(format_args!(
            "`{endpoint}` needs TLS, and the feature `tls` of `traced` is off; turn it on, or write `http://`"
        ))),
        Err(other) => Err(node.wrong(other)),
    }
}

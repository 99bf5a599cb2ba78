//! Reads the section `resource`.

use opentelemetry::{Array, KeyValue, StringValue, Value as Attribute};

use super::error::Wrong;
use super::fields::{Fields, Scalar};
use super::yaml::Node;
use crate::telemetry::pairs::{self, Member};
use crate::telemetry::resource::{Described, Detectors};

#[derive(Debug, Default)]
pub(super) struct ResourceConfig {
    /// Of two attributes with the same key, the later one counts.
    pub(super) attributes: Vec<KeyValue>,
    detectors: Detectors,
    /// `OTEL_SERVICE_NAME`, which the detector `service` reads.
    service: Option<String>,
}

impl ResourceConfig {
    pub(super) fn read(
        node: &Node,
        look_up: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Wrong> {
        let mut fields = Fields::of(node, "resource")?;
        let mut config = ResourceConfig::default();
        if let Some(list) = fields.get("attributes_list") {
            for (index, member) in pairs::members(list.text()?).enumerate() {
                match member {
                    Member::Pair(key, value) => config.attributes.push(KeyValue::new(key, value)),
                    Member::Empty => return Err(list.wrong(pairs::STRAY_COMMA)),
                    Member::Malformed(wrong) => {
                        return Err(list.wrong(format_args!("pair {} {wrong}", index + 1)));
                    }
                }
            }
        }
        for item in fields.list("attributes")? {
            config.attributes.extend(attribute(item)?);
        }
        if let Some(node) = fields.get("detection/development") {
            config.detection(node, look_up)?;
        }
        fields.refuse("schema_url", "as the attributes may be of several versions")?;
        fields.end()?;
        Ok(config)
    }

    fn detection(
        &mut self,
        node: &Node,
        look_up: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Wrong> {
        let mut fields = Fields::of(node, "detection/development")?;
        fields.refuse("attributes", "as all that a detector finds is taken")?;
        for item in fields.list("detectors")? {
            let (name, settings) = item.choice("detectors")?;
            Fields::of(settings, &name.text)?.end()?;
            if name.text == "service" {
                self.service = look_up("OTEL_SERVICE_NAME").filter(|name| !name.is_empty());
            }
            self.detectors
                .add(&name.text)
                .map_err(|wrong| name.wrong(wrong))?;
        }
        fields.end()
    }

    /// Adds the attributes, which those in code override.
    pub(super) fn apply(self, described: &mut Described) {
        self.detectors.add_to(described);
        let service = self.service.map(|name| KeyValue::new("service.name", name));
        let attributes = service.into_iter().chain(self.attributes);
        described.attributes.splice(..0, attributes);
    }
}

/// Reads an attribute; `None` if it has no value.
fn attribute(node: &Node) -> Result<Option<KeyValue>, Wrong> {
    let mut fields = Fields::of(node, "attributes")?;
    let name = fields.required("name")?.text()?;
    let kind = fields.get("type");
    let value = fields.get("value");
    fields.end()?;
    let Some(value) = value else { return Ok(None) };
    let kind_text = kind.map(Node::text).transpose()?.unwrap_or("string");
    let attribute = match kind_text {
        "string" => Attribute::String(value.text()?.to_owned().into()),
        "bool" => value.boolean()?.into(),
        "int" => value.integer(i64::MIN)?.into(),
        "double" => double(value)?.into(),
        "string_array" => array(value, |item| Ok(StringValue::from(item.text()?.to_owned())))
            .map(|texts| Attribute::Array(Array::String(texts)))?,
        "bool_array" => {
            array(value, Node::boolean).map(|all| Attribute::Array(Array::Bool(all)))?
        }
        "int_array" => array(value, |item| item.integer(i64::MIN))
            .map(|all| Attribute::Array(Array::I64(all)))?,
        "double_array" => array(value, double).map(|all| Attribute::Array(Array::F64(all)))?,
        unknown => {
            return Err(kind.unwrap_or(node).wrong(format_args!(
                "expected `string`, `bool`, `int`, `double`, or one of them with `_array`, found `{unknown}`"
            )));
        }
    };
    Ok(Some(KeyValue::new(name.to_owned(), attribute)))
}

fn array<T>(node: &Node, read: impl Fn(&Node) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    node.items()?.iter().map(read).collect()
}

fn double(node: &Node) -> Result<f64, Wrong> {
    match node.scalar() {
        Some(Scalar::Float(value)) => Ok(value),
        Some(Scalar::Int(value)) => Ok(value as f64),
        _ => Err(node.wrong("expected a number")),
    }
}

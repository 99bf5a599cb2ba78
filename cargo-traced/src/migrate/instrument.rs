//! `#[tracing::instrument(..)]`.

use syn::{Expr, ExprLit, Lit, Meta, ReturnType, Type};

use super::arguments::{Arguments, Field, Form, formatted};
use super::parameters;
use super::{SpanField, Translated};
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// Returns the arguments of `#[traced]` with the same meaning. The error is the reason why there are none.
pub(super) fn translated(function: &Function<'_>, meta: &Meta) -> Result<Translated, String> {
    let arguments = match meta {
        Meta::Path(_) => Arguments::default(),
        Meta::List(list) => syn::parse2(list.tokens.clone()).map_err(|error| error.to_string())?,
        Meta::NameValue(_) => return Err("it is no attribute of `tracing`'s".to_owned()),
    };
    let mut writer = Writer {
        function,
        args: Vec::new(),
        attributes: Vec::new(),
        notes: Vec::new(),
        fields: Vec::new(),
    };
    writer.translate(&arguments)?;
    Ok(Translated {
        args: writer.args,
        notes: writer.notes,
        fields: writer.fields,
    })
}

struct Writer<'p, 'a> {
    function: &'p Function<'a>,
    args: Vec<String>,
    /// The entries of `attributes(..)`.
    attributes: Vec<String>,
    notes: Vec<String>,
    fields: Vec<SpanField>,
}

impl Writer<'_, '_> {
    /// Destructures the arguments without `..`, so that a new field does not compile until it is handled here.
    fn translate(&mut self, arguments: &Arguments) -> Result<(), String> {
        let Arguments {
            name,
            level,
            target,
            parent,
            follows_from,
            skip,
            skip_all,
            fields,
            err,
            ret,
        } = arguments;
        if follows_from.is_some() {
            return Err("`follows_from` takes ids of `tracing`; make the contexts of those spans links: `links = contexts`".to_owned());
        }
        if let Some(parent) = parent {
            self.parent(parent)?;
        }
        if let Some(name) = name {
            let name = self.written(name).to_owned();
            self.args.insert(0, format!("name = {name}"));
        }
        if let Some(level) = level.as_deref().filter(|level| *level != "info") {
            self.args.push(format!("level = \"{level}\""));
        }
        if target.is_some() {
            self.notes
                .push("`target` is gone: filters know a function by its path".to_owned());
        }
        let is_field = |name: &str| {
            fields
                .iter()
                .any(|field| field.name.as_deref() == Some(name))
        };
        if !skip_all {
            let skipped = |name: &str| skip.iter().any(|skipped| skipped == name) || is_field(name);
            let hidden = self.hidden_names();
            if let Some(first) = hidden.first() {
                self.notes.push(format!(
                    "`{first}` and others are names in a pattern, which `#[async_trait]` hides: they are not recorded"
                ));
            }
            let is_hidden =
                |name: &str| skipped(name) || hidden.iter().any(|hidden| hidden == name);
            let recorded = parameters::recorded(&self.function.signature, &is_hidden);
            self.fields.extend(recorded.iter().map(|written| {
                let name = written.trim_start_matches('?');
                SpanField {
                    name: name.strip_prefix("r#").unwrap_or(name).to_owned(),
                    note: None,
                }
            }));
            self.attributes.extend(recorded);
        }
        self.fields(fields)?;
        if let Some(options) = err
            && options.iter().any(|option| option == "Debug")
        {
            self.notes.push(
                "`err(Debug)`: the message of an error is its `Display`, where it has one"
                    .to_owned(),
            );
        }
        if let Some(options) = ret {
            self.returned(options);
        }
        Ok(())
    }

    /// The names in patterns of an async method below `#[async_trait]`, which gives such a parameter another name and
    /// takes it apart inside the future.
    fn hidden_names(&self) -> Vec<String> {
        let is_async_trait = |word: &str| word == "async_trait";
        let container = self.function.container.as_ref();
        let attributes = container.map_or(&[][..], |container| &container.attributes);
        let mut attributes = attributes.iter();
        match self.function.is_async() && attributes.any(|one| mentions(one, &is_async_trait)) {
            true => parameters::in_patterns(&self.function.signature),
            false => Vec::new(),
        }
    }

    fn parent(&mut self, parent: &Expr) -> Result<(), String> {
        match path_of(parent).as_slice() {
            [none] if none == "None" => {
                self.args.push("root".to_owned());
                Ok(())
            }
            _ => Err(
                "`parent` is a span of `tracing`; pass its context: `parent = context`".to_owned(),
            ),
        }
    }

    /// Writes the attributes: the parameters, which were added before, and then the fields.
    fn fields(&mut self, fields: &[Field]) -> Result<(), String> {
        for field in fields {
            self.field(field)?;
        }
        if !self.attributes.is_empty() {
            self.args
                .push(format!("attributes({})", self.attributes.join(", ")));
        }
        Ok(())
    }

    fn written(&self, node: impl quote::ToTokens) -> &str {
        self.function.file.written(node)
    }

    fn field(&mut self, field: &Field) -> Result<(), String> {
        let key = match &field.name {
            Some(_) => self.written(&field.key).to_owned(),
            None => {
                return Err("the key of a field is computed; a key is a literal here".to_owned());
            }
        };
        let is_empty = match &field.value {
            // Unlike the macros that make spans, the attribute takes no variable of this name.
            None => field.form == Form::Value,
            Some(value) => path_of(value).last().is_some_and(|last| last == "Empty"),
        };
        if is_empty {
            let is_other = |parameter: &str| field.name.as_deref() != Some(parameter);
            let parameter = parameters::recorded(&self.function.signature, &is_other).pop();
            let note = match parameter.filter(|_| field.value.is_none()) {
                Some(parameter) => format!(
                    "field `{key}` was never recorded, as `#[instrument]` takes no parameter for a key alone; \
                     `attributes({parameter})` records it"
                ),
                None => format!(
                    "field `{key}` is empty at first: nothing is written for it; \
                     `traced::set_attributes!({key} = value)` sets it where `Span::current().record(..)` did"
                ),
            };
            self.fields.extend(field.name.clone().map(|name| SpanField {
                name,
                note: Some(note),
            }));
            return Ok(());
        }
        self.fields.extend(
            field
                .name
                .clone()
                .map(|name| SpanField { name, note: None }),
        );
        let Some(value) = &field.value else {
            self.attributes.push(format!("{}{key}", field.form.sign()));
            return Ok(());
        };
        let (sign, value) = formatted(field.form, value);
        let value = self.written(value).to_owned();
        match field.name.as_deref() {
            // OpenTelemetry sees this name, and not that of the attribute.
            Some("otel.name") => {
                self.args
                    .retain(|argument| !argument.starts_with("name = "));
                let is_owned = is_string(&value) || value.starts_with("format!(");
                let name = match sign {
                    "?" => format!("format!(\"{{:?}}\", {value})"),
                    _ if is_owned => value,
                    _ => format!("format!(\"{{}}\", {value})"),
                };
                self.args.insert(0, format!("name = {name}"));
            }
            Some("otel.kind") if is_string(&value) => {
                self.args.push(format!("kind = {}", value.to_lowercase()));
            }
            Some(name) if name.starts_with("otel.") => {
                return Err(format!(
                    "`{name}` means something to `tracing-opentelemetry` alone; remove it"
                ));
            }
            _ => self.attributes.push(format!("{key} = {sign}{value}")),
        }
        Ok(())
    }

    /// `ret` of `tracing` records an event. `traced` records an attribute of the span instead.
    fn returned(&mut self, options: &[String]) {
        let is_unit = match &self.function.signature.output {
            ReturnType::Default => true,
            ReturnType::Type(_, ty) => {
                matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty())
            }
        };
        if is_unit {
            self.notes
                .push("`ret` is gone: the function returns `()`".to_owned());
            return;
        }
        let sign = if options.iter().any(|option| option == "Display") {
            "%"
        } else {
            "?"
        };
        self.args
            .push(format!("on_ok(|value| return = {sign}value)"));
        self.notes
            .push("`ret` becomes the attribute `return` of the span, not an event".to_owned());
    }
}

fn is_string(written: &str) -> bool {
    matches!(
        syn::parse_str::<ExprLit>(written),
        Ok(ExprLit {
            lit: Lit::Str(_),
            ..
        })
    )
}

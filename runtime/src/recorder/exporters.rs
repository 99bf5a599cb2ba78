//! The exporters of a provider, and the limits of what they export.

use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link};

use super::intake::Intake;
use super::scope::Scopes;
use crate::failure::Exception;

/// The exporters of a provider.
#[derive(Debug)]
pub(crate) struct Exporters {
    pub(crate) intakes: Vec<Arc<Intake>>,
    /// The scopes by which intakes group spans.
    pub(crate) scopes: Arc<Scopes>,
    pub(crate) exact_limits: ExactLimits,
}

/// If the limit is lower than this, spans exceed it so often that encoding attributes early is of no use.
const FEWEST_ATTRIBUTES: usize = 8;

/// No exporters.
impl Default for Exporters {
    fn default() -> Self {
        Exporters {
            intakes: Vec::new(),
            scopes: Arc::default(),
            exact_limits: ExactLimits {
                attributes: usize::MAX,
                event_attributes: usize::MAX,
                is_about_values: false,
                apply: Box::new(|_| ()),
            },
        }
    }
}

impl Exporters {
    /// Whether the exporters allow that attributes are encoded as they are collected.
    pub(super) fn take_written(&self) -> bool {
        let limits = &self.exact_limits;
        !self.intakes.is_empty()
            && !limits.is_about_values
            && limits.attributes >= FEWEST_ATTRIBUTES
    }

    /// Whether the exporters allow that exceptions are encoded too.
    pub(super) fn take_written_exceptions(&self) -> bool {
        self.exact_limits.event_attributes >= Exception::MOST_ATTRIBUTES
    }

    pub(super) fn scopes(&self) -> Arc<Scopes> {
        Arc::clone(&self.scopes)
    }
}

/// The limits for exported spans. Those for recording are higher, to leave room for attributes that are set twice,
/// for instance.
pub(crate) struct ExactLimits {
    /// The greatest number of attributes of a span.
    pub(crate) attributes: usize,
    /// The greatest number of attributes of an event.
    pub(crate) event_attributes: usize,
    /// Whether there is a limit for the length of values.
    pub(crate) is_about_values: bool,
    pub(crate) apply: Box<dyn Fn(Parts<'_>) + Send + Sync>,
}

/// The parts of a span to which limits apply.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) attributes: &'a mut Vec<KeyValue>,
    pub(crate) dropped_attributes: &'a mut u32,
    pub(crate) events: &'a mut [Event],
    pub(crate) links: &'a mut [Link],
}

impl ExactLimits {
    /// Whether the limits may change these attributes, in addition to which `written` are encoded.
    #[inline]
    pub(super) fn may_change(&self, written: usize, attributes: &[KeyValue]) -> bool {
        written + attributes.len() > self.attributes
            || (!attributes.is_empty() && self.is_about_values)
            || (attributes.len() > 1 && may_repeat_a_key(attributes))
    }
}

/// Whether a key may occur twice. Exact for few attributes.
fn may_repeat_a_key(attributes: &[KeyValue]) -> bool {
    const FEW: usize = 8;
    attributes.len() > FEW
        || attributes.iter().enumerate().any(|(place, one)| {
            let before = &attributes[..place];
            before.iter().any(|other| other.key == one.key)
        })
}

impl fmt::Debug for ExactLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExactLimits").finish_non_exhaustive()
    }
}

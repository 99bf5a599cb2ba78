//! The exporters of a provider, and what they get of a span.

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

/// With fewer attributes than this, limits are met so often that encoding at once is in vain.
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
    /// Whether attributes can be encoded while they are collected, as far as exporters are concerned.
    pub(super) fn take_written(&self) -> bool {
        let limits = &self.exact_limits;
        !self.intakes.is_empty()
            && !limits.is_about_values
            && limits.attributes >= FEWEST_ATTRIBUTES
    }

    /// Whether exceptions can be encoded where attributes are.
    pub(super) fn take_written_exceptions(&self) -> bool {
        self.exact_limits.event_attributes >= Exception::MOST_ATTRIBUTES
    }

    pub(super) fn scopes(&self) -> Arc<Scopes> {
        Arc::clone(&self.scopes)
    }
}

/// The limits for exported spans where they are below those for recording: recording leaves room,
/// for instance for attributes that are set twice.
pub(crate) struct ExactLimits {
    /// How many attributes.
    pub(crate) attributes: usize,
    /// How many of an event.
    pub(crate) event_attributes: usize,
    /// Whether values are cut.
    pub(crate) is_about_values: bool,
    pub(crate) apply: Box<dyn Fn(Parts<'_>) + Send + Sync>,
}

/// The parts of a span that limits are about.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) attributes: &'a mut Vec<KeyValue>,
    pub(crate) dropped_attributes: &'a mut u32,
    pub(crate) events: &'a mut [Event],
    pub(crate) links: &'a mut [Link],
}

impl ExactLimits {
    /// Whether the limits may change these attributes, of which `written` more are encoded already.
    #[inline]
    pub(super) fn may_change(&self, written: usize, attributes: &[KeyValue]) -> bool {
        written + attributes.len() > self.attributes
            || (!attributes.is_empty() && self.is_about_values)
            || (attributes.len() > 1 && may_have_one_twice(attributes))
    }
}

/// Whether a key may be there twice: of few attributes it is known.
fn may_have_one_twice(attributes: &[KeyValue]) -> bool {
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

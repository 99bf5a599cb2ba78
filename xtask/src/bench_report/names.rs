//! Modes and variants, and how the tables call them, in the order of the tables.

pub(super) const MODES: [(&str, &str); 9] = [
    ("no-provider", "no provider"),
    ("sdk-disabled", "SDK disabled"),
    ("filter-off", "filter off"),
    ("always-off", "sampler off"),
    ("unsampled", "not sampled"),
    ("recording", "recording"),
    ("batched", "batched"),
    ("init", "init"),
    ("init-off", "init, sampler off"),
];

/// What `init` can be told to record besides, and what it is compared with.
pub(super) const EXTRAS: [(&str, &str); 3] = [
    ("init", "init"),
    ("init-poll-times", "with poll times"),
    ("init-live", "with `live`"),
];

pub(super) const VARIANTS: [(&str, &str); 8] = [
    ("plain", "plain"),
    ("c", "by hand, at its best"),
    ("traced", "traced"),
    ("by-hand", "by hand"),
    ("otel-instrument", "otel-instrument"),
    ("fastrace", "fastrace (own context)"),
    ("tracing-lean", "tracing, extras off"),
    ("tracing", "tracing"),
];

/// How the tables call a variant.
pub(super) fn label(variant: &str) -> &str {
    let known = VARIANTS.iter().find(|(name, _)| *name == variant);
    known.map_or(variant, |(_, label)| label)
}

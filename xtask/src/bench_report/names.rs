//! Modes and variants, with their names in the tables, in the order of the tables.

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

/// `init`, and `init` with the further things that it can record.
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

/// The name of a variant in the tables.
pub(super) fn label(variant: &str) -> &str {
    let known = VARIANTS.iter().find(|(name, _)| *name == variant);
    known.map_or(variant, |(_, label)| label)
}

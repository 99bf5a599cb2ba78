//! The time of repeated measurements without interruptions.

/// The first quartile: interruptions only add time.
pub(crate) fn undisturbed(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 4).copied().unwrap_or(f64::NAN)
}

/// The undisturbed time as a multiple of that of `c`.
pub(crate) fn ratio(times: &[f64], of_c: Option<&Vec<f64>>) -> f64 {
    of_c.map_or(f64::NAN, |c| undisturbed(times) / undisturbed(c))
}

//! The share of spans that is kept, as a 56-bit threshold: a span whose randomness is below it is rejected.
//!
//! Specification: OpenTelemetry, *TraceState: Probability Sampling*, "Algorithms"; *TraceState Handling*,
//! "Sampling threshold value `th`".

/// How many of 2^56 spans are rejected; less than 2^56.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threshold(u64);

/// 2^56.
const ALL: u64 = 1 << 56;
/// The number of hexadecimal digits of 56 bits.
const DIGITS: usize = 14;
/// The number of hexadecimal digits after leading `f`s, as the specification recommends.
const PRECISION: i32 = 4;

impl Threshold {
    /// `None` for a ratio that keeps nothing.
    pub(super) fn of_ratio(ratio: f64) -> Option<Self> {
        if ratio >= 1.0 {
            return Some(Threshold(0));
        }
        let kept = (ratio * ALL as f64).round();
        if kept.is_nan() || kept < 1.0 {
            return None;
        }
        let exact = ALL - kept as u64;
        let digits = (PRECISION + leading_digits(ratio)).min(DIGITS as i32);
        let unit = 1_u64 << (4 * (DIGITS as i32 - digits));
        let rounded = (exact + unit / 2) / unit * unit;
        Some(Threshold(if rounded < ALL { rounded } else { exact }))
    }

    /// Parses one to fourteen digits, the highest first; trailing zeros may be left out.
    pub(super) fn read(digits: &str) -> Option<Self> {
        if digits.len() > DIGITS {
            return None;
        }
        let value = read_hex(digits)?;
        Some(Threshold(value << (4 * (DIGITS - digits.len()))))
    }

    pub(super) fn written(self) -> String {
        let digits = format!("{:014x}", self.0);
        match digits.trim_end_matches('0') {
            "" => "0".to_owned(),
            digits => digits.to_owned(),
        }
    }

    pub(super) fn keeps(self, randomness: u64) -> bool {
        randomness >= self.0
    }

    pub(super) fn adjusted_count(self) -> f64 {
        ALL as f64 / (ALL - self.0) as f64
    }
}

/// How many leading digits of the threshold are `f`: minus the logarithm of the ratio to base 16.
fn leading_digits(ratio: f64) -> i32 {
    const BIAS: i32 = 1022;
    let exponent = ((ratio.to_bits() >> 52) & 0x7ff) as i32 - BIAS;
    (-exponent).div_euclid(4)
}

/// Parses randomness, which must have all fourteen digits.
pub(super) fn read_randomness(digits: &str) -> Option<u64> {
    (digits.len() == DIGITS).then(|| read_hex(digits)).flatten()
}

/// Parses at least one hexadecimal digit, in lower case.
fn read_hex(digits: &str) -> Option<u64> {
    let are_digits = digits
        .bytes()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    are_digits.then(|| u64::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_the_specification() {
        // The table in the specification for sampling one in N, with four digits of precision.
        for (one_in, digits) in [
            (1.0, "0"),
            (2.0, "8"),
            (3.0, "aaab"),
            (4.0, "c"),
            (5.0, "cccd"),
            (8.0, "e"),
            (10.0, "e666"),
            (16.0, "f"),
            (100.0, "fd70a"),
            (1000.0, "ffbe77"),
            (10_000.0, "fff9724"),
            (100_000.0, "ffff583a"),
            (1_000_000.0, "ffffef39"),
        ] {
            let threshold = Threshold::of_ratio(1.0 / one_in).unwrap();
            assert_eq!(threshold.written(), digits, "1 in {one_in}");
            assert_eq!(Threshold::read(digits), Some(threshold));
            let counted = threshold.adjusted_count();
            assert!(
                (counted / one_in - 1.0).abs() < 1e-4,
                "{counted}, 1 in {one_in}"
            );
        }
    }

    #[test]
    fn an_invalid_ratio_keeps_nothing_and_one_above_1_keeps_all() {
        for ratio in [0.0, -0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300] {
            assert_eq!(Threshold::of_ratio(ratio), None, "{ratio}");
        }
        for ratio in [1.0, 1.5, f64::INFINITY] {
            assert_eq!(Threshold::of_ratio(ratio), Some(Threshold(0)), "{ratio}");
        }
        let least = Threshold::of_ratio(0.5_f64.powi(56)).unwrap();
        assert_eq!(least, Threshold(ALL - 1));
        assert!(least.keeps(ALL - 1) && !least.keeps(ALL - 2));
        assert_eq!(Threshold::of_ratio(1.0 - f64::EPSILON), Some(Threshold(0)));
    }

    #[test]
    fn malformed_digits_are_rejected() {
        for digits in [
            "",
            "g",
            "C",
            "+1",
            "-1",
            " 1",
            "0x1",
            "123456789abcdef",
            "ä",
        ] {
            assert_eq!(Threshold::read(digits), None, "{digits}");
            assert_eq!(read_randomness(digits), None, "{digits}");
        }
        assert_eq!(read_randomness("0123456789abc"), None);
        assert_eq!(read_randomness("6e6d1a75832a2f"), Some(0x6e_6d1a_7583_2a2f));
    }
}

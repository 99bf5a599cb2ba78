//! Durations as text, and bars on a common time axis.

use std::time::{Duration, SystemTime};

/// `7ns`, `12.3µs`, `1.20ms`, `34.0s`, `2m 05s`, `1h 02m`: mostly three digits, so
/// that a column of them can be compared by eye.
pub(super) fn human(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds < 1_000 {
        return format!("{nanoseconds}ns");
    }
    let seconds = duration.as_secs_f64();
    for (unit, factor) in [("µs", 1e6), ("ms", 1e3)] {
        // 999.6 µs reads as 1.00 ms, not as 1000 µs.
        if seconds * factor < 999.5 {
            return three_digits(seconds * factor) + unit;
        }
    }
    // Rounded first, so that 59.97 s becomes 1m 00s and never 60.0s.
    let whole = (seconds + 0.5) as u64;
    match seconds {
        ..59.95 => three_digits(seconds) + "s",
        ..3_599.5 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3_600, whole / 60 % 60),
    }
}

fn three_digits(number: f64) -> String {
    match number {
        ..9.995 => format!("{number:.2}"),
        ..99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// The time from `start` to `end`; zero if the clock was set back in between.
pub(super) fn between(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).unwrap_or_default()
}

/// The time that all bars of one trace share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) start: SystemTime,
    pub(super) length: Duration,
}

impl Axis {
    /// The blanks before a bar, and its blocks. It ends at an eighth of a column and starts at a half, as
    /// there are no finer block characters for the left edge. It has at least one block; the end of a bar that is still
    /// running fades.
    pub(super) fn bar(
        &self,
        start: SystemTime,
        end: SystemTime,
        running: bool,
        columns: usize,
    ) -> (usize, String) {
        let from = self.eighths(start, columns).min(columns * 8 - 1);
        let to = self.eighths(end, columns).max(from + 1);
        let (first, last) = (from / 8, (to - 1) / 8);
        let mut bar: Vec<char> = vec!['█'; last - first + 1];
        if to % 8 != 0 {
            let shown = if first == last { to - from } else { to % 8 };
            bar[last - first] = EIGHTHS[shown - 1];
        }
        if from % 8 >= 4 && (first < last || to % 8 == 0) {
            bar[0] = '▐';
        }
        if running {
            fade(&mut bar);
        }
        (first, bar.into_iter().collect())
    }

    fn eighths(&self, moment: SystemTime, columns: usize) -> usize {
        let whole = self.length.as_secs_f64();
        if whole == 0.0 {
            return 0;
        }
        let share = between(self.start, moment).as_secs_f64() / whole;
        (share.min(1.0) * (columns * 8) as f64).round() as usize
    }
}

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Replaces the last blocks of a bar by lighter and lighter ones.
fn fade(bar: &mut [char]) {
    for (block, shade) in bar.iter_mut().rev().zip(['░', '▒', '▓']) {
        *block = shade;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    fn bar(start: u64, end: u64) -> String {
        let axis = Axis {
            start: at(0),
            length: Duration::from_millis(100),
        };
        let (blank, blocks) = axis.bar(at(start), at(end), false, 10);
        " ".repeat(blank) + &blocks
    }

    #[test]
    fn human_picks_the_unit() {
        let nanoseconds = [0, 999, 1_000, 12_340, 999_600, 1_200_000, 81_000_000];
        let shown = nanoseconds.map(|n| human(Duration::from_nanos(n)));
        assert_eq!(
            shown,
            [
                "0ns", "999ns", "1.00µs", "12.3µs", "1.00ms", "1.20ms", "81.0ms"
            ]
        );
    }

    #[test]
    fn human_rounds_into_the_next_unit() {
        let milliseconds = [999, 1_000, 59_970, 125_000, 3_599_900, 3_720_000];
        let shown = milliseconds.map(|n| human(Duration::from_millis(n)));
        assert_eq!(
            shown,
            ["999ms", "1.00s", "1m 00s", "2m 05s", "1h 00m", "1h 02m"]
        );
    }

    #[test]
    fn the_whole_axis_is_one_full_bar() {
        assert_eq!(bar(0, 100), "██████████");
    }

    #[test]
    fn the_end_is_drawn_in_eighths() {
        assert_eq!(bar(0, 25), "██▌");
    }

    #[test]
    fn the_start_is_drawn_in_halves() {
        assert_eq!(bar(15, 40), " ▐██");
    }

    #[test]
    fn a_moment_still_shows() {
        assert_eq!(bar(50, 50), "     ▏");
    }

    #[test]
    fn the_last_moment_stays_inside() {
        assert_eq!(bar(100, 100), "         ▐");
    }

    #[test]
    fn an_axis_without_length_shows_a_moment() {
        let axis = Axis {
            start: at(5),
            length: Duration::ZERO,
        };
        assert_eq!(axis.bar(at(5), at(5), false, 10), (0, "▏".to_owned()));
    }

    #[test]
    fn a_running_bar_fades() {
        let axis = Axis {
            start: at(0),
            length: Duration::from_millis(100),
        };
        let (_, blocks) = axis.bar(at(0), at(100), true, 6);
        assert_eq!(blocks, "███▓▒░");
    }
}

//! The times of blocks that took turns, and what they say of the pools.

use std::fmt::Write as _;

/// Of the blocks of a busy machine, those below this share were not interrupted: on a machine with ten times as much to
/// do as it has processors, a few in a hundred.
const LOW: f64 = 0.02;

/// How the queries of a block are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Bare,
    Traced,
    ByHand,
    BareAgain,
}

impl Block {
    const ALL: [Block; 4] = [Block::Bare, Block::Traced, Block::ByHand, Block::BareAgain];
    pub(crate) const COUNT: usize = Block::ALL.len();

    /// In each eight rounds, each stands twice at each place.
    pub(crate) fn order(round: usize) -> [Block; Block::COUNT] {
        let mut order = Block::ALL;
        order.rotate_left(round / 2 % Block::COUNT);
        if round % 2 == 1 {
            order.reverse();
        }
        order
    }

    fn name(self) -> &'static str {
        match self {
            Block::Bare => "bare",
            Block::Traced => "traced",
            Block::ByHand => "by hand",
            Block::BareAgain => "bare again",
        }
    }
}

/// Nanoseconds of the blocks of each round.
#[derive(Default)]
pub(crate) struct Rounds(Vec<[u64; Block::COUNT]>);

impl Rounds {
    pub(crate) fn push(&mut self, times: [u64; Block::COUNT]) {
        self.0.push(times);
    }

    /// What a query takes, and how much longer it takes than through the bare pool.
    pub(crate) fn report(&self, queries: usize) -> String {
        let mut report = String::new();
        let each = |block: Block| sorted(self.0.iter().map(|times| times[block as usize] as f64));
        for block in Block::ALL {
            let name = block.name();
            let times = each(block);
            let [low, median] = [LOW, 0.5].map(|share| at(&times, share) / queries as f64);
            let _ = write!(
                report,
                "{name:>10}: {low:7.0} ns (percentile 2), {median:7.0} ns (median)"
            );
            if block != Block::Bare {
                let ratios = sorted(self.0.iter().map(|times| {
                    times[block as usize] as f64 / times[Block::Bare as usize] as f64
                }));
                let [quarter, half, rest] =
                    [0.25, 0.5, 0.75].map(|share| percent(at(&ratios, share)));
                let of_low = percent(at(&times, LOW) / at(&each(Block::Bare), LOW));
                let _ = write!(
                    report,
                    "; of percentiles 2 {of_low:+.2} %, median of the ratios {half:+.2} % \
                     (half of them from {quarter:+.1} to {rest:+.1})",
                );
            }
            report.push('\n');
        }
        report
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values = Vec::from_iter(values);
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[(share * (sorted.len() - 1) as f64) as usize]
}

fn percent(ratio: f64) -> f64 {
    (ratio - 1.0) * 100.0
}

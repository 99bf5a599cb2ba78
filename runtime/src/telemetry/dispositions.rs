//! The dispositions of signals in this process: default, ignored, or handled.

/// Which signals are ignored and which have a handler, as bit sets.
///
/// Linux provides them in a file; elsewhere `sigaction` would be needed, which is `unsafe`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dispositions {
    ignored: u64,
    caught: u64,
}

impl Dispositions {
    /// `None` if the system does not provide them.
    pub(super) fn of_process() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        Dispositions::of_status(&status)
    }

    fn of_status(status: &str) -> Option<Self> {
        let mask = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        };
        Some(Dispositions {
            ignored: mask("SigIgn:")?,
            caught: mask("SigCgt:")?,
        })
    }

    #[cfg(all(feature = "signals", unix))]
    pub(super) fn ignores(self, signal: i32) -> bool {
        self.ignored & bit(signal) != 0
    }

    #[cfg(all(feature = "signals", unix))]
    pub(super) fn catches(self, signal: i32) -> bool {
        self.caught & bit(signal) != 0
    }

    /// Whether the signal would end the process.
    #[cfg(target_os = "linux")]
    pub(super) fn leaves_to_default(self, signal: i32) -> bool {
        (self.ignored | self.caught) & bit(signal) == 0
    }
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_process_is_read() {
        let status = "Name:\tx\nSigIgn:\t0000000000001002\nSigCgt:\t0000000000004440\n";
        let dispositions = Dispositions::of_status(status).unwrap();
        let ignored = Dispositions {
            ignored: 0x1002,
            caught: 0x4440,
        };
        assert_eq!(dispositions, ignored);
        assert!(!dispositions.leaves_to_default(2) && !dispositions.leaves_to_default(15));
        assert!(dispositions.leaves_to_default(1));
    }
}

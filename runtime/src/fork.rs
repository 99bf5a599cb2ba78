//! Protection against `fork`: in the child our threads do not exist, and locks that they held stay locked.
//!
//! A library is not notified of a fork. A value that belongs to one process therefore keeps the process id and
//! compares it with the current one, where the cost of a system call does not matter.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// The process in which a value was made.
#[cfg(feature = "init")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home(u32);

#[cfg(feature = "init")]
impl Home {
    pub(crate) fn here() -> Self {
        Home(std::process::id())
    }

    /// False in a child that was forked after `here` was called. Costs a system call.
    pub(crate) fn is_here(self) -> bool {
        self == Home::here()
    }
}

/// How long a forked child waits for a lock before it assumes that a thread of its parent held it, which will
/// never release it. Nothing slow is done under such locks.
const PATIENCE: Duration = Duration::from_millis(100);

/// A mutex that does not block a forked child forever if another thread held it at the time of the fork.
#[derive(Debug)]
pub(crate) struct ForkMutex<T> {
    value: Mutex<T>,
    /// The id of a process whose threads release it: that of the first one that locked it, and then that of a forked
    /// child which has waited for it with success; 0 before.
    home: AtomicU32,
    /// The id of a forked child that has waited for it in vain; 0 before. It does not wait again.
    lost_in: AtomicU32,
}

impl<T> ForkMutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        ForkMutex {
            value: Mutex::new(value),
            home: AtomicU32::new(0),
            lost_in: AtomicU32::new(0),
        }
    }

    /// Waits for the lock; `None` in a forked child in which no thread will ever release it, from the second call on at
    /// once. A panic under the lock does not poison it.
    pub(crate) fn lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.try_lock() {
            None => self.wait(),
            locked => locked,
        }
    }

    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let locked = match self.value.try_lock() {
            Ok(locked) => locked,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if self.home.load(Ordering::Relaxed) == 0 {
            self.home.store(std::process::id(), Ordering::Relaxed);
        }
        Some(locked)
    }

    #[cold]
    fn wait(&self) -> Option<MutexGuard<'_, T>> {
        let here = std::process::id();
        if self.lost_in.load(Ordering::Relaxed) == here {
            return None;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.home.load(Ordering::Relaxed) == here {
                let locked = self.value.lock();
                return Some(locked.unwrap_or_else(PoisonError::into_inner));
            }
            if let Some(locked) = self.try_lock() {
                // A thread of this process has released it, so from now on it is waited for without a limit. Noted only
                // here, as the process id costs a system call.
                self.home.store(here, Ordering::Relaxed);
                return Some(locked);
            }
            if Instant::now() >= deadline {
                self.lost_in.store(here, Ordering::Relaxed);
                return None;
            }
            thread::sleep(Duration::from_micros(100));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_this_process_is_waited_for() {
        let mutex = ForkMutex::new(1);
        thread::scope(|scope| {
            let mut locked = mutex.lock().unwrap();
            let waits = scope.spawn(|| *mutex.lock().unwrap());
            thread::sleep(2 * PATIENCE);
            *locked = 2;
            drop(locked);
            assert_eq!(waits.join().unwrap(), 2);
        });
    }

    #[test]
    fn waiting_for_a_lock_of_another_process_ends() {
        let mutex = ForkMutex::new(());
        let _locked = mutex.lock();
        mutex.home.store(u32::MAX, Ordering::Relaxed);
        assert!(mutex.lock().is_none());
    }

    /// Each span of a new call site would wait otherwise.
    #[test]
    fn a_lock_that_was_waited_for_in_vain_is_not_waited_for_again() {
        let mutex = ForkMutex::new(());
        let locked = mutex.lock();
        mutex.home.store(u32::MAX, Ordering::Relaxed);
        assert_eq!(mutex.lost_in.load(Ordering::Relaxed), 0);
        assert!(mutex.lock().is_none());
        assert_eq!(mutex.lost_in.load(Ordering::Relaxed), std::process::id());
        // A thread that is waited for would see this.
        mutex.home.store(std::process::id(), Ordering::Relaxed);
        assert!(mutex.lock().is_none());
        // It was only slow.
        drop(locked);
        assert!(mutex.lock().is_some());
    }

    #[test]
    fn a_child_that_has_waited_for_a_lock_waits_for_it_like_any_process() {
        let mutex = ForkMutex::new(());
        mutex.home.store(u32::MAX, Ordering::Relaxed);
        drop(mutex.lock());
        assert_eq!(mutex.home.load(Ordering::Relaxed), u32::MAX);
        // As after a failed attempt.
        assert!(mutex.wait().is_some());
        assert_eq!(mutex.home.load(Ordering::Relaxed), std::process::id());
    }
}

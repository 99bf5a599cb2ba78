//! Records that are used again by the thread that used them last, while they are in its cache.

use std::cell::RefCell;
use std::sync::Arc;

use super::record::Record;
use super::record::Shared;

/// Records that are kept for later: as many as spans are usually nested in each other.
const MOST: usize = 16;

thread_local! {
    /// The records of the provider that was used last. A `Vec` works as a stack: the record that
    /// was put back last is taken first, so it is still in the cache.
    #[expect(clippy::vec_box, reason = "a record is lent as a box, and not moved out of one")]
    static POOL: RefCell<Vec<Box<Record>>> = const { RefCell::new(Vec::new()) };
}

/// An empty record for a span of `home`.
#[inline]
pub(super) fn take(home: &Arc<Shared>) -> Box<Record> {
    // An allocator may start spans in here, and so may destructors of the thread.
    let pooled = POOL.try_with(|pool| pool.try_borrow_mut().ok()?.pop());
    match pooled {
        Ok(Some(record)) if record.is_of(home) => record,
        Ok(Some(of_another)) => refill(of_another, home),
        _ => Record::fresh(home),
    }
}

/// The provider was replaced: the pool drops the records of the other one.
#[cold]
fn refill(of_another: Box<Record>, home: &Arc<Shared>) -> Box<Record> {
    let others = POOL.try_with(|pool| {
        pool.try_borrow_mut()
            .map(|mut pool| std::mem::take(&mut *pool))
    });
    // Dropped after the borrow, as the last owner of a provider may do anything.
    drop((others, of_another));
    Record::fresh(home)
}

/// Keeps a record for later, if there is a place for it.
#[inline]
pub(super) fn give_back(mut record: Box<Record>) {
    if !record.is_worth_keeping() {
        return;
    }
    // Values that the record still holds are dropped here, outside of any borrow, as they may be
    // the user's.
    record.clear();
    let left = POOL.try_with(|pool| match pool.try_borrow_mut() {
        Ok(mut pool) if pool.len() < MOST => {
            pool.push(record);
            None
        }
        _ => Some(record),
    });
    drop(left);
}

//! A pool of records for each thread, so that a record is reused while it is in the processor's cache.

use std::cell::RefCell;
use std::sync::Arc;

use super::record::Record;
use super::record::Shared;

/// The greatest number of records in a pool: as many as spans are usually nested.
const MOST: usize = 16;

thread_local! {
    /// The records of the provider that was used last. It is a stack: the record that was put back last
    /// is taken first, as it is still in the cache.
    #[expect(clippy::vec_box, reason = "a record is lent as a box, and not moved out of one")]
    static POOL: RefCell<Vec<Box<Record>>> = const { RefCell::new(Vec::new()) };
}

/// An empty record for a span of `provider`.
#[inline]
pub(super) fn take(provider: &Arc<Shared>) -> Box<Record> {
    // A user's allocator may start spans while this is borrowed, and destructors may do so after it was destroyed.
    let pooled = POOL.try_with(|pool| pool.try_borrow_mut().ok()?.pop());
    match pooled {
        Ok(Some(record)) if record.is_of(provider) => record,
        Ok(Some(of_another)) => refill(of_another, provider),
        _ => Record::fresh(provider),
    }
}

/// Drops the pool's records of a replaced provider, and makes a new record.
#[cold]
fn refill(of_another: Box<Record>, provider: &Arc<Shared>) -> Box<Record> {
    let others = POOL.try_with(|pool| {
        pool.try_borrow_mut()
            .map(|mut pool| std::mem::take(&mut *pool))
    });
    // Dropped after the borrow, as dropping the last reference to a provider may run user code.
    drop((others, of_another));
    Record::fresh(provider)
}

/// Puts a record back into the pool, unless the pool is full.
#[inline]
pub(super) fn give_back(mut record: Box<Record>) {
    if !record.is_worth_keeping() {
        return;
    }
    // Outside of the borrow, as this may drop values of the user's.
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

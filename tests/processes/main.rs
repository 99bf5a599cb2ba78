//! Does a trace go through processes that start processes?

#[cfg(unix)]
mod generations;

//! Does a trace continue through processes that start processes?

#[cfg(unix)]
mod generations;

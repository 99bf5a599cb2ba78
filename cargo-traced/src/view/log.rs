//! The file that everything received is appended to.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

use super::parts::Part;

pub(crate) struct Log {
    path: PathBuf,
    file: Mutex<File>,
    has_failed: AtomicBool,
}

impl Log {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Log {
            path: path.to_owned(),
            file: Mutex::new(file),
            has_failed: AtomicBool::new(false),
        })
    }

    /// Appends a line, in one call. A failure is reported once, and traces are still shown.
    pub(crate) fn append(&self, part: &Part) {
        let line = format!("{}\n", part.json);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes())
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            eprintln!("warning: cannot write to {}: {error}", self.path.display());
        }
    }
}

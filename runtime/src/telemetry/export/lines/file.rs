//! A file of lines to which several processes can append, rotated by size.
//!
//! A process locks the file (`flock`) to write. Under the lock it removes an incomplete last line of a process that was
//! killed, and writes its line; if the disk is full, it removes the part that was written. After waiting for the lock,
//! a process checks whether the path still refers to this file, and opens the new file if it was rotated.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Output, write_all};
use crate::telemetry::settings::FileSettings;

/// The largest line in bytes; a longer one with more than one item is split, as readers keep a line
/// in memory.
const MAX_LINE: usize = 1 << 20;

/// How often a file is opened for one line, as other processes may rotate it at the same time.
const ATTEMPTS: usize = 32;

/// The beginning of every line that this exporter writes.
const START: &[u8] = b"{\"resource";

pub(in super::super) struct LinesFile {
    settings: FileSettings,
    open: Option<Open>,
}

struct Open {
    file: File,
    /// The end of the last line that was written; `None` before the first.
    end: Option<u64>,
}

impl LinesFile {
    pub(in super::super) fn new(settings: FileSettings) -> Self {
        LinesFile {
            settings,
            open: None,
        }
    }

    /// The open file, which is opened if necessary.
    fn opened(&mut self) -> io::Result<Open> {
        if let Some(open) = self.open.take() {
            return Ok(open);
        }
        let path = &self.settings.path;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Open { file, end: None })
    }

    /// Writes the line to the open file; `false` if that was rotated.
    fn write_to(&self, open: &mut Open, line: &[u8]) -> io::Result<bool> {
        let Open { file, end } = open;
        let path = &self.settings.path;
        let _locked = Locked::new(file);
        if !is_at(file, path) {
            return Ok(false);
        }
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            // A device or a named pipe.
            return write_all(file, line, &mut 0).map(|()| true);
        }
        let mut len = metadata.len();
        if *end != Some(len) {
            len = healed(file, path, len)?;
        }
        if len > 0 && len.saturating_add(line.len() as u64) > self.settings.max_bytes {
            rotate(path, self.settings.keep)?;
            return Ok(false);
        }
        let mut written = 0;
        if let Err(error) = write_all(file, line, &mut written) {
            if written > 0 {
                // Because of the lock, no other process has written after it.
                file.set_len(len)?;
            }
            return Err(error);
        }
        *end = Some(len + line.len() as u64);
        Ok(true)
    }
}

impl Output for LinesFile {
    fn max_line(&self) -> usize {
        usize::try_from(self.settings.max_bytes).map_or(MAX_LINE, |most| most.min(MAX_LINE))
    }

    fn write(&mut self, line: &[u8], _: &dyn Fn() -> bool) -> io::Result<()> {
        for _ in 0..ATTEMPTS {
            let mut open = self.opened()?;
            if self.write_to(&mut open, line)? {
                self.open = Some(open);
                return Ok(());
            }
        }
        Err(io::Error::other("others keep moving it away"))
    }
}

/// Renames the file to `.1`, `.1` to `.2` and so on; the oldest is replaced.
fn rotate(path: &Path, keep: usize) -> io::Result<()> {
    if keep == 0 {
        return fs::remove_file(path);
    }
    for number in (1..keep).rev() {
        match fs::rename(numbered(path, number), numbered(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, numbered(path, 1))
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Repairs an incomplete last line, and returns the length of the file. Its writer does not hold the lock any more, so
/// it was killed. If this exporter wrote it, it is removed; otherwise it is ended with a line break.
fn healed(file: &File, path: &Path, len: u64) -> io::Result<u64> {
    if len == 0 {
        return Ok(0);
    }
    let torn = torn(&mut File::open(path)?, len)?;
    let Some((start, is_ours)) = torn else {
        return Ok(len);
    };
    if is_ours {
        file.set_len(start)?;
        return Ok(start);
    }
    write_all(file, b"\n", &mut 0)?;
    Ok(len + 1)
}

/// The start of an incomplete last line, and whether this exporter wrote it.
fn torn(file: &mut File, len: u64) -> io::Result<Option<(u64, bool)>> {
    const CHUNK: u64 = 64 << 10;

    let mut chunk = Vec::new();
    let mut end = len;
    let start = loop {
        let from = end.saturating_sub(CHUNK);
        file.seek(SeekFrom::Start(from))?;
        chunk.clear();
        file.by_ref().take(end - from).read_to_end(&mut chunk)?;
        match chunk.iter().rposition(|byte| *byte == b'\n') {
            Some(place) if end == len && place + 1 == chunk.len() => return Ok(None),
            Some(place) => break from + place as u64 + 1,
            None if from == 0 => break 0,
            None => end = from,
        }
    };
    file.seek(SeekFrom::Start(start))?;
    chunk.clear();
    file.take(START.len() as u64).read_to_end(&mut chunk)?;
    Ok(Some((start, START.starts_with(&chunk))))
}

/// Whether the path refers to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let (Ok(here), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (here.dev(), here.ino()) == (there.dev(), there.ino())
}

/// Without locks, only one process may write to the file.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// A lock of the file, which all processes take that write to it, until it is dropped.
struct Locked<'f>(#[cfg_attr(not(unix), expect(dead_code, reason = "there is no lock"))] &'f File);

impl<'f> Locked<'f> {
    /// On a file system without locks, the file is written to without one.
    fn new(file: &'f File) -> Self {
        #[cfg(unix)]
        while rustix::fs::flock(file, rustix::fs::FlockOperation::LockExclusive)
            == Err(rustix::io::Errno::INTR)
        {}
        Locked(file)
    }
}

#[cfg(unix)]
impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(self.0, rustix::fs::FlockOperation::Unlock);
    }
}

#[cfg(test)]
mod tests;

//! Writes lines to standard output, which may be a file, a terminal, or a pipe whose reader is slow.
//!
//! Up to `PIPE_BUF` bytes are written to a pipe at once or not at all. A longer line is written when the pipe is empty
//! and large enough for it. In both cases the write does not block, so a process that ends does not leave half a line,
//! and if the reader does not read, lines fail but the program does not block.

use std::fs::File;
use std::io;

use super::{Output, write_all};

/// The stream without std's lock and buffer, as the program may hold the lock for any time.
pub(in super::super) struct Stdout {
    /// `None` if it is closed, or on systems without file descriptors.
    file: Option<File>,
    #[cfg(unix)]
    is_pipe: bool,
}

/// A longer line with more than one item is split.
const MAX_LINE: usize = 1 << 20;

#[cfg(unix)]
impl Stdout {
    pub(in super::super) fn new() -> Self {
        use std::os::fd::AsFd as _;
        use std::os::unix::fs::FileTypeExt as _;

        let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
        let file = file.ok();
        let metadata = file.as_ref().and_then(|file| file.metadata().ok());
        Stdout {
            file,
            is_pipe: metadata.is_some_and(|metadata| metadata.file_type().is_fifo()),
        }
    }
}

#[cfg(not(unix))]
impl Stdout {
    pub(in super::super) fn new() -> Self {
        Stdout { file: None }
    }
}

impl Output for Stdout {
    fn max_line(&self) -> usize {
        #[cfg(unix)]
        if self.is_pipe {
            return rustix::pipe::PIPE_BUF;
        }
        MAX_LINE
    }

    fn write(&mut self, line: &[u8], is_waited_for: &dyn Fn() -> bool) -> io::Result<()> {
        let Some(file) = &self.file else {
            // Without a file, std's lock cannot be avoided.
            use io::Write as _;
            let mut stdout = io::stdout().lock();
            return stdout.write_all(line).and_then(|()| stdout.flush());
        };
        #[cfg(unix)]
        if self.is_pipe {
            return pipe::write(file, line, is_waited_for);
        }
        let _ = is_waited_for;
        write_whole(file, line)
    }
}

/// Writes a line, and removes the part that was written if the disk is full.
fn write_whole(mut file: &File, line: &[u8]) -> io::Result<()> {
    use io::Seek as _;

    let mut written = 0;
    let result = write_all(file, line, &mut written);
    if result.is_err() && written > 0 && file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        let end = file.stream_position()?;
        let start = end.saturating_sub(written as u64);
        file.set_len(start)?;
        file.seek(io::SeekFrom::Start(start))?;
    }
    result
}

#[cfg(unix)]
mod pipe {
    use std::fs::File;
    use std::io;
    use std::thread::sleep;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::pipe::PIPE_BUF;

    use super::write_all;

    /// The pause between checks of whether a pipe is empty, as the system cannot wait for that.
    const PAUSE: Duration = Duration::from_millis(2);
    /// How long to wait for a pipe before checking whether the caller has given up.
    const PATIENCE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };

    pub(super) fn write(
        file: &File,
        line: &[u8],
        is_waited_for: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let is_long = line.len() > PIPE_BUF;
        if is_long {
            make_room(file, line.len())?;
        }
        loop {
            if !is_waited_for() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if !is_writable(file)? {
                continue;
            }
            if is_long && !is_empty(file)? {
                sleep(PAUSE);
                continue;
            }
            match write_all(file, line, &mut 0) {
                // A non-blocking pipe was filled by another writer. Nothing was written, as a line
                // that fits is written as a whole.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(PAUSE),
                written => return written,
            }
        }
    }

    /// Whether `PIPE_BUF` bytes can be written, after waiting for a short time.
    fn is_writable(file: &File) -> io::Result<bool> {
        let mut polled = [PollFd::new(file, PollFlags::OUT)];
        match poll(&mut polled, Some(&PATIENCE)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let found = polled[0].revents();
        if found.contains(PollFlags::ERR) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(found.contains(PollFlags::OUT))
    }

    /// Whether the pipe is empty.
    fn is_empty(file: &File) -> io::Result<bool> {
        Ok(rustix::io::ioctl_fionread(file)? == 0)
    }

    /// Makes the pipe as large as the line, if the system supports it.
    #[cfg(target_os = "linux")]
    fn make_room(file: &File, len: usize) -> io::Result<()> {
        use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};

        if fcntl_getpipe_size(file)? < len {
            fcntl_setpipe_size(file, len)?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
    fn make_room(_: &File, _: usize) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests;

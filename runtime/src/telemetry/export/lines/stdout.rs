//! Lines on standard output, which is the program's: it may be a file, a terminal, or a pipe whose reader is slow.
//!
//! A pipe takes up to `PIPE_BUF` bytes at once or not at all. A line that is longer is written when the pipe is empty
//! and holds all of it. In both cases the write does not wait, so a process that ends does not tear a line, and a
//! reader that does not read only makes lines fail.

use std::fs::File;
use std::io;

use super::{Output, write_all};

/// The stream beside std's lock and buffer, which the program may hold for as long as it likes.
pub(in super::super) struct Stdout {
    /// `None` where it is closed, or the system has no such streams.
    file: Option<File>,
    #[cfg(unix)]
    is_pipe: bool,
}

/// A line that is longer is cut in two, if it has more than one item.
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
            // Under std's lock, as the only way there is.
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

/// Takes back what a full disk took of a line.
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

    /// Between two looks at a pipe that is not empty: the system has no way to wait for that.
    const A_MOMENT: Duration = Duration::from_millis(2);
    /// How long a pipe is waited for before looking whether anybody waits for us.
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
                sleep(A_MOMENT);
                continue;
            }
            match write_all(file, line, &mut 0) {
                // A non-blocking pipe was filled by another writer. Nothing was written, as a line
                // that fits is written as a whole.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(A_MOMENT),
                written => return written,
            }
        }
    }

    /// Whether it takes `PIPE_BUF` bytes, waiting for that a little.
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

    /// Whether nothing waits to be read.
    fn is_empty(file: &File) -> io::Result<bool> {
        Ok(rustix::io::ioctl_fionread(file)? == 0)
    }

    /// Makes the pipe as large as the line, where the system can.
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

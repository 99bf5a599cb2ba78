use std::collections::HashMap;
use std::thread;

use super::*;

/// A folder that is removed after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("traced-lines-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Folder(folder)
    }

    fn file(&self, max_bytes: u64, keep: usize) -> LinesFile {
        LinesFile::new(FileSettings {
            path: self.path(),
            max_bytes,
            keep,
        })
    }

    fn path(&self) -> PathBuf {
        self.0.join("new/spans.jsonl")
    }

    /// The contents of the files, the oldest first.
    fn texts(&self) -> Vec<String> {
        let numbers = (1..100).rev().map(|number| numbered(&self.path(), number));
        let paths = numbers.chain([self.path()]);
        paths
            .filter_map(|path| fs::read_to_string(path).ok())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write(file: &mut LinesFile, line: &str) -> io::Result<()> {
    file.write(line.as_bytes(), &|| true)
}

#[test]
fn a_full_file_is_rotated_and_the_oldest_is_removed() {
    let folder = Folder::new("full");
    let mut file = folder.file(8, 2);
    for line in [
        "aa\n",
        "bb\n",
        "cc\n",
        "dddddddddddd\n",
        "ee\n",
        "ff\n",
        "gg\n",
    ] {
        write(&mut file, line).unwrap();
    }
    // "aa\nbb\n" and "cc\n" are removed; a line longer than the limit has a file of its own.
    assert_eq!(folder.texts(), ["dddddddddddd\n", "ee\nff\n", "gg\n"]);
}

#[test]
fn a_full_file_is_truncated_if_no_older_ones_are_kept() {
    let folder = Folder::new("none");
    let mut file = folder.file(8, 0);
    for line in ["aa\n", "bb\n", "cc\n"] {
        write(&mut file, line).unwrap();
    }
    assert_eq!(folder.texts(), ["cc\n"]);
}

#[test]
fn a_partial_line_is_removed_and_other_text_is_kept() {
    let long = format!("{{\"resourceSpans\":[\"{}", "x".repeat(200_000));
    for (left, before) in [
        ("{\"a\":1}\n{\"resourceSpans\":[", "{\"a\":1}\n"),
        ("{\"a\":1}\n{\"re", "{\"a\":1}\n"),
        ("{\"resourceSpans\":[", ""),
        (&*format!("{{}}\n{long}"), "{}\n"),
        ("written by hand", "written by hand\n"),
        ("{\"a\":1}\n", "{\"a\":1}\n"),
        ("", ""),
    ] {
        let folder = Folder::new("torn");
        fs::create_dir_all(folder.path().parent().unwrap()).unwrap();
        fs::write(folder.path(), left).unwrap();
        let mut file = folder.file(1 << 20, 1);
        write(&mut file, "{\"resourceSpans\":[]}\n").unwrap();
        assert_eq!(
            folder.texts(),
            [format!("{before}{{\"resourceSpans\":[]}}\n")]
        );
        // Another process is killed later.
        OpenOptions::new()
            .append(true)
            .open(folder.path())
            .and_then(|mut other| io::Write::write_all(&mut other, b"{\"resourceSp"))
            .unwrap();
        write(&mut file, "{}\n").unwrap();
        assert_eq!(
            folder.texts(),
            [format!("{before}{{\"resourceSpans\":[]}}\n{{}}\n")]
        );
    }
}

#[test]
fn a_file_that_was_moved_or_removed_is_created_again() {
    let folder = Folder::new("moved");
    let mut file = folder.file(1 << 20, 1);
    write(&mut file, "a\n").unwrap();
    fs::rename(folder.path(), numbered(&folder.path(), 7)).unwrap();
    write(&mut file, "b\n").unwrap();
    fs::remove_file(folder.path()).unwrap();
    write(&mut file, "c\n").unwrap();
    assert_eq!(folder.texts(), ["a\n", "c\n"]);
}

#[test]
fn a_full_disk_is_an_error_and_the_next_write_may_succeed() {
    let mut full = LinesFile::new(FileSettings {
        path: "/dev/full".into(),
        max_bytes: 1 << 20,
        keep: 1,
    });
    if !Path::new("/dev/full").exists() {
        return;
    }
    for _ in 0..2 {
        let error = write(&mut full, "a\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

#[cfg(unix)]
#[test]
fn writers_that_share_a_file_lose_and_cut_no_line_during_rotation() {
    const WRITERS: usize = 4;
    const LINES: usize = 300;

    let folder = Folder::new("shared");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            // Each thread has a descriptor of its own, as separate processes would.
            let mut file = folder.file(40_000, 90);
            scope.spawn(move || {
                for number in 0..LINES {
                    let filler = "x".repeat(number * 7 % 900);
                    write(&mut file, &format!("{writer} {number} {filler}.\n")).unwrap();
                }
            });
        }
    });
    let texts = folder.texts();
    assert!(texts.len() > 5, "{}", texts.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for text in &texts {
        assert!(text.len() <= 40_000 && text.ends_with(".\n"));
        for line in text.lines() {
            let mut words = line.split(' ');
            let writer = words.next().unwrap();
            let next = seen.entry(writer.to_owned()).or_default();
            assert_eq!(words.next(), Some(&*next.to_string()), "{line}");
            assert!(line.ends_with('.'), "{line}");
            *next += 1;
        }
    }
    assert_eq!(seen.into_values().collect::<Vec<_>>(), [LINES; WRITERS]);
}

//! Writes `#[::traced::traced]` on every function of the given Rust sources, in place.
//!
//! ```text
//! traced-corpus-annotate PATH...
//! ```
//!
//! A path is a file or a folder, whose `.rs` files are all annotated. The counts go to standard
//! output, one `count<TAB>reason` per line. Nothing but the attribute is inserted, on the line
//! where the function begins, so line numbers stay those of the published crate.

mod counts;
mod functions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use counts::Counts;

/// Rooted, so that no name of the annotated crate can shadow it.
const ATTRIBUTE: &str = "#[::traced::traced] ";

fn main() -> ExitCode {
    let mut counts = Counts::default();
    for argument in env::args_os().skip(1) {
        let path = PathBuf::from(argument);
        if let Err(error) = annotate_path(&path, &mut counts) {
            eprintln!("cannot annotate {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    print!("{counts}");
    ExitCode::SUCCESS
}

fn annotate_path(path: &Path, counts: &mut Counts) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            annotate_path(&entry?.path(), counts)?;
        }
        return Ok(());
    }
    if path.extension().is_some_and(|extension| extension == "rs") {
        annotate_file(path, counts)?;
    }
    Ok(())
}

/// A file that does not parse is left unchanged: crates publish broken files on purpose, as test
/// data.
fn annotate_file(path: &Path, counts: &mut Counts) -> io::Result<()> {
    let Ok(text) = String::from_utf8(fs::read(path)?) else {
        counts.skip("file is not UTF-8");
        return Ok(());
    };
    match annotate_text(&text, counts) {
        Ok(annotated) if annotated != text => fs::write(path, annotated),
        Ok(_) => Ok(()),
        Err(error) => {
            eprintln!("left alone: {}: {error}", path.display());
            counts.skip("file does not parse");
            Ok(())
        }
    }
}

fn annotate_text(text: &str, counts: &mut Counts) -> syn::Result<String> {
    let code = &text[length_of_preamble(text)..];
    let mut annotated = text[..text.len() - code.len()].to_owned();
    let mut copied = 0;
    for start in functions::starts(code, counts)? {
        annotated.push_str(&code[copied..start]);
        annotated.push_str(ATTRIBUTE);
        copied = start;
    }
    annotated.push_str(&code[copied..]);
    Ok(annotated)
}

/// A byte order mark and a `#!` line are not tokens, but they shift the position of every token.
fn length_of_preamble(text: &str) -> usize {
    let mark = '\u{feff}';
    let after_mark = text.strip_prefix(mark).unwrap_or(text);
    let is_shebang = after_mark
        .strip_prefix("#!")
        .is_some_and(|rest| !rest.trim_start().starts_with('['));
    let shebang = if is_shebang {
        after_mark.find('\n').unwrap_or(after_mark.len())
    } else {
        0
    };
    text.len() - after_mark.len() + shebang
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotated(text: &str) -> String {
        annotate_text(text, &mut Counts::default())
            .expect("the text parses")
            .replace(ATTRIBUTE, "@")
    }

    #[test]
    fn the_attribute_stands_after_the_others_and_before_the_qualifiers() {
        assert_eq!(
            annotated("/// Doc.\n#[inline]\n// Why.\npub(crate) async unsafe fn f() {}\n"),
            "/// Doc.\n#[inline]\n// Why.\n@pub(crate) async unsafe fn f() {}\n",
        );
    }

    #[test]
    fn methods_defaults_and_nested_functions_are_annotated() {
        assert_eq!(
            annotated("trait T { fn a(&self) { fn b() {} } fn c(); }\nimpl T for X { fn c() {} }"),
            "trait T { @fn a(&self) { @fn b() {} } fn c(); }\nimpl T for X { @fn c() {} }",
        );
    }

    #[test]
    fn what_cannot_be_annotated_is_left_alone() {
        for text in [
            "const fn f() {}",
            "macro_rules! m { () => { fn f() {} } }",
            "extern \"C\" { fn f(); }",
            "#[unsafe(naked)] extern \"C\" fn f() {}",
            "#[panic_handler] fn f(_: &PanicInfo) -> ! { loop {} }",
            "#[proc_macro_derive(D)] pub fn f(input: TokenStream) -> TokenStream { input }",
            "unsafe impl GlobalAlloc for A { unsafe fn alloc(&self) {} }",
        ] {
            assert_eq!(annotated(text), text);
        }
    }

    #[test]
    fn positions_count_bytes_past_the_preamble() {
        assert_eq!(
            annotated("\u{feff}#!/usr/bin/env rust\n/* é */ fn f() {}"),
            "\u{feff}#!/usr/bin/env rust\n/* é */ @fn f() {}",
        );
        assert_eq!(
            annotated("#![allow(unused)] fn f() {}"),
            "#![allow(unused)] @fn f() {}"
        );
    }
}

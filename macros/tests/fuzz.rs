//! The macros neither panic nor loop on any tokens.
//!
//! The inputs are mutated snapshots, and random words of Rust and of our arguments. They are
//! the same in every run. `FUZZ_INPUTS=1000000 cargo test --release -p traced-macros fuzz`
//! tries more of them than the ordinary test.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use traced_macros_backend::{CrateContext, Mode, function_like};

const WORDS: &[&str] = &[
    "Context",
    "Err",
    "None",
    "Ok",
    "Pin",
    "Result",
    "Self",
    "Status",
    "as",
    "async",
    "attach",
    "attributes",
    "await",
    "break",
    "client",
    "const",
    "crate",
    "current",
    "cx",
    "default",
    "drop",
    "dyn",
    "else",
    "end",
    "enum",
    "error",
    "extern",
    "extract",
    "fn",
    "for",
    "format",
    "if",
    "impl",
    "in",
    "inject",
    "kind",
    "lazy",
    "let",
    "loop",
    "macro_rules",
    "match",
    "mod",
    "move",
    "mut",
    "name",
    "parent",
    "pub",
    "r#type",
    "record_error",
    "ref",
    "return",
    "root",
    "scope",
    "self",
    "set_status",
    "spawn",
    "static",
    "start",
    "struct",
    "tracer",
    "trait",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "allow",
    "links",
    "on_ok",
    "on_err",
    "baggage",
    "returns",
    "skip",
    "_",
    "x",
];

const PUNCTUATION: &[char] = &[
    ',', ';', '.', ':', '=', '<', '>', '&', '|', '!', '?', '%', '#', '-', '+', '*', '/', '@', '$',
];

const TEXTS: &[&str] = &[
    "",
    "client",
    "http.method",
    "order {id}",
    "{",
    "}{",
    "{{",
    "é{",
    "a\"b",
];

/// A generator of numbers that are the same in every run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 32).unwrap() % limit.max(1)
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn token(&mut self, depth: u8) -> TokenTree {
        match self.below(10) {
            0..4 => word(self.of(WORDS)),
            4..7 => {
                let spacing = self.of(&[Spacing::Alone, Spacing::Joint]);
                Punct::new(self.of(PUNCTUATION), spacing).into()
            }
            7 => Literal::string(self.of(TEXTS)).into(),
            8 => match self.below(4) {
                0 => Literal::u64_suffixed(7).into(),
                1 => Literal::f64_unsuffixed(0.5).into(),
                2 => Literal::character('{').into(),
                _ => Literal::byte_string(b"{").into(),
            },
            _ if depth > 0 => {
                let delimiter = self.of(&[
                    Delimiter::Parenthesis,
                    Delimiter::Brace,
                    Delimiter::Bracket,
                    Delimiter::None,
                ]);
                Group::new(delimiter, self.tokens(depth - 1)).into()
            }
            _ => word(self.of(WORDS)),
        }
    }

    fn tokens(&mut self, depth: u8) -> TokenStream {
        (0..self.below(12)).map(|_| self.token(depth)).collect()
    }

    /// The tokens with a few changes, at any depth.
    fn mutated(&mut self, tokens: TokenStream) -> TokenStream {
        let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for _ in 0..=self.below(2) {
            self.mutate(&mut tokens);
        }
        tokens.into_iter().collect()
    }

    fn mutate(&mut self, tokens: &mut Vec<TokenTree>) {
        let place = self.below(tokens.len());
        let Some(token) = tokens.get(place).cloned() else {
            tokens.push(self.token(2));
            return;
        };
        match (self.below(8), token) {
            (0..5, TokenTree::Group(group)) => {
                let mutated = self.mutated(group.stream());
                tokens[place] = Group::new(group.delimiter(), mutated).into();
            }
            (0, _) => drop(tokens.remove(place)),
            (1, token) => tokens.insert(place, token),
            (2, _) => tokens[place] = self.token(2),
            (3, _) => {
                let other = self.below(tokens.len());
                tokens.swap(place, other);
            }
            (4, _) => tokens.truncate(place),
            _ => {
                let new = self.token(2);
                tokens.insert(place, new);
            }
        }
    }
}

fn word(text: &str) -> TokenTree {
    match text.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()).into(),
        None => Ident::new(text, Span::call_site()).into(),
    }
}

/// The arguments and the item of every annotated function of the snapshots.
fn seeds() -> Vec<(TokenStream, TokenStream)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"))
        .collect();
    files.sort();
    let mut seeds = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        seeds_in(TokenStream::from_str(&text).unwrap(), &mut seeds);
    }
    seeds.extend(BODIES.iter().map(|body| (TokenStream::new(), parsed(body))));
    seeds
}

/// `#[traced(args)] item`, wherever it stands.
fn seeds_in(tokens: TokenStream, seeds: &mut Vec<(TokenStream, TokenStream)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        let attribute: Vec<TokenTree> = group.stream().into_iter().collect();
        if let [TokenTree::Ident(name), rest @ ..] = attribute.as_slice() {
            if name.to_string().starts_with("traced") {
                let args = match rest {
                    [TokenTree::Group(args)] => args.stream(),
                    _ => TokenStream::new(),
                };
                let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(body) if body.delimiter() == Delimiter::Brace);
                let item = &tokens[place + 1..];
                let end = item
                    .iter()
                    .position(is_body)
                    .map_or(item.len(), |end| end + 1);
                seeds.push((args, item[..end].iter().cloned().collect()));
            }
        }
        seeds_in(group.stream(), seeds);
    }
}

/// Bodies with code that the lints look for.
const BODIES: &[&str] = &[
    "async fn f(cx: Context) { let _guard = cx.attach(); { work().await; } drop(_guard); }",
    "fn f() { let tracer = tracer; let mut s = tracer.start(\"x\"); work(); s.end(); }",
    "fn f() { let cx = cx.clone(); let cx = Context::current(); cx.span().end(); cx.attach(); }",
    "fn f() { get_active_span(|span| span.end()); s.set_status(Status::error(e)); s.record_error(&e); }",
];

fn parsed(text: &str) -> TokenStream {
    TokenStream::from_str(text).unwrap()
}

fn expand(mode: Mode, args: TokenStream, item: TokenStream) -> TokenStream {
    traced_macros_backend::expand(mode, args, item, crate_context())
}

/// A call of `event!`, `set_attributes!` or `span!`, with a list like those of the attribute.
fn function_like(chance: &mut Chance, args: TokenStream) -> TokenStream {
    let tokens = match chance.below(4) {
        0 => parsed("::traced; \"name\", { work() }"),
        1 => quote::quote!(::traced; "name", #args { work().await }),
        2 => quote::quote!(::traced; #args),
        _ => quote::quote!(::traced; "name", #args),
    };
    match chance.below(3) {
        0 => function_like::event(tokens),
        1 => function_like::set_attributes(tokens),
        _ => function_like::span(tokens, &crate_context()),
    }
}

fn crate_context() -> CrateContext {
    CrateContext {
        name: "shop".to_owned(),
        version: "1.2.0".to_owned(),
        container: None,
        is_in_container: false,
    }
}

fn input(
    chance: &mut Chance,
    seeds: &[(TokenStream, TokenStream)],
) -> (Mode, TokenStream, TokenStream) {
    let mode = chance.of(&[Mode::Span, Mode::Span, Mode::Span, Mode::SpawnSitesOnly]);
    let (args, item) = chance.of(seeds);
    match chance.below(8) {
        0 => (mode, chance.tokens(3), item),
        1 => (mode, args, chance.tokens(3)),
        2 => (mode, chance.of(seeds).0, chance.mutated(item)),
        3..5 => (mode, chance.mutated(args), item),
        5..7 => (mode, args, chance.mutated(item)),
        _ => (mode, chance.mutated(args), chance.mutated(item)),
    }
}

#[test]
fn fuzz_any_tokens_expand() {
    let inputs = std::env::var("FUZZ_INPUTS").ok();
    let inputs = inputs
        .and_then(|inputs| inputs.parse().ok())
        .unwrap_or(20_000_usize);
    let (progress, seen) = mpsc::sync_channel(64);
    // The main thread waits for a message per input. If one is late, that input loops.
    let worker = thread::Builder::new().stack_size(64 << 20);
    let worker = worker.spawn(move || {
        let seeds = seeds();
        let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
        for _ in 0..inputs {
            let (mode, args, item) = input(&mut chance, &seeds);
            let shown = format!("#[{}({args})] {item}", mode.macro_name());
            progress.send(shown.clone()).unwrap();
            let expanded = catch_unwind(AssertUnwindSafe(|| {
                let in_body = function_like(&mut chance, args.clone());
                (expand(mode, args, item), in_body)
            }));
            assert!(expanded.is_ok(), "the macro panicked on\n{shown}");
        }
    });
    let mut last = String::new();
    loop {
        match seen.recv_timeout(Duration::from_secs(60)) {
            Ok(shown) => last = shown,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the macro does not answer to\n{last}"),
        }
    }
    worker.unwrap().join().unwrap();
}

/// A body that is being typed. Completion in an editor works on the expansion, so it must
/// contain all of the user's tokens, at their places.
#[test]
fn half_typed_bodies_keep_their_tokens() {
    for body in [
        "let length = name.",
        "let length = name. length",
        "match name {",
        "match name { Some(x) => }",
        "if name. { }",
        "name.len(). let x = 3;",
        "foo(name, ",
        "let",
        "let x: = name;",
        "name::",
        "for x in name. { x. }",
        "async move { name. }. await",
        "tokio::spawn(async move { name. })",
        "tokio::spawn(name.)",
        "let _guard = cx.attach(); name. ; other().await",
        "|x| name.",
        "&name[..",
        "println!(\"{}\", name.)",
        "return name.;",
        "#[cfg(test)] name.",
    ] {
        // Editors close open delimiters before they expand.
        let open = |opening: char| body.matches(opening).count();
        let missing = open('{') - open('}').min(open('{'));
        let parentheses = open('(') - open(')').min(open('('));
        let brackets = open('[') - open(']').min(open('['));
        let body = format!(
            "{body}{}{}{}",
            ")".repeat(parentheses),
            "]".repeat(brackets),
            "}".repeat(missing)
        );
        for head in [
            "fn typing(name: &str) -> usize",
            "pub async fn typing(&self, name: &str)",
        ] {
            for mode in [Mode::Span, Mode::SpawnSitesOnly] {
                let item = parsed(&format!("{head} {{ {body} }}"));
                let written = flat(expand(mode, TokenStream::new(), item.clone()));
                assert!(
                    !written.contains(&"compile_error".to_owned()),
                    "{body}: an error of ours beside rustc's"
                );
                let mut rest = written.iter();
                for token in flat(parsed(&body)) {
                    assert!(
                        rest.any(|written| *written == token),
                        "{body}: `{token}` is lost"
                    );
                }
            }
        }
    }
}

/// All tokens in their order, without delimiters.
fn flat(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flat(group.stream()),
            other => vec![other.to_string()],
        })
        .collect()
}

//! Tests what `migrate` translates, and what it leaves as it is.

mod support;

use support::{Program, cargo_traced};

/// Migrates a program, and returns its text and the output of the command.
fn migrated(text: &str) -> (String, String) {
    let program = Program::new(text);
    let output = cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (
        program.text(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The attribute that a function with this head gets instead.
fn attribute(theirs: &str, head: &str) -> String {
    let text = format!("// depends: fastrace\n#[{theirs}]\n{head} {{ todo!() }}\nfn main() {{}}\n");
    let (text, _) = migrated(&text);
    text.lines().nth(1).unwrap().to_owned()
}

#[test]
fn arguments_of_instrument() {
    for (theirs, head, ours) in [
        ("tracing::instrument", "fn f()", "#[traced::traced]"),
        (
            "tracing::instrument",
            "fn f(id: u64, name: &str, order: &Order)",
            "#[traced::traced(attributes(id, name, ?order))]",
        ),
        (
            "tracing::instrument(skip(order))",
            "fn f(id: u64, order: &Order)",
            "#[traced::traced(attributes(id))]",
        ),
        (
            "tracing::instrument(skip_all)",
            "fn f(id: u64)",
            "#[traced::traced]",
        ),
        (
            "tracing::instrument",
            "fn f((a, b): (u8, u8), Point { x, .. }: Point)",
            "#[traced::traced(attributes(?a, ?b, ?x))]",
        ),
        (
            "tracing::instrument(name = \"load\", level = \"debug\", skip_all)",
            "fn f()",
            "#[traced::traced(name = \"load\", level = \"debug\")]",
        ),
        (
            "tracing::instrument(level = tracing::Level::TRACE)",
            "fn f()",
            "#[traced::traced(level = \"trace\")]",
        ),
        (
            "tracing::instrument(level = 4)",
            "fn f()",
            "#[traced::traced(level = \"warn\")]",
        ),
        (
            "tracing::instrument(\"load\")",
            "fn f()",
            "#[traced::traced(name = \"load\")]",
        ),
        (
            "tracing::instrument(skip_all, fields(order.id = %order.id(), kind = ?order.kind, n = 3))",
            "fn f(order: &Order)",
            "#[traced::traced(attributes(order.id = %order.id(), kind = ?order.kind, n = 3))]",
        ),
        (
            "tracing::instrument(skip_all, fields(a = &e as &dyn std::error::Error, b = &field::debug(x)))",
            "fn f()",
            "#[traced::traced(attributes(a = %&e as &dyn std::error::Error, b = ?x))]",
        ),
        (
            "tracing::instrument(fields(id = id.len()))",
            "fn f(id: &str, n: u8)",
            "#[traced::traced(attributes(n, id = id.len()))]",
        ),
        (
            "tracing::instrument(skip_all, fields(%id, ?n, %id.raw))",
            "fn f(id: Id, n: u8)",
            "#[traced::traced(attributes(%id, ?n, %id.raw))]",
        ),
        // The sign may stand before the key, and one before the value goes first.
        (
            "tracing::instrument(skip_all, fields(%id = order.id(), ?n = n, %m = ?m))",
            "fn f(order: &Order, n: N, m: M)",
            "#[traced::traced(attributes(id = %order.id(), n = ?n, m = ?m))]",
        ),
        (
            "tracing::instrument(skip_all, fields(path = format_args!(\"/{id}\"), id))",
            "fn f(id: Id)",
            "#[traced::traced(attributes(path = %format_args!(\"/{id}\")))]",
        ),
        (
            "tracing::instrument(skip(r#type))",
            "fn f(r#type: u8, r#ref: u8)",
            "#[traced::traced(attributes(r#ref))]",
        ),
        // A key alone is an empty field, also where a parameter has its name.
        (
            "tracing::instrument(fields(user.id, n))",
            "fn f(n: u8, m: u8)",
            "#[traced::traced(attributes(m))]",
        ),
        (
            "tracing::instrument(skip_all, fields(x = tracing::field::Empty))",
            "fn f()",
            "#[traced::traced]",
        ),
        (
            "tracing::instrument(skip_all, fields(x = tracing::field::display(&id)))",
            "fn f(id: Id)",
            "#[traced::traced(attributes(x = %&id))]",
        ),
        (
            "tracing::instrument(skip_all, fields(x = display(&id), y = debug(id.0)))",
            "fn f(id: Id)",
            "#[traced::traced(attributes(x = %&id, y = ?id.0))]",
        ),
        (
            "tracing::instrument(err, skip_all)",
            "fn f() -> Result<(), E>",
            "#[traced::traced]",
        ),
        (
            "tracing::instrument(ret, err(Debug), skip_all)",
            "fn f() -> Result<u8, E>",
            "#[traced::traced(on_ok(|value| return = ?value))]",
        ),
        (
            "tracing::instrument(ret(Display), skip_all)",
            "fn f() -> u8",
            "#[traced::traced(on_ok(|value| return = %value))]",
        ),
        (
            "tracing::instrument(parent = None, skip_all)",
            "fn f()",
            "#[traced::traced(root)]",
        ),
        (
            "tracing::instrument(target = \"db\", skip_all)",
            "fn f()",
            "#[traced::traced]",
        ),
        (
            "tracing::instrument(skip_all, fields(otel.name = \"x\", otel.kind = \"Client\"))",
            "fn f()",
            "#[traced::traced(name = \"x\", kind = \"client\")]",
        ),
        // The name that OpenTelemetry sees, as text, because one that is borrowed cannot be kept.
        (
            "tracing::instrument(name = \"RPC\", level = \"debug\", skip_all, fields(otel.name = %request.name()))",
            "fn f(request: Request)",
            "#[traced::traced(name = format!(\"{}\", request.name()), level = \"debug\")]",
        ),
        (
            "tracing::instrument(skip_all, fields(otel.name = format!(\"{a}\")))",
            "fn f(a: u8)",
            "#[traced::traced(name = format!(\"{a}\"), allow(unbounded_name))]",
        ),
        (
            "cfg_attr(feature = \"x\", tracing::instrument(skip_all))",
            "fn f()",
            "#[cfg_attr(feature = \"x\", traced::traced)]",
        ),
        (
            "tracing::instrument(skip_all, fields(http.method = \"GET\"))",
            "fn f()",
            "#[traced::traced(attributes(http.method = \"GET\"), allow(deprecated_attribute))]",
        ),
        ("fastrace::trace", "fn f()", "#[traced::traced]"),
        (
            "fastrace::trace(name = \"load\", properties = { \"id\": \"{id}\", \"a\": \"b\" })",
            "fn f(id: u8)",
            "#[traced::traced(name = \"load\", attributes(\"id\" = format!(\"{id}\"), \"a\" = \"b\"))]",
        ),
        // These are left.
        (
            "tracing::instrument(parent = &span)",
            "fn f(span: Span)",
            "#[tracing::instrument(parent = &span)]",
        ),
        (
            "tracing::instrument(follows_from = ids)",
            "fn f(ids: Vec<Id>)",
            "#[tracing::instrument(follows_from = ids)]",
        ),
        (
            "tracing::instrument(level = LEVEL)",
            "fn f()",
            "#[tracing::instrument(level = LEVEL)]",
        ),
    ] {
        assert_eq!(attribute(theirs, head), ours, "#[{theirs}] {head}");
    }
}

/// A `cfg` leaves one of the two.
#[test]
fn parameters_of_one_name_are_named_once() {
    for (types, ours) in [
        (["u8", "u16"], "attributes(id, name)"),
        (["u8", "Id"], "attributes(?id, name)"),
        (["Id", "u8"], "attributes(?id, name)"),
    ] {
        let [unix, windows] = types;
        let head =
            format!("fn f(#[cfg(unix)] id: {unix}, #[cfg(windows)] id: {windows}, name: &str)");
        let written = attribute("tracing::instrument", &head);
        assert_eq!(written, format!("#[traced::traced({ours})]"));
    }
}

/// What a macro makes of its tokens is not known.
#[test]
fn places_inside_macros_are_listed_and_stay() {
    let text = "\
use tracing::{Instrument, Span, instrument};

macro_rules! rules {
    ($name:ident) => {
        #[instrument(skip_all)]
        pub async fn $name() {
            work().instrument(info_span!(\"work\")).await;
        }
    };
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        impl Unix {
            #[cfg_attr(feature = \"x\", tracing::instrument)]
            fn f() {}
        }
    }
}

async fn g() {
    tokio::select! {
        _ = work().in_current_span() => Span::current().record(\"a\", 1),
        _ = other() => drop(tracing::span!(Level::INFO, \"a\").entered()),
    }
    assert!(debug_span!(\"b\").is_none());
}

macro_rules! exported {
    () => {
        #[$crate::tracing::instrument]
        struct NoFunction;
    };
}

#[instrument]
fn changed() {}
fn main() {}
";
    let (migrated, said) = migrated(text);
    let kept = text.replace("#[instrument]\nfn changed", "#[traced::traced]\nfn changed");
    assert_eq!(migrated, kept);
    let why = "it is inside a macro, which may want its tokens as they are";
    let places = [
        "5:9: `#[instrument]` of `$name`",
        "7:20: `.instrument(..)`",
        "15:13: `#[tracing::instrument]` of `f`",
        "23:20: `.in_current_span(..)`",
        "23:57: `Span::current().record(..)`",
        "24:29: `span!(..)`",
        "26:13: `debug_span!(..)`",
        "31:9: `#[crate::tracing::instrument]`",
    ];
    let listed: String = places
        .iter()
        .map(|place| format!("  src/main.rs:{place}: {why}\n"))
        .collect();
    assert!(
        said.contains(&format!("left as it is:\n{listed}made 1 change; 8 places")),
        "{said}"
    );
}

/// Without the trait of `tracing` the method may be any.
#[test]
fn a_method_of_this_name_in_a_macro_is_not_of_tracing_alone() {
    let (_, said) = migrated("fn f() { join!(a.instrument(b), c.d()) }\nfn main() {}\n");
    assert!(said.contains("0 places are left"), "{said}");
    let (_, said) =
        migrated("rules! { use tracing::Instrument; f() { a.instrument(b) } }\nfn main() {}\n");
    assert!(said.contains("`.instrument(..)`: it is inside"), "{said}");
}

#[test]
fn self_is_recorded_unless_it_is_skipped() {
    let (text, _) = migrated(
        "impl A {\n    #[tracing::instrument]\n    fn f(&self) {}\n    #[tracing::instrument(skip(self))]\n    fn g(&self) {}\n}\nfn main() {}\n",
    );
    assert!(
        text.contains("#[traced::traced(attributes(?self))]\n    fn f"),
        "{text}"
    );
    assert!(text.contains("#[traced::traced]\n    fn g"), "{text}");
}

#[test]
fn a_key_alone_that_names_a_parameter_is_said() {
    let (_, said) = migrated(
        "#[tracing::instrument(skip_all, fields(count, user.id))]\nfn f(count: &Count) {}\nfn main() {}\n",
    );
    assert!(
        said.contains("field `count` was never recorded")
            && said.contains("`attributes(?count)` records it"),
        "{said}"
    );
    assert!(
        said.contains("`traced::set_attributes!(user.id = value)`"),
        "{said}"
    );
}

#[test]
fn what_is_left_is_listed_with_its_line_and_the_reason() {
    let (text, said) = migrated(
        "#[tracing::instrument(follows_from = ids)]\nfn f(ids: Vec<Id>) {}\nfn main() {}\n",
    );
    assert!(text.starts_with("#[tracing::instrument(follows_from = ids)]"));
    assert!(
        said.contains("src/main.rs:1:3: `#[tracing::instrument]` of `f`: `follows_from` takes ids"),
        "{said}"
    );
    assert!(said.contains("made 0 changes; 1 place is left"), "{said}");
}

/// `#[async_trait]` takes a pattern apart inside the future, where `#[traced]` does not look.
#[test]
fn names_in_a_pattern_are_left_out_of_an_async_trait() {
    for attribute in [
        "async_trait::async_trait",
        "cfg_attr(unix, async_trait(?Send))",
    ] {
        let (text, said) = migrated(&format!(
            "\
#[{attribute}]
impl Work for Worker {{
    #[tracing::instrument(skip(self))]
    async fn run(&self, id: u64, Options {{ a, b: _b }}: Options) {{}}
    #[tracing::instrument(skip(self))]
    fn now(&self, (c, d): (u8, u8)) {{}}
}}
fn main() {{}}
"
        ));
        assert!(
            text.contains("#[traced::traced(attributes(id))]\n    async fn run"),
            "{text}"
        );
        assert!(
            text.contains("#[traced::traced(attributes(?c, ?d))]\n    fn now"),
            "{text}"
        );
        assert!(
            said.contains(
                "`Worker::run`: `a` and others are names in a pattern, which `#[async_trait]` hides"
            ),
            "{said}"
        );
    }
}

/// What such a layer did is lost without an error.
#[test]
fn a_layer_that_is_told_of_spans_is_listed() {
    let layer = "\
struct Counts;
impl<S: Subscriber> tracing_subscriber::Layer<S> for Counts {
    fn METHOD(&self) {}
}
fn main() {}
";
    let said = |attribute: &str, method: &str| {
        let (_, said) = migrated(&format!("{attribute}{}", layer.replace("METHOD", method)));
        said
    };
    let instrument = "#[tracing::instrument]\nfn f() {}\n";
    let told = said(instrument, "on_new_span");
    assert!(
        told.contains("src/main.rs:4:1: `impl Layer for Counts`: it is told of spans of `tracing`"),
        "{told}"
    );
    assert!(told.contains("made 1 change; 1 place is left"), "{told}");
    let of_another = layer.replace("tracing_subscriber::Layer<S>", "Socket");
    let of_another = of_another.replace("METHOD", "on_close");
    let (_, of_another) = migrated(&format!("{instrument}{of_another}"));
    for said in [
        said(instrument, "on_event"),
        said("", "on_new_span"),
        of_another,
    ] {
        assert!(said.contains("; 0 places are left"), "{said}");
    }
}

#[test]
fn futures_of_tracing() {
    let (text, said) = migrated(
        "\
use tracing::{Instrument, debug, instrument};

#[instrument(skip_all)]
async fn f(id: u64) {
    work().instrument(tracing::info_span!(\"work\", id, n = %id)).await;
    tokio::spawn(work().in_current_span());
    tokio::spawn(work().instrument(tracing::Span::current()));
    tokio::spawn(async move { work().await }.instrument(tracing::debug_span!(\"task\")));
    work().instrument(tracing::span!(tracing::Level::WARN, \"level\")).await;
    work().instrument(tracing::span!(Level::INFO, \"level\")).await;
    work().instrument(tracing::span!(LEVEL, \"constant\")).await;
    debug!(\"x\");
}

fn main() {}
",
    );
    assert_eq!(
        text,
        "\
use tracing::{Instrument, debug};

#[traced::traced]
async fn f(id: u64) {
    traced::span!(\"work\", id, n = %id, { work().await });
    tokio::spawn(traced::carry(work()));
    tokio::spawn(traced::carry(work()));
    tokio::spawn(traced::carry(async move { traced::span!(level = \"debug\", \"task\", { work().await }) }));
    traced::span!(level = \"warn\", \"level\", { work().await });
    traced::span!(\"level\", { work().await });
    work().instrument(tracing::span!(LEVEL, \"constant\")).await;
    debug!(\"x\");
}

fn main() {}
",
        "{said}"
    );
}

/// The compiler warns of parentheses around an argument.
#[test]
fn parentheses_around_a_future_go_with_the_method() {
    let (text, said) = migrated(
        "\
use tracing::{Instrument, info_span};
fn f() {
    spawn((async move { work().await }).in_current_span());
    spawn((async { work().await }).instrument(info_span!(\"task\")));
    spawn((/* why */ work()).in_current_span());
}
fn main() {}
",
    );
    assert_eq!(
        text,
        "\
fn f() {
    spawn(traced::carry(async move { work().await }));
    spawn(traced::carry(async { traced::span!(\"task\", { work().await }) }));
    spawn(traced::carry((/* why */ work())));
}
fn main() {}
",
        "{said}"
    );
}

#[test]
fn a_future_whose_type_is_named_is_left() {
    for (import, named) in [
        (
            "use tracing::instrument::{Instrument, Instrumented};",
            "Instrumented",
        ),
        (
            "use tracing::Instrument;",
            "tracing::instrument::Instrumented",
        ),
    ] {
        let text = format!(
            "{import}\nfn f() -> {named}<Work> {{ work().in_current_span() }}\n\
             async fn g() {{ work().in_current_span().await; }}\nfn main() {{}}\n"
        );
        let (text, said) = migrated(&text);
        assert!(text.contains("{ work().in_current_span() }"), "{text}");
        assert!(text.contains("traced::carry(work()).await"), "{text}");
        assert!(text.starts_with(import), "{text}");
        assert!(said.contains(":2:"), "{said}");
        assert!(
            said.contains("`Instrumented` is named in this file"),
            "{said}"
        );
    }
    // One of the program's own.
    let text = "use tracing::Instrument;\nuse crate::Instrumented;\n\
                fn f() { spawn(work().in_current_span()); }\nfn main() {}\n";
    let (text, _) = migrated(text);
    assert!(text.contains("spawn(traced::carry(work()));"), "{text}");
}

#[test]
fn a_span_whose_values_would_move_is_left() {
    let (text, said) = migrated(
        "use tracing::Instrument;\nfn f(id: String) { tokio::spawn(async {}.instrument(tracing::info_span!(\"x\", %id))); }\nfn main() {}\n",
    );
    assert!(text.contains(".instrument(tracing::info_span!(\"x\", %id))"));
    assert!(said.contains("would move into the task"), "{said}");
}

/// A span of `tracing` does not reach into what is spawned; one of ours would never see the end of this.
#[test]
fn a_task_without_an_end_is_detached() {
    let (text, said) = migrated(
        "\
#[tracing::instrument(skip_all)]
async fn open() {
    let task = tokio::spawn(async {
        loop {
            ping().await;
        }
    });
    tokio::spawn(async { warm_up().await });
}
fn main() {}
",
    );
    assert!(
        text.starts_with(
            "\
#[traced::traced]
async fn open() {
    #[traced::traced_spawn(detached)]
    let task = tokio::spawn(async {
"
        ),
        "{text}{said}"
    );
    assert_eq!(text.matches("detached").count(), 1, "{text}");
}

/// A program that denies warnings would not compile with them.
#[test]
fn imports_of_what_the_arguments_named_are_removed() {
    let (text, said) = migrated(
        "\
use tracing::{Instrument, Level as L, Span, field, field::Empty, info_span, instrument, warn};
use tracing::field::debug;

#[instrument(level = L::DEBUG, skip_all, fields(a = field::display(&id), b = Empty, c = debug(id)))]
async fn f(id: u64) {
    work().instrument(info_span!(\"work\")).await;
    Span::current().record(\"other\", 1);
    warn!(\"x\");
}

fn main() {}
",
    );
    assert!(
        text.starts_with(
            "\
use tracing::{Span, warn};

#[traced::traced(level = \"debug\", attributes(a = %&id, c = ?id))]
"
        ),
        "{text}{said}"
    );
}

/// A module in a file of its own may take what this one imports.
#[test]
fn an_import_that_another_file_may_use_stays() {
    let program = Program::new(
        "use tracing::{Level, instrument};\n\
         mod below;\n\
         #[instrument(level = Level::DEBUG)]\n\
         fn f() {}\n\
         fn main() {}\n",
    );
    let below = "use super::*;\nfn g() -> Level { Level::INFO }\n";
    std::fs::write(program.folder().join("src/below.rs"), below).unwrap();
    cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    let text = program.text();
    assert!(text.starts_with("use tracing::Level;\n"), "{text}");
}

#[test]
fn an_attribute_of_another_crate_is_not_of_tracing() {
    let text = |import| format!("use {import};\n#[instrument]\nfn f() {{}}\nfn main() {{}}\n");
    let (own, _) = migrated(&text("otel_instrument::{instrument, tracer_name}"));
    assert!(own.contains("#[instrument]"), "{own}");
}

#[test]
fn tracing_is_known_behind_the_crate_that_exports_it() {
    let (text, said) = migrated(
        "\
use std::fs;
use wiggle::tracing::instrument;
use wiggle::{Error, tracing::{Instrument, debug}};

#[instrument]
fn f() {
    spawn(work().in_current_span());
    debug!(\"x\");
}

#[wiggle::tracing::instrument]
fn g() {}

fn main() {}
",
    );
    assert_eq!(
        text,
        "\
use std::fs;
use wiggle::{Error, tracing::debug};

#[traced::traced]
fn f() {
    spawn(traced::carry(work()));
    debug!(\"x\");
}

#[traced::traced]
fn g() {}

fn main() {}
",
        "{said}"
    );
}

/// With what stands above it, and with one of the two empty lines around it.
#[test]
fn an_import_goes_with_its_lines() {
    for (before, after) in [
        (
            "use a;\n#[cfg(unix)]\nuse tracing::instrument;\nuse b;\n",
            "use a;\nuse b;\n",
        ),
        (
            "use a;\n\n#[cfg(unix)]\nuse tracing::instrument;\n\nuse b;\n",
            "use a;\n\nuse b;\n",
        ),
        (
            "use a;\r\n\r\nuse tracing::instrument;\r\n\r\nuse b;\r\n",
            "use a;\r\n\r\nuse b;\r\n",
        ),
        ("use tracing::instrument;\n\nuse b;\n", "use b;\n"),
        (
            "use a;\n\nuse tracing::instrument;\nuse tracing::Instrument;\n\nuse b;\n",
            "use a;\n\nuse b;\n",
        ),
        (
            "mod c {\n    use tracing::instrument;\n\n    use b;\n}\n",
            "mod c {\n    use b;\n}\n",
        ),
        (
            "use a; use tracing::instrument;\nuse b;\n",
            "use a; \nuse b;\n",
        ),
        (
            "use a; use tracing::instrument; // why\nuse b;\n",
            "use a;  // why\nuse b;\n",
        ),
    ] {
        let newline = if before.contains('\r') { "\r\n" } else { "\n" };
        let rest = format!("#[instrument]{newline}fn f() {{}}{newline}fn main() {{}}{newline}");
        let (migrated, said) = migrated(&format!("{before}{rest}"));
        let rest = rest.replace("#[instrument]", "#[traced::traced]");
        assert_eq!(migrated, format!("{after}{rest}"), "{before}: {said}");
    }
}

/// rustc has a lint against braces around one name, and rustfmt removes them.
#[test]
fn braces_around_the_only_import_that_stays_are_removed() {
    for (before, after) in [
        ("tracing::{debug, instrument}", "tracing::debug"),
        (
            "tracing::{\n    instrument,\n    debug as d,\n}",
            "tracing::debug as d",
        ),
        (
            "tracing::{field::{self, Empty}, instrument}",
            "tracing::field::{self, Empty}",
        ),
        ("tracing::{instrument, self}", "tracing::{self}"),
        (
            "tracing::{instrument, /* why */ debug}",
            "tracing::{ /* why */ debug}",
        ),
        ("tracing::{{debug}, {instrument}}", "tracing::{debug}"),
        (
            "tracing::{debug, info, instrument}",
            "tracing::{debug, info}",
        ),
        (
            "tracing::{debug, /* why */ instrument, info}",
            "tracing::{debug, /* why */ info}",
        ),
        (
            "tracing::{debug, info, /* why */ instrument}",
            "tracing::{debug, info}",
        ),
        // It was so before.
        ("tracing::{debug}", "tracing::{debug}"),
    ] {
        let text = |import| format!("use {import};\n#[instrument]\nfn f() {{}}\nfn main() {{}}\n");
        let (migrated, said) = migrated(&text(before));
        let expected = text(after).replace("#[instrument]", "#[traced::traced]");
        assert_eq!(migrated, expected, "{before}: {said}");
    }
}

#[test]
fn an_import_that_is_still_used_stays() {
    let text = "use tracing::instrument;\n#[instrument(follows_from = ids)]\nfn f(ids: Ids) {}\n#[instrument]\nfn g() {}\nfn main() {}\n";
    let (text, _) = migrated(text);
    assert!(text.starts_with("use tracing::instrument;\n"), "{text}");
    let (text, _) = migrated("use tracing::instrument;\n#[instrument]\nfn g() {}\nfn main() {}\n");
    assert!(text.starts_with("#[traced::traced]\nfn g"), "{text}");
}

/// The import of a module is also used by modules below it, in files of their own.
#[test]
fn an_attribute_that_is_left_in_a_module_below_keeps_the_import_above() {
    for (below, above) in [
        // It takes the attribute with everything else, and keeps it.
        (
            "use super::*;\n#[instrument(follows_from = ids)]\nfn g(ids: Ids) {}\n",
            "use tracing::instrument;\nmod below;",
        ),
        ("use super::*;\n#[instrument]\nfn g() {}\n", "mod below;"),
        (
            "use super::*;\nuse tracing::instrument;\n#[instrument(follows_from = ids)]\nfn g(ids: Ids) {}\n",
            "mod below;",
        ),
    ] {
        let program = Program::new(
            "use tracing::instrument;\nmod below;\n#[instrument]\nfn f() {}\nfn main() {}\n",
        );
        std::fs::write(program.folder().join("src/below.rs"), below).unwrap();
        cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
        let expected = format!("{above}\n#[traced::traced]\nfn f() {{}}\nfn main() {{}}\n");
        assert_eq!(program.text(), expected, "{below}");
    }
}

/// `use<..>` in a type is not a declaration.
#[test]
fn an_import_that_is_used_after_a_precise_capture_stays() {
    let (text, _) = migrated(
        "\
use tracing::{instrument, trace};

struct Room;

impl Room {
    fn ids(&self) -> impl Iterator<Item = u8> + use<> {
        std::iter::empty()
    }

    #[instrument]
    fn update(&self) {
        trace!(\"x\");
    }
}

fn main() {}
",
    );
    assert!(text.starts_with("use tracing::trace;\n"), "{text}");
}

#[test]
fn comments_among_the_arguments_go_above_the_attribute() {
    for (before, after) in [
        (
            "    #[instrument(\r\n        // why\r\n        skip_all, /* all */\r\n    )]\r\n    fn f() {}\r\n",
            "    // why\r\n    /* all */\r\n    #[traced::traced]\r\n    fn f() {}\r\n",
        ),
        (
            "#[instrument/* a */(skip_all)] fn f() {}\n",
            "/* a */\n#[traced::traced] fn f() {}\n",
        ),
        (
            "#[cfg_attr(unix, instrument(skip_all /* a */), /* b */ inline)]\nfn f() {}\n",
            "/* a */\n#[cfg_attr(unix, traced::traced, /* b */ inline)]\nfn f() {}\n",
        ),
        // It is part of what is written anyway.
        (
            "#[instrument(skip_all, fields(a = f(/* b */), c = \"// d\"))]\nfn f() {}\n",
            "#[traced::traced(attributes(a = f(/* b */), c = \"// d\"))]\nfn f() {}\n",
        ),
    ] {
        let newline = if before.contains('\r') { "\r\n" } else { "\n" };
        let text = format!("use tracing::instrument;{newline}{before}fn main() {{}}\n");
        let (text, said) = migrated(&text);
        assert_eq!(text, format!("{after}fn main() {{}}\n"), "{said}");
    }
}

/// The call is changed on both sides of the future, so there is no place that is surely that of the comment.
#[test]
fn a_call_with_a_comment_is_left() {
    for call in [
        "work()\n        // why\n        .in_current_span()",
        "work().instrument(info_span!(\"x\", id /* of it */)).await",
        "work().instrument(info_span!(\"x\"))\n        // after\n        .await",
        "async { work().await }/* why */.instrument(info_span!(\"x\"))",
    ] {
        let text = format!("use tracing::{{Instrument, info_span}};\nfn f() {{\n    {call};\n}}\n");
        let (migrated, said) = migrated(&text);
        assert_eq!(migrated, text);
        assert!(said.contains("a comment stands where"), "{said}");
    }
    let (text, _) = migrated(
        "use tracing::Instrument;\nfn f() {\n    work(/* here */).in_current_span(); // there\n}\n",
    );
    assert!(
        text.contains("traced::carry(work(/* here */)); // there\n"),
        "{text}"
    );
}

/// A file may give other names to the crate, and to what it exports.
#[test]
fn other_names_for_what_tracing_exports_are_known() {
    for (imports, theirs) in [
        ("use tracing::instrument as inst;", "inst"),
        ("use tracing as t;", "t::instrument"),
        ("use tracing::{self as t, debug};", "t::instrument"),
        ("extern crate tracing as t;", "t::instrument"),
        (
            "mod prelude { pub use tracing::instrument; }",
            "prelude::instrument",
        ),
    ] {
        let text = format!("{imports}\n#[{theirs}(skip_all)]\nfn f() {{ debug!(\"x\") }}\n");
        let (text, said) = migrated(&text);
        assert!(text.contains("#[traced::traced]\nfn f"), "{text}{said}");
        let is_gone = imports.starts_with("use ");
        assert_eq!(text.contains(" as "), imports.contains("extern"), "{text}");
        assert!(!(is_gone && text.contains("inst")), "{text}");
    }
    let (text, said) = migrated(
        "\
use tracing::{Instrument as _, Span as TracingSpan, info_span as is};
#[tracing::instrument(fields(x))]
async fn f() {
    work().instrument(is!(\"x\")).await;
    work().instrument(TracingSpan::current()).await;
    TracingSpan::current().record(\"x\", 1);
}
async fn g() {
    let _guard = is!(\"x\").entered();
}
",
    );
    let expected = "\
use tracing::info_span as is;
#[traced::traced]
async fn f() {
    traced::span!(\"x\", { work().await });
    traced::carry(work()).await;
    traced::set_attributes!(x = 1);
}
";
    assert!(text.starts_with(expected), "{text}{said}");
    assert!(
        said.contains("src/main.rs:9:18: `info_span!(..)`"),
        "{said}"
    );
}

#[test]
fn an_attribute_of_another_crates_module_is_not_of_tracing() {
    let text = "// depends: other\nmod prelude { pub use tracing::instrument; }\n#[other::instrument]\nfn f() {}\n";
    assert_eq!(migrated(text).0, text);
}

#[test]
fn the_function_of_the_trait_is_listed() {
    let text = "fn f() { tracing::Instrument::instrument(work(), span()) }\n";
    let (migrated, said) = migrated(text);
    assert_eq!(migrated, text);
    assert!(
        said.contains("src/main.rs:1:10: `Instrument::instrument(..)`"),
        "{said}"
    );
}

/// An included file is not read, and uses what the file around it imports.
#[test]
fn an_import_that_an_included_file_uses_stays() {
    let attribute = "#[instrument]\nfn g() {}\n";
    for (include, included, is_kept) in [
        ("include!(\"more.inc\");", attribute, true),
        ("include!(\"more.inc\");", "const A: u8 = 1;\n", false),
        (
            "include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/more.inc\"));",
            attribute,
            true,
        ),
        ("include!(made!());", attribute, true),
        // A build script does not know what the file imports.
        (
            "include!(concat!(env!(\"OUT_DIR\"), \"/more.inc\"));",
            attribute,
            false,
        ),
    ] {
        let program = Program::new(&format!(
            "use tracing::instrument;\n{include}\n#[instrument]\nfn f() {{}}\nfn main() {{}}\n"
        ));
        let file = program.folder().join("src/more.inc");
        std::fs::write(&file, included).unwrap();
        let output = cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = program.text();
        assert_eq!(text.contains("use tracing"), is_kept, "{include}: {text}");
        assert!(text.contains("#[traced::traced]\nfn f"), "{text}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), included);
        let is_listed = said.contains("src/main.rs:2:1: `include!(..)`");
        let is_known = is_kept && !include.contains("made");
        assert_eq!(is_listed, is_known, "{include}: {said}");
    }
}

/// Its reason is that of the call: what the span has, or what the future is.
#[test]
fn a_span_that_the_macro_does_not_take_is_left_with_its_reason() {
    let has = "its span has a target, a parent, a text, an empty field or a level";
    let elsewhere = "the future is made here and awaited elsewhere";
    for (call, why) in [
        (
            "work().instrument(info_span!(\"x\", \"n {}\", n)).await",
            has,
        ),
        (
            "work().instrument(info_span!(\"x\", n, \"text\")).await",
            has,
        ),
        (
            "work().instrument(info_span!(target: \"t\", \"x\")).await",
            has,
        ),
        (
            "work().instrument(info_span!(parent: None, \"x\")).await",
            has,
        ),
        ("work().instrument(info_span!(\"x\", n = Empty)).await", has),
        ("spawn(work().instrument(info_span!(\"x\")))", elsewhere),
        (
            "spawn(work().instrument(info_span!(\"x\", n)))",
            "the values of its fields would move",
        ),
        (
            "work().instrument(span).await",
            "the span was made elsewhere",
        ),
    ] {
        let text = format!("use tracing::{{Instrument, info_span}};\nfn f() {{ {call}; }}\n");
        let (migrated, said) = migrated(&text);
        assert_eq!(migrated, text);
        assert!(said.contains(why), "{call}: {said}");
    }
}

/// A variable, the macro of `traced` and the use in another module are no uses of an import.
#[test]
fn an_import_is_used_where_its_name_can_mean_it() {
    for (before, after) in [
        (
            "use tracing::{Instrument, Level, span};\nfn f() { let span = 1; work().instrument(span!(Level::INFO, \"x\")).await; }\n",
            "fn f() { let span = 1; traced::span!(\"x\", { work().await }); }\n",
        ),
        (
            "mod a { use tracing::instrument;\n#[instrument] fn f() {} }\nmod b { use tracing::instrument;\n#[instrument(parent = p)] fn f() {} }\n",
            "mod a { \n#[traced::traced] fn f() {} }\nmod b { use tracing::instrument;\n#[instrument(parent = p)] fn f() {} }\n",
        ),
        (
            "mod a { use tracing::instrument;\n#[instrument] fn f() {}\nmod b { use super::*; #[instrument(parent = p)] fn f() {} } }\n",
            "mod a { use tracing::instrument;\n#[traced::traced] fn f() {}\nmod b { use super::*; #[instrument(parent = p)] fn f() {} } }\n",
        ),
        (
            "use tracing::{self, debug};\n#[tracing::instrument]\nfn f() { debug!(\"x\") }\n",
            "use tracing::debug;\n#[traced::traced]\nfn f() { debug!(\"x\") }\n",
        ),
    ] {
        let (text, said) = migrated(before);
        assert_eq!(text, after, "{said}");
    }
}

/// After the migration it is another span, or none.
#[test]
fn what_uses_the_current_span_of_tracing_is_listed() {
    for (code, what, why) in [
        (
            "Span::current().set_parent(parent);",
            "`Span::current().set_parent(..)`",
            "`parent = context`, or `extract = carrier`",
        ),
        (
            "inject(&tracing::Span::current().context());",
            "`Span::current().context(..)`",
            "`opentelemetry::Context::current()`",
        ),
        (
            "Span::current().set_attribute(\"id\", 1);",
            "`Span::current().set_attribute(..)`",
            "`traced::set_attributes!(key = value)`",
        ),
        (
            "Span::current().follows_from(id);",
            "`Span::current().follows_from(..)`",
            "`traced::add_link(context)`",
        ),
        (
            "let span = Span::current(); spawn_blocking(move || span.in_scope(f));",
            "`Span::current()`",
            "`#[traced]` makes no span of `tracing`",
        ),
        (
            "Span::current().in_scope(f);",
            "`Span::current().in_scope(..)`",
            "`#[traced]` makes no span of `tracing`",
        ),
        (
            "select! { _ = f(Span::current().context()) => g(Span::current()) }",
            "`Span::current().context(..)`",
            "it is inside a macro",
        ),
    ] {
        let text = format!("use tracing::Span;\nfn f() {{ {code} }}\n");
        let (migrated, said) = migrated(&text);
        assert_eq!(migrated, text);
        assert!(said.contains(what) && said.contains(why), "{said}");
        let count = 1 + usize::from(code.contains("g(Span"));
        assert!(said.contains(&format!("; {count} place")), "{said}");
    }
    for nothing in [
        "use other::Span;\nfn f() { Span::current().context() }\n",
        "use tracing::{Instrument, Span};\nfn f() { work().instrument(Span::current()); }\n",
    ] {
        let (_, said) = migrated(nothing);
        assert!(said.contains("; 0 places are left"), "{said}");
    }
}

#[test]
fn the_macro_span_is_listed_where_it_is_that_of_tracing() {
    let text = "use tracing::{Level, span};\nfn f() { let span = span!(Level::INFO, \"x\"); join!(span!(Level::INFO, \"y\")); }\n";
    let (_, said) = migrated(text);
    assert!(said.contains("src/main.rs:2:21: `span!(..)`"), "{said}");
    assert!(said.contains("src/main.rs:2:52: `span!(..)`"), "{said}");
    let (_, said) = migrated("use other::span;\nfn f() { span!(x); }\n");
    assert!(said.contains("; 0 places are left"), "{said}");
}

/// What fastrace is told inside of a function is lost once the function has no span of fastrace.
#[test]
fn spans_of_fastrace_that_are_made_by_hand_are_listed() {
    for (imports, code, listed) in [
        (
            "use fastrace::prelude::*;",
            "LocalSpan::add_property(|| (\"x\", 1));",
            &["`LocalSpan::add_property(..)`: it sets a property"][..],
        ),
        (
            "use fastrace::{Event, local::LocalSpan};",
            "Event::add_to_local_parent(\"e\", || []); let _guard = LocalSpan::enter_with_local_parent(\"x\");",
            &[
                "`Event::add_to_local_parent(..)`: it adds an event",
                "`LocalSpan::enter_with_local_parent(..)`: it is a span",
            ],
        ),
        (
            "use fastrace::{Span as FastSpan, future::FutureExt};",
            "work().in_span(FastSpan::enter_with_local_parent(\"x\"));",
            &[
                "`.in_span(..)`: it is a span",
                "`Span::enter_with_local_parent(..)`: it is a span",
            ],
        ),
        (
            "",
            "let _guard = minitrace::Span::root(\"x\", context);",
            &["`Span::root(..)`: it is a span"],
        ),
        (
            "use other::Span;",
            "Span::root(\"x\"); work().in_span(x);",
            &[],
        ),
        ("use fastrace::trace;", "Span::root(\"x\");", &[]),
    ] {
        let text =
            format!("// depends: fastrace\n{imports}\n#[fastrace::trace]\nfn f() {{ {code} }}\n");
        let (_, said) = migrated(&text);
        for listed in listed {
            assert!(said.contains(listed), "{listed}: {said}");
        }
        let count = format!("; {} place", listed.len());
        assert!(said.contains(&count), "{imports}: {said}");
    }
}

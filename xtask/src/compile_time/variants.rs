//! The programs that are compiled: the same functions, with the attribute of each library.

use std::path::Path;

const BY_HAND: &str = r#"
use std::sync::LazyLock;
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{FutureExt, SpanKind, SpanBuilder, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

static TRACER: LazyLock<BoxedTracer> = LazyLock::new(|| global::tracer("measured"));

fn start(name: &'static str) -> Context {
    let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Internal);
    Context::current_with_span(TRACER.build(builder))
}

fn end<T, E: std::error::Error>(context: &Context, out: &Result<T, E>) {
    let span = context.span();
    if let Err(error) = out {
        let message = error.to_string();
        span.add_event("exception", vec![
            KeyValue::new("exception.type", std::any::type_name::<E>()),
            KeyValue::new("exception.message", message.clone()),
        ]);
        span.set_attribute(KeyValue::new("error.type", std::any::type_name::<E>()));
        span.set_status(Status::error(message));
    }
    span.end();
}
"#;

const HEAD: &str = r#"
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Poll, Waker};

type Parsed = Result<u64, std::num::ParseIntError>;

/// A `dyn`, as an executor has it: each future is a function, and not a part of `main`.
#[inline(never)]
fn drive(future: Pin<&mut dyn Future<Output = Parsed>>) -> Parsed {
    match future.poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!(),
    }
}

"#;

const OPENTELEMETRY: &str =
    r#"opentelemetry = { version = "0.33.1", features = ["trace", "futures"] }"#;
const TRACING: &str = r#"tracing = "0.1.44""#;
const FASTRACE: &str = r#"fastrace = { version = "0.7.19", features = ["enable"] }"#;
const OTEL_INSTRUMENT: &str = r#"otel-instrument = "0.1.7"
opentelemetry = { version = "0.33.1", features = ["trace", "futures"] }"#;

/// One way to have spans around functions.
pub(super) struct Variant {
    pub(super) name: &'static str,
    pub(super) library: Library,
    /// The beginning of the file.
    uses: &'static str,
    style: Style,
}

/// The dependencies of a program, as lines of its manifest.
#[derive(Clone, Copy)]
pub(super) enum Library {
    Nothing,
    Traced,
    Published(&'static str),
}

impl Library {
    /// `root` is the root of the repository, where `traced` is.
    pub(super) fn dependencies(self, root: &Path) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Traced => format!("traced = {{ path = \"{}/runtime\" }}", root.display()),
            Self::Published(lines) => lines.to_owned(),
        }
    }
}

enum Style {
    Attribute(&'static str),
    ByHand,
}

pub(super) const VARIANTS: [Variant; 7] = [
    Variant {
        name: "plain",
        library: Library::Nothing,
        uses: "",
        style: Style::Attribute(""),
    },
    Variant {
        name: "by-hand",
        library: Library::Published(OPENTELEMETRY),
        uses: BY_HAND,
        style: Style::ByHand,
    },
    Variant {
        name: "traced",
        library: Library::Traced,
        uses: "use traced::traced;",
        style: Style::Attribute("#[traced]"),
    },
    Variant {
        name: "traced, no errors",
        library: Library::Traced,
        uses: "use traced::traced;",
        style: Style::Attribute("#[traced(errors = false)]"),
    },
    Variant {
        name: "tracing",
        library: Library::Published(TRACING),
        uses: "use tracing::instrument;",
        style: Style::Attribute("#[instrument(skip_all, err)]"),
    },
    Variant {
        name: "fastrace",
        library: Library::Published(FASTRACE),
        uses: "use fastrace::trace;",
        style: Style::Attribute("#[trace]"),
    },
    Variant {
        name: "otel-instrument",
        library: Library::Published(OTEL_INSTRUMENT),
        uses: "use otel_instrument::{instrument, tracer_name};\ntracer_name!(\"measured\");",
        style: Style::Attribute("#[instrument(skip_all, err)]"),
    },
];

/// The libraries whose first build is measured.
pub(super) const LIBRARIES: [(&str, Library); 3] = [
    ("traced", Library::Traced),
    ("tracing", Library::Published(TRACING)),
    ("fastrace", Library::Published(FASTRACE)),
];

impl Variant {
    /// A program with this number of sync functions, as many async functions, and a call of each.
    pub(super) fn program(&self, functions: u32) -> String {
        let (mut defined, mut called) = (String::new(), String::new());
        for number in 0..functions {
            for kind in [Kind::Sync, Kind::Async] {
                defined += &self.function(kind, number);
                called += &kind.call(number);
            }
        }
        format!("{}{HEAD}{defined}\nfn main() {{\n{called}}}\n", self.uses)
    }

    fn function(&self, kind: Kind, number: u32) -> String {
        let name = kind.name(number);
        let keyword = kind.keyword();
        let (attribute, before, behind) = match self.style {
            Style::Attribute(attribute) => (attribute, String::new(), ""),
            Style::ByHand => {
                let (before, behind) = kind.by_hand();
                ("", before.replace("{name}", &name), behind)
            }
        };
        format!(
            "{attribute}\n#[inline(never)]\n\
             pub {keyword}fn {name}(a: u64, b: &str) -> Result<u64, std::num::ParseIntError> {{\n    \
             {before}\n    let c: u64 = b.parse()?;\n    Ok(black_box(a + c + {number}))\n\
             {behind}\n}}\n"
        )
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Sync,
    Async,
}

impl Kind {
    fn name(self, number: u32) -> String {
        match self {
            Self::Sync => format!("sync_{number}"),
            Self::Async => format!("async_{number}"),
        }
    }

    fn keyword(self) -> &'static str {
        match self {
            Self::Sync => "",
            Self::Async => "async ",
        }
    }

    fn call(self, number: u32) -> String {
        let call = format!(
            "{}(black_box({number}), black_box(\"1\"))",
            self.name(number)
        );
        match self {
            Self::Sync => format!("    black_box({call}).unwrap();\n"),
            Self::Async => format!("    black_box(drive(pin!({call}))).unwrap();\n"),
        }
    }

    /// The code before and behind the body of a function that is instrumented by hand.
    fn by_hand(self) -> (&'static str, &'static str) {
        match self {
            Self::Sync => (
                "let context = start(\"{name}\");\n    let guard = context.clone().attach();\n    \
                 let body = || {",
                "};\n    let out = body();\n    drop(guard);\n    end(&context, &out);\n    out",
            ),
            Self::Async => (
                "let context = start(\"{name}\");\n    let body = async move {",
                "};\n    let out = body.with_context(context.clone()).await;\n    \
                 end(&context, &out);\n    out",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(name: &str) -> String {
        let variant = VARIANTS
            .iter()
            .find(|variant| variant.name == name)
            .unwrap();
        variant.function(Kind::Sync, 0) + &variant.function(Kind::Async, 1)
    }

    #[test]
    fn functions_differ_by_their_attribute() {
        let plain = functions("plain");
        let traced = functions("traced, no errors");
        assert_eq!(traced.replace("#[traced(errors = false)]", ""), plain);
        assert!(plain.contains("pub fn sync_0(a: u64, b: &str)"));
        assert!(plain.contains("pub async fn async_1(a: u64, b: &str)"));
    }

    #[test]
    fn functions_by_hand_name_their_spans() {
        let by_hand = functions("by-hand");
        assert!(by_hand.contains("let context = start(\"sync_0\");"));
        assert!(by_hand.contains("let context = start(\"async_1\");"));
        assert!(by_hand.contains("body.with_context(context.clone()).await"));
    }

    #[test]
    fn programs_are_as_long_as_asked_and_call_every_function() {
        for variant in &VARIANTS {
            let program = variant.program(3);
            assert!(program.starts_with(variant.uses));
            for call in [
                "    black_box(sync_2(black_box(2), black_box(\"1\"))).unwrap();\n",
                "    black_box(drive(pin!(async_2(black_box(2), black_box(\"1\"))))).unwrap();\n",
            ] {
                assert_eq!(program.matches(call).count(), 1, "{}", variant.name);
            }
            assert_eq!(program.matches("#[inline(never)]\npub ").count(), 6);
        }
    }

    #[test]
    fn traced_is_that_of_the_repository() {
        let line = Library::Traced.dependencies(Path::new("/repository"));
        assert_eq!(line, "traced = { path = \"/repository/runtime\" }");
    }
}

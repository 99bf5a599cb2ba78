//! Tests what becomes of `Span::current().record("key", value)`.

mod support;

use support::{Program, cargo_traced};

/// The function after its migration, and what was said. `#[instrument]` declares the fields `a` and `b.c` as empty.
fn migrated(function: &str) -> (String, String) {
    let imports = "use tracing::{Span, instrument, field::{debug, display}};\n";
    let program = Program::new(&format!("{imports}\n{function}\nfn main() {{}}\n"));
    let output = cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let text = program.text();
    let start = text.find("#[").unwrap();
    let end = text.find("\nfn main").unwrap();
    (text[start..end].to_owned(), said)
}

/// The body of a function that declares the fields `a` and `b.c`, after its migration.
fn body(body: &str) -> (String, String) {
    let attribute = "#[instrument(skip_all, fields(a, b.c = tracing::field::Empty))]";
    let (text, said) = migrated(&format!("{attribute}\nasync fn f() {{\n{body}\n}}\n"));
    let body = text.strip_prefix("#[traced::traced]\nasync fn f() {\n");
    let body = body.and_then(|body| body.strip_suffix("\n}\n"));
    (body.unwrap_or(&text).to_owned(), said)
}

#[test]
fn a_field_that_was_empty_is_set() {
    for (theirs, ours) in [
        (
            "Span::current().record(\"a\", n);",
            "traced::set_attributes!(a = n);",
        ),
        (
            "tracing::Span::current().record(\"b.c\", &name);",
            "traced::set_attributes!(b.c = &name);",
        ),
        (
            "Span::current()\n        .record(\"a\", debug(id))\n        .record(\"b.c\", display(x.id()));",
            "traced::set_attributes!(a = ?id, b.c = %x.id());",
        ),
        (
            "if done { Span::current().record(\"a\", tracing::field::display(&id)); }",
            "if done { traced::set_attributes!(a = %&id); }",
        ),
        (
            "Span::current().record(\"a\", &display(&id)).record(\"b.c\", &tracing::field::debug(id));",
            "traced::set_attributes!(a = %&id, b.c = ?id);",
        ),
        (
            "Span::current().record(\"a\", \"http://a/*\");",
            "traced::set_attributes!(a = \"http://a/*\");",
        ),
        (
            "match x { 1 => { Span::current().record(\"a\", n >= 1); } _ => {} }",
            "match x { 1 => { traced::set_attributes!(a = n >= 1); } _ => {} }",
        ),
    ] {
        let (text, said) = body(theirs);
        assert_eq!(text, ours, "{said}");
        assert!(said.contains("; 0 places are left"), "{said}");
    }
}

#[test]
fn what_may_be_of_another_span_or_change_the_program_stays() {
    for theirs in [
        // Its own span does not have this field, and `tracing` ignores it.
        "Span::current().record(\"other\", n);",
        "let f = || { Span::current().record(\"a\", n); };",
        "let f = async { Span::current().record(\"a\", n); };",
        "fn g() { Span::current().record(\"a\", n); }",
        "let _entered = other.enter();\n    Span::current().record(\"a\", n);",
        "let span = Span::current().record(\"a\", n);",
        "Span::current().record(KEY, n);",
        "Span::current().record(\"a\", find()?);",
        "Span::current().record(\"a\", find().await);",
        "Span::current().record(\"a\", list.pop());",
        "Span::current().record(\"a\", { n += 1; n });",
        "Span::current().record(\"a\", &error as &dyn Error);",
        "Span::current().record(\"a\", tracing::field::Empty);",
        "Span::current().record(\"a\", /* why */ (1 /* one */));",
        "fastrace::Span::current().record(\"a\", n);",
        // `set_attributes!` refuses a key that is there twice.
        "Span::current().record(\"a\", 1).record(\"a\", 2);",
        "Span::current().record(\"a\", 1).record(\"other\", 2);",
    ] {
        let (text, said) = body(theirs);
        assert_eq!(text, theirs, "{said}");
        assert!(
            said.contains(".record(..)`: it sets a field"),
            "{theirs}: {said}"
        );
        assert!(said.contains("; 1 place is left"), "{theirs}: {said}");
    }
}

#[test]
fn an_old_name_of_a_semantic_convention_stays() {
    let (text, said) = migrated(
        "#[instrument(skip_all, fields(http.method))]\nfn f() { Span::current().record(\"http.method\", \"GET\"); }\n",
    );
    assert!(text.contains("Span::current().record("), "{text}{said}");
}

/// `tracing` ignores the field if the attribute is not there, and the span is that of a caller.
#[test]
fn a_conditional_attribute_leaves_the_statements() {
    let (text, _) = migrated(
        "#[cfg_attr(feature = \"x\", instrument(fields(a)))]\nfn f() { Span::current().record(\"a\", 1); }\n",
    );
    assert!(text.contains("Span::current().record("), "{text}");
}

#[test]
fn a_parameter_that_is_recorded_is_set_again() {
    let (text, said) =
        migrated("#[instrument]\nfn f(r#type: u8, n: Id) { Span::current().record(\"n\", 1); }\n");
    assert!(
        text.contains("{ traced::set_attributes!(n = 1); }"),
        "{text}{said}"
    );
}

#[test]
fn only_a_field_that_is_still_empty_is_said() {
    let (_, said) = body("Span::current().record(\"a\", n);");
    assert!(!said.contains("field `a` is empty at first"), "{said}");
    assert!(said.contains("field `b.c` is empty at first"), "{said}");
}

#[test]
fn a_field_of_a_span_in_a_variable_is_listed() {
    let (_, said) = body(
        "let span = Span::current();\n    span.record(\"a\", 1).record(\"b.c\", 2);\n    histogram.record(5, &[]);",
    );
    assert!(said.contains("`.record(..)`: it sets a field"), "{said}");
    assert!(said.contains("`Span::current()`: "), "{said}");
    assert!(said.contains("; 2 places are left"), "{said}");
}

#[test]
fn imports_that_no_statement_uses_any_more_are_removed() {
    let program = Program::new(
        "\
use tracing::{Span, debug, field, instrument};
use tracing::field::{debug, display};

#[instrument(skip_all, fields(a))]
fn f() {
    Span::current().record(\"a\", debug(1));
    debug!(\"x\");
    field::display(1);
}

fn main() {}
",
    );
    let output = cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    assert!(output.status.success());
    let text = program.text();
    assert!(
        text.starts_with("use tracing::{debug, field};\nuse tracing::field::display;\n\n"),
        "{text}"
    );
}

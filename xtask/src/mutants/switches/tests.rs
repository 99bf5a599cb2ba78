use serde_json::json;

use super::super::listed;
use super::*;

/// Mutants of the only place of `what` in a text, replaced by each of `by`.
fn mutants(text: &str, cases: &[(&str, &str, &[&str])]) -> Vec<Mutant> {
    let mut listed = Vec::new();
    for (genre, what, by) in cases {
        let start = text.find(what).unwrap();
        assert_eq!(text.matches(what).count(), 1, "{what}");
        for replacement in *by {
            listed.push(json!({
                "name": "m", "file": "a.rs", "genre": genre, "replacement": replacement,
                "span": {
                    "start": {"line": 1, "column": start + 1},
                    "end": {"line": 1, "column": start + what.len() + 1},
                },
            }));
        }
    }
    listed::read(&json!(listed).to_string()).unwrap()
}

fn switched_words(text: &str, cases: &[(&str, &str, &[&str])]) -> String {
    let mutants = mutants(text, cases);
    let (switched, left_out) = switched(text, &mutants.iter().collect::<Vec<_>>()).unwrap();
    assert!(left_out.is_empty(), "{left_out:?}");
    syn::parse_file(&switched).unwrap();
    switched.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_function_answers_at_once() {
    let switched = switched_words("fn f() -> u8 { 7 }", &[("FnValue", "7", &["0", "1"])]);
    assert_eq!(
        switched,
        "fn f() -> u8 { if crate::__mutant(1) { return 0; } if crate::__mutant(2) { return 1; } 7 }"
    );
}

#[test]
fn operators_within_operators_keep_their_operands() {
    let switched = switched_words(
        "fn f() -> bool { a + !b == c }",
        &[
            ("FnValue", "a + !b == c", &["true"]),
            ("UnaryOperator", "!", &[""]),
            ("BinaryOperator", "+", &["-", "*"]),
            ("BinaryOperator", "==", &["!="]),
        ],
    );
    assert_eq!(
        switched,
        "fn f() -> bool { if crate::__mutant(1) { return true; } \
         (if crate::__mutant(5) { a + !b != c } else { \
         (if crate::__mutant(3) { a - !b } else if crate::__mutant(4) { a * !b } else { \
         a + (if crate::__mutant(2) { b } else { !b }) }) == c }) }"
    );
}

#[test]
fn arms_and_guards_are_turned_off() {
    let switched = switched_words(
        "fn f() { match x { A(b) if b >= 1 => {} B => {} _ => {} } }",
        &[
            ("MatchArmGuard", "b >= 1", &["true", "false"]),
            ("BinaryOperator", ">=", &["<"]),
            ("MatchArm", "B => {}", &[""]),
            ("MatchArm", "A(b) if b >= 1 => {}", &[""]),
        ],
    );
    assert_eq!(
        switched,
        "fn f() { match x { A(b) if ( !crate::__mutant(5) && ( !crate::__mutant(2) && ( crate::__mutant(1) || \
         ((if crate::__mutant(3) { b < 1 } else { b >= 1 }))))) => {} \
         B if !crate::__mutant(4) => {} _ => {} } }"
    );
}

#[test]
fn a_field_is_that_of_the_base() {
    let switched = switched_words(
        "fn f() { let x = S { one: 1 + 1, other, ..base() }; }",
        &[
            ("StructField", "one: 1 + 1", &[""]),
            ("StructField", "other", &[""]),
            ("BinaryOperator", "+", &["-"]),
        ],
    );
    assert_eq!(
        switched,
        "fn f() { let x = S { one: (if crate::__mutant(1) { (base()).one } else { \
         (if crate::__mutant(3) { 1 - 1 } else { 1 + 1 }) }), \
         other: (if crate::__mutant(2) { (base()).other } else { other }), ..base() }; }"
    );
}

/// `if let A(b) = x && b` is no operator with two expressions.
#[test]
fn chains_with_let_are_left_out() {
    let text = "fn f() { if let A(b) = x && b {} }";
    let mutants = mutants(text, &[("BinaryOperator", "&&", &["||"])]);
    let (switched, left_out) = switched(text, &[&mutants[0]]).unwrap();
    assert_eq!((switched.as_str(), left_out), (text, vec![1]));
}

#[test]
fn a_line_belongs_to_the_mutant_before_it() {
    let text =
        "fn f() {\nif crate::__mutant(3) { return x; }\nif crate::__mutant(4) {\nreturn y;\n}";
    assert_eq!(mutant_at(text, 1), None);
    assert_eq!(mutant_at(text, 2), Some(3));
    assert_eq!(mutant_at(text, 4), Some(4));
}

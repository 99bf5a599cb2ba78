//! Attribute values keep their type.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::{Array, Value};
use traced::ToValue;

fn value(of: impl ToValue) -> Value {
    of.to_value().unwrap()
}

#[test]
fn numbers_keep_their_type() {
    assert_eq!(value(-3_i8), Value::I64(-3));
    assert_eq!(value(3_usize), Value::I64(3));
    assert_eq!(value(1.5_f32), Value::F64(1.5));
    assert_eq!(value(true), Value::Bool(true));
}

#[test]
fn what_does_not_fit_becomes_digits() {
    assert_eq!(value(i64::MAX as u64), Value::I64(i64::MAX));
    assert_eq!(value(i64::MAX as u64 + 1), "9223372036854775808".into());
    assert_eq!(value(i128::MIN), i128::MIN.to_string().into());
}

#[test]
fn strings_of_every_kind_are_strings() {
    let strings = [
        value("a"),
        value(String::from("a")),
        value(Cow::Borrowed("a")),
        value(Arc::<str>::from("a")),
        value(Rc::<str>::from("a")),
        value(Box::<str>::from("a")),
        value(Some(&"a")),
        value('a'),
    ];
    assert!(
        strings.iter().all(|string| *string == Value::from("a")),
        "{strings:?}"
    );
}

#[test]
fn lists_are_arrays_of_their_type() {
    assert_eq!(value([1_u8, 2]), Value::Array(Array::I64(vec![1, 2])));
    assert_eq!(value(vec![0.5_f64]), Value::Array(Array::F64(vec![0.5])));
    assert_eq!(value(&[true][..]), Value::Array(Array::Bool(vec![true])));
    assert_eq!(
        value(["a", "b"]),
        Value::Array(Array::String(vec!["a".into(), "b".into()]))
    );
    assert_eq!(
        value(vec![String::from("a")]),
        Value::Array(Array::String(vec!["a".into()]))
    );
}

#[test]
fn a_list_with_one_that_does_not_fit_is_a_list_of_digits() {
    let digits = vec!["1".into(), u64::MAX.to_string().into()];
    assert_eq!(value([1, u64::MAX]), Value::Array(Array::String(digits)));
}

#[test]
fn none_is_no_value() {
    assert_eq!(None::<&str>.to_value(), None);
    assert_eq!(Some(None::<u8>).to_value(), None);
}

//! Attribute values keep their type.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZero, NonZeroU64, Saturating, Wrapping};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::{Array, Value};
use traced::testing::capture;
use traced::{ToValue, traced};

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
fn what_holds_an_integer_is_that_integer() {
    assert_eq!(value(NonZero::<u16>::MAX), Value::I64(65_535));
    assert_eq!(value(Wrapping(-7_i128)), Value::I64(-7));
    assert_eq!(value(Saturating(7_usize)), Value::I64(7));
    assert_eq!(value(NonZeroU64::MAX), u64::MAX.to_string().into());
    let list = [NonZero::<u8>::MIN, NonZero::<u8>::MAX];
    assert_eq!(value(list), Value::Array(Array::I64(vec![1, 255])));
    let digits = vec!["1".into(), u64::MAX.to_string().into()];
    assert_eq!(
        value([Wrapping(1), Wrapping(u64::MAX)]),
        Value::Array(Array::String(digits))
    );
}

#[test]
fn addresses_and_paths_are_text() {
    let ip = IpAddr::V6(Ipv6Addr::LOCALHOST);
    assert_eq!(value(ip), "::1".into());
    assert_eq!(value(SocketAddr::new(ip, 80)), "[::1]:80".into());
    assert_eq!(
        value(vec![Ipv4Addr::LOCALHOST]),
        Value::Array(Array::String(vec!["127.0.0.1".into()]))
    );
    assert_eq!(value(Path::new("a/b")), "a/b".into());
    assert_eq!(value(Cow::Borrowed(OsStr::new("a"))), "a".into());
    assert_eq!(
        value([PathBuf::from("a"), "b".into()]),
        Value::Array(Array::String(vec!["a".into(), "b".into()]))
    );
    assert_eq!(value(format_args!("{}-{}", 1, 2)), "1-2".into());
}

#[cfg(unix)]
#[test]
fn what_is_not_unicode_in_a_path_is_replaced() {
    use std::os::unix::ffi::OsStringExt;

    let text = OsString::from_vec(b"a\xffb".to_vec());
    assert_eq!(value(&text), "a\u{fffd}b".into());
    assert_eq!(value(Path::new(&text)), "a\u{fffd}b".into());
}

#[traced(attributes(id, peer, path, range = format_args!("{id}..{}", id.get() + 1)))]
fn load(id: NonZeroU64, peer: SocketAddr, path: &Path) {}

#[test]
fn types_of_the_standard_library_are_recorded_by_name() {
    let peer = SocketAddr::from(([10, 0, 0, 1], 443));
    let ((), spans) = capture(|| load(NonZeroU64::MIN, peer, Path::new("a")));
    assert_eq!(
        spans.tree(),
        "load id=1 peer=10.0.0.1:443 path=a range=1..2\n"
    );
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

//! Implementations of [`ToValue`].

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZero, Saturating, Wrapping};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::{Array, StringValue, Value};

use crate::attributes::{Attributes, ToValue};

impl ToValue for Value {
    fn to_value(&self) -> Option<Value> {
        Some(self.clone())
    }
}

impl ToValue for StringValue {
    fn to_value(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }
}

impl<V: ToValue> ToValue for Option<V> {
    fn to_value(&self) -> Option<Value> {
        self.as_ref()?.to_value()
    }

    #[inline]
    fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
        if let Some(value) = self {
            value.add_to(attributes, key);
        }
    }
}

macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<V: ToValue + ?Sized> ToValue for $pointer {
            fn to_value(&self) -> Option<Value> {
                (**self).to_value()
            }

            #[inline]
            fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
                (**self).add_to(attributes, key);
            }
        }
    )*};
}

pointers!(&V, &mut V, Box<V>, Rc<V>, Arc<V>);

impl<V: ToValue + ToOwned + ?Sized> ToValue for Cow<'_, V> {
    fn to_value(&self) -> Option<Value> {
        (**self).to_value()
    }

    #[inline]
    fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
        (**self).add_to(attributes, key);
    }
}

impl<V: Element> ToValue for [V] {
    fn to_value(&self) -> Option<Value> {
        Some(Value::Array(V::array(self)))
    }
}

impl<V: Element, const N: usize> ToValue for [V; N] {
    fn to_value(&self) -> Option<Value> {
        self.as_slice().to_value()
    }
}

impl<V: Element> ToValue for Vec<V> {
    fn to_value(&self) -> Option<Value> {
        self.as_slice().to_value()
    }
}

/// A type whose lists are OpenTelemetry arrays.
///
/// Sealed: the trait cannot be named outside of this crate.
#[diagnostic::on_unimplemented(
    message = "a list of `{Self}` is not a type that an attribute can hold",
    label = "not a number, a `bool` or a string",
    note = "write `?` before the value to record its `Debug`"
)]
pub trait Element: Sized {
    /// The array of these values.
    fn array(values: &[Self]) -> Array;
}

macro_rules! integers {
    ($($integer:ty),* $(,)?) => {$(
        impl ToValue for $integer {
            #[inline]
            fn to_value(&self) -> Option<Value> {
                // The compiler removes the branch for the types that always fit.
                Some(match i64::try_from(*self) {
                    Ok(fits) => Value::I64(fits),
                    Err(_) => Value::String(self.to_string().into()),
                })
            }

            #[inline]
            fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
                match i64::try_from(*self) {
                    Ok(fits) => attributes.push_i64(key, fits),
                    Err(_) => attributes.display(key, self),
                }
            }
        }

        impl Element for $integer {
            fn array(values: &[Self]) -> Array {
                let fitting = values.iter().map(|value| i64::try_from(*value).ok());
                match fitting.collect::<Option<Vec<i64>>>() {
                    Some(fit) => Array::I64(fit),
                    None => strings(values.iter().map(ToString::to_string)),
                }
            }
        }

        around_integers! {
            NonZero<$integer>: |number| number.get();
            Wrapping<$integer>: |number| number.0;
            Saturating<$integer>: |number| number.0;
        }
    )*};
}

/// Types that hold an integer are recorded as that integer.
macro_rules! around_integers {
    ($($around:ty: |$number:ident| $integer:expr;)*) => {$(
        impl ToValue for $around {
            #[inline]
            fn to_value(&self) -> Option<Value> {
                let $number = self;
                $integer.to_value()
            }

            #[inline]
            fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
                let $number = self;
                $integer.add_to(attributes, key);
            }
        }

        impl Element for $around {
            fn array(values: &[Self]) -> Array {
                let integers: Vec<_> = values.iter().map(|$number| $integer).collect();
                Element::array(&integers)
            }
        }
    )*};
}

integers!(
    i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, i128, u128
);

macro_rules! plain {
    ($($plain:ty => $variant:ident($wide:ty), $push:ident);* $(;)?) => {$(
        impl ToValue for $plain {
            #[inline]
            fn to_value(&self) -> Option<Value> {
                Some(Value::$variant(<$wide>::from(*self)))
            }

            #[inline]
            fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
                attributes.$push(key, <$wide>::from(*self));
            }
        }

        impl Element for $plain {
            fn array(values: &[Self]) -> Array {
                Array::$variant(values.iter().map(|value| <$wide>::from(*value)).collect())
            }
        }
    )*};
}

plain!(
    bool => Bool(bool), push_bool;
    f32 => F64(f64), push_f64;
    f64 => F64(f64), push_f64;
);

fn strings<S: Into<StringValue>>(values: impl Iterator<Item = S>) -> Array {
    Array::String(values.map(Into::into).collect())
}

impl ToValue for str {
    fn to_value(&self) -> Option<Value> {
        Some(Value::String(self.to_owned().into()))
    }

    #[inline]
    fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
        attributes.push_str(key, self);
    }
}

impl ToValue for String {
    fn to_value(&self) -> Option<Value> {
        self.as_str().to_value()
    }

    #[inline]
    fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
        attributes.push_str(key, self);
    }
}

macro_rules! displayed {
    ($($displayed:ty),* $(,)?) => {$(
        impl ToValue for $displayed {
            fn to_value(&self) -> Option<Value> {
                Some(Value::String(self.to_string().into()))
            }
        }
    )*};
}

displayed!(
    char,
    fmt::Arguments<'_>,
    IpAddr,
    Ipv4Addr,
    Ipv6Addr,
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
);

/// Text of the operating system, which need not be UTF-8.
macro_rules! of_the_system {
    ($($text:ty),* $(,)?) => {$(
        impl ToValue for $text {
            fn to_value(&self) -> Option<Value> {
                let text: &OsStr = self.as_ref();
                text.to_string_lossy().to_value()
            }

            #[inline]
            fn add_to(&self, attributes: &mut Attributes, key: &'static str) {
                let text: &OsStr = self.as_ref();
                text.to_string_lossy().add_to(attributes, key);
            }
        }
    )*};
}

of_the_system!(OsStr, OsString, Path, PathBuf);

macro_rules! lists_of_the_system {
    ($($text:ty),* $(,)?) => {$(
        impl Element for $text {
            fn array(values: &[Self]) -> Array {
                let texts = values.iter().map(|value| {
                    let text: &OsStr = value.as_ref();
                    text.to_string_lossy().into_owned()
                });
                strings(texts)
            }
        }
    )*};
}

lists_of_the_system!(&OsStr, OsString, &Path, PathBuf);

macro_rules! texts {
    ($($text:ty),* $(,)?) => {$(
        impl Element for $text {
            fn array(values: &[Self]) -> Array {
                strings(values.iter().map(|value| value.to_string()))
            }
        }
    )*};
}

texts!(
    String,
    &str,
    Cow<'_, str>,
    Arc<str>,
    Rc<str>,
    Box<str>,
    &String,
    char,
    IpAddr,
    Ipv4Addr,
    Ipv6Addr,
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
);

//! Protobuf's JSON encoding, in which infinities and NaN are strings.
//!
//! `serde_json` writes `null` for them, for which collectors reject the whole batch. Its
//! formatters do not see the number, so the serializer itself is wrapped.
//!
//! Specification: OTLP, "JSON Protobuf Encoding"; Protocol Buffers, "`ProtoJSON` Format".

use std::fmt;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The message in JSON.
pub(super) fn to_vec<M: Serialize>(message: &M) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::new();
    message.serialize(ProtoJson(&mut serde_json::Serializer::new(&mut json)))?;
    Ok(json)
}

/// The message in JSON, as a string.
#[cfg(any(feature = "logs", test))]
pub(crate) fn to_text<M: Serialize>(message: &M) -> serde_json::Result<String> {
    let json = to_vec(message)?;
    // `serde_json` writes UTF-8.
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// A serializer, or a part of one, that writes what `S` writes except for infinities and NaN.
struct ProtoJson<S>(S);

/// A value that is serialized through a [`ProtoJson`], at any depth.
struct Value<'v, T: ?Sized>(&'v T);

impl<T: Serialize + ?Sized> Serialize for Value<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(ProtoJson(serializer))
    }
}

fn name_of(number: f64) -> &'static str {
    match number {
        _ if number.is_nan() => "NaN",
        _ if number > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// Forwards scalars unchanged.
macro_rules! scalars {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.0.$method(value)
        })*
    };
}

/// Forwards compounds, whose values are serialized through a `ProtoJson` too.
macro_rules! compounds {
    ($($method:ident($($argument:ident: $type:ty),*) -> $compound:ident;)*) => {
        $(
            type $compound = ProtoJson<S::$compound>;
        )*
        $(fn $method(self, $($argument: $type),*) -> Result<Self::$compound, S::Error> {
            self.0.$method($($argument),*).map(ProtoJson)
        })*
    };
}

impl<S: Serializer> Serializer for ProtoJson<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_f64(self, number: f64) -> Result<S::Ok, S::Error> {
        match number.is_finite() {
            true => self.0.serialize_f64(number),
            false => self.0.serialize_str(name_of(number)),
        }
    }

    fn serialize_f32(self, number: f32) -> Result<S::Ok, S::Error> {
        match number.is_finite() {
            true => self.0.serialize_f32(number),
            false => self.0.serialize_str(name_of(number.into())),
        }
    }

    scalars! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_unit_struct(&'static str)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Value(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Value(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0
            .serialize_newtype_variant(name, index, variant, &Value(value))
    }

    compounds! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeStructVariant;
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// The elements of a sequence, a tuple or a struct.
macro_rules! elements {
    ($($compound:ident: $method:ident($($key:ident: $type:ty)?);)*) => {
        $(impl<S: $compound> $compound for ProtoJson<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: $type,)?
                value: &T,
            ) -> Result<(), S::Error> {
                self.0.$method($($key,)? &Value(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        })*
    };
}

elements! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}

impl<S: SerializeMap> SerializeMap for ProtoJson<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Value(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
    use opentelemetry_proto::tonic::trace::v1::Span;

    use super::*;

    fn any(value: Any) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    fn written(value: Any) -> serde_json::Value {
        let attribute = KeyValue {
            key: "key".into(),
            value: Some(any(value)),
            ..KeyValue::default()
        };
        let span = Span {
            attributes: vec![attribute],
            ..Span::default()
        };
        let json: serde_json::Value = serde_json::from_slice(&to_vec(&span).unwrap()).unwrap();
        json["attributes"][0]["value"].clone()
    }

    #[test]
    fn a_number_that_is_not_finite_is_a_string_at_any_depth() {
        for (number, name) in [
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let double = serde_json::json!({ "doubleValue": name });
            assert_eq!(written(Any::DoubleValue(number)), double);
            let array = ArrayValue {
                values: vec![any(Any::DoubleValue(number))],
            };
            assert_eq!(
                written(Any::ArrayValue(array.clone()))["arrayValue"]["values"][0],
                double
            );
            let pair = KeyValue {
                key: "inner".into(),
                value: Some(any(Any::ArrayValue(array))),
                ..KeyValue::default()
            };
            let list = KeyValueList { values: vec![pair] };
            let list = written(Any::KvlistValue(list));
            assert_eq!(
                list["kvlistValue"]["values"][0]["value"]["arrayValue"]["values"][0],
                double
            );
        }
    }

    #[test]
    fn everything_else_is_written_as_serde_json_does() {
        let span = Span {
            name: "a\"b".into(),
            trace_id: vec![1; 16],
            start_time_unix_nano: u64::MAX,
            attributes: [
                Any::DoubleValue(-0.5),
                Any::DoubleValue(1e300),
                Any::IntValue(i64::MIN),
                Any::BytesValue(vec![0, 255]),
                Any::BoolValue(true),
            ]
            .map(|value| KeyValue {
                key: "key".into(),
                value: Some(any(value)),
                ..KeyValue::default()
            })
            .into(),
            ..Span::default()
        };
        assert_eq!(to_vec(&span).unwrap(), serde_json::to_vec(&span).unwrap());
    }
}

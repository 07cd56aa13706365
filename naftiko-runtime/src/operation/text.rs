//! Scalars as text: how a number, a flag, a string or a name of an enumeration is read from and written into a path, a
//! query, a header or a cookie.

use serde::Serialize;
use serde::de::{self, DeserializeOwned, Visitor};
use serde_json::Value;

/// Reads a scalar from text.
pub(super) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(Text(text)).map_err(|error| error.to_string())
}

/// Writes a scalar as text.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    match serde_json::to_value(value).map_err(|error| error.to_string())? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err("it is no scalar; a list or an object travels in a body".to_owned()),
    }
}

/// A deserializer over one text; what it is read as is up to the type.
struct Text<'a>(&'a str);

macro_rules! parsed {
    ($($method:ident $visit:ident $name:expr),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(de::Error::custom(format_args!("expected {}", $name))),
            }
        }
    )*};
}

macro_rules! integer {
    ($kind:ident) => {
        format_args!("an integer from {} to {}", $kind::MIN, $kind::MAX)
    };
}

impl<'de> de::Deserializer<'de> for Text<'_> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }

    parsed! {
        deserialize_bool visit_bool "true or false",
        deserialize_i8 visit_i8 integer!(i8),
        deserialize_i16 visit_i16 integer!(i16),
        deserialize_i32 visit_i32 integer!(i32),
        deserialize_i64 visit_i64 integer!(i64),
        deserialize_i128 visit_i128 integer!(i128),
        deserialize_u8 visit_u8 integer!(u8),
        deserialize_u16 visit_u16 integer!(u16),
        deserialize_u32 visit_u32 integer!(u32),
        deserialize_u64 visit_u64 integer!(u64),
        deserialize_u128 visit_u128 integer!(u128),
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number",
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(de::value::StrDeserializer::new(self.0))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(decode::<u32>(&encode(&7_u32).unwrap()), Ok(7));
        assert_eq!(decode::<bool>("true"), Ok(true));
        assert_eq!(decode::<String>("7"), Ok("7".to_owned()));
        assert_eq!(decode::<Option<f64>>("1.5"), Ok(Some(1.5)));
        assert_eq!(decode::<char>("x"), Ok('x'));
    }

    #[test]
    fn says_what_it_expected() {
        assert_eq!(decode::<u8>("300"), Err("expected an integer from 0 to 255".to_owned()));
        assert_eq!(decode::<bool>("yes"), Err("expected true or false".to_owned()));
    }
}

//! Converts scalars to and from text in a path, a query, a header or a cookie: numbers, booleans, strings and names of
//! enum variants.

use crate::numbers;
use serde::Serialize;
use serde::de::{self, DeserializeOwned, Visitor};

/// Decodes a scalar from text. A type that accepts numbers or booleans as well as strings gets the number or boolean
/// that the text spells.
pub(super) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(TextDeserializer { text, detects_values: true })
        .or_else(|_| T::deserialize(TextDeserializer { text, detects_values: false }))
        .map_err(|error: de::value::Error| error.to_string())
}

/// Encodes a scalar as text.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    let json = numbers::json(value).map_err(|error| error.to_string())?;
    match json.first() {
        Some(b'"') => serde_json::from_slice(&json).map_err(|error| error.to_string()),
        // `null` is sent as an empty string.
        Some(b'n') => Ok(String::new()),
        Some(b'[' | b'{') | None => Err("expected a scalar; send a list or an object in the body".to_owned()),
        Some(_) => String::from_utf8(json).map_err(|error| error.to_string()),
    }
}

/// Returns the text of an argument in the template of a prompt: as in a path or query, and as JSON if it is not a scalar.
pub fn template_text<T: Serialize + ?Sized>(value: &T) -> String {
    let json = || numbers::json(value).map(|json| String::from_utf8_lossy(&json).into_owned()).unwrap_or_default();
    encode(value).unwrap_or_else(|_| json())
}

/// A deserializer over one text; the type decides how it is parsed.
struct TextDeserializer<'a> {
    text: &'a str,
    /// Whether the canonical text of a number or boolean becomes that number or boolean, if the type accepts any value.
    detects_values: bool,
}

macro_rules! integers {
    ($($method:ident $visit:ident $kind:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            let parsed = self.text.parse().ok();
            match parsed.or_else(|| numbers::integer_of_text(self.text)?.try_into().ok()) {
                Some(value) => visitor.$visit(value),
                None => {
                    let (least, most) = ($kind::MIN, $kind::MAX);
                    Err(de::Error::custom(format_args!("expected an integer from {least} to {most}")))
                }
            }
        }
    )*};
}

macro_rules! parsed {
    ($($method:ident $visit:ident $name:expr),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.text.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(de::Error::custom(format_args!("expected {}", $name))),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for TextDeserializer<'_> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let Self { text, detects_values } = self;
        if detects_values {
            // Only a canonical spelling is a number: `007` and `1.10` may mean more than their value.
            if let Some(number) = text.parse::<u64>().ok().filter(|number| number.to_string() == text) {
                return visitor.visit_u64(number);
            }
            if let Some(number) = text.parse::<i64>().ok().filter(|number| number.to_string() == text) {
                return visitor.visit_i64(number);
            }
            if let Some(number) =
                text.parse::<f64>().ok().filter(|number| format!("{number:?}") == text && number.is_finite())
            {
                return visitor.visit_f64(number);
            }
            if let Ok(flag) = text.parse() {
                return visitor.visit_bool(flag);
            }
        }
        visitor.visit_str(text)
    }

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
    }

    parsed! {
        deserialize_bool visit_bool "`true` or `false`",
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number",
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.text)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.text)
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
        visitor.visit_enum(de::value::StrDeserializer::new(self.text))
    }

    serde::forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn scalars_are_decoded_from_text() {
        assert_eq!(decode::<u32>(&encode(&7_u32).unwrap()), Ok(7));
        assert_eq!(decode::<bool>("true"), Ok(true));
        assert_eq!(decode::<String>("7"), Ok("7".to_owned()));
        assert_eq!(decode::<Option<f64>>("1.5"), Ok(Some(1.5)));
        assert_eq!(decode::<char>("x"), Ok('x'));
    }

    #[test]
    fn an_error_names_the_expected_value() {
        assert_eq!(decode::<u8>("300"), Err("expected an integer from 0 to 255".to_owned()));
        assert_eq!(decode::<bool>("yes"), Err("expected `true` or `false`".to_owned()));
    }
}

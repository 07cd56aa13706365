//! Finds lists where a schema does not allow them, since serde also decodes a struct from a list of its members.

use super::layers::{Root, member_of};
use super::strict::Name;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::cell::Cell;
use std::fmt;

/// Returns whether a schema has objects with members.
pub(super) fn has_objects(schema: &Value) -> bool {
    match schema {
        Value::Object(object) => object.contains_key("properties") || object.values().any(has_objects),
        Value::Array(items) => items.iter().any(has_objects),
        _ => false,
    }
}

/// Returns whether JSON has a list where the `type` of a schema does not allow one. The schema must not have unions: they are not
/// searched.
pub(super) fn misplaced(schema: &Value, json: &[u8]) -> bool {
    memchr::memchr(b'[', json).is_some() && finds_misplaced(schema, &mut serde_json::Deserializer::from_slice(json))
}

/// Returns whether a value has a list where the `type` of a schema does not allow one. The schema must not have unions: they are not
/// searched.
pub(super) fn misplaced_in(schema: &Value, value: &Value) -> bool {
    finds_misplaced(schema, value)
}

fn finds_misplaced<'de>(schema: &Value, deserializer: impl Deserializer<'de>) -> bool {
    let found = Cell::new(false);
    // Other mistakes are reported when the value is decoded.
    let _ = ValuePart { root: Root(schema), schema: Some(schema), found: &found }.deserialize(deserializer);
    found.get()
}

/// A part of a value, with its schema.
#[derive(Clone, Copy)]
struct ValuePart<'a> {
    root: Root<'a>,
    schema: Option<&'a Value>,
    found: &'a Cell<bool>,
}

impl<'a> ValuePart<'a> {
    /// Returns the first keyword with that name in the schema or the schemas that it references.
    fn keyword(&self, keyword: &str) -> Option<&'a Value> {
        let next = |schema: &&'a Value| self.root.target(schema.as_object()?);
        // A schema can reference itself.
        std::iter::successors(self.schema, next).take(16).find_map(|schema| schema.get(keyword))
    }

    fn with(self, schema: Option<&'a Value>) -> Self {
        Self { schema, ..self }
    }

    fn member(self, name: &str) -> Self {
        let next = |schema: &&'a Value| self.root.target(schema.as_object()?);
        let mut schemas = std::iter::successors(self.schema, next).take(16);
        self.with(schemas.find_map(|schema| member_of(schema.as_object()?, name)))
    }
}

impl<'de> DeserializeSeed<'de> for ValuePart<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Without a schema, no list is misplaced.
        if self.schema.is_none() {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ());
        }
        deserializer.deserialize_any(self)
    }
}

macro_rules! ignored {
    ($($visit:ident $kind:ty),*) => {$(
        fn $visit<E>(self, _: $kind) -> Result<(), E> {
            Ok(())
        }
    )*};
}

impl<'de> Visitor<'de> for ValuePart<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    ignored! { visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let is_list = |kind: &Value| kind == "array";
        let allowed = match self.keyword("type") {
            Some(Value::Array(kinds)) => kinds.iter().any(is_list),
            Some(kind) => is_list(kind),
            None => true,
        };
        if !allowed {
            self.found.set(true);
            return Err(A::Error::custom("a list where the schema has none"));
        }
        let item = self.with(self.keyword("items"));
        while seq.next_element_seed(item)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            map.next_value_seed(self.member(&name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_misplaced_only_where_the_type_does_not_allow_one() {
        let object = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        let nullable = json!({ "type": ["object", "null"], "properties": { "a": { "type": "integer" } } });
        let optional = json!({ "type": ["array", "null"], "items": object });
        for (schema, value, expected) in [
            (&object, json!([1]), true),
            (&nullable, json!([1]), true),
            (&nullable, json!({ "a": 1 }), false),
            (&nullable, json!(null), false),
            (&optional, json!([{ "a": 1 }]), false),
            (&optional, json!([[1]]), true),
            (&json!({ "properties": {} }), json!([1]), false),
        ] {
            for (schema, value) in [
                (schema.clone(), value.clone()),
                (json!({ "type": "object", "properties": { "of": schema } }), json!({ "of": value })),
                (json!({ "type": ["null", "array"], "items": schema }), json!([value])),
            ] {
                assert_eq!(misplaced_in(&schema, &value), expected, "{schema}: {value}");
                assert_eq!(misplaced(&schema, value.to_string().as_bytes()), expected, "{schema}: {value}");
            }
        }
    }
}

//! The declared order of members. `serde_json` sorts the members of an object by name, unless its feature
//! `preserve_order` is on. So the declared order is stored separately, and schemas are serialized with it.

#[cfg(any(feature = "mcp", test))]
use super::subschemas::{LISTS, NAMED, SINGLE};
#[cfg(any(feature = "mcp", test))]
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Whether the feature `preserve_order` of `serde_json` is on in this program.
static KEEPS_ORDER: LazyLock<bool> = LazyLock::new(|| {
    let map: Map<String, Value> = ["b", "a"].into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
    map.keys().eq(["b", "a"])
});

/// Lists of members, each in the order of its declaration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Order(Vec<Vec<String>>);

impl Order {
    pub(super) fn of(lists: &[&[&str]]) -> Self {
        Self(lists.iter().map(|list| list.iter().map(|name| (*name).to_owned()).collect()).collect())
    }

    /// Creates an order from lists of names.
    pub(crate) fn of_names(lists: Vec<Vec<String>>) -> Self {
        Self(lists)
    }

    /// Returns the smallest list that contains all names.
    fn list_with<'n>(&self, names: &(impl Iterator<Item = &'n str> + Clone)) -> Option<&[String]> {
        let has_all = |list: &&Vec<String>| names.clone().all(|name| list.iter().any(|own| own == name));
        self.0.iter().filter(has_all).min_by_key(|list| list.len()).map(Vec::as_slice)
    }

    /// Returns the members of an object in the order of the smallest list that contains all of them. Without such a list, the
    /// required members come first, since `required` lists them in their declared order; if `serde_json` keeps the order of members,
    /// all members are in the declared order already.
    pub(super) fn sorted<'a>(
        &self,
        members: &'a Map<String, Value>,
        required: Option<&Value>,
    ) -> Vec<(&'a String, &'a Value)> {
        let required = || {
            if *KEEPS_ORDER {
                return Vec::new();
            }
            let names = required.and_then(Value::as_array).into_iter().flatten();
            names.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let list = self.list_with(&members.keys().map(String::as_str)).map_or_else(required, <[String]>::to_vec);
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_by_key(|(name, _)| list.iter().position(|own| own == *name).unwrap_or(usize::MAX));
        sorted
    }
}

/// The keywords at the beginning of a schema.
#[cfg(any(feature = "mcp", test))]
const FIRST: [&str; 7] = ["$schema", "$ref", "type", "title", "description", "const", "enum"];
/// The keywords at the end of a schema, after all others.
#[cfg(any(feature = "mcp", test))]
const LAST: [&str; 4] = ["properties", "required", "additionalProperties", "$defs"];

#[cfg(any(feature = "mcp", test))]
impl Order {
    /// Adds the lists of another order.
    #[cfg(feature = "mcp")]
    pub(crate) fn extend(&mut self, other: &Self) {
        for list in &other.0 {
            if !self.0.contains(list) {
                self.0.push(list.clone());
            }
        }
    }

    /// Returns the order with one more list, which is preferred to other lists of the same length.
    #[cfg(feature = "mcp")]
    pub(crate) fn with_preferred<'a>(&self, names: impl Iterator<Item = &'a str>) -> Self {
        let first = names.map(str::to_owned).collect();
        Self(std::iter::once(first).chain(self.0.iter().cloned()).collect())
    }

    /// Returns a schema that is serialized in this order.
    pub(crate) fn schema<'a>(&'a self, schema: &'a Value) -> Ordered<'a> {
        Ordered { order: self, schema }
    }

    /// Sorts members by their names: in the order of the smallest list that contains all of them, or else alphabetically.
    #[cfg(feature = "mcp")]
    pub(crate) fn sort<N: AsRef<str>, V>(&self, members: &mut [(N, V)]) {
        members.sort_by(|(one, _), (other, _)| one.as_ref().cmp(other.as_ref()));
        if let Some(list) = self.list_with(&members.iter().map(|(name, _)| name.as_ref())) {
            members.sort_by_key(|(name, _)| list.iter().position(|own| own == name.as_ref()));
        }
    }
}

/// A schema, or a part of one, that is serialized in the declared order.
#[cfg(any(feature = "mcp", test))]
pub(crate) struct Ordered<'a> {
    order: &'a Order,
    schema: &'a Value,
}

#[cfg(any(feature = "mcp", test))]
impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(schema) = self.schema else { return self.schema.serialize(serializer) };
        let place = |keyword: &str| {
            let within = |keywords: &[&str]| keywords.iter().position(|own| *own == keyword);
            within(&FIRST).or_else(|| within(&LAST).map(|place| FIRST.len() + 1 + place)).unwrap_or(FIRST.len())
        };
        let mut keywords: Vec<_> = schema.iter().collect();
        keywords.sort_by_key(|(keyword, _)| place(keyword));
        let mut map = serializer.serialize_map(Some(keywords.len()))?;
        for (keyword, value) in keywords {
            match value {
                Value::Object(members) if NAMED.contains(&keyword.as_str()) => {
                    let required = schema.get("required").filter(|_| keyword == "properties");
                    map.serialize_entry(keyword, &NamedSchemas(self.order, self.order.sorted(members, required)))?;
                }
                Value::Array(list) if LISTS.contains(&keyword.as_str()) => {
                    let list: Vec<_> = list.iter().map(|schema| self.order.schema(schema)).collect();
                    map.serialize_entry(keyword, &list)?;
                }
                value if SINGLE.contains(&keyword.as_str()) => {
                    map.serialize_entry(keyword, &self.order.schema(value))?;
                }
                value => map.serialize_entry(keyword, value)?,
            }
        }
        map.end()
    }
}

/// Schemas by name.
#[cfg(any(feature = "mcp", test))]
struct NamedSchemas<'a>(&'a Order, Vec<(&'a String, &'a Value)>);

#[cfg(any(feature = "mcp", test))]
impl Serialize for NamedSchemas<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.1.iter().map(|(name, schema)| (name, self.0.schema(schema))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_written_as_they_are_declared() {
        let order = Order::of(&[&["z", "a", "m", "more"], &["z", "a", "m"]]);
        let schema = json!({
            "required": ["a"], "additionalProperties": false, "minProperties": 1, "type": "object",
            "properties": {
                "a": { "type": "array", "items": { "properties": { "y": {}, "b": {}, "c": {} }, "required": ["y"] } },
                "m": { "default": { "b": 1, "a": 2 } },
                "z": { "enum": ["z", "a"], "type": "string" },
            },
        });
        let expected = concat!(
            r#"{"type":"object","minProperties":1,"properties":{"z":{"type":"string","enum":["z","a"]},"#,
            r#""a":{"type":"array","items":{"properties":{"y":{},"b":{},"c":{}},"required":["y"]}},"m":{"default":"#,
        );
        let written = serde_json::to_string(&order.schema(&schema)).unwrap();
        assert!(written.starts_with(expected), "{written}");
        assert!(written.ends_with(r#"}},"required":["a"],"additionalProperties":false}"#), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), schema);
    }
}

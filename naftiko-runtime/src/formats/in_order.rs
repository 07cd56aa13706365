//! Writes objects with their members in the order in which a document declares them, which a JSON map does not preserve.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::collections::HashSet;

/// The declaration of a value in a document.
pub(crate) trait DeclaredValue: Sized {
    /// Returns the members of an object, in their order; `None` if they are not declared.
    fn members(&self) -> Option<&[(String, Self)]>;

    /// Returns the declaration of the items of a list; `None` if they are not declared.
    fn items(&self) -> Option<&Self>;
}

/// A value that is serialized in the declared order. Members that are not declared come last.
pub(crate) struct InOrder<'a, D>(pub(crate) &'a D, pub(crate) &'a Value);

impl<D: DeclaredValue> Serialize for InOrder<'_, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(declared, value) = self;
        match value {
            Value::Object(values) => {
                let Some(members) = declared.members() else { return value.serialize(serializer) };
                let mut map = serializer.serialize_map(Some(values.len()))?;
                let mut written = HashSet::new();
                for (name, declared) in members {
                    if let Some(value) = values.get(name)
                        && written.insert(name)
                    {
                        map.serialize_entry(name, &InOrder(declared, value))?;
                    }
                }
                for (name, value) in values.iter().filter(|(name, _)| !written.contains(name)) {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Value::Array(list) => match declared.items() {
                Some(items) => serializer.collect_seq(list.iter().map(|value| InOrder(items, value))),
                None => value.serialize(serializer),
            },
            value => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    enum Declared {
        Members(Vec<(String, Self)>),
        Items(Box<Self>),
        Any,
    }

    impl DeclaredValue for Declared {
        fn members(&self) -> Option<&[(String, Self)]> {
            if let Self::Members(members) = self { Some(members) } else { None }
        }

        fn items(&self) -> Option<&Self> {
            if let Self::Items(items) = self { Some(items) } else { None }
        }
    }

    #[test]
    fn members_are_written_as_they_are_declared_and_none_is_lost_or_written_twice() {
        let member = |name: &str, declared| (name.to_owned(), declared);
        let item = Declared::Members(vec![member("y", Declared::Any), member("b", Declared::Any)]);
        let list = Declared::Items(Box::new(item));
        let members = vec![member("z", list), member("a", Declared::Any), member("none", Declared::Any)];
        let declared = Declared::Members(members.into_iter().chain([member("a", Declared::Any)]).collect());
        let value = json!({ "a": { "d": 1, "c": 2 }, "b": 1, "z": [{ "b": 1, "y": 2 }, null] });
        let written = serde_json::to_string(&InOrder(&declared, &value)).unwrap();
        assert!(
            written.starts_with(r#"{"z":[{"y":2,"b":1},null],"a":{"#) && written.ends_with(r#","b":1}"#),
            "{written}"
        );
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}

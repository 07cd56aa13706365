//! The schemas of questions to users, for which MCP allows only flat objects (MCP 2025-11-25, elicitation, `requestedSchema`).

use super::explain::mistake_in;
use super::generate::{NamedTypes, finished, generator};
use super::pointer::pointer;
use super::{Declared, Order, nulls};
use schemars::generate::Contract;
use serde_json::Value;

/// Returns the schema of the answer to a question.
pub(crate) fn of_question<T: schemars::JsonSchema>() -> Value {
    let mut generator = generator(Contract::Deserialize, NamedTypes::Inline);
    let schema = generator.subschema_for::<T>().to_value();
    finished(schema, &mut generator, &|_, _| false)
}

/// Returns the names of the members in their declared order; `None` if this order is alphabetical, as in a JSON map.
pub(crate) fn question_order(declared: &Declared, schema: &Value) -> Option<Vec<String>> {
    let members = schema.get("properties")?.as_object()?;
    let sorted = Order::of(&declared.lists).sorted(members, schema.get("required"));
    let names: Vec<String> = sorted.into_iter().map(|(name, _)| name.clone()).collect();
    (!names.is_sorted()).then_some(names)
}

/// Returns why MCP does not allow a schema for a question; `None` if MCP allows the schema.
pub(crate) fn question_fault(schema: &Value) -> Option<String> {
    let has_choices = ["oneOf", "anyOf", "allOf"].iter().any(|keyword| schema.get(*keyword).is_some());
    let members = schema.get("properties").and_then(Value::as_object);
    // A map has no members of its own.
    let is_map = members.is_none_or(serde_json::Map::is_empty)
        && schema.get("additionalProperties").is_some_and(|more| !matches!(more, Value::Bool(false)));
    if schema.get("type").and_then(Value::as_str) != Some("object") || has_choices || is_map {
        return Some("the answer must be an object with members, so use a struct".to_owned());
    }
    let mut members = members.into_iter().flatten();
    let (name, _) = members.find(|(_, member)| !is_flat(member) && !is_list_of_choices(member))?;
    Some(format!(
        "the member `{name}` must be a string, a number, a boolean, an enum of unit variants, or a list of such enums"
    ))
}

/// Returns why the members of a reply do not match the schema of the question; `None` if they match. Whether members are missing is left to
/// decoding.
pub(crate) fn reply_fault(schema: &Value, reply: &Value) -> Option<String> {
    let pruned = nulls::pruned(schema, reply);
    let reply = pruned.as_ref().unwrap_or(reply);
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut given = members.filter_map(|(name, member)| Some((name, member, reply.get(name)?)));
    given.find_map(|(name, member, value)| mistake_in(schema, member, value, &pointer(name)))
}

/// Returns whether a schema describes a string, a number, a boolean, or an enum of unit variants. The value may also be `null`.
fn is_flat(schema: &Value) -> bool {
    let is_scalar = |name: &Value| matches!(name.as_str(), Some("string" | "number" | "integer" | "boolean" | "null"));
    let is_plain = |value: &Value| !value.is_array() && !value.is_object();
    if schema.get("const").is_some_and(is_plain) {
        return true;
    }
    if let Some(Value::Array(choices)) = schema.get("enum") {
        return choices.iter().all(is_plain);
    }
    if let Some(Value::Array(cases)) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        return cases.iter().all(is_flat);
    }
    match schema.get("type") {
        Some(Value::Array(names)) => names.iter().all(is_scalar),
        Some(name) => is_scalar(name) && name != "null",
        None => false,
    }
}

/// Returns whether a schema describes a list of choices.
fn is_list_of_choices(schema: &Value) -> bool {
    let is_choice = |items: &Value| ["enum", "oneOf", "anyOf"].iter().any(|keyword| items.get(*keyword).is_some());
    let is_list =
        |name: &Value| name == "array" || name.as_array().is_some_and(|names| names.iter().any(|name| name == "array"));
    schema.get("type").is_some_and(is_list)
        && schema.get("items").is_some_and(|items| is_choice(items) && is_flat(items))
}

#[cfg(test)]
mod tests {
    #![allow(dead_code, reason = "only the schemas are used")]

    use super::{of_question, question_fault};
    use schemars::JsonSchema;
    use std::collections::BTreeMap;

    #[derive(JsonSchema)]
    enum Kind {
        One,
        Two,
    }

    #[derive(JsonSchema)]
    enum Described {
        /// The first.
        One,
        /// The second.
        Two,
    }

    #[derive(JsonSchema)]
    struct Flat {
        text: String,
        number: Option<f64>,
        flag: bool,
        kind: Kind,
        described: Option<Described>,
        kinds: Vec<Kind>,
        letter: Option<char>,
    }

    #[derive(JsonSchema)]
    struct Nothing {}

    #[derive(JsonSchema)]
    struct Nested {
        flat: Flat,
    }

    #[derive(JsonSchema)]
    struct WithList {
        texts: Vec<String>,
    }

    #[derive(JsonSchema)]
    struct Wrapped(bool);

    #[derive(JsonSchema)]
    #[serde(tag = "shape")]
    enum Shape {
        Circle { radius: f64 },
        Point,
    }

    fn fault<T: JsonSchema>() -> Option<String> {
        question_fault(&of_question::<T>())
    }

    #[test]
    fn a_question_asks_for_a_flat_object() {
        assert_eq!((fault::<Flat>(), fault::<Nothing>()), (None, None));
        let root = Some("the answer must be an object with members, so use a struct".to_owned());
        let roots = [fault::<Kind>(), fault::<bool>(), fault::<Shape>(), fault::<Vec<String>>(), fault::<()>()];
        assert!(roots.iter().all(|found| *found == root), "{roots:?}");
        assert_eq!(
            [fault::<Wrapped>(), fault::<BTreeMap<String, u8>>(), fault::<Option<Flat>>()],
            [(); 3].map(|()| root.clone())
        );
        let member = |name: &str| {
            Some(format!(
                "the member `{name}` must be a string, a number, a boolean, an enum of unit variants, or a list of such enums"
            ))
        };
        assert_eq!((fault::<Nested>(), fault::<WithList>()), (member("flat"), member("texts")));
    }
}

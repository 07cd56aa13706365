//! Decodes lists and objects in a request's query, headers and form, in the styles of the arguments.

use super::given::{add, utf8};
use super::text;
use crate::error::{Error, Result};
use crate::operation::{InputSchema, Operation, OwnedArgument};
use crate::schema::typed;
use http::{HeaderMap, HeaderName};
use naftiko_spec::model::Style;
use serde_json::{Map, Value};

/// The maximum nesting depth of an object in a query or a form.
const MAX_DEPTH: usize = 8;

/// The objects in a query, with the indexes of their arguments.
#[derive(Default)]
pub(super) struct Objects(Vec<(usize, Value)>);

impl Objects {
    /// Adds a string at the given keys of the argument with that index; an empty key appends to a list. `name` is the name of the
    /// query parameter, for messages.
    pub(super) fn add(&mut self, index: usize, name: &str, keys: &[&str], text: String) -> Result<()> {
        let at = self.0.iter().position(|(own, _)| *own == index).unwrap_or_else(|| {
            self.0.push((index, Value::Object(Map::new())));
            self.0.len() - 1
        });
        let Some((_, object)) = self.0.get_mut(at) else { return Ok(()) };
        let refused = |why: &str| Error::argument("", format!("the query parameter `{}` {why}", text::short(name)));
        insert(object, keys, Value::String(text)).map_err(refused)
    }

    /// Assigns each object to its argument, with its strings converted according to the schema.
    pub(super) fn assign(self, operation: &Operation, given: &mut [OwnedArgument]) {
        for (index, object) in self.0 {
            if let (Some(input), Some(given)) = (operation.inputs.get(index), given.get_mut(index)) {
                *given = OwnedArgument::Value(typed(&input.schema, object));
            }
        }
    }
}

/// Adds a value at the given keys of an object. An empty key appends to a list, and so does a second value at the same keys.
///
/// # Errors
/// Returns an error if the keys are not valid, or contradict earlier keys.
pub(super) fn insert(object: &mut Value, keys: &[&str], value: Value) -> Result<(), &'static str> {
    if keys.len() > MAX_DEPTH {
        return Err("has too many brackets");
    }
    let mut place = object;
    for (depth, key) in keys.iter().enumerate() {
        if key.is_empty() {
            if depth == 0 {
                return Err("has empty brackets where the name of a member is expected");
            }
            if place.is_null() {
                *place = Value::Array(Vec::new());
            }
            let Value::Array(items) = place else { return Err("is both a list and another type") };
            items.push(Value::Null);
            let Some(last) = items.last_mut() else { return Ok(()) };
            place = last;
            continue;
        }
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else { return Err("is both an object and another type") };
        place = members.entry(*key).or_insert(Value::Null);
    }
    match place {
        Value::Null => *place = value,
        Value::Array(items) => match value {
            Value::Array(more) => items.extend(more),
            value => items.push(value),
        },
        Value::String(first) => {
            let mut items = vec![Value::String(std::mem::take(first))];
            match value {
                Value::Array(more) => items.extend(more),
                value => items.push(value),
            }
            *place = Value::Array(items);
        }
        _ => return Err("is both an object and another type"),
    }
    Ok(())
}

/// Splits the name of a parameter into its keys: `a[b][]` into `a`, `b` and an empty key; `None` if its brackets do not match.
pub(super) fn keys(name: &str) -> Option<Vec<&str>> {
    let open = name.find('[').unwrap_or(name.len());
    let (first, mut rest) = name.split_at_checked(open)?;
    let mut keys = vec![first];
    while let Some(inside) = rest.strip_prefix('[') {
        let (key, after) = inside.split_once(']')?;
        keys.push(key);
        rest = after;
    }
    rest.is_empty().then_some(keys)
}

/// Returns the keys of a query parameter that is a member of an argument, or `None`.
pub(super) fn member<'n>(input: &InputSchema, name: &'n str) -> Option<Vec<&'n str>> {
    match input.argument.style? {
        Style::Deep => {
            let inside = name.strip_prefix(input.argument.name.as_str()).filter(|rest| rest.starts_with('['))?;
            keys(inside).map(|keys| keys.into_iter().skip(1).collect())
        }
        Style::Members => {
            let members = input.schema.get("properties").and_then(Value::as_object);
            // A map accepts every name that no other argument has.
            members.is_none_or(|members| members.contains_key(name)).then(|| vec![name])
        }
        _ => None,
    }
}

/// Adds the elements of a value of the query to an argument. An empty value of a list with a delimiter is an empty list.
pub(super) fn add_elements(input: &InputSchema, name: &str, encoded: &str, given: &mut OwnedArgument) -> Result<()> {
    let Some(style) = input.argument.style.filter(|style| input.argument.many && style.delimiter().is_some()) else {
        return add(input, text::query_value(name, encoded)?, given);
    };
    if matches!(given, OwnedArgument::Absent) {
        *given = OwnedArgument::Texts(Vec::new());
    }
    for element in split(style, encoded).filter(|element| !element.is_empty()) {
        add(input, text::query_value(name, element)?, given)?;
    }
    Ok(())
}

/// Splits a list before it is decoded, so that an element may contain the delimiter in encoded form (RFC 6570, section 3.2.8).
/// Clients encode spaces, and most encode `|`. So a list without `+` (style `space`) or `|` (style `pipe`) is split at `%20` or `%7C`.
pub(super) fn split(style: Style, encoded: &str) -> impl Iterator<Item = &str> {
    let (plain, hexadecimal) = match style {
        Style::Space => ('+', Some("20")),
        Style::Pipe => ('|', Some("7C")),
        _ => (',', None),
    };
    let hexadecimal = hexadecimal.filter(|_| !encoded.contains(plain));
    let mut rest = Some(encoded);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = match hexadecimal {
            None => text.find(plain).map(|at| (at, 1)),
            Some(digits) => {
                let mut escapes = text.match_indices('%');
                let is_own = |at: usize| text.get(at + 1..at + 3).is_some_and(|own| own.eq_ignore_ascii_case(digits));
                escapes.find(|(at, _)| is_own(*at)).map(|(at, _)| (at, 3))
            }
        };
        rest = found.and_then(|(at, length)| text.get(at + length..));
        Some(found.map_or(text, |(at, _)| &text[..at]))
    })
}

/// Assigns the headers with this prefix to an argument, as an object. The values of a repeated header are a list.
pub(super) fn read_headers(
    input: &InputSchema,
    prefix: &HeaderName,
    headers: &HeaderMap,
    given: &mut OwnedArgument,
) -> Result<()> {
    let mut object = Value::Object(Map::new());
    for (name, value) in headers {
        let Some(member) = name.as_str().strip_prefix(prefix.as_str()).filter(|member| !member.is_empty()) else {
            continue;
        };
        let text = utf8(input, value.as_bytes())?.into();
        let refused = |why: &str| Error::argument("", format!("the header `{name}` {why}"));
        insert(&mut object, &[member], text).map_err(refused)?;
    }
    if object.as_object().is_some_and(|members| !members.is_empty()) {
        *given = OwnedArgument::Value(typed(&input.schema, object));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::schema::{Order, SchemaValidator};
    use http::HeaderValue;
    use serde_json::json;

    #[test]
    fn a_long_name_is_not_repeated_in_full() {
        let name = format!("filter[{}]{}=1", "\u{1}x".repeat(5000), "[]".repeat(MAX_DEPTH));
        let keys = [""; MAX_DEPTH + 1];
        let refused = Objects::default().add(0, &name, &keys, String::new()).unwrap_err().to_string();
        assert!(refused.len() < 120 && !refused.contains(char::is_control), "{refused:?}");
    }

    #[test]
    fn the_values_of_a_repeated_header_are_a_list() {
        let schema = json!({ "type": "object" });
        let input = InputSchema {
            argument: serde_json::from_value(json!({ "name": "meta", "in": "header" })).unwrap(),
            check: SchemaValidator::new(&schema),
            schema,
            order: Order::default(),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-meta-a", "1"), ("x-meta-b", "2"), ("x-meta-a", "3"), ("x-meta-a", "4"), ("x-a", "5")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        let mut given = OwnedArgument::Absent;
        read_headers(&input, &HeaderName::from_static("x-meta-"), &headers, &mut given).unwrap();
        let OwnedArgument::Value(object) = given else { unreachable!("{given:?}") };
        assert_eq!(object, json!({ "a": ["1", "3", "4"], "b": "2" }));
    }
}

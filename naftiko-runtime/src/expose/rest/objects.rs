//! Decodes lists and objects in a request's query and headers, in the styles of the arguments.

use super::extract::utf8;
use crate::error::{Error, Result};
use crate::operation::{Given, Input, Operation};
use crate::schema::typed;
use http::{HeaderMap, HeaderName};
use naftiko_spec::model::Style;
use serde_json::{Map, Value};

/// The maximum nesting depth of an object in a query.
const DEEPEST: usize = 8;

/// The objects in a query, with the indexes of their arguments.
#[derive(Default)]
pub(super) struct Objects(Vec<(usize, Value)>);

impl Objects {
    /// Adds a text at the given keys; an empty key appends to a list.
    pub(super) fn add(&mut self, index: usize, name: &str, keys: &[&str], text: String) -> Result<()> {
        let at = self.0.iter().position(|(own, _)| *own == index).unwrap_or_else(|| {
            self.0.push((index, Value::Object(Map::new())));
            self.0.len() - 1
        });
        let refused = |why: &str| Error::argument("", format!("the query parameter `{name}` {why}"));
        if keys.len() > DEEPEST {
            return Err(refused("has too many brackets"));
        }
        let Some((_, object)) = self.0.get_mut(at) else { return Ok(()) };
        let mut place = object;
        for key in keys {
            if key.is_empty() {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let Value::Array(items) = place else { return Err(refused("is both a list and another type")) };
                items.push(Value::Null);
                let Some(last) = items.last_mut() else { return Ok(()) };
                place = last;
                continue;
            }
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(members) = place else { return Err(refused("is both an object and another type")) };
            place = members.entry(*key).or_insert(Value::Null);
        }
        match place {
            Value::Null => *place = Value::String(text),
            Value::Array(items) => items.push(Value::String(text)),
            Value::String(first) => *place = Value::Array(vec![std::mem::take(first).into(), text.into()]),
            _ => return Err(refused("is both an object and another type")),
        }
        Ok(())
    }

    /// Assigns each object to its argument, with its texts converted according to the schema.
    pub(super) fn give(self, operation: &Operation, given: &mut [Given]) {
        for (index, object) in self.0 {
            if let (Some(input), Some(given)) = (operation.inputs.get(index), given.get_mut(index)) {
                *given = Given::Value(typed(&input.schema, object));
            }
        }
    }
}

/// Returns the keys of a query parameter that is a member of an argument, or `None`.
pub(super) fn member<'n>(input: &Input, name: &'n str) -> Option<Vec<&'n str>> {
    match input.argument.style? {
        Style::Deep => {
            let mut rest = name.strip_prefix(input.argument.name.as_str())?;
            let mut keys = Vec::new();
            while let Some(inside) = rest.strip_prefix('[') {
                let (key, after) = inside.split_once(']')?;
                keys.push(key);
                rest = after;
            }
            (rest.is_empty() && !keys.is_empty()).then_some(keys)
        }
        Style::Members => {
            let members = input.schema.get("properties").and_then(Value::as_object);
            // A map accepts every name that no other argument has.
            members.is_none_or(|members| members.contains_key(name)).then(|| vec![name])
        }
        _ => None,
    }
}

/// Splits a query value into elements, if the style has a separator.
pub(super) fn elements(input: &Input, value: &str) -> Vec<String> {
    match input.argument.style.and_then(Style::delimiter) {
        Some(delimiter) if input.argument.many => {
            value.split(delimiter).filter(|element| !element.is_empty()).map(str::to_owned).collect()
        }
        _ => vec![value.to_owned()],
    }
}

/// Returns the headers with that prefix as an object.
pub(super) fn read_headers(input: &Input, prefix: &HeaderName, headers: &HeaderMap, given: &mut Given) -> Result<()> {
    let mut members = Map::new();
    for (name, value) in headers {
        let Some(member) = name.as_str().strip_prefix(prefix.as_str()).filter(|member| !member.is_empty()) else {
            continue;
        };
        members.insert(member.to_owned(), utf8(input, value.as_bytes())?.into());
    }
    if !members.is_empty() {
        *given = Given::Value(typed(&input.schema, Value::Object(members)));
    }
    Ok(())
}

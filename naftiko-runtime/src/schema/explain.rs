//! Explains what is wrong with an argument, and where.

use super::argument_errors::nearest;
use super::layers::{Root, constants, fits, item_of, list, unions};
use super::parse::value_of;
use super::pointer::pointer;
use super::types::{InputSchema, OwnedArgument};
use super::validator::compiled;
use super::{messages, nulls};
use crate::error::Error;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::ptr;

/// How many parts of a value are checked before the search stops and the message becomes less specific.
const STEPS: usize = 20_000;

/// Explains why an argument is invalid: by its schema, or if that does not reveal the mistake, by `why`, usually a message of serde.
///
/// The pointer starts at the arguments' object: `/userId`, `/body/tags/0`. Only the first mistake is reported.
pub(crate) fn explain(input: &InputSchema, given: &OwnedArgument, why: &str) -> Error {
    let argument = &input.argument;
    let value = match value_of(input, given) {
        Ok(value) => value,
        Err(error) => return error,
    };
    let at = pointer(&argument.name);
    let pruned = nulls::pruned(&input.schema, &value);
    let value = pruned.as_ref().unwrap_or(&value);
    let mut search = Search { root: Root(&input.schema), steps: STEPS, rules: HashMap::new() };
    if let Some(mistake) = search.first(&[&input.schema], value, &at) {
        let mut message = mistake.message;
        if let (OwnedArgument::Text(text), true) = (given, mistake.pointer == at && !argument.sensitive) {
            message = messages::with_text(message, text);
        }
        return Error::argument(mistake.pointer, message);
    }
    if argument.sensitive {
        return Error::argument(&*at, format!("`{at}` is invalid"));
    }
    let at = messages::place_of(why, value).map_or(at.clone(), |below| format!("{at}{below}"));
    Error::argument(&*at, format!("`{at}`: {}", messages::of_serde(why)))
}

/// Explains why a value does not match a schema within `root`. `at` is the JSON Pointer of the value. Returns `None` if the value matches.
pub(super) fn mistake_in(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let mut search = Search { root: Root(root), steps: STEPS, rules: HashMap::new() };
    search.first(&[schema], value, at).map(|mistake| mistake.message)
}

/// A single mistake.
struct Mistake {
    pointer: String,
    message: String,
}

impl Mistake {
    fn at(pointer: &str, message: String) -> Self {
        Self { pointer: pointer.to_owned(), message }
    }
}

/// A search for the first mistake in a value.
struct Search<'a> {
    root: Root<'a>,
    /// How many parts may still be checked.
    steps: usize,
    /// By the memory address of each schema: the validator of its own keywords, without its subschemas; `None` if it has no such keywords.
    rules: HashMap<*const Map<String, Value>, Option<Validator>>,
}

impl<'a> Search<'a> {
    /// Returns the first mistake that one of the schemas shows in a value. `at` is the JSON Pointer of the value.
    fn first(&mut self, schemas: &[&'a Value], value: &Value, at: &str) -> Option<Mistake> {
        schemas.iter().find_map(|schema| self.in_schema(schema.as_object()?, value, at))
    }

    /// Returns the first mistake that a schema shows in a value or its parts; `None` if the value fits,
    /// or if the search has used up its steps.
    fn in_schema(&mut self, schema: &'a Map<String, Value>, value: &Value, at: &str) -> Option<Mistake> {
        self.steps = self.steps.checked_sub(1)?;
        if !self.holds(schema, value) {
            return Some(assertion(schema, value, at));
        }
        if let Some(mistake) = self.root.target(schema).and_then(|target| self.first(&[target], value, at)) {
            return Some(mistake);
        }
        if let Some(mistake) = list(schema, "allOf").find_map(|branch| self.first(&[branch], value, at)) {
            return Some(mistake);
        }
        if let Some(mistake) = unions(schema).find_map(|branches| self.in_union(branches, value, at)) {
            return Some(mistake);
        }
        match value {
            Value::Object(members) => self.in_object(schema, members, at),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| self.first(&[item_of(schema, index)?], item, &format!("{at}/{index}"))),
            _ => None,
        }
    }

    /// Returns whether the value satisfies a schema's own keywords, without its subschemas.
    fn holds(&mut self, schema: &'a Map<String, Value>, value: &Value) -> bool {
        let rules = self.rules.entry(ptr::from_ref(schema)).or_insert_with(|| {
            let own =
                ASSERTIONS.iter().filter_map(|keyword| Some(((*keyword).to_owned(), schema.get(*keyword)?.clone())));
            let own: Map<String, Value> = own.collect();
            // Keywords that only work together with the rest of the schema are not explained.
            if own.is_empty() { None } else { compiled(&Value::Object(own)).ok() }
        });
        rules.as_ref().is_none_or(|rules| rules.is_valid(value))
    }

    /// Returns the first member of an object that is missing, unknown or invalid.
    fn in_object(&mut self, schema: &'a Map<String, Value>, members: &Map<String, Value>, at: &str) -> Option<Mistake> {
        if let Some(name) = list(schema, "required").filter_map(Value::as_str).find(|name| !members.contains_key(*name))
        {
            return Some(Mistake::at(&format!("{at}{}", pointer(name)), format!("`{at}`: missing member `{name}`")));
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, member) in members {
            let below = || format!("{at}{}", pointer(name));
            let rest = schema.get("additionalProperties").filter(|_| !schema.contains_key("patternProperties"));
            let mistake = match (known.and_then(|known| known.get(name)), rest) {
                (Some(schema), _) => self.first(&[schema], member, &below()),
                (None, Some(Value::Bool(false))) => {
                    return Some(unknown_member(name, known, at));
                }
                (None, Some(rest)) => self.first(&[rest], member, &below()),
                (None, None) => None,
            };
            if mistake.is_some() {
                return mistake;
            }
        }
        None
    }

    /// Checks a union: one branch has to match. Otherwise, returns the mistake that is nested deepest, since its branch is probably the
    /// intended one, or a mistake that says that no branch matches.
    fn in_union(&mut self, branches: &'a [Value], value: &Value, at: &str) -> Option<Mistake> {
        let mut furthest: Option<Mistake> = None;
        let mut several = false;
        for branch in branches.iter().filter(|branch| fits(branch, value)) {
            let mistake = self.first(&[branch], value, at)?;
            several |= furthest.is_some();
            if furthest.as_ref().is_none_or(|known| known.pointer.len() < mistake.pointer.len()) {
                furthest = Some(mistake);
            }
        }
        match furthest {
            Some(mistake) if !several || mistake.pointer.len() > at.len() => Some(mistake),
            _ => Some(no_branch(branches, value, at)),
        }
    }
}

/// The keywords that concern a value itself, and not its parts, in the order in which they are reported.
const ASSERTIONS: [&str; 20] = [
    "type",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "format",
    "pattern",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minProperties",
    "maxProperties",
    "not",
    "propertyNames",
];

/// Returns the mistake about the first of a schema's own keywords that the value does not satisfy.
fn assertion(schema: &Map<String, Value>, value: &Value, at: &str) -> Mistake {
    let broken = ASSERTIONS.into_iter().find_map(|keyword| {
        let expected = schema.get(keyword)?;
        let rule = compiled(&json!({ keyword: expected })).ok()?;
        (!rule.is_valid(value)).then(|| messages::of_keyword(keyword, expected, value, at))
    });
    Mistake::at(at, broken.unwrap_or_else(|| format!("`{at}` does not match its schema")))
}

/// Returns the mistake of a member that a closed object does not have. `known` are the members of the object's schema.
fn unknown_member(name: &str, known: Option<&Map<String, Value>>, at: &str) -> Mistake {
    let shown = messages::short(name);
    let nearest = nearest(name, known.into_iter().flat_map(Map::keys).map(String::as_str));
    let below = if shown.len() == name.len() { format!("{at}{}", pointer(name)) } else { at.to_owned() };
    Mistake { pointer: below, message: format!("`{at}`: unknown member `{shown}`{nearest}") }
}

/// Returns the mistake of a value that matches no branch of a union: about the tag, if all branches have the same tag.
fn no_branch(branches: &[Value], value: &Value, at: &str) -> Mistake {
    let objects: Vec<_> = branches.iter().filter_map(Value::as_object).collect();
    // All branches have the same tag, which is missing or wrong.
    if let Value::Object(members) = value
        && let Some((tag, _)) = objects.first().and_then(|first| constants(first).next())
        && let Some(values) = objects
            .iter()
            .map(|branch| constants(branch).find(|(name, _)| *name == tag).map(|(_, value)| value.clone()))
            .collect::<Option<Vec<_>>>()
    {
        let below = format!("{at}{}", pointer(tag));
        if !members.contains_key(tag) {
            return Mistake { pointer: below, message: format!("`{at}`: missing member `{tag}`") };
        }
        if !members.get(tag).is_some_and(|given| values.contains(given)) {
            let message = messages::of_keyword("enum", &Value::Array(values), value, &below);
            return Mistake { pointer: below, message };
        }
    }
    Mistake::at(at, messages::of_union(&objects, at))
}

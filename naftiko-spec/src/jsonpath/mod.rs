//! JSONPath (RFC 9535), and the forms in which the world writes it: parsed once, and bounded in what it costs.
//!
//! Beyond the standard, `$.` is all of the answer, a dot may stand before a bracket or at the end, `$.` may be missing at
//! the front, names may hold `-`, `@`, `:` and blanks, and `$.list.length` counts what a list has (as do `.length()` and
//! `.size()`). A number after a dot is an index where there is a list.

mod cost;
mod parse;

use cost::Cost;
use serde_json::Value;
use serde_json_path::JsonPath;
use std::fmt;

/// A JSONPath, ready to be used again and again.
///
/// ```
/// use naftiko_spec::jsonpath::{Path, Picked};
/// use serde_json::json;
///
/// let path = Path::parse("$.data.items[0].id")?;
/// let answer = json!({ "data": { "items": [{ "id": 7 }] } });
/// assert_eq!(path.pick(&answer), Ok(Picked::One(&json!(7))));
/// # Ok::<(), naftiko_spec::jsonpath::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    source: String,
    form: Form,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    /// Names and indexes alone: what most paths are.
    Steps(Vec<Step>),
    /// All else.
    Query {
        query: Box<JsonPath>,
        cost: Cost,
        /// Whether it leads to one value at most (RFC 9535, section 2.3.5.1).
        singular: bool,
        /// Its first segment, and the path without it.
        first: Option<(String, String)>,
    },
}

/// A segment that leads to one value at most.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(i64),
}

/// Why a text is not a JSONPath, or what keeps a path from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError(String);

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PathError {}

/// What a path found.
#[derive(Debug, Clone, PartialEq)]
pub enum Picked<'a> {
    /// Nothing.
    Nothing,
    /// The one value that a singular path leads to.
    One(&'a Value),
    /// How many elements a list has.
    Length(usize),
    /// What a path found that may lead to several values; there may be none.
    Many(Vec<&'a Value>),
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// If it is none, or is longer or deeper than a path can be worth.
    pub fn parse(source: &str) -> Result<Self, PathError> {
        let form =
            parse::parse(source).map_err(|why| PathError(format!("`{}` is not a JSONPath: {why}", cut(source))))?;
        Ok(Self { source: source.to_owned(), form })
    }

    /// Returns the path to all of a value.
    #[must_use]
    pub fn whole() -> Self {
        Self { source: "$".to_owned(), form: Form::Steps(Vec::new()) }
    }

    /// Returns the path to the member of that name.
    #[must_use]
    pub fn member(name: &str) -> Self {
        Self { source: name.to_owned(), form: Form::Steps(vec![Step::Name(name.to_owned())]) }
    }

    /// Returns the path as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether it leads to all of the value.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(&self.form, Form::Steps(steps) if steps.is_empty())
    }

    /// Returns whether it leads to one value at most.
    #[must_use]
    pub fn is_singular(&self) -> bool {
        match &self.form {
            Form::Steps(_) => true,
            Form::Query { singular, .. } => *singular,
        }
    }

    /// If its first segment is a name: the name, and the path without it.
    ///
    /// # Errors
    /// If the rest of the path is none of its own.
    pub fn split_first(&self) -> Result<Option<(&str, Self)>, PathError> {
        match &self.form {
            Form::Steps(steps) => Ok(steps.split_first().and_then(|(first, rest)| {
                let Step::Name(name) = first else { return None };
                Some((name.as_str(), Self { source: self.source.clone(), form: Form::Steps(rest.to_vec()) }))
            })),
            Form::Query { first: Some((name, rest)), .. } => Ok(Some((name, Self::parse(rest)?))),
            Form::Query { .. } => Ok(None),
        }
    }

    /// Returns what it finds in a value.
    ///
    /// # Errors
    /// If looking would take more than it can be worth: paths that go down at several places, over large values.
    pub fn pick<'a>(&self, value: &'a Value) -> Result<Picked<'a>, PathError> {
        match &self.form {
            Form::Steps(steps) => Ok(walk(steps, value)),
            Form::Query { query, cost, singular, .. } => {
                if !cost.affordable(value) {
                    return Err(PathError(format!(
                        "`{}` is more than can be looked for in an answer of this size",
                        cut(&self.source)
                    )));
                }
                let nodes = query.query(value);
                Ok(match singular {
                    true => nodes.first().map_or(Picked::Nothing, Picked::One),
                    false => Picked::Many(nodes.all()),
                })
            }
        }
    }

    /// Returns the place of what a singular path finds, as a JSON Pointer, so that it can be taken out.
    #[must_use]
    pub fn place<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        let Form::Steps(steps) = &self.form else { return None };
        steps.iter().try_fold(value, |value, step| match value {
            Value::Object(members) => match step {
                Step::Name(name) => members.get_mut(name),
                Step::Index(_) => None,
            },
            Value::Array(items) => {
                let index = step.index(items.len())?;
                items.get_mut(index)
            }
            _ => None,
        })
    }
}

impl Step {
    /// Which element of a list it means.
    fn index(&self, length: usize) -> Option<usize> {
        match self {
            Self::Name(name) => name.parse().ok(),
            Self::Index(index) => match usize::try_from(*index) {
                Ok(index) => Some(index),
                Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
            },
        }
    }
}

fn walk<'a>(steps: &[Step], mut value: &'a Value) -> Picked<'a> {
    for (number, step) in steps.iter().enumerate() {
        let next = match (value, step) {
            (Value::Object(members), Step::Name(name)) => members.get(name),
            (Value::Array(items), Step::Name(name)) if name == "length" && number + 1 == steps.len() => {
                return Picked::Length(items.len());
            }
            (Value::Array(items), step) => step.index(items.len()).and_then(|index| items.get(index)),
            _ => None,
        };
        let Some(next) = next else { return Picked::Nothing };
        value = next;
    }
    Picked::One(value)
}

/// Returns the beginning of a path, for a message.
fn cut(source: &str) -> &str {
    source.char_indices().nth(200).and_then(|(end, _)| source.get(..end)).unwrap_or(source)
}

#[cfg(test)]
mod tests;

//! JSONPath (RFC 9535) and common variants of it: parsed once, evaluated at a bounded cost.
//!
//! Beyond the standard, `$.` is the whole answer, a dot is allowed before a bracket and at the end, `$` may be missing or written
//! `@`, names may contain `-`, `@`, `:` and spaces, and `$.list.length` is the length of a list (as are `.length()` and
//! `.size()`). A number after a dot is an index if the value is a list.

mod cost;
mod parse;

use cost::Cost;
use serde_json::Value;
use serde_json_path::JsonPath;
use std::fmt;

/// A parsed JSONPath.
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
    /// Only names and indices, as in most paths.
    Steps(Vec<Step>),
    /// Any other path.
    Query {
        query: Box<JsonPath>,
        cost: Cost,
        /// Whether it selects at most one value (RFC 9535, section 2.3.5.1).
        singular: bool,
        /// The name of its first segment, and the path without that segment; `None` if the first segment is not a name.
        first: Option<(String, String)>,
    },
}

/// A segment that selects at most one value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(i64),
}

/// The reason why a string is not a JSONPath, or why a path cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError(String);

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PathError {}

/// The result of evaluating a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Picked<'a> {
    /// Nothing.
    Nothing,
    /// The value of a singular path.
    One(&'a Value),
    /// The number of elements of a list.
    Length(usize),
    /// The values of a path that may select several; possibly empty.
    Many(Vec<&'a Value>),
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// If the text is not a path, or exceeds a limit of length or depth.
    pub fn parse(source: &str) -> Result<Self, PathError> {
        let form =
            parse::parse(source).map_err(|why| PathError(format!("`{}` is not a JSONPath: {why}", cut(source))))?;
        Ok(Self { source: source.to_owned(), form })
    }

    /// Returns the path of the whole value.
    #[must_use]
    pub fn whole() -> Self {
        Self { source: "$".to_owned(), form: Form::Steps(Vec::new()) }
    }

    /// Returns the path of a member.
    #[must_use]
    pub fn member(name: &str) -> Self {
        Self { source: name.to_owned(), form: Form::Steps(vec![Step::Name(name.to_owned())]) }
    }

    /// Returns the source text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether it selects the whole value.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(&self.form, Form::Steps(steps) if steps.is_empty())
    }

    /// Returns whether it selects at most one value.
    #[must_use]
    pub fn is_singular(&self) -> bool {
        match &self.form {
            Form::Steps(_) => true,
            Form::Query { singular, .. } => *singular,
        }
    }

    /// Returns the first segment and the rest of the path, if the first segment is a name.
    ///
    /// # Errors
    /// If the rest is not a valid path.
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

    /// Evaluates the path on a value.
    ///
    /// # Errors
    /// If the cost exceeds the limit, such as for a path with several `..` on a large value.
    pub fn pick<'a>(&self, value: &'a Value) -> Result<Picked<'a>, PathError> {
        match &self.form {
            Form::Steps(steps) => Ok(walk(steps, value)),
            Form::Query { query, cost, singular, .. } => {
                if !cost.affordable(value) {
                    return Err(PathError(format!(
                        "`{}` is too expensive for an answer of this size",
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

    /// Returns a mutable reference to the value of a path that has only names and indices; `None` for other paths, and if nothing
    /// is at the path.
    #[must_use]
    pub fn get_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
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
    /// Returns the index of the element that it selects in a list of this length.
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

/// Truncates a path for a message.
fn cut(source: &str) -> &str {
    source.char_indices().nth(200).and_then(|(end, _)| source.get(..end)).unwrap_or(source)
}

#[cfg(test)]
mod tests;

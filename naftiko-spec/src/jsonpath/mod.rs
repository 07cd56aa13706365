//! JSONPath (RFC 9535) and common variants of it: parsed once, evaluated at a bounded cost.
//!
//! Beyond the standard, `$.` is the whole answer, a dot is allowed before a bracket and at the end, `$` may be missing or written
//! `@`, names may contain `-`, `@`, `:` and spaces, and `$.list.length` is the length of a list (as are `.length()` and
//! `.size()`). The functions `match` and `search` are not supported. A number after a dot is an index if the value is a list.
//! The names of `OData` annotations contain dots: in `$.@odata.nextLink`, `@odata.nextLink` is one name.

mod cost;
mod form;
mod parse;

pub use form::Picked;

use cost::Cost;
use form::{Form, Step, walk};
use serde_json::Value;
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
    /// Whether it is the rest of a path whose first segment was a name.
    follows_name: bool,
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

/// Returns the name of an unsupported function in a path, such as `match`.
pub(crate) fn unsupported_function(source: &str) -> Option<&str> {
    parse::unsupported_function(source)
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// Returns an error if the text is not a path, or exceeds a limit of length or depth.
    pub fn parse(source: &str) -> Result<Self, PathError> {
        let form =
            parse::parse(source).map_err(|why| PathError(format!("`{}` is not a JSONPath: {why}", cut(source))))?;
        Ok(Self { source: source.to_owned(), form, follows_name: false })
    }

    /// Returns the path of the whole value.
    #[must_use]
    pub fn whole() -> Self {
        Self { source: "$".to_owned(), form: Form::Steps(Vec::new()), follows_name: false }
    }

    /// Returns the path of a member.
    #[must_use]
    pub fn member(name: &str) -> Self {
        let form = Form::Steps(vec![Step::Name(name.to_owned())]);
        Self { source: name.to_owned(), form, follows_name: false }
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

    /// Returns the first segment, if it is a name.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        match &self.form {
            Form::Steps(steps) => match steps.first()? {
                Step::Name(name) => Some(name),
                Step::Index(_) => None,
            },
            Form::Query { first, .. } => first.as_ref().map(|(name, _)| name.as_str()),
        }
    }

    /// Returns the first segment and the rest of the path, if the first segment is a name.
    ///
    /// # Errors
    /// Returns an error if the rest is not a valid path.
    pub fn split_first(&self) -> Result<Option<(&str, Self)>, PathError> {
        match &self.form {
            Form::Steps(steps) => Ok(steps.split_first().and_then(|(first, rest)| {
                let Step::Name(name) = first else { return None };
                let (source, form) = (self.source.clone(), Form::Steps(rest.to_vec()));
                Some((name.as_str(), Self { source, form, follows_name: true }))
            })),
            Form::Query { first: Some((name, rest)), .. } => {
                Ok(Some((name, Self { follows_name: true, ..Self::parse(rest)? })))
            }
            Form::Query { .. } => Ok(None),
        }
    }

    /// Evaluates the path on a value.
    ///
    /// # Errors
    /// Returns an error if the cost exceeds the limit, such as for a path with several `..` on a large value.
    pub fn pick<'a>(&self, value: &'a Value) -> Result<Picked<'a>, PathError> {
        match &self.form {
            Form::Steps(steps) => Ok(walk(steps, value, None)),
            Form::Query { query, cost, singular, .. } => {
                self.afford(*cost, value)?;
                let nodes = query.query(value);
                Ok(match singular {
                    true => nodes.first().map_or(Picked::Nothing, Picked::One),
                    false => Picked::Many(nodes.all()),
                })
            }
        }
    }

    /// Evaluates the path on a value that was decoded from XML, in which an element that occurs once is not in a list: an index,
    /// `[*]`, a slice, a filter and `.length` after a name read it as a list of one element.
    ///
    /// ```
    /// use naftiko_spec::jsonpath::{Path, Picked};
    /// use serde_json::json;
    ///
    /// let keys = Path::parse("$.Contents[*].Key")?;
    /// let answer = json!({ "Contents": { "Key": "a" } });
    /// assert_eq!(keys.pick_in_xml(&answer), Ok(Picked::Many(vec![&json!("a")])));
    /// # Ok::<(), naftiko_spec::jsonpath::PathError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`pick`](Self::pick).
    pub fn pick_in_xml<'a>(&self, value: &'a Value) -> Result<Picked<'a>, PathError> {
        match &self.form {
            Form::Steps(steps) => Ok(walk(steps, value, Some(self.follows_name))),
            Form::Query { cost, parts, .. } if !parts.is_empty() => {
                self.afford(*cost, value)?;
                let mut nodes = vec![value];
                for (number, part) in parts.iter().enumerate() {
                    let is_member = number > 0 || self.follows_name;
                    nodes = nodes.into_iter().flat_map(|node| part.select(node, is_member)).collect();
                }
                Ok(Picked::Many(nodes))
            }
            Form::Query { .. } => self.pick(value),
        }
    }

    /// Checks that evaluating the path on a value does not exceed the limit.
    fn afford(&self, cost: Cost, value: &Value) -> Result<(), PathError> {
        if cost.affordable(value) {
            return Ok(());
        }
        Err(PathError(format!("`{}` is too expensive for an answer of this size", cut(&self.source))))
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

/// Truncates a path for a message.
fn cut(source: &str) -> &str {
    source.char_indices().nth(200).and_then(|(end, _)| source.get(..end)).unwrap_or(source)
}

#[cfg(test)]
mod tests;

//! The parsed form of a path (names and indices, or a general query), and how it selects values.

use super::cost::Cost;
use serde_json::Value;
use serde_json_path::JsonPath;

/// The result of evaluating a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Picked<'a> {
    /// The result of a singular path at which there is no value.
    Nothing,
    /// The value of a singular path.
    One(&'a Value),
    /// The number of elements of a list.
    Length(usize),
    /// The values of a path that may select several; possibly empty.
    Many(Vec<&'a Value>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
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
        /// The query in parts, for answers in XML; empty if no name is followed by an index, a slice or a filter, or if a filter
        /// refers to the whole value (`$`).
        parts: Vec<QueryPart>,
    },
}

/// A part of a query: segments that are evaluated on each value that the part before it selects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QueryPart {
    pub(super) query: JsonPath,
    /// Whether it is one segment that selects elements of a list.
    pub(super) is_elements: bool,
}

/// A segment that selects at most one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Index(i64),
}

impl Step {
    /// Returns the index of the element that it selects in a list of this length.
    pub(super) fn index(&self, length: usize) -> Option<usize> {
        match self {
            Self::Name(name) => name.parse().ok(),
            Self::Index(index) => match usize::try_from(*index) {
                Ok(index) => Some(index),
                Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
            },
        }
    }
}

impl QueryPart {
    /// Returns the values that the part selects in a value; `is_member` is whether the value was selected by its name.
    pub(super) fn select<'a>(&self, value: &'a Value, is_member: bool) -> Vec<&'a Value> {
        if !is_member || !self.is_elements || value.is_array() {
            return self.query.query(value).all();
        }
        // In XML, an element that occurs once is read as a list of one element, so each selected element is the value itself.
        let list = Value::Array(vec![value.clone()]);
        vec![value; self.query.query(&list).len()]
    }
}

/// Follows names and indices. `in_xml` is `None` for JSON; for XML, whether the value was selected by its name.
pub(super) fn walk<'a>(steps: &[Step], mut value: &'a Value, in_xml: Option<bool>) -> Picked<'a> {
    // In XML, a value that was selected by its name may be the only element with that name.
    let mut may_be_only_element = in_xml == Some(true);
    for (number, step) in steps.iter().enumerate() {
        let is_length = matches!(step, Step::Name(name) if name == "length" && number + 1 == steps.len());
        let member = match (value, step) {
            (Value::Object(members), Step::Name(name)) => members.get(name),
            _ => None,
        };
        let next = match value {
            Value::Array(items) if is_length => return Picked::Length(items.len()),
            Value::Array(items) => step.index(items.len()).and_then(|index| items.get(index)),
            _ if member.is_some() => member,
            _ if may_be_only_element && is_length => return Picked::Length(1),
            _ if may_be_only_element => step.index(1).filter(|index| *index == 0).map(|_| value),
            _ => None,
        };
        let Some(next) = next else { return Picked::Nothing };
        may_be_only_element = in_xml.is_some() && member.is_some();
        value = next;
    }
    Picked::One(value)
}

//! Decodes YAML that can be represented in JSON. Rejects alias bombs and duplicate keys. A stream of several documents
//! cannot contain aliases, since the parser counts repetitions per document.

use super::Budget;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, Options, Spanned};
use std::fmt;

/// The maximum nesting depth: each level needs stack space, especially in a debug build.
const MAX_DEPTH: usize = 32;

/// The maximum number of events (scalars, starts and ends), including those that aliases repeat.
const MAX_EVENTS: usize = 2_000_000;

/// The maximum number of events that aliases repeat.
const MAX_REPEATED: usize = 100_000;

/// The maximum size of the text, in bytes, including what aliases repeat.
const MAX_TEXT: usize = 64 * 1024 * 1024;

pub(super) fn decode(text: &str, budget: &mut Budget) -> Result<Value, String> {
    budget.take(text.len())?;
    crate::numbers::remember_numbers_of(text);
    let mut documents: Vec<Value> = if memchr::memchr_iter(b'0', text.as_bytes()).any(|at| is_foreign_at(text, at)) {
        budget.take(text.len())?;
        read::<Spanned<Node>>(text)?.into_iter().map(|node| value(node, text)).collect()
    } else {
        read(text)?
    };
    if documents.len() == 1 {
        return Ok(documents.pop().unwrap_or_default());
    }
    Ok(if documents.is_empty() { Value::Null } else { Value::Array(documents) })
}

/// Reads the documents of a text.
fn read<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    let mut read = serde_saphyr::from_multiple_with_options(text, reading(false));
    if read.as_ref().is_err_and(has_more_documents) {
        read = serde_saphyr::from_multiple_with_options(text, reading(true));
    }
    read.map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map(|at| format!(", at line {}, column {}", at.line(), at.column()));
        format!("it is not valid YAML{}", place.unwrap_or_default())
    })
}

/// A value whose numbers may be strings in the core schema of YAML 1.2.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Self>>),
    Map(Vec<(String, Spanned<Self>)>),
}

/// Returns whether the parser reads a number at a zero that is a string in the core schema (YAML 1.2.2, section 10.3.2): `0b11`, `0X1F`,
/// `-0x1F`. Only `0o` and `0x` are prefixes, and only without a sign.
fn is_foreign_at(text: &str, zero: usize) -> bool {
    let byte = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).copied();
    match byte(zero.checked_add(1)) {
        Some(b'b' | b'B' | b'O' | b'X') => true,
        Some(b'o' | b'x') => matches!(byte(zero.checked_sub(1)), Some(b'+' | b'-')),
        _ => false,
    }
}

/// Converts a node to a value, with the numbers of the core schema.
fn value(node: Spanned<Node>, text: &str) -> Value {
    let span = node.defined.span();
    match node.value {
        Node::Scalar(Value::Number(number)) => {
            let start = span.byte_offset().and_then(|at| usize::try_from(at).ok());
            let length = span.byte_len().and_then(|length| usize::try_from(length).ok());
            let written = start.zip(length).and_then(|(start, length)| text.get(start..start.checked_add(length)?));
            let written = written.map(str::trim).unwrap_or_default();
            let zero = usize::from(written.starts_with(['+', '-']));
            let is_foreign =
                written.get(zero..).is_some_and(|digits| digits.starts_with('0')) && is_foreign_at(written, zero);
            if is_foreign { Value::String(written.to_owned()) } else { Value::Number(number) }
        }
        Node::Scalar(scalar) => scalar,
        Node::List(items) => items.into_iter().map(|item| value(item, text)).collect(),
        Node::Map(members) => members.into_iter().map(|(name, member)| (name, value(member, text))).collect(),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Node::Map(members))
    }
}

/// Returns whether the text cannot be read because it has more than one document.
fn has_more_documents(error: &Error) -> bool {
    matches!(error.without_snippet(), Error::Budget { breach: BudgetBreach::Documents { .. }, .. })
}

fn reading(stream: bool) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_events: MAX_EVENTS,
            max_nodes: MAX_EVENTS,
            max_aliases: if stream { 0 } else { 1000 },
            max_anchors: 1000,
            max_total_scalar_bytes: MAX_TEXT,
            max_documents: if stream { 10_000 } else { 1 },
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED },
        duplicate_keys: DuplicateKeyPolicy::Error,
        // `yes` and `on` are strings.
        strict_booleans: true,
        // They keep their digits: `0042`, `1_000`.
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

//! Decodes YAML that can be represented in JSON. Rejects alias bombs and duplicate keys. A stream of several documents
//! cannot contain aliases, since the parser counts repetitions per document.

use super::Budget;
use crate::limits::memory::too_much;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, Options};
use std::cell::RefCell;
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
    crate::numbers::remember_numbers_of(text);
    let whole = budget.clone();
    let mut read = read(text, false, budget);
    if read.as_ref().is_err_and(has_more_documents) {
        *budget = whole;
        read = self::read(text, true, budget);
    }
    let documents = read.map_err(|error| {
        let error = error.without_snippet();
        let mut cause = error;
        while let Error::AliasError { error, .. } = cause {
            cause = error.without_snippet();
        }
        let what = match cause {
            Error::Message { msg, .. } if *msg == too_much() => return too_much(),
            Error::DuplicateMappingKey { .. } => "a key is given twice",
            Error::Budget { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. } => "it is nested too deeply, or has too many nodes or aliases",
            _ => "there is a syntax error",
        };
        let place = error.location().map(|at| format!(", at line {}, column {}", at.line(), at.column()));
        format!("{what}{}", place.unwrap_or_default())
    })?;
    let mut documents: Vec<Value> = documents.into_iter().map(|Charged(value)| value).collect();
    if documents.len() == 1 {
        return Ok(documents.pop().unwrap_or_default());
    }
    Ok(if documents.is_empty() { Value::Null } else { Value::Array(documents) })
}

thread_local! {
    /// The budget of the text that this thread reads. It is thread-local, since the parser accepts a type, but no state.
    static BUDGET: RefCell<Budget> = RefCell::default();
}

/// Reads the documents of a text within a budget.
fn read(text: &str, stream: bool, budget: &mut Budget) -> Result<Vec<Charged>, Error> {
    BUDGET.with_borrow_mut(|current| std::mem::swap(current, budget));
    let read = serde_saphyr::from_multiple_with_options(text, reading(stream));
    BUDGET.with_borrow_mut(|current| std::mem::swap(current, budget));
    read
}

/// A value whose memory is reserved while it is read.
struct Charged(Value);

/// Reserves memory from the budget of this thread.
fn charge<E: serde::de::Error>(take: impl FnOnce(&mut Budget) -> Result<(), String>) -> Result<(), E> {
    BUDGET.with_borrow_mut(take).map_err(E::custom)
}

impl<'de> Deserialize<'de> for Charged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChargedVisitor).map(Self)
    }
}

struct ChargedVisitor;

impl<'de> Visitor<'de> for ChargedVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can represent")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        charge(|budget| budget.take(0)).map(|()| Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        charge(|budget| budget.take(0)).map(|()| value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        charge(|budget| budget.take(0)).map(|()| value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        charge(|budget| budget.take(0)).map(|()| value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        charge(|budget| budget.take(0)).map(|()| value.into())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        charge(|budget| budget.take(text.len())).map(|()| text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        charge(|budget| budget.take(0))?;
        let mut values = Vec::new();
        while let Some(Charged(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        charge(Budget::object)?;
        let mut members = Map::new();
        while let Some((name, Charged(value))) = map.next_entry::<String, _>()? {
            charge(|budget| budget.take(name.len()))?;
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

/// Returns whether the text cannot be read because it has more than one document.
fn has_more_documents(error: &Error) -> bool {
    matches!(error.without_snippet(), Error::Budget { breach: BudgetBreach::Documents { .. }, .. })
}

/// Returns the options for reading one document or, if `stream`, several documents without aliases.
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
        // Numbers such as `0042` and `1_000` are strings, so that they keep their spelling.
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

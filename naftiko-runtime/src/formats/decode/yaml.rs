//! Decodes YAML that can be represented in JSON. Rejects alias bombs and duplicate keys. A stream of several documents
//! cannot contain aliases, since the parser counts repetitions per document.

use super::Budget;
use serde_json::Value;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, Options};

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
    let mut read = serde_saphyr::from_multiple_with_options(text, reading(false));
    if read.as_ref().is_err_and(has_more_documents) {
        read = serde_saphyr::from_multiple_with_options(text, reading(true));
    }
    let mut documents: Vec<Value> = read.map_err(|error| {
        let error = error.without_snippet();
        let what = match error {
            Error::DuplicateMappingKey { .. } => "a key is given twice",
            Error::Budget { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. } => "it is nested too deeply, or has too many nodes or aliases",
            _ => "there is a syntax error",
        };
        let place = error.location().map(|at| format!(", at line {}, column {}", at.line(), at.column()));
        format!("{what}{}", place.unwrap_or_default())
    })?;
    if documents.len() == 1 {
        return Ok(documents.pop().unwrap_or_default());
    }
    Ok(if documents.is_empty() { Value::Null } else { Value::Array(documents) })
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

//! The calls of the search tools: searches all tools, describes a tool, and finds the tool that a request calls.

use super::adapter::McpAdapter;
use super::finder::DEFAULT_RESULTS;
use super::message::RawArguments;
use super::rights::Rights;
use super::tools::{ToolEntry, ToolKind};
use crate::error::{Error, Result};
use crate::schema::{self, OwnedArgument};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The maximum number of different words of a query that are searched for. It limits the work for a long query.
const MAX_WORDS: usize = 64;

impl McpAdapter {
    /// Returns the tool that a request calls, and the arguments of that tool. A request for the tool `call` has both in its
    /// arguments. Whether the caller may use the tool is not checked.
    ///
    /// # Errors
    /// Returns an error if the tool does not exist, or if the arguments of `call` or the cursor are not valid.
    pub(super) fn target<'a>(
        &'a self,
        entry: &'a ToolEntry,
        arguments: RawArguments,
        rights: &Rights,
    ) -> Result<(&'a ToolEntry, RawArguments)> {
        let (entry, arguments) = self.named_target(entry, arguments, rights)?;
        let Some(limit) = &entry.limit else { return Ok((entry, arguments)) };
        let (arguments, offset) = limit.split(&self.seal, &entry.tool.name, arguments)?;
        Ok((entry, RawArguments { offset, ..arguments }))
    }

    /// Returns the tool and the arguments that the arguments of `call` contain; for any other tool, returns `entry` and `arguments`.
    fn named_target<'a>(
        &'a self,
        entry: &'a ToolEntry,
        arguments: RawArguments,
        rights: &Rights,
    ) -> Result<(&'a ToolEntry, RawArguments)> {
        #[derive(Deserialize)]
        struct Called<'a> {
            #[serde(borrow)]
            name: Cow<'a, str>,
            #[serde(borrow)]
            arguments: Option<&'a RawValue>,
        }

        if entry.kind != ToolKind::Call {
            return Ok((entry, arguments));
        }
        let within =
            |pointer: &str| pointer.strip_prefix("/arguments").filter(|rest| rest.starts_with('/')).map(str::to_owned);
        let duplicate = if let Some(pointer) = arguments.duplicate {
            Some(within(&pointer).ok_or_else(|| schema::duplicate_member(pointer))?)
        } else {
            first_text(entry, &schema::bind_json(entry.inputs(), arguments.json.as_ref())?)?;
            None
        };
        let json = arguments.json.unwrap_or_default();
        let called: Called<'_> = serde_json::from_slice(&json)
            .map_err(|error| Error::argument("", format!("expected the name of a tool and its arguments: {error}")))?;
        let target = self.tool(&called.name).ok_or_else(|| self.unknown(&called.name, rights))?;
        let json = called.arguments.map(|arguments| json.slice_ref(arguments.get().as_bytes()));
        Ok((target, RawArguments { json, duplicate, offset: 0 }))
    }

    /// Returns the error for an unknown tool name.
    fn unknown(&self, name: &str, rights: &Rights) -> Error {
        let nearest =
            self.nearest(name, rights).map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
        // No candidates are passed, since `nearest` provides the suggestion.
        let unknown = schema::unknown("tool", name, std::iter::empty());
        Error::new(StatusCode::BAD_REQUEST, format!("{unknown}{nearest}"))
    }

    /// Answers `search` and `describe`, with the tools that the caller may use.
    ///
    /// # Errors
    /// Returns an error if the tool is unknown, or if an argument has the wrong type.
    pub(super) fn search_or_describe(
        &self,
        entry: &ToolEntry,
        given: &[OwnedArgument],
        rights: &Rights,
    ) -> Result<Bytes> {
        let text = first_text(entry, given)?;
        if entry.kind == ToolKind::Describe {
            let name = text;
            let entry = self.tool(&name).filter(|entry| rights.include(entry.scopes()));
            let entry = entry.ok_or_else(|| self.unknown(&name, rights))?;
            return Ok(entry.json.clone().into());
        }
        let limit = given.get(1).and_then(number_of).unwrap_or(DEFAULT_RESULTS);
        let found: Vec<Value> = self.ranked(&text, rights).into_iter().take(limit).map(summary).collect();
        Ok(json!({ "tools": found }).to_string().into())
    }

    /// Returns the tools that match a query, the best one first; all of them for a query without words.
    fn ranked(&self, query: &str, rights: &Rights) -> Vec<&ToolEntry> {
        let entries = self.permitted(rights);
        let mut words = words(query);
        let mut known = HashSet::new();
        words.retain(|word| known.len() < MAX_WORDS && known.insert(word.clone()));
        if words.is_empty() {
            return entries;
        }
        let documents: Vec<HashMap<String, f64>> = entries.iter().map(|entry| weights(entry)).collect();
        let mut ranked: Vec<(f64, &ToolEntry)> =
            scores(&documents, &words).into_iter().zip(entries).filter(|(score, _)| *score > 0.0).collect();
        // The sort is stable: equal matches stay in the order of the document.
        ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        ranked.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// Returns the first argument of a tool, which must be a string, or an empty string if the tool has no arguments.
///
/// # Errors
/// Returns an error if it is not a string.
fn first_text(entry: &ToolEntry, given: &[OwnedArgument]) -> Result<String> {
    let (Some(input), Some(given)) = (entry.inputs().first(), given.first()) else { return Ok(String::new()) };
    let wrong = |why: &str| schema::explain(input, given, why);
    match given {
        OwnedArgument::Json(json) => serde_json::from_slice(json).map_err(|error| wrong(&error.to_string())),
        OwnedArgument::Value(Value::String(text)) => Ok(text.clone()),
        _ => Err(wrong("expected a string")),
    }
}

/// Returns an argument as an integer; `None` if it is missing or not an integer.
fn number_of(given: &OwnedArgument) -> Option<usize> {
    match given {
        // `1.0` is an integer in JSON Schema.
        OwnedArgument::Json(json) => std::str::from_utf8(json)
            .ok()?
            .trim()
            .trim_end_matches('0')
            .strip_suffix('.')
            .map_or_else(|| serde_json::from_slice(json).ok(), |whole| whole.parse().ok()),
        OwnedArgument::Value(value) => value.as_u64().and_then(|number| number.try_into().ok()),
        _ => None,
    }
}

/// Returns the entry of a tool in the result of a search.
fn summary(entry: &ToolEntry) -> Value {
    let mut shown = json!({ "name": entry.tool.name });
    if let Some(description) = &entry.tool.description {
        shown["description"] = Value::String(description.to_string());
    }
    shown
}

/// Splits a string into words that can be compared: in lower case, `listUsers` as two words, plurals as singulars.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in text.chars() {
        let starts = character.is_uppercase() && before.is_lowercase();
        before = character;
        if starts || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).map(singular).collect()
}

fn singular(word: String) -> String {
    match word.strip_suffix("ies") {
        Some(stem) if stem.len() > 1 => format!("{stem}y"),
        _ if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") => word.trim_end_matches('s').to_owned(),
        _ => word,
    }
}

/// Returns the words of a tool, each with its weight: words of the name weigh most, words of arguments least.
fn weights(entry: &ToolEntry) -> HashMap<String, f64> {
    let tool = &entry.tool;
    let mut weights = HashMap::new();
    let mut add = |text: &str, weight: f64| {
        for word in words(text) {
            *weights.entry(word).or_insert(0.0) += weight;
        }
    };
    add(&tool.name, 3.0);
    add(tool.title.as_deref().unwrap_or_default(), 2.0);
    add(tool.description.as_deref().unwrap_or_default(), 1.0);
    for input in entry.inputs() {
        add(&input.argument.name, 0.5);
        add(input.argument.description.as_deref().unwrap_or_default(), 0.25);
    }
    weights
}

/// Returns how well each document matches the words (BM25). If a document lacks a word of at least three letters, a longer word
/// that begins with it counts instead, with half the weight.
#[allow(clippy::cast_precision_loss, reason = "there are few tools")]
fn scores(documents: &[HashMap<String, f64>], words: &[String]) -> Vec<f64> {
    const SATURATION: f64 = 1.2;
    const LENGTH: f64 = 0.75;

    let count = documents.len() as f64;
    let lengths: Vec<f64> = documents.iter().map(|document| document.values().sum()).collect();
    let average = lengths.iter().sum::<f64>() / count.max(1.0);
    let weight = |document: &HashMap<String, f64>, word: &str| {
        let prefix_weight = || {
            let longer =
                |(own, weight): (&String, &f64)| (word.len() > 2 && own.starts_with(word)).then_some(weight / 2.0);
            document.iter().filter_map(longer).fold(0.0, f64::max)
        };
        document.get(word).copied().unwrap_or_else(prefix_weight)
    };
    let mut scores = vec![0.0; documents.len()];
    for word in words {
        let weights: Vec<f64> = documents.iter().map(|document| weight(document, word)).collect();
        let matching = weights.iter().filter(|weight| **weight > 0.0).count() as f64;
        let rarity = (1.0 + (count - matching + 0.5) / (matching + 0.5)).ln();
        for ((score, weight), length) in scores.iter_mut().zip(weights).zip(&lengths) {
            let norm = SATURATION * (1.0 - LENGTH + LENGTH * length / average.max(1.0));
            *score += rarity * weight * (SATURATION + 1.0) / (weight + norm);
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn texts_are_split_into_comparable_words() {
        assert_eq!(
            words("listUser_tokens of the Companies, class"),
            ["list", "user", "token", "of", "the", "company", "class"]
        );
        assert_eq!(words(" - "), [""; 0]);
    }
}

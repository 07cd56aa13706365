//! The path of a request: what an author wrote, and values that never leave the segment where they stand.

use super::request::Making;
use super::scope::to_text;
use crate::consume::encode;
use crate::consume::request::push_text;
use crate::error::Result;
use naftiko_spec::lower::{Piece, Source};
use serde_json::Value;
use std::borrow::Cow;

/// The segment that is being written.
#[derive(Default)]
struct Segment<'a> {
    /// Before it is encoded.
    text: String,
    /// The last value in it.
    value: Option<&'a Source>,
}

impl<'a> Segment<'a> {
    /// It ends here.
    fn end(&mut self, making: &Making<'a>) -> Result<()> {
        let ended = std::mem::take(self);
        match ended.value {
            Some(source) if encode::is_dots(&ended.text) => {
                Err(making.refused(source, "`.` and `..` are not allowed, since they lead to another path"))
            }
            _ => Ok(()),
        }
    }
}

/// Appends the path to a URL; whether it has begun a query.
pub(super) fn push<'a>(making: &Making<'a>, pieces: &'a [Piece], url: &mut String) -> Result<bool> {
    let mut segment = Segment::default();
    let mut query = false;
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => {
                let (path, rest) = match literal.split_once('?') {
                    _ if query => ("", Some(literal.as_str())),
                    Some((path, rest)) => (path, Some(rest)),
                    None => (literal.as_str(), None),
                };
                for (at, part) in path.split('/').enumerate() {
                    if at > 0 {
                        segment.end(making)?;
                    }
                    segment.text.push_str(part);
                }
                encode::push_literal(url, path);
                if let Some(rest) = rest {
                    url.push_str(if query { "" } else { "?" });
                    query = true;
                    encode::push_query_literal(url, rest);
                }
            }
            Piece::Value(source) if query => {
                let value = making.scope.value(source);
                push_text(url, &value.as_deref().map_or(Cow::Borrowed(""), to_text), making.scope.shown);
            }
            Piece::Value(source) => {
                let text = text(making, source)?;
                segment.value = Some(source);
                segment.text.push_str(&text);
                push_list(url, making, source, &text);
            }
        }
        making.check_length(url, piece)?;
    }
    segment.end(making)?;
    Ok(query)
}

/// A value in a path as text: lists with commas between.
fn text(making: &Making<'_>, source: &Source) -> Result<String> {
    let Some(value) = making.scope.value_in_place(source) else {
        return Err(making.refused(source, "it is missing, and it stands in the path"));
    };
    let text = match &*value {
        Value::Array(elements) => elements.iter().map(to_text).collect::<Vec<_>>().join(","),
        other => to_text(other).into_owned(),
    };
    if text.is_empty() {
        return Err(making.refused(source, "it is empty, and it stands in the path"));
    }
    Ok(text)
}

/// Appends a value; the commas of a list stay commas.
fn push_list(url: &mut String, making: &Making<'_>, source: &Source, text: &str) {
    match making.scope.value_in_place(source).as_deref() {
        Some(Value::Array(elements)) => {
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    url.push(',');
                }
                push_text(url, &to_text(element), making.scope.shown);
            }
        }
        _ => push_text(url, text, making.scope.shown),
    }
}

//! Lowers the values of a document to their sources.

use super::{ArgumentUse, Destination, Scope};
use crate::lower::plan::{Piece, Source};
use crate::lower::reference::open_braces;
use crate::lower::scan::{self, ScanPart};
use indexmap::IndexMap;
use serde_json::Value;

/// The maximum nesting in which references are resolved; deeper values are constants.
const MAX_DEPTH: usize = 64;

impl<'d> Scope<'d> {
    /// Lowers a value of a document: a reference, a string with holes, a constant, or a list or an object of these. `with` has the
    /// sources of holes by name; `usage` says where the value is sent.
    pub(in crate::lower) fn value(
        &mut self,
        value: &Value,
        with: &IndexMap<String, Source>,
        usage: ArgumentUse<'d>,
    ) -> Source {
        self.nested(value, with, usage, true, 0)
    }

    /// Lowers a value at a depth; `words` specifies whether strings without braces may be references.
    fn nested(
        &mut self,
        value: &Value,
        with: &IndexMap<String, Source>,
        usage: ArgumentUse<'d>,
        words: bool,
        depth: usize,
    ) -> Source {
        // The parameter describes the whole value, not a part of it.
        let inner = ArgumentUse { parameter: None, ..usage };
        match value {
            Value::String(text) if words => self.word(text, usage).unwrap_or_else(|| self.constant(text, with, usage)),
            Value::String(text) => self.text(text, with, usage),
            Value::Array(list) if depth < MAX_DEPTH => {
                let elements = list.iter().enumerate();
                let element = |(index, value): (usize, &Value)| {
                    self.within(&index.to_string(), |scope| scope.nested(value, with, inner, words, depth + 1))
                };
                Source::List(elements.map(element).collect())
            }
            Value::Object(members) if depth < MAX_DEPTH => {
                let member = |(name, value): (&String, &Value)| {
                    let source = self.within(name, |scope| scope.nested(value, with, inner, words, depth + 1));
                    (name.clone(), source)
                };
                Source::Object(members.iter().map(member).collect())
            }
            constant => self.exact(constant),
        }
    }

    /// Lowers a constant without loss of digits in its numbers.
    pub(in crate::lower) fn exact(&self, value: &Value) -> Source {
        let exact = &self.document.exact_numbers;
        match value {
            Value::Number(number) => match exact.literal(number) {
                Some(literal) => Source::Json(literal.to_owned()),
                None => Source::Constant(value.clone()),
            },
            Value::Array(list) if exact.has_any(value) => {
                Source::List(list.iter().map(|value| self.exact(value)).collect())
            }
            Value::Object(members) if exact.has_any(value) => {
                Source::Object(members.iter().map(|(name, value)| (name.clone(), self.exact(value))).collect())
            }
            constant => Source::Constant(constant.clone()),
        }
    }

    /// Lowers a value of a body template: like [`value`](Self::value), but words without braces are literal.
    pub(in crate::lower) fn template(&mut self, value: &Value, with: &IndexMap<String, Source>) -> Source {
        self.nested(value, with, ArgumentUse::to(Destination::Member), false, 0)
    }

    /// Lowers a string, and reports double braces that do not match or contain no name.
    pub(in crate::lower) fn constant(
        &mut self,
        text: &str,
        with: &IndexMap<String, Source>,
        usage: ArgumentUse<'d>,
    ) -> Source {
        if let Some((message, fix)) = open_braces(text) {
            self.report(message, fix);
        }
        self.text(text, with, usage)
    }

    /// Lowers a string: to the source of its only hole, to a text with several pieces, or to a constant.
    pub(in crate::lower) fn text(
        &mut self,
        text: &str,
        with: &IndexMap<String, Source>,
        usage: ArgumentUse<'d>,
    ) -> Source {
        if let Some(inside) = scan::whole(text) {
            return self.hole(inside, with, usage);
        }
        match self.pieces(text, with, usage) {
            pieces if pieces.iter().all(|piece| matches!(piece, Piece::Literal(_))) => Source::Constant(text.into()),
            pieces => Source::Text(pieces),
        }
    }

    /// Returns the pieces of a string.
    pub(in crate::lower) fn pieces(
        &mut self,
        text: &str,
        with: &IndexMap<String, Source>,
        usage: ArgumentUse<'d>,
    ) -> Vec<Piece> {
        scan::text(text)
            .into_iter()
            .map(|part| match part {
                ScanPart::Literal(literal) => Piece::Literal(literal.to_owned()),
                ScanPart::Hole { inside, .. } => Piece::Value(self.hole(inside, with, usage)),
            })
            .collect()
    }

    /// Lowers a constant, or a template, of a parameter with a declared type. In a body, the value has this type.
    pub(in crate::lower) fn typed_constant(
        &mut self,
        (text, kind): (&str, &str),
        with: &IndexMap<String, Source>,
        usage: ArgumentUse<'d>,
    ) -> Source {
        let source = self.constant(text, with, usage);
        if matches!(usage.to, Destination::Body | Destination::Member) { source.of_type(kind) } else { source }
    }

    /// Returns the JSON type of a source, if it is declared.
    pub(in crate::lower) fn kind_of<'s>(&'s self, source: &'s Source) -> Option<&'s str> {
        match source {
            Source::Argument(index) => self.schemas.get(*index)?.get("type")?.as_str(),
            Source::Default(first, _) => self.kind_of(first),
            Source::Typed(kind, _) => Some(kind),
            Source::Constant(Value::String(_)) | Source::Text(_) => Some("string"),
            Source::Constant(Value::Object(_)) | Source::Object(_) => Some("object"),
            Source::Constant(Value::Array(_)) | Source::List(_) => Some("array"),
            _ => None,
        }
    }

    /// Returns the text that the document specifies for a source: a constant, or a default.
    pub(in crate::lower) fn own_text(&self, source: &Source) -> Option<String> {
        match source {
            Source::Constant(Value::String(text)) => Some(text.clone()),
            Source::Argument(index) => Some(self.schemas.get(*index)?.get("default")?.as_str()?.to_owned()),
            Source::Default(_, other) => self.own_text(other),
            Source::Typed(_, source) => self.own_text(source),
            _ => None,
        }
    }
}

//! What values are made of while an operation is called: its arguments, variables, the results of steps.

use super::load::Names;
use super::results::Results;
use crate::consume::resolve::HIDDEN;
use crate::error::Result;
use crate::numbers;
use crate::operation::{Arguments, Given};
use crate::schema;
use bytes::Bytes;
use naftiko_spec::lower::{Piece, Source};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// One argument.
pub(super) struct Argument<'a> {
    /// Its value; none if it was not given.
    pub(super) value: Option<Cow<'a, Value>>,
    /// The same as it came, if it came as JSON.
    pub(super) json: Option<&'a Bytes>,
}

/// The arguments of a call, each as its schema says.
///
/// # Errors
/// If one is not.
pub(super) fn arguments(arguments: &Arguments) -> Result<Vec<Argument<'_>>> {
    let operation = arguments.operation();
    let inputs = operation.inputs.iter().enumerate();
    inputs
        .map(|(index, input)| {
            let given = arguments.given(index);
            if input.argument.required && matches!(given, Given::Absent) {
                return Err(schema::missing(&input.argument.name));
            }
            let value = schema::untyped(input, given)?;
            let json = match given {
                Given::Json(json) if value.is_some() => Some(json),
                _ => None,
            };
            Ok(Argument { value, json })
        })
        .collect::<Result<_>>()
        .map_err(|error| error.in_operation(operation.name()))
}

/// Where sources are looked up.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) names: &'a Names,
    pub(super) arguments: &'a [Argument<'a>],
    pub(super) results: Option<&'a Results>,
    /// The capability's own credential, where it goes wherever a request says so.
    pub(super) credential: Option<&'a SecretString>,
    /// The arguments that are not to be shown.
    pub(super) sensitive: &'a [usize],
    /// Whether what is made is only shown: then secrets are hidden.
    pub(super) shown: bool,
}

impl<'a> Scope<'a> {
    /// The value of a source; none if it is absent.
    pub(super) fn value(&self, source: &'a Source) -> Option<Cow<'a, Value>> {
        match source {
            Source::Argument(index) if self.hides(*index) => {
                self.arguments.get(*index)?.value.as_ref().map(|_| Cow::Owned(Value::from(HIDDEN)))
            }
            Source::Argument(index) => match self.arguments.get(*index)?.value.as_ref()? {
                Cow::Borrowed(value) => Some(Cow::Borrowed(value)),
                Cow::Owned(value) => Some(Cow::Borrowed(value)),
            },
            Source::Variable { namespace, name } => {
                let value = self.names.variable(namespace.as_deref(), name);
                let text = if self.shown { Some(HIDDEN) } else { value.map(ExposeSecret::expose_secret) };
                text.map(|text| Cow::Owned(Value::from(text)))
            }
            Source::Credential if self.shown => Some(Cow::Owned(Value::from(HIDDEN))),
            Source::Credential => self.credential.map(|credential| Cow::Owned(Value::from(credential.expose_secret()))),
            Source::Step(path) => self.results?.find(self.names.path(path)?).map(Cow::Owned),
            Source::Constant(value) => Some(Cow::Borrowed(value)),
            Source::Text(pieces) => self.text_of(pieces).map(|text| Cow::Owned(Value::from(text))),
            Source::Object(members) => {
                let members =
                    members.iter().filter_map(|(name, source)| Some((name.clone(), self.value(source)?.into_owned())));
                Some(Cow::Owned(Value::Object(members.collect::<Map<_, _>>())))
            }
            Source::List(elements) => {
                let elements = elements.iter().filter_map(|source| self.value(source).map(Cow::into_owned));
                Some(Cow::Owned(Value::Array(elements.collect())))
            }
        }
    }

    /// The text of a template; none if it has values and all of them are absent.
    pub(super) fn text_of(&self, pieces: &'a [Piece]) -> Option<String> {
        let mut text = String::new();
        let (mut holes, mut filled) = (false, false);
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Value(source) => {
                    holes = true;
                    if let Some(value) = self.value(source) {
                        filled = true;
                        text.push_str(&to_text(&value));
                    }
                }
            }
        }
        (filled || !holes).then_some(text)
    }

    /// The texts of a source where a list stands for several: in a query, in headers, in forms.
    pub(super) fn texts(&self, source: &'a Source) -> Vec<Cow<'a, str>> {
        match self.value(source) {
            None | Some(Cow::Borrowed(Value::Null) | Cow::Owned(Value::Null)) => Vec::new(),
            Some(Cow::Borrowed(Value::Array(elements))) => elements.iter().filter_map(element).collect(),
            Some(Cow::Owned(Value::Array(elements))) => {
                elements.iter().filter_map(|value| element(value).map(|text| Cow::Owned(text.into_owned()))).collect()
            }
            Some(Cow::Borrowed(value)) => vec![to_text(value)],
            Some(Cow::Owned(value)) => vec![Cow::Owned(to_text(&value).into_owned())],
        }
    }

    /// Whether an argument is hidden here.
    pub(super) fn hides(&self, index: usize) -> bool {
        self.shown && self.sensitive.contains(&index)
    }

    /// Whether a source holds something that is not to be seen.
    pub(super) fn is_secret(&self, source: &Source) -> bool {
        let mut secret = false;
        visit(source, &mut |source| {
            secret |= match source {
                Source::Variable { .. } | Source::Credential => true,
                Source::Argument(index) => self.sensitive.contains(index),
                _ => false,
            };
        });
        secret
    }
}

/// An element of a list as text; null is none.
fn element(value: &Value) -> Option<Cow<'_, str>> {
    (!value.is_null()).then(|| to_text(value))
}

/// A value as text: strings as they are, all else as JSON writes it.
pub(super) fn to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        Value::Number(number) => Cow::Owned(numbers::number(number)),
        other => Cow::Owned(numbers::text(other)),
    }
}

/// Does something with a source and with all that it is made of.
pub(super) fn visit<'a>(source: &'a Source, work: &mut impl FnMut(&'a Source)) {
    work(source);
    match source {
        Source::Text(pieces) => visit_pieces(pieces, work),
        Source::Object(members) => members.iter().for_each(|(_, source)| visit(source, work)),
        Source::List(elements) => elements.iter().for_each(|source| visit(source, work)),
        _ => {}
    }
}

/// The same with the values of a text.
pub(super) fn visit_pieces<'a>(pieces: &'a [Piece], work: &mut impl FnMut(&'a Source)) {
    for piece in pieces {
        if let Piece::Value(source) = piece {
            visit(source, work);
        }
    }
}

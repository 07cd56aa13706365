//! The sources of a request's values. They are prepared when a client is built, and evaluated in each call.

use super::resolve::HIDDEN;
use crate::formats::{self, DeclaredValue};
use crate::numbers;
use crate::operation::{ArgumentValue, Context};
use crate::upload::Upload;
use bytes::Bytes;
use naftiko_spec::jsonpath::Path;
use naftiko_spec::model::Style;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::borrow::Cow;

/// A source with its variables resolved and its `JSONPath`s parsed.
pub(crate) enum ReadySource {
    /// The argument with this index.
    Argument(usize),
    /// A variable or a credential; it has no value only in a dry run.
    Secret(Option<SecretString>),
    /// A variable that may be shown.
    Shown(SecretString),
    /// A part of the results of earlier steps.
    Step(Path),
    /// A constant.
    Constant(Value),
    /// A constant as JSON text, because a float cannot represent some of its numbers exactly.
    Json(Bytes),
    /// A string with values in it.
    Text(Vec<ReadyPiece>),
    /// An object.
    Object(Vec<(String, ReadySource)>),
    /// A list.
    List(Vec<ReadySource>),
    /// A list or an object in a parameter style.
    Styled(Style, Box<ReadySource>),
    /// The first source, or the second if the first is absent.
    Default(Box<ReadySource>, Box<ReadySource>),
    /// A value that is converted to the type with this name.
    Typed(String, Box<ReadySource>),
}

/// A piece of a text template.
pub(crate) enum ReadyPiece {
    /// Literal text.
    Literal(String),
    /// A value.
    Value(ReadySource),
}

impl ReadySource {
    /// Returns the first argument that the source contains.
    pub(crate) fn argument(&self) -> Option<usize> {
        let mut first = None;
        self.visit(&mut |source| {
            if let (Self::Argument(index), None) = (source, first) {
                first = Some(*index);
            }
        });
        first
    }

    /// Returns whether the source contains results of earlier steps.
    pub(crate) fn contains_steps(&self) -> bool {
        let mut found = false;
        self.visit(&mut |source| found |= matches!(source, Self::Step(_)));
        found
    }

    /// Returns whether the source contains a secret variable, the credential, or one of the `sensitive` arguments.
    pub(crate) fn is_secret(&self, sensitive: &[usize]) -> bool {
        let mut secret = false;
        self.visit(&mut |source| {
            secret |= match source {
                Self::Secret(_) => true,
                Self::Argument(index) => sensitive.contains(index),
                _ => false,
            };
        });
        secret
    }

    /// Returns the argument that the source passes on unchanged, with or without a default; `None` for any other source.
    fn passed_on(&self) -> Option<usize> {
        match self {
            Self::Argument(index) => Some(*index),
            Self::Default(source, _) => source.passed_on(),
            _ => None,
        }
    }

    /// Returns the text of a source that is a constant, a variable, or a template of these; `None` for any other source, and for a list.
    pub(crate) fn constant(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Constant(value) if !value.is_array() => Some(to_text(value)),
            Self::Json(json) => numbers::remembering_those_of(json, || {
                serde_json::from_slice::<Value>(json).ok().map(|value| to_text(&value).into_owned().into())
            }),
            Self::Secret(value) => value.as_ref().map(|value| value.expose_secret().into()),
            Self::Shown(value) => Some(value.expose_secret().into()),
            Self::Text(pieces) => {
                let text = pieces.iter().map(|piece| match piece {
                    ReadyPiece::Literal(text) => Some(Cow::Borrowed(text.as_str())),
                    ReadyPiece::Value(source) => source.constant(),
                });
                text.collect::<Option<String>>().map(Cow::Owned)
            }
            _ => None,
        }
    }

    /// Visits the source and all sources nested in it.
    pub(super) fn visit(&self, work: &mut impl FnMut(&Self)) {
        work(self);
        match self {
            Self::Text(pieces) => {
                for piece in pieces {
                    if let ReadyPiece::Value(source) = piece {
                        source.visit(work);
                    }
                }
            }
            Self::Object(members) => members.iter().for_each(|(_, source)| source.visit(work)),
            Self::List(elements) => elements.iter().for_each(|source| source.visit(work)),
            Self::Styled(_, source) | Self::Typed(_, source) => source.visit(work),
            Self::Default(first, second) => {
                first.visit(work);
                second.visit(work);
            }
            _ => {}
        }
    }
}

impl DeclaredValue for ReadySource {
    fn members(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            Self::Typed(_, source) => source.members(),
            _ => None,
        }
    }

    fn items(&self) -> Option<&Self> {
        match self {
            Self::List(elements) => {
                if let [element] = elements.as_slice() {
                    Some(element)
                } else {
                    None
                }
            }
            Self::Typed(_, source) => source.items(),
            _ => None,
        }
    }
}

/// The results of earlier steps.
pub(crate) trait StepResults: Sync {
    /// Returns the value at a path.
    fn find(&self, path: &Path) -> Option<Value>;
}

/// The input of one call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Inputs<'a> {
    /// The arguments as the caller passed them.
    pub(crate) given: &'a [ArgumentValue<'a>],
    /// The arguments converted according to their schemas, if no Rust type has done that; otherwise empty.
    pub(crate) values: &'a [Option<Cow<'a, Value>>],
    /// The results of earlier steps, if there are any.
    pub(crate) results: Option<&'a dyn StepResults>,
    /// The context of the call: the headers of the caller's request that are sent to APIs, and its trace.
    pub(crate) context: Option<&'a Context>,
}

/// A copy of the input of a call without earlier steps.
pub(crate) struct OwnedInputs {
    given: Vec<ArgumentValue<'static>>,
    values: Vec<Option<Cow<'static, Value>>>,
    context: Option<Context>,
}

impl OwnedInputs {
    /// Copies inputs; `None` if they contain results of earlier steps.
    pub(crate) fn of(inputs: Inputs<'_>) -> Option<Self> {
        if inputs.results.is_some() {
            return None;
        }
        let given = inputs.given.iter().map(|given| given.clone().into_owned()).collect();
        let value = |value: &Option<Cow<'_, Value>>| value.as_ref().map(|value| Cow::Owned(value.as_ref().clone()));
        let values = inputs.values.iter().map(value).collect();
        Some(Self { given, values, context: inputs.context.cloned() })
    }

    /// Returns the inputs.
    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs { given: &self.given, values: &self.values, results: None, context: self.context.as_ref() }
    }
}

/// The scope in which the sources of one request are evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) inputs: Inputs<'a>,
    /// The indexes of confidential arguments.
    pub(crate) sensitive: &'a [usize],
    /// Whether the request is only shown (in a dry run), with secrets hidden.
    pub(crate) shown: bool,
}

impl<'a> Scope<'a> {
    /// Returns a scope for sources that are not part of a request.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents have such sources"))]
    pub(crate) fn of(inputs: Inputs<'a>) -> Self {
        Self { inputs, sensitive: &[], shown: false }
    }

    /// Returns the value of a source; `None` if it is absent.
    pub(crate) fn value(&self, source: &'a ReadySource) -> Option<Cow<'a, Value>> {
        match source {
            ReadySource::Argument(index) => {
                let value = self.argument(*index)?;
                Some(if self.hides(*index) { Cow::Owned(HIDDEN.into()) } else { value })
            }
            ReadySource::Secret(_) if self.shown => Some(Cow::Owned(HIDDEN.into())),
            ReadySource::Secret(value) => value.as_ref().map(|value| Cow::Owned(value.expose_secret().into())),
            ReadySource::Shown(value) => Some(Cow::Owned(value.expose_secret().into())),
            ReadySource::Step(path) => self.inputs.results?.find(path).map(Cow::Owned),
            ReadySource::Constant(value) => Some(Cow::Borrowed(value)),
            ReadySource::Json(json) => {
                numbers::remember_numbers(json);
                serde_json::from_slice(json).ok().map(Cow::Owned)
            }
            ReadySource::Styled(_, source) => self.value(source),
            ReadySource::Default(first, second) => self.value(first).or_else(|| self.value(second)),
            ReadySource::Typed(kind, source) => {
                Some(Cow::Owned(formats::converted(kind, self.value(source)?.into_owned())))
            }
            ReadySource::Text(pieces) => self.text_of(pieces).map(|text| Cow::Owned(text.into())),
            ReadySource::Object(members) => {
                let members =
                    members.iter().filter_map(|(name, source)| Some((name.clone(), self.value(source)?.into_owned())));
                Some(Cow::Owned(Value::Object(members.collect())))
            }
            ReadySource::List(elements) => {
                let elements = elements.iter().filter_map(|source| self.value(source).map(Cow::into_owned));
                Some(Cow::Owned(Value::Array(elements.collect())))
            }
        }
    }

    /// Returns an argument as a value.
    pub(crate) fn argument(&self, index: usize) -> Option<Cow<'a, Value>> {
        if let Some(value) = self.inputs.values.get(index) {
            return value.as_ref().map(|value| Cow::Borrowed(value.as_ref()));
        }
        match self.inputs.given.get(index)? {
            ArgumentValue::Absent | ArgumentValue::Upload(_) | ArgumentValue::Failed(_) => None,
            ArgumentValue::Text(text) => Some(Cow::Owned(text.as_ref().into())),
            ArgumentValue::Texts(texts) => Some(Cow::Owned(texts.as_slice().into())),
            ArgumentValue::Json(json) => serde_json::from_slice(json).ok().map(Cow::Owned),
            ArgumentValue::Value(value) => Some(Cow::Borrowed(value)),
        }
    }

    /// Returns the file, if the source is an argument with a file.
    pub(crate) fn file(&self, source: &ReadySource) -> Option<&'a Upload> {
        match self.inputs.given.get(source.passed_on()?)? {
            ArgumentValue::Upload(file) => Some(file),
            _ => None,
        }
    }

    /// Returns the original JSON of an argument, if it was passed as JSON and is not hidden.
    pub(crate) fn json(&self, source: &ReadySource) -> Option<&'a bytes::Bytes> {
        let index = source.passed_on()?;
        match self.inputs.given.get(index)? {
            ArgumentValue::Json(json) if !self.hides(index) => Some(json),
            _ => None,
        }
    }

    /// Returns the value of a source; null counts as absent.
    pub(crate) fn non_null_value(&self, source: &'a ReadySource) -> Option<Cow<'a, Value>> {
        match source {
            ReadySource::Default(first, second) => self.non_null_value(first).or_else(|| self.non_null_value(second)),
            source => self.value(source).filter(|value| !value.is_null()),
        }
    }

    /// Returns the text of a template; `None` if it contains values and all of them are absent.
    pub(crate) fn text_of(&self, pieces: &'a [ReadyPiece]) -> Option<String> {
        let mut text = String::new();
        let (mut has_values, mut has_present) = (false, false);
        for piece in pieces {
            match piece {
                ReadyPiece::Literal(literal) => text.push_str(literal),
                ReadyPiece::Value(source) => {
                    has_values = true;
                    if let Some(value) = self.value(source) {
                        has_present = true;
                        text.push_str(&to_text(&value));
                    }
                }
            }
        }
        (has_present || !has_values).then_some(text)
    }

    /// Passes each text of a source to `take`: a list has one for each of its elements that is not null. Text arguments are not
    /// copied.
    ///
    /// # Errors
    /// Returns the errors of `take`.
    pub(crate) fn each_text<E>(
        &self,
        source: &'a ReadySource,
        mut take: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        if let ReadySource::Argument(index) = source
            && self.inputs.values.is_empty()
            && !self.hides(*index)
        {
            match self.inputs.given.get(*index) {
                Some(ArgumentValue::Text(text)) => return take(text),
                Some(ArgumentValue::Texts(texts)) => return texts.iter().try_for_each(|text| take(text)),
                _ => {}
            }
        }
        match self.non_null_value(source).as_deref() {
            None => Ok(()),
            Some(Value::Array(elements)) => {
                elements.iter().filter(|element| !element.is_null()).try_for_each(|element| take(&to_text(element)))
            }
            Some(value) => take(&to_text(value)),
        }
    }

    /// Returns whether an argument must be hidden.
    fn hides(&self, index: usize) -> bool {
        self.shown && self.sensitive.contains(&index)
    }
}

/// Converts a value to text: strings unchanged, null to an empty string, other values as JSON.
pub(crate) fn to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        Value::Number(number) => Cow::Owned(numbers::number(number)),
        other => Cow::Owned(numbers::text(other)),
    }
}

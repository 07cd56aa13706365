//! Shapes an answer: the exposed operation's output parameters, and the named outputs of the consumed operation.
//!
//! - The whole answer is returned for `$.`, or without a mapping if no members are declared.
//! - A path that can match only one value returns it, or null; any other path returns a list. Where a string, a number, an
//!   integer or a boolean is declared, a list of one value is that value, and an empty list is null.
//! - A mapping is applied to the result of the enclosing mapping; if it matches nothing there, to the whole answer. For
//!   the items of a list, the whole answer is the item.
//! - A member without a mapping is mapped to the member with the same name.
//! - `value` is a constant and takes precedence over `mapping`. A value of another type is converted if only its
//!   spelling changes. A fraction where an integer is declared is an error, and so is a boolean where a number or an
//!   integer is; other values are kept.

mod coerce;
mod items;

use super::{Budget, DeclaredValue, InOrder};
use crate::numbers;
use bytes::Bytes;
pub(crate) use coerce::converted;
use coerce::{coerce, cut};
pub(crate) use items::Unshaped;
use naftiko_spec::jsonpath::{Path, Picked};
use naftiko_spec::lower::{DEEPEST_OUTPUT, Format, Shaping, constant, is_scalar};
use naftiko_spec::model::OutputParameter;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The prepared output parameters of an exposed operation.
#[derive(Debug, Clone)]
pub(crate) struct CompiledShaping {
    output: Compiled,
    /// The output parameters of the consumed operation.
    names: CompiledOutputs,
}

/// The prepared output parameters of a consumed operation: names for parts of its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct CompiledOutputs {
    list: Vec<NamedOutput>,
    /// Whether answers are decoded from XML, in which a list with one element looks like a single value.
    in_xml: bool,
}

/// A named part of an answer.
#[derive(Debug, Clone)]
struct NamedOutput {
    name: String,
    /// Its declared type.
    kind: String,
    path: Path,
    /// The maximum length of a string, in characters.
    max_length: Option<usize>,
}

/// A prepared output parameter of an exposed operation.
#[derive(Debug, Clone)]
enum Compiled {
    /// A constant, and its text in the document.
    Constant(Value, Bytes),
    /// The whole answer.
    Whole,
    /// The result of a path, of any type.
    Part(Path),
    /// A value of a declared type (`kind`).
    Value { mapping: Mapping, kind: String, max_length: Option<usize> },
    /// An object. At the root it is always created, even if the mapping matches nothing.
    Object {
        mapping: Option<Mapping>,
        /// Whether the document has an explicit mapping.
        explicit: bool,
        members: Vec<(String, Self)>,
    },
    List {
        mapping: Option<Mapping>,
        /// Whether the document has an explicit mapping.
        explicit: bool,
        items: Box<Self>,
    },
}

/// The path of a part of an answer.
#[derive(Debug, Clone)]
struct Mapping {
    path: Path,
    /// The index of the named output that its first segment may refer to, and the remaining path.
    named: Option<(usize, Path)>,
}

/// The values that mappings are applied to: the innermost value, and the answer or item that contains it.
#[derive(Clone, Copy)]
struct MappingScope<'a> {
    here: &'a Value,
    root: &'a Value,
    /// Whether `root` is the answer, whose parts can have names.
    is_answer: bool,
}

/// The result of a path.
enum MappingResult<'a> {
    Nothing,
    Value(Cow<'a, Value>),
    Many(Vec<&'a Value>),
}

impl CompiledOutputs {
    /// Prepares the output parameters of answers in a format.
    ///
    /// # Errors
    /// Returns an error if a path is invalid; the message names it.
    pub(crate) fn new(outputs: &[OutputParameter], format: Format) -> Result<Self, String> {
        let named = |output: &OutputParameter| {
            let name = output.name.clone()?;
            let path = output.value.as_ref().or(output.mapping.as_ref())?;
            let max_length = max_length(output);
            Some(Path::parse(path).map(|path| NamedOutput { name, kind: output.kind.clone(), path, max_length }))
        };
        let list: Result<_, _> = outputs.iter().filter_map(named).collect();
        Ok(Self { list: list.map_err(|error| error.to_string())?, in_xml: format == Format::Xml })
    }

    /// Returns the named parts of an answer; null for a part that is missing.
    ///
    /// # Errors
    /// Returns an error if [`coerce`] rejects a part, or if shaping takes too much time or memory.
    pub(crate) fn named(&self, answer: &Value) -> Result<Map<String, Value>, String> {
        let budget = &mut Budget::default();
        let part = |named: &NamedOutput| {
            let found = self.pick(&named.path, answer)?;
            budget.take(named.name.len())?;
            let value = found.of_kind(&named.kind).copy(budget)?.unwrap_or_default();
            Ok((named.name.clone(), cut(coerce(&named.kind, &named.path, value)?, named.max_length)))
        };
        self.list.iter().map(part).collect()
    }

    /// Returns what a path selects in an answer, or in a part of one.
    fn pick<'a>(&self, path: &Path, value: &'a Value) -> Result<MappingResult<'a>, String> {
        let picked = if self.in_xml { path.pick_in_xml(value) } else { path.pick(value) };
        Ok(match picked.map_err(|error| error.to_string())? {
            Picked::Nothing => MappingResult::Nothing,
            Picked::One(value) => MappingResult::Value(Cow::Borrowed(value)),
            Picked::Length(length) => MappingResult::Value(Cow::Owned(length.into())),
            Picked::Many(list) => MappingResult::Many(list),
        })
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|named| named.name == name)
    }
}

impl CompiledShaping {
    /// Prepares the output parameters for answers in a format.
    ///
    /// # Errors
    /// Returns an error if a path is invalid (the message names it), or the parameters are nested too deeply.
    pub(crate) fn new(shaping: &Shaping, outputs: &[OutputParameter], format: Format) -> Result<Self, String> {
        let names = CompiledOutputs::new(outputs, format)?;
        let output = match shaping {
            Shaping::Part(path) => Compiled::Part(Path::parse(path).map_err(|error| error.to_string())?),
            Shaping::One(parameter) => compile(parameter, None, &names, 0)?,
            Shaping::Named(parameters) => {
                let members = parameters.iter().filter_map(|member| Some((member.name.as_deref()?, member)));
                Compiled::Object { mapping: None, explicit: false, members: members_of(members, &names, 0)? }
            }
        };
        Ok(Self { output, names })
    }

    /// Returns whether the output is a single unchanged part of the answer.
    pub(crate) fn is_part(&self) -> bool {
        matches!(self.output, Compiled::Part(_))
    }

    /// Returns the exposed parts of an answer.
    ///
    /// # Errors
    /// Returns an error if [`coerce`] rejects a part, or if shaping takes too much time or memory.
    pub(crate) fn apply(&self, mut answer: Value) -> Result<Value, String> {
        match &self.output {
            Compiled::Whole => return Ok(answer),
            Compiled::Part(path) => {
                if let Some(part) = path.get_mut(&mut answer) {
                    return Ok(part.take());
                }
            }
            // The usual case of one part: it is moved, not copied.
            Compiled::Value { mapping, kind, max_length } if mapping.named.is_none() => {
                if let Some(part) = mapping.path.get_mut(&mut answer) {
                    return Ok(cut(coerce(kind, &mapping.path, part.take())?, *max_length));
                }
            }
            _ => {}
        }
        let scope = MappingScope { here: &answer, root: &answer, is_answer: true };
        let value = self.evaluate(&self.output, scope, &mut Budget::default())?;
        match (value, &self.output) {
            (Value::Null, Compiled::Object { members, .. }) => {
                self.object(members, MappingScope { here: &Value::Null, ..scope }, &mut Budget::default())
            }
            (value, _) => Ok(value),
        }
    }

    /// Returns a shaped answer, to be serialized with its members in the declared order.
    pub(crate) fn in_order<'a>(&'a self, shaped: &'a Value) -> impl Serialize {
        InOrder(&self.output, shaped)
    }

    /// Returns the value of an output parameter.
    fn evaluate(&self, output: &Compiled, scope: MappingScope<'_>, budget: &mut Budget) -> Result<Value, String> {
        match output {
            Compiled::Constant(value, text) => {
                if value.is_number() || value.is_array() || value.is_object() {
                    numbers::remember_numbers(text);
                }
                budget.copy(value)
            }
            Compiled::Whole => budget.copy(scope.here),
            Compiled::Part(path) => Ok(self.names.pick(path, scope.here)?.copy(budget)?.unwrap_or_default()),
            Compiled::Value { mapping, kind, max_length } => {
                let value = self.find(mapping, scope, budget)?.of_kind(kind).copy(budget)?.unwrap_or_default();
                Ok(cut(coerce(kind, &mapping.path, value)?, *max_length))
            }
            Compiled::Object { mapping: None, members, .. } => self.object(members, scope, budget),
            Compiled::Object { mapping: Some(mapping), explicit, members } => {
                let found = match self.find(mapping, scope, budget)? {
                    MappingResult::Many(list) => {
                        list.first().map_or(MappingResult::Nothing, |first| MappingResult::Value(Cow::Borrowed(*first)))
                    }
                    found => found,
                };
                match found {
                    MappingResult::Value(here) if *explicit && here.is_null() => Ok(Value::Null),
                    MappingResult::Value(here) if *explicit || here.is_object() => {
                        self.object(members, MappingScope { here: &here, ..scope }, budget)
                    }
                    _ if *explicit => Ok(Value::Null),
                    // The answer does not contain the object, so its members are looked up in the enclosing value.
                    _ => self.object(members, scope, budget),
                }
            }
            Compiled::List { mapping, explicit, items } => {
                let found = match mapping {
                    Some(mapping) => self.find(mapping, scope, budget)?,
                    None => MappingResult::Value(Cow::Borrowed(scope.here)),
                };
                let found = match found {
                    MappingResult::Nothing if !explicit && scope.here.is_array() => {
                        MappingResult::Value(Cow::Borrowed(scope.here))
                    }
                    found => found,
                };
                budget.take(0)?;
                let mut item =
                    |item| self.evaluate(items, MappingScope { here: item, root: item, is_answer: false }, budget);
                match found {
                    MappingResult::Many(list) => list.into_iter().map(item).collect(),
                    MappingResult::Value(value) => match &*value {
                        Value::Null => Ok(Value::Null),
                        Value::Array(list) => list.iter().map(item).collect(),
                        // In XML, a list with one element looks like a single value.
                        one => item(one).map(|item| Value::Array(vec![item])),
                    },
                    MappingResult::Nothing => Ok(Value::Null),
                }
            }
        }
    }

    /// Returns an object with the values of its members.
    fn object(
        &self,
        members: &[(String, Compiled)],
        scope: MappingScope<'_>,
        budget: &mut Budget,
    ) -> Result<Value, String> {
        budget.object()?;
        let member = |(name, member): &(String, Compiled)| {
            budget.take(name.len())?;
            Ok((name.clone(), self.evaluate(member, scope, budget)?))
        };
        members.iter().map(member).collect::<Result<Map<_, _>, String>>().map(Value::Object)
    }

    /// Applies a mapping to the innermost value. If the mapping selects nothing there, applies it to the answer or item that contains
    /// the value, and then to the named output that the mapping's first segment refers to.
    fn find<'a>(
        &self,
        mapping: &Mapping,
        scope: MappingScope<'a>,
        budget: &mut Budget,
    ) -> Result<MappingResult<'a>, String> {
        let mut found = self.names.pick(&mapping.path, scope.here)?;
        if found.is_nothing() && !std::ptr::eq(scope.here, scope.root) {
            found = self.names.pick(&mapping.path, scope.root)?;
        }
        if found.is_nothing()
            && scope.is_answer
            && let Some((index, rest)) = &mapping.named
            && let Some(named) = self.names.list.get(*index)
            && scope.root.get(&named.name).is_none()
        {
            return match self.names.pick(&named.path, scope.root)? {
                by_name if rest.is_whole() => Ok(by_name),
                MappingResult::Value(Cow::Borrowed(part)) => self.names.pick(rest, part),
                by_name => {
                    let part = by_name.copy(budget)?.unwrap_or_default();
                    let found = self.names.pick(rest, &part)?.copy(budget)?;
                    Ok(found.map_or(MappingResult::Nothing, |value| MappingResult::Value(Cow::Owned(value))))
                }
            };
        }
        Ok(found)
    }
}

impl DeclaredValue for Compiled {
    fn members(&self) -> Option<&[(String, Self)]> {
        if let Self::Object { members, .. } = self { Some(members) } else { None }
    }

    fn items(&self) -> Option<&Self> {
        if let Self::List { items, .. } = self { Some(items) } else { None }
    }
}

impl MappingResult<'_> {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Value(_) => false,
            Self::Many(list) => list.is_empty(),
        }
    }

    /// Converts the result of a path that may select several values, where the declared type is a scalar: a list of one value becomes
    /// that value, and an empty list becomes nothing. Other results are returned unchanged.
    fn of_kind(self, kind: &str) -> Self {
        match self {
            Self::Many(list) if is_scalar(kind) => match *list {
                [] => Self::Nothing,
                [one] => Self::Value(Cow::Borrowed(one)),
                _ => Self::Many(list),
            },
            found => found,
        }
    }

    /// Returns the result as a value; `None` if the path selected nothing.
    fn copy(self, budget: &mut Budget) -> Result<Option<Value>, String> {
        Ok(match self {
            Self::Nothing => None,
            Self::Value(Cow::Owned(value)) => Some(value),
            Self::Value(Cow::Borrowed(value)) => Some(budget.copy(value)?),
            Self::Many(list) => {
                budget.take(0)?;
                Some(Value::Array(list.into_iter().map(|value| budget.copy(value)).collect::<Result<_, _>>()?))
            }
        })
    }
}

/// Returns the declared maximum length of a string, in characters, if there is one.
fn max_length(parameter: &OutputParameter) -> Option<usize> {
    parameter.max_length.and_then(|length| usize::try_from(length).ok())
}

impl Mapping {
    fn new(path: Path, outputs: &CompiledOutputs) -> Result<Self, String> {
        let split = path.split_first().map_err(|error| error.to_string())?;
        let named = split.and_then(|(name, rest)| Some((outputs.position(name)?, rest)));
        Ok(Self { path, named })
    }
}

/// Prepares an output parameter; `key` is the name of the member that it becomes, and `depth` is its nesting depth.
fn compile(
    parameter: &OutputParameter,
    key: Option<&str>,
    names: &CompiledOutputs,
    depth: usize,
) -> Result<Compiled, String> {
    if depth > DEEPEST_OUTPUT {
        return Err(format!("output parameters are nested deeper than {DEEPEST_OUTPUT} levels"));
    }
    if let Some(text) = &parameter.value {
        let value = cut(constant(&parameter.kind, text), max_length(parameter));
        return Ok(Compiled::Constant(value, Bytes::from(text.clone())));
    }
    let path = match &parameter.mapping {
        Some(mapping) => Some(Path::parse(mapping).map_err(|error| error.to_string())?),
        None => None,
    };
    let explicit = path.is_some();
    let mapping = match path.or_else(|| key.map(Path::member)) {
        Some(path) => Some(Mapping::new(path, names)?),
        None => None,
    };
    let kind = parameter.kind.as_str();
    match (&parameter.properties, &parameter.items) {
        (Some(properties), _) if kind == "object" && !properties.is_empty() => {
            let members = properties.iter().map(|(name, member)| (name.as_str(), member));
            Ok(Compiled::Object { mapping, explicit, members: members_of(members, names, depth + 1)? })
        }
        (_, Some(items)) if kind == "array" => {
            let items = compile(items, None, names, depth + 1)?;
            Ok(Compiled::List { mapping, explicit, items: Box::new(items) })
        }
        _ => match mapping {
            mapping
                if matches!(kind, "object" | "array" | "")
                    && parameter.max_length.is_none()
                    && mapping.as_ref().is_none_or(|mapping| mapping.path.is_whole()) =>
            {
                Ok(Compiled::Whole)
            }
            mapping => {
                let mapping = mapping.unwrap_or_else(|| Mapping { path: Path::whole(), named: None });
                Ok(Compiled::Value { mapping, kind: kind.to_owned(), max_length: max_length(parameter) })
            }
        },
    }
}

fn members_of<'a>(
    members: impl Iterator<Item = (&'a str, &'a OutputParameter)>,
    names: &CompiledOutputs,
    depth: usize,
) -> Result<Vec<(String, Compiled)>, String> {
    members.map(|(name, member)| Ok((name.to_owned(), compile(member, Some(name), names, depth)?))).collect()
}

//! The result of an exposed operation: the whole answer, parts of it in another shape, or a constant.

use super::plan::{Shaping, Source};
use super::scope::{ArgumentUse, Destination, Scope};
use crate::model::{Mapping, OutputParameter};
use crate::pointer::escape;
use indexmap::IndexMap;
use serde_json::Value;

/// The maximum depth of the objects that dotted names describe.
const MAX_DEPTH: usize = 32;

/// Returns how the answer of a call is used; `None` if it is returned unchanged.
pub(super) fn shaping(outputs: &[OutputParameter], consumed: &[OutputParameter]) -> Option<Shaping> {
    match outputs {
        [] => consumed_part(consumed),
        [one] if is_whole(one) => consumed_part(consumed),
        [one] => Some(Shaping::One(one.clone())),
        several if several.iter().all(|output| output.name.is_some()) => Some(Shaping::Named(several.to_vec())),
        // If one of several outputs has no name, only the first output is used.
        [first, ..] => Some(Shaping::One(first.clone())),
    }
}

/// Returns the part of an answer that the consumed side picks, if any: `result: $.data.items`.
fn consumed_part(consumed: &[OutputParameter]) -> Option<Shaping> {
    match consumed {
        [one] if one.properties.is_none() && one.items.is_none() => {
            let path = one.value.as_deref().filter(|path| !matches!(path.trim(), "" | "$" | "$."))?;
            path.trim().starts_with('$').then(|| {
                Shaping::One(OutputParameter {
                    kind: one.kind.clone(),
                    mapping: Some(path.to_owned()),
                    ..OutputParameter::default()
                })
            })
        }
        _ => None,
    }
}

/// Returns whether an output parameter is the whole answer.
fn is_whole(output: &OutputParameter) -> bool {
    output.properties.as_ref().is_none_or(IndexMap::is_empty)
        && output.items.is_none()
        && output.value.is_none()
        && output.max_length.is_none()
        && matches!(output.mapping.as_deref().map(str::trim), None | Some("" | "$" | "$."))
}

/// Lowers the constant result of a mock: output parameters with values.
pub(super) fn constant(scope: &mut Scope<'_>, outputs: &[OutputParameter]) -> Source {
    match outputs {
        [one] if one.name.is_none() => value(scope, one),
        several => {
            let named = |(at, output): (usize, &OutputParameter)| {
                (output.name.clone().unwrap_or_else(|| format!("value{}", at + 1)), value(scope, output))
            };
            Source::Object(several.iter().enumerate().map(named).collect())
        }
    }
}

/// Lowers an output parameter of a mock: its `value`, an object of its properties, a list with one element, or its `const`.
fn value(scope: &mut Scope<'_>, output: &OutputParameter) -> Source {
    if let Some(text) = &output.value {
        return scope.text(text, &IndexMap::new(), ArgumentUse::to(Destination::Member)).of_type(&output.kind);
    }
    if let Some(properties) = &output.properties {
        return Source::Object(properties.iter().map(|(name, output)| (name.clone(), value(scope, output))).collect());
    }
    match &output.items {
        Some(items) => Source::List(vec![value(scope, items)]),
        None => scope.exact(output.constant.as_ref().unwrap_or(&Value::Null)),
    }
}

/// Returns the result of an orchestration: its mappings and output parameters, or else the result of its last step.
pub(super) fn steps_result(
    scope: &mut Scope<'_>,
    mappings: &[(String, &Mapping)],
    outputs: &[OutputParameter],
    at: &str,
) -> Source {
    let last = scope.steps.last().map(|name| format!("$.{name}"));
    if mappings.is_empty() && !outputs.iter().any(has_source) {
        return match (outputs, last) {
            (_, None) => Source::Constant(Value::Null),
            ([], Some(last)) => Source::Step(last),
            ([one], Some(last)) if one.name.is_none() => Source::Step(last),
            (several, Some(last)) => Source::Object(
                several
                    .iter()
                    .filter_map(|output| output.name.clone())
                    .map(|name| (name.clone(), Source::Step(format!("{last}.{name}"))))
                    .collect(),
            ),
        };
    }
    let mut members: Vec<(String, Source)> = Vec::new();
    let mut value = |at: String, text: &str| {
        scope.at(at, |scope| {
            scope.value(&Value::String(text.to_owned()), &IndexMap::new(), ArgumentUse::to(Destination::Member))
        })
    };
    for (at, mapping) in mappings {
        let source = value(at.clone(), &mapping.value);
        let source = match output_at(outputs, &mapping.target_name) {
            Some(output) => source.of_type(&output.kind),
            None => source,
        };
        insert(&mut members, &mapping.target_name, source, 0);
    }
    let is_alone = outputs.len() == 1;
    for (index, output) in outputs.iter().enumerate() {
        let source = source_of(&mut value, output, format!("{at}/outputParameters/{index}"));
        match (&output.name, source) {
            (Some(name), Some(source)) if members.iter().all(|(other, _)| other != name) => {
                members.push((name.clone(), source));
            }
            (None, Some(source)) if is_alone && mappings.is_empty() => return source,
            // The members of an object without a name are members of the result.
            (None, Some(Source::Object(inner))) if is_alone => {
                let inner = inner.into_iter().filter(|(name, _)| members.iter().all(|(other, _)| other != name));
                let inner: Vec<_> = inner.collect();
                members.extend(inner);
            }
            _ => {}
        }
    }
    Source::Object(members)
}

/// Returns whether an output parameter or one of its members specifies where its value comes from.
fn has_source(output: &OutputParameter) -> bool {
    output.mapping.is_some()
        || output.value.is_some()
        || output.properties.iter().flatten().any(|(_, member)| has_source(member))
}

/// Returns the source of an output parameter: its own source, or an object of the members that have a source. Returns `None` if
/// neither the parameter nor a member has a source.
fn source_of(value: &mut impl FnMut(String, &str) -> Source, output: &OutputParameter, at: String) -> Option<Source> {
    if let Some(path) = output.mapping.as_ref().or(output.value.as_ref()) {
        return Some(value(at, path).of_type(&output.kind));
    }
    if !has_source(output) {
        return None;
    }
    let members = output.properties.iter().flatten().filter_map(|(name, member)| {
        let at = format!("{at}/properties/{}", escape(name));
        Some((name.clone(), source_of(value, member, at)?))
    });
    Some(Source::Object(members.collect()))
}

/// Returns the output parameter with a dotted name.
pub(super) fn output_at<'o>(outputs: &'o [OutputParameter], name: &str) -> Option<&'o OutputParameter> {
    let mut names = name.split('.');
    let first = names.next()?;
    let output = outputs.iter().find(|output| output.name.as_deref() == Some(first))?;
    names.try_fold(output, |output, name| output.properties.as_ref()?.get(name))
}

/// Inserts a source at a dotted name, as a member of nested objects. Beyond [`MAX_DEPTH`] levels, the rest of the name
/// is one member, dots included.
fn insert(members: &mut Vec<(String, Source)>, name: &str, source: Source, depth: usize) {
    let Some((first, rest)) = name.split_once('.').filter(|_| depth < MAX_DEPTH) else {
        members.retain(|(other, _)| other != name);
        members.push((name.to_owned(), source));
        return;
    };
    if let Some((_, Source::Object(inner))) = members.iter_mut().find(|(other, _)| other == first) {
        insert(inner, rest, source, depth + 1);
        return;
    }
    let mut inner = Vec::new();
    insert(&mut inner, rest, source, depth + 1);
    members.push((first.to_owned(), Source::Object(inner)));
}

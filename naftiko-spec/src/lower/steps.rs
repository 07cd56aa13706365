//! Orchestrations: steps in order, each a call or a lookup.

use super::call;
use super::index::{Evidence, Index};
use super::outcome;
use super::plan::{LoweredStep, StepWork, Work};
use super::scope::{ArgumentUse, Destination, Scope};
use crate::model::{Mapping, OutputParameter, Step};
use crate::printable;
use indexmap::IndexMap;
use serde_json::Value;

/// The locations of the operations or functions that declare `with`, `steps`, `mappings` and `outputParameters`. An operation takes
/// each key that it does not declare from its function.
pub(super) struct Places {
    pub(super) with: String,
    pub(super) steps: String,
    pub(super) mappings: String,
    pub(super) outputs: String,
}

/// Lowers steps.
pub(super) fn lower<'d>(
    scope: &mut Scope<'d>,
    index: &Index<'d>,
    steps: &'d [Step],
    mappings: &'d [Mapping],
    outputs: &'d [OutputParameter],
    places: &Places,
) -> Work {
    let names: Vec<&str> = steps.iter().map(Step::name).collect();
    // A mapping to `step.parameter` is an input of that step; all others are outputs.
    let is_for_step =
        |mapping: &&Mapping| mapping.target_name.split_once('.').is_some_and(|(first, _)| names.contains(&first));
    let mut lowered = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let step_at = format!("{}/steps/{number}", places.steps);
        match step {
            Step::Call { name, call, with } => {
                // The evidence of the whole orchestration does not distinguish its steps.
                let Some(target) = index.resolve(scope, call, with.len(), &Evidence::default()) else {
                    // The step counts as known, so that later uses of its result are not reported.
                    scope.steps.push(name);
                    continue;
                };
                let mapped = mappings.iter().enumerate();
                let mapped: Vec<_> = mapped
                    .filter_map(|(index, mapping)| mapped_parameter(mapping, name, &places.mappings, index))
                    .collect();
                let request = call::lower(scope, target, (with, &format!("{step_at}/with")), &mapped);
                lowered.push(LoweredStep { name: name.clone(), work: StepWork::Call(Box::new(request)) });
                scope.steps.push(name);
            }
            Step::Lookup { name, index: table, key, lookup_value, output_parameters } => {
                let (searched, path) = looked_up(table);
                if !scope.steps.contains(&searched) {
                    let help = if scope.steps.is_empty() {
                        "add a step before this one, and use its result".to_owned()
                    } else {
                        format!("name one of `{}`", scope.steps.join("`, `"))
                    };
                    scope.report(
                        format!("the step `{name}` looks up in `{searched}`, which is not an earlier step"),
                        help,
                    );
                }
                let value = scope.at(format!("{step_at}/lookupValue"), |scope| {
                    scope.value(
                        &Value::String(lookup_value.clone()),
                        &IndexMap::new(),
                        ArgumentUse::to(Destination::Query),
                    )
                });
                lowered.push(LoweredStep {
                    name: name.clone(),
                    work: StepWork::Lookup {
                        part: if table == searched { named_list(&lowered, searched) } else { None },
                        declared: declared_type(&lowered, searched, &path).map(str::to_owned),
                        table: path,
                        key: key.clone(),
                        value,
                        members: output_parameters.clone(),
                    },
                });
                scope.steps.push(name);
            }
            Step::Script(keys) => {
                let file = keys.get("file").and_then(Value::as_str);
                let script =
                    file.map_or_else(|| "a script".to_owned(), |file| format!("the script `{}`", printable(file)));
                scope.report(
                    format!("the step `{}` runs {script}, but scripts are not supported", step.name()),
                    "write the operation in Rust, as a trait method",
                );
            }
        }
    }
    let at = &places.mappings;
    let for_outputs = mappings.iter().enumerate().filter(|(_, mapping)| !is_for_step(mapping));
    let for_outputs: Vec<_> =
        for_outputs.map(|(index, mapping)| (format!("{at}/mappings/{index}/value"), mapping)).collect();
    Work::Steps { steps: lowered, output: outcome::steps_result(scope, &for_outputs, outputs, &places.outputs) }
}

/// Returns the step that the `index` of a lookup refers to, and the JSONPath of what is searched: `users`, `users.items` and
/// `$.users.items` are in the result of the step `users`.
pub(crate) fn looked_up(index: &str) -> (&str, String) {
    let path = index.trim();
    let path = path.strip_prefix("$.").unwrap_or(path);
    let step = path.split(['.', '[']).next().unwrap_or_default();
    (step, format!("$.{path}"))
}

/// Returns the JSONPath of the list that the operation of a step names: its only output parameter, or the only one of the type
/// `array`.
fn named_list(steps: &[LoweredStep], step: &str) -> Option<String> {
    let found = steps.iter().rev().find(|lowered| lowered.name == step)?;
    let StepWork::Call(call) = &found.work else { return None };
    let output = match call.outputs.as_slice() {
        [one] => one,
        several => {
            let mut lists = several.iter().filter(|output| output.kind == "array");
            lists.next().filter(|_| lists.next().is_none())?
        }
    };
    let name = output.name.as_ref().filter(|name| !name.contains(['\'', '\\']))?;
    Some(format!("$.{step}['{name}']"))
}

/// Returns the type that the document declares for the value at `path` in the result of a step; `None` for an `array` and for an
/// undeclared type. The whole result is an object if the step is a lookup, or a call whose outputs have names and are not lists.
fn declared_type<'s>(steps: &'s [LoweredStep], step: &str, path: &str) -> Option<&'s str> {
    let found = steps.iter().rev().find(|lowered| lowered.name == step)?;
    let rest = path.strip_prefix("$.")?.strip_prefix(step)?;
    let (StepWork::Call(call), Some(names)) = (&found.work, rest.strip_prefix('.')) else {
        let is_object = match &found.work {
            StepWork::Lookup { .. } => true,
            StepWork::Call(call) => {
                let is_named_value = |output: &OutputParameter| output.name.is_some() && output.kind != "array";
                !call.outputs.is_empty() && call.outputs.iter().all(is_named_value)
            }
        };
        return (rest.is_empty() && is_object).then_some("object");
    };
    let kind = outcome::output_at(&call.outputs, names)?.kind.as_str();
    (kind != "array").then_some(kind)
}

/// Returns the location of a mapping, the parameter that it sets, and its value, if it sets a parameter of this step.
fn mapped_parameter<'d>(mapping: &'d Mapping, step: &str, at: &str, index: usize) -> Option<(String, &'d str, Value)> {
    let (_, parameter) = mapping.target_name.split_once('.').filter(|(first, _)| *first == step)?;
    Some((format!("{at}/mappings/{index}/value"), parameter, Value::String(mapping.value.clone())))
}

//! Rules for steps and mappings: duplicate names, unknown and unused results, unknown targets, and scripts.

use super::walk::{Callable, DocumentView};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::calls::{DUPLICATE_STEP, UNKNOWN_STEP, UNKNOWN_TARGET, UNUSED_STEP};
use crate::diagnostic::table::served::SCRIPT_STEP;
use crate::jsonpath::Path;
use crate::lower::looked_up;
use crate::model::{OutputParameter, Step};
use crate::names::some_known;
use crate::nearest::Suggestions;
use crate::pointer::escape;
use crate::printable;
use serde_json::Value;
use std::collections::HashSet;

/// The maximum number of steps, and of mappings, of an operation that is checked. Larger operations are
/// machine-generated.
const MAX_COMPARED: usize = 500;

/// The maximum number of `outputParameters` of a lookup that is checked.
const MAX_RETURNED: usize = 50;

pub(super) fn check(walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let is_checked = |callable: &&Callable<'_>| {
        !callable.steps.is_empty() && callable.steps.len() <= MAX_COMPARED && callable.mappings.len() <= MAX_COMPARED
    };
    let suggestions = Suggestions::default();
    for callable in walk.callables.iter().filter(is_checked) {
        check_callable(callable, walk, &suggestions, findings);
    }
}

/// Checks the steps and mappings of an operation or a function.
fn check_callable(
    callable: &Callable<'_>,
    walk: &DocumentView<'_>,
    suggestions: &Suggestions,
    findings: &mut Vec<Diagnostic>,
) {
    let mut used: HashSet<String> = HashSet::new();
    let names: Vec<&str> = callable.steps.iter().map(Step::name).collect();
    for (index, step) in callable.steps.iter().enumerate() {
        let at = format!("{}/steps/{index}", callable.at);
        let before = names.get(..index).unwrap_or_default();
        if let Some(first) = before.iter().position(|name| *name == step.name() && !name.is_empty()) {
            let message = format!("another step is called `{}`", step.name());
            let found = Diagnostic::new(&DUPLICATE_STEP, format!("{at}/name"), message);
            findings
                .push(found.fix("give one of them another name").also(format!("{}/steps/{first}/name", callable.at)));
        }
        match step {
            Step::Call { with, .. } => {
                for (key, value) in with {
                    let token = escape(key);
                    record_uses(value, &format!("{at}/with/{token}"), before, &names, &mut used, suggestions, findings);
                }
            }
            Step::Lookup { index: table, lookup_value, .. } => {
                check_step(
                    looked_up(table).0,
                    &format!("{at}/index"),
                    before,
                    &names,
                    &mut used,
                    suggestions,
                    findings,
                );
                let value = Value::String(lookup_value.clone());
                record_uses(&value, &format!("{at}/lookupValue"), before, &names, &mut used, suggestions, findings);
            }
            Step::Script(_) => {
                // A script may use any result.
                used.extend(before.iter().map(|name| (*name).to_owned()));
                let message = match step.name() {
                    "" => "a step is a script, and scripts are not run".to_owned(),
                    name => format!("the step `{name}` is a script, and scripts are not run"),
                };
                let found = Diagnostic::new(&SCRIPT_STEP, at, message);
                findings.push(
                    found.fix(Fix::InRust(
                        "use `call` and `lookup` steps with mappings, or write the operation in Rust",
                    )),
                );
            }
        }
    }
    for (index, mapping) in callable.mappings.iter().enumerate() {
        let at = format!("{}/mappings/{index}", callable.at);
        record_uses(
            &Value::String(mapping.value.clone()),
            &format!("{at}/value"),
            &names,
            &names,
            &mut used,
            suggestions,
            findings,
        );
        check_target(callable, &mapping.target_name, &at, suggestions, findings);
    }
    callable.texts(&mut |at, text| check_member(text, at, callable.steps, suggestions, findings));
    // Without mappings and outputs, the operation returns the whole result of a step; an output may also contain all results (`$`).
    // In both cases, unused steps are not reported.
    let mut is_whole_result = callable.mappings.is_empty() && callable.outputs.is_empty();
    for (index, output) in callable.outputs.iter().enumerate() {
        check_output(
            output,
            format!("{}/outputParameters/{index}", callable.at),
            callable.steps,
            suggestions,
            findings,
        );
        let mut pending = vec![output];
        while let Some(output) = pending.pop() {
            for path in output.mapping.iter().chain(&output.value) {
                is_whole_result |= matches!(path.trim_end_matches('.'), "$");
                used.extend(first_step(path).map(str::to_owned));
            }
            pending.extend(output.properties.iter().flat_map(|properties| properties.values()));
            pending.extend(output.items.as_deref());
        }
    }
    if !is_whole_result {
        unused(callable, walk, &used, findings);
    }
}

/// Returns the first name of a path into the results of steps: `name` for `$.name.member` and `$['name'].member`.
fn first_step(path: &str) -> Option<&str> {
    let rest = path.trim().strip_prefix('$')?;
    let rest = rest.strip_prefix('.').map_or_else(
        || rest.strip_prefix("['").or_else(|| rest.strip_prefix("[\"")),
        |rest| Some(rest.trim_start_matches(['[', '\'', '"'])),
    )?;
    let end = rest.find(['.', '[', ']', '\'', '"']).unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty() && *name != "*")
}

/// Records the steps whose results a value uses, and reports unknown steps. `names` are all steps, `before` the steps that run before the
/// value is used.
fn record_uses(
    value: &Value,
    at: &str,
    before: &[&str],
    names: &[&str],
    used: &mut HashSet<String>,
    suggestions: &Suggestions,
    findings: &mut Vec<Diagnostic>,
) {
    match value {
        Value::String(text) => {
            if let Some(name) = first_step(text) {
                check_step(name, at, before, names, used, suggestions, findings);
            }
            // Published documents also write `{{name.member}}` and `name.member`. They count as uses, but an unknown name in them is
            // not reported, because they may mean something else.
            used.extend(
                names.iter().filter(|name| !name.is_empty() && text.contains(**name)).map(|name| (*name).to_owned()),
            );
        }
        Value::Array(list) => {
            for value in list {
                record_uses(value, at, before, names, used, suggestions, findings);
            }
        }
        Value::Object(members) => {
            for value in members.values() {
                record_uses(value, at, before, names, used, suggestions, findings);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Records that the result of a step is used, and reports a step that is unknown or that runs later.
fn check_step(
    name: &str,
    at: &str,
    before: &[&str],
    names: &[&str],
    used: &mut HashSet<String>,
    suggestions: &Suggestions,
    findings: &mut Vec<Diagnostic>,
) {
    used.insert(name.to_owned());
    if before.contains(&name) {
        return;
    }
    // `names[before.len()]` is the step that uses the result. For a mapping, which runs after all steps, there is none.
    let (message, help) = if names.get(before.len()) == Some(&name) {
        (format!("the step `{name}` uses its own result"), "use an input, or the result of an earlier step".into())
    } else if names.contains(&name) {
        (format!("the result of the step `{name}` is used before the step runs"), "move it before its use".into())
    } else {
        let near = suggestions.nearest(name, before.iter().copied());
        let help = match near {
            Some(near) => {
                // The suggested step counts as used.
                used.insert(near.to_owned());
                Fix::Meant(near.to_owned())
            }
            None if before.is_empty() => "add a step before this one, and use its result".into(),
            None => some_known("the earlier steps are", before.iter().copied()).into(),
        };
        (format!("unknown step `{name}`"), help)
    };
    findings.push(Diagnostic::new(&UNKNOWN_STEP, at, message).fix(help));
}

/// Checks the paths of an output parameter, or else of its members.
fn check_output(
    output: &OutputParameter,
    at: String,
    steps: &[Step],
    suggestions: &Suggestions,
    findings: &mut Vec<Diagnostic>,
) {
    match (&output.mapping, &output.value) {
        (Some(path), _) => check_member(path, &(at + "/mapping"), steps, suggestions, findings),
        (None, Some(path)) => check_member(path, &(at + "/value"), steps, suggestions, findings),
        (None, None) => {
            for (name, member) in output.properties.iter().flatten() {
                check_output(member, format!("{at}/properties/{}", escape(name)), steps, suggestions, findings);
            }
        }
    }
}

/// Finds a path to a member that a lookup does not return.
fn check_member(text: &str, at: &str, steps: &[Step], suggestions: &Suggestions, findings: &mut Vec<Diagnostic>) {
    let path = text.trim().starts_with('$').then(|| Path::parse(text).ok()).flatten();
    let Some((step, rest)) = path.as_ref().and_then(|path| path.split_first().ok().flatten()) else { return };
    let is_step = |other: &&Step| other.name() == step;
    let Some(Step::Lookup { output_parameters: returned, .. }) = steps.iter().find(is_step) else { return };
    // The result is a list if several values are looked up, and lists have a length.
    let Some(member) = rest.first_name().filter(|member| *member != "length") else { return };
    let has =
        |returned: &String| returned.strip_prefix(member).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if returned.is_empty() || returned.len() > MAX_RETURNED || returned.iter().any(has) {
        return;
    }
    let fix = match suggestions.nearest(member, returned.iter().map(String::as_str)) {
        Some(near) => Fix::Meant(near.to_owned()),
        None => format!("add `{}` to `outputParameters` of the step `{}`", printable(member), printable(step)).into(),
    };
    let message = format!("the lookup `{}` does not return `{}`", printable(step), printable(member));
    findings.push(Diagnostic::new(&UNKNOWN_STEP, at, message).fix(fix));
}

/// Finds a mapping to an unknown output parameter.
fn check_target(
    callable: &Callable<'_>,
    target: &str,
    at: &str,
    suggestions: &Suggestions,
    findings: &mut Vec<Diagnostic>,
) {
    let outputs: Vec<&str> = callable.outputs.iter().filter_map(|output| output.name.as_deref()).collect();
    let first = target.split('.').next().unwrap_or_default();
    let inside = callable.outputs.iter().flat_map(|output| output.properties.iter().flat_map(|own| own.keys()));
    if outputs.is_empty() && callable.outputs.iter().all(|output| output.properties.is_none()) {
        return;
    }
    // A target that begins with the name of a step is a parameter of that step.
    let feeds_step = target.contains('.') && callable.steps.iter().any(|step| step.name() == first);
    if feeds_step || outputs.contains(&first) || inside.clone().any(|name| name == first) {
        return;
    }
    let help = suggestions
        .nearest(first, outputs.iter().copied().chain(inside.map(String::as_str)))
        .map_or_else(|| "declare it under `outputParameters`".into(), |near| Fix::Meant(near.to_owned()));
    let message = format!("unknown output parameter `{first}`");
    findings.push(Diagnostic::new(&UNKNOWN_TARGET, format!("{at}/targetName"), message).fix(help));
}

/// Finds steps that only read, and whose results nothing uses.
fn unused(callable: &Callable<'_>, walk: &DocumentView<'_>, used: &HashSet<String>, findings: &mut Vec<Diagnostic>) {
    for (index, step) in callable.steps.iter().enumerate() {
        let only_reads = match step {
            Step::Call { call, .. } => {
                walk.operation_of_call(call).is_some_and(|consumed| consumed.operation.method.is_read())
            }
            Step::Lookup { .. } => true,
            Step::Script(_) => false,
        };
        if only_reads && !used.contains(step.name()) {
            let message = format!("the result of the step `{}` is not used", step.name());
            let found = Diagnostic::new(&UNUSED_STEP, format!("{}/steps/{index}", callable.at), message);
            findings.push(found.fix("use it in a later step or a mapping, or remove the step"));
        }
    }
}

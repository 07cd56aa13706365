//! Rules for the requests of the lowered document: parameters with two values or without one, and inputs that no
//! request uses.

use super::walk::{Callable, DocumentView};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::requests::{SLOT_FED_TWICE, UNFED_PARAMETER, UNUSED_INPUT};
use crate::lower::{Body, Call, Lowered, LoweredOperation, Source, placeholders};
use crate::model::ParameterIn;
use crate::nearest::nearest;
use crate::template::{folded, same_name};
use std::collections::{HashMap, HashSet};

pub(super) fn check(lowered: &Lowered, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let callables: HashMap<&str, &Callable<'_>> =
        walk.callables.iter().map(|callable| (callable.at.as_str(), callable)).collect();
    let operations: HashMap<(usize, &str), usize> = walk
        .operations
        .iter()
        .enumerate()
        .rev()
        .map(|(index, consumed)| ((consumed.api, consumed.operation.name.as_str()), index))
        .collect();
    for lowered in &lowered.operations {
        let Some(callable) = callables.get(lowered.at.as_str()) else { continue };
        unused_inputs(lowered, callable, walk, findings);
        for call in lowered.work.calls() {
            fed_twice(lowered, call, findings);
            let consumed =
                operations.get(&(call.consume, call.operation.as_str())).and_then(|at| walk.operations.get(*at));
            let Some(consumed) = consumed else { continue };
            for parameter in
                consumed.operation.input_parameters.iter().chain(&consumed.resource.input_parameters).take(MAX_REPORTED)
            {
                if parameter.required == Some(true)
                    && parameter.value.is_none()
                    && !is_fed(call, parameter.place, &parameter.name)
                {
                    let message = format!("`{}` of `{}` is required, but has no value", parameter.name, call.operation);
                    let found = Diagnostic::new(&UNFED_PARAMETER, lowered.at.clone(), message);
                    findings.push(found.fix(format!("map it under `with`: `{}: …`", parameter.name)));
                }
            }
        }
    }
}

/// Returns whether a call has a value for a parameter; `true` for paths and bodies, which lowering checks.
fn is_fed(call: &Call, place: Option<ParameterIn>, name: &str) -> bool {
    let has = |slots: &[(String, Source)]| slots.iter().any(|(slot, _)| slot.eq_ignore_ascii_case(name));
    match place {
        Some(ParameterIn::Query) => has(&call.query),
        // The capability's own credential may be the value; the lowered call does not contain it.
        Some(ParameterIn::Header) => has(&call.headers) || name.eq_ignore_ascii_case("authorization"),
        Some(ParameterIn::Cookie) => has(&call.cookies),
        Some(ParameterIn::Path | ParameterIn::Body) | None => true,
    }
}

/// Finds query parameters, headers, cookies and fields of a form that have two values.
fn fed_twice(lowered: &LoweredOperation, call: &Call, findings: &mut Vec<Diagnostic>) {
    let form: &[(String, Source)] = match &call.body {
        Some(Body::Form(fields)) => fields,
        _ => &[],
    };
    let slots = [
        ("query parameter", call.query.as_slice(), false),
        ("header", &call.headers, true),
        ("cookie", &call.cookies, false),
        ("field", form, false),
    ];
    for (what, slots, ignores_case) in slots {
        let mut seen: HashSet<String> = HashSet::new();
        for (name, _) in slots {
            let key = if ignores_case { name.to_ascii_lowercase() } else { name.clone() };
            if !seen.insert(key) {
                let message = format!("the {what} `{name}` of `{}` has two values", call.operation);
                let found = Diagnostic::new(&SLOT_FED_TWICE, lowered.at.clone(), message);
                findings.push(found.fix("remove one of them"));
            }
        }
    }
}

/// The maximum number of unused inputs that are reported, and of parameters that are checked; searching for each takes linear time.
const MAX_REPORTED: usize = 500;

/// The maximum number of undeclared inputs that are compared with each unused input.
const MAX_COMPARED: usize = 20;

/// Reports inputs (declared, or placeholders of the route) that are not used.
fn unused_inputs(
    lowered: &LoweredOperation,
    callable: &Callable<'_>,
    walk: &DocumentView<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    let mut used: HashSet<usize> = HashSet::new();
    lowered.work.clone().visit_arguments(&mut |index| {
        used.insert(*index);
    });
    let function = callable.reference.and_then(|reference| walk.referred(reference));
    let callables: Vec<&Callable<'_>> = [Some(callable), function].into_iter().flatten().collect();
    let declared = callables.iter().flat_map(|callable| callable.inputs).map(|input| folded(&input.name));
    let placed = lowered.fragment.routes.iter().flat_map(|part| placeholders(&part.path)).map(folded);
    let declared: HashSet<String> = declared.chain(placed).collect();
    let undeclared = lowered.fragment.arguments.iter().map(|argument| argument.name.as_str());
    let undeclared: Vec<&str> =
        undeclared.filter(|name| !declared.contains(&folded(name))).take(MAX_COMPARED).collect();
    let unused = lowered.fragment.arguments.iter().enumerate().filter(|(index, _)| !used.contains(index));
    for (_, argument) in unused.take(MAX_REPORTED) {
        let declared = callables.iter().find_map(|callable| {
            let input = callable.inputs.iter().position(|input| input.name == argument.name)?;
            Some(format!("{}/inputParameters/{input}", callable.at))
        });
        // An undeclared input is a placeholder of the route.
        let at = declared.unwrap_or_else(|| callable.at.clone());
        let near = walk.behind(callable).flat_map(|consumed| &consumed.operation.input_parameters);
        let near = near.map(|parameter| parameter.name.as_str()).find(|name| same_name(name, &argument.name));
        // A misspelt reference to the input becomes another input, which nothing declares.
        let misspelt = nearest(&argument.name, undeclared.iter().copied().filter(|name| *name != argument.name));
        let help = match (misspelt, near) {
            (Some(misspelt), _) => {
                format!("write `{}` in place of `{misspelt}`, which nothing declares", argument.name)
            }
            (None, Some(name)) => format!("map it under `with`: `{name}: {}`", argument.name),
            (None, None) => "map it under `with`, or remove it".to_owned(),
        };
        let message = format!("{} does not use its input `{}`", callable.title(), argument.name);
        findings.push(Diagnostic::new(&UNUSED_INPUT, at, message).fix(help));
    }
}

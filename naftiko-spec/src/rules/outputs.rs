//! Rules for the constants and the `JSONPath`s of outputs, and for the `JSONPath`s of mappings and lookups.

use super::Subject;
use super::walk::DocumentView;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::requests::{INVALID_JSONPATH, UNFILLED_OUTPUT, UNUSED_CONST};
use crate::jsonpath::{Path, unsupported_function};
use crate::lower::{holes, looked_up};
use crate::model::{OutputParameter, Step};
use crate::pointer::escape;
use crate::printable;
use serde_json::Value;
use serde_json_path::JsonPath;

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for (fragment, assembled) in subject.fragments() {
        let published = || fragment.consumed.iter().flat_map(|part| &part.operation.output_parameters);
        let mut paths = fragment.output.iter().chain(published().filter_map(|parameter| parameter.value.as_ref()));
        let at = format!("{}/outputParameters/0/value", assembled.places().next().unwrap_or_default());
        findings.extend(paths.find_map(|path| standard(path, at.clone())));
    }
    if subject.is_trait() {
        return;
    }
    for consumed in &walk.operations {
        for (index, output) in consumed.operation.output_parameters.iter().enumerate() {
            parameter(&format!("{}/outputParameters/{index}", consumed.at), output, findings);
        }
    }
    for callable in &walk.callables {
        for (index, output) in callable.outputs.iter().enumerate() {
            let at = format!("{}/outputParameters/{index}", callable.at);
            parameter(&at, output, findings);
            if callable.call.is_some() || !callable.steps.is_empty() {
                constants(&at, output, callable.steps.is_empty(), findings);
            }
        }
        for (index, mapping) in callable.mappings.iter().enumerate() {
            if is_reference(&mapping.value) {
                path(|| format!("{}/mappings/{index}/value", callable.at), &mapping.value, findings);
            }
        }
        for (index, step) in callable.steps.iter().enumerate() {
            let Step::Lookup { index: table, lookup_value, .. } = step else { continue };
            path(|| format!("{}/steps/{index}/index", callable.at), &looked_up(table).1, findings);
            if is_reference(lookup_value) {
                path(|| format!("{}/steps/{index}/lookupValue", callable.at), lookup_value, findings);
            }
        }
    }
}

/// Checks each JSONPath of an output parameter, at any depth.
fn parameter(at: &str, output: &OutputParameter, findings: &mut Vec<Diagnostic>) {
    for (key, text) in [("value", &output.value), ("mapping", &output.mapping)] {
        if let Some(text) = text.as_ref().filter(|text| key == "mapping" || is_reference(text)) {
            path(|| format!("{at}/{key}"), text, findings);
        }
    }
    for (name, output) in output.properties.iter().flatten() {
        let token = escape(name);
        parameter(&format!("{at}/properties/{token}"), output, findings);
    }
    if let Some(items) = &output.items {
        parameter(&format!("{at}/items"), items, findings);
    }
}

/// Reports a `const`, which is not part of the result of a call or of steps, and a template in the result of a call
/// (`is_call`), where it is not filled.
fn constants(at: &str, output: &OutputParameter, is_call: bool, findings: &mut Vec<Diagnostic>) {
    if output.constant.is_some() && output.value.is_none() && output.mapping.is_none() {
        let message = "`const` has no effect on the result: only a mock returns it";
        findings.push(
            Diagnostic::new(&UNUSED_CONST, format!("{at}/const"), message).fix("write `value` instead of `const`"),
        );
    }
    let value = output.value.as_ref().filter(|_| is_call).map(|text| Value::String(text.clone()));
    if let Some(hole) = value.as_ref().and_then(|value| holes(value).first().copied()) {
        let hole = printable(hole);
        let message =
            format!("`{{{{{hole}}}}}` is not filled in the result of a call: callers receive it as it is written");
        let help = "make the call a step, and write the template under `mappings`";
        findings.push(Diagnostic::new(&UNFILLED_OUTPUT, format!("{at}/value"), message).fix(help));
    }
    for (name, output) in output.properties.iter().flatten() {
        constants(&format!("{at}/properties/{}", escape(name)), output, is_call, findings);
    }
    if let Some(items) = &output.items {
        constants(&format!("{at}/items"), items, is_call, findings);
    }
}

/// Returns whether a value is a `JSONPath` to a part of an answer, and not `$`, a constant or a template.
fn is_reference(text: &str) -> bool {
    text.starts_with("$.") || text.starts_with("$[")
}

/// Checks a JSONPath of a document.
fn path(at: impl Fn() -> String, text: &str, findings: &mut Vec<Diagnostic>) {
    // A fast path: most paths are the whole answer, or consist of names.
    if matches!(text, "$" | "$.") || is_plain(text) {
        return;
    }
    findings.extend(unparsable(text, at));
}

fn unparsable(text: &str, at: impl Fn() -> String) -> Option<Diagnostic> {
    let error = Path::parse(text).err()?;
    if let Some(name) = unsupported_function(text) {
        return Some(unsupported(name, text, at()));
    }
    let help = "write `$.data.items` for a member, `$.items[0]` for an element, `$.items[*].id` for a member of each element, `$['a-b']` for a name with other characters";
    Some(Diagnostic::new(&INVALID_JSONPATH, at(), error.to_string()).fix(help))
}

/// Reports a function that is not supported.
fn unsupported(name: &str, path: &str, at: String) -> Diagnostic {
    let help = "compare values, `$.items[?@.state == 'open']`, or use `length`, `count` and `value`";
    Diagnostic::new(&INVALID_JSONPATH, at, format!("the function `{name}` of `{path}` is not supported")).fix(help)
}

/// Checks a JSONPath, which must follow RFC 9535 in a trait.
pub(super) fn invalid(subject: Subject<'_>, text: &str, at: &str) -> Option<Diagnostic> {
    if subject.is_trait() { standard(text, at.to_owned()) } else { unparsable(text, || at.to_owned()) }
}

/// Returns whether a path consists of names and dots only, and so is valid.
fn is_plain(text: &str) -> bool {
    text.strip_prefix("$.").is_some_and(|rest| {
        rest.split('.').all(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
        })
    })
}

/// Checks a JSONPath of a trait, which must follow RFC 9535. `$.` is allowed for the whole answer.
fn standard(path: &str, at: String) -> Option<Diagnostic> {
    if path == "$." {
        return None;
    }
    let error = JsonPath::parse(path).err()?;
    if let Some(name) = unsupported_function(path) {
        return Some(unsupported(name, path, at));
    }
    let help = if path.starts_with('$') {
        let rest = path.get(error.position()..).filter(|rest| !rest.is_empty());
        match rest {
            Some(rest) => {
                format!("the mistake is at `{rest}`; write `$.data.items` for a member, `$.items[0]` for an element")
            }
            None => {
                "the path ends too early; write `$.data.items` for a member, `$.items[0]` for an element".to_owned()
            }
        }
    } else {
        format!("a JSONPath begins with `$`, the whole answer: `$.{}`", path.trim_start_matches(['.', '/']))
    };
    Some(Diagnostic::new(&INVALID_JSONPATH, at, format!("`{path}` is not a JSONPath (RFC 9535)")).fix(help))
}

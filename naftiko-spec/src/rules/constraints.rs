//! The rule for keywords of JSON Schema that input parameters have under `constraints` and `items`, and tools in their input schema.

use super::Subject;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::INVALID_CONSTRAINT;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{InputParameter, KeywordFault, is_token_char, keyword_fault, keywords, subschemas};
use crate::nearest::nearest;
use crate::pointer::escape;
use serde_json::Value;
use std::collections::HashSet;

/// Finds keywords with values that JSON Schema does not allow and, in `constraints`, misspelt keywords.
pub(super) fn check(parameter: &InputParameter, at: impl Fn() -> String, findings: &mut Vec<Diagnostic>) {
    let items = parameter.items.as_ref().and_then(Value::as_object).into_iter().flatten();
    let items = items.filter_map(|(keyword, value)| Some((format!("{}/items", at()), keyword_fault(keyword, value)?)));
    findings.extend(items.map(|(at, fault)| invalid(at, &fault, false)));
    findings.extend(contradicting_bounds(parameter, &at));
    for (keyword, value) in &parameter.constraints {
        findings.extend(keyword_finding(keyword, value, false, || format!("{}/constraints", at())));
    }
}

/// Finds a lower bound above its upper bound: no value is between them.
fn contradicting_bounds(parameter: &InputParameter, at: impl Fn() -> String) -> Option<Diagnostic> {
    let pairs = [
        ("minimum", &parameter.minimum, "maximum", &parameter.maximum),
        ("minLength", &parameter.min_length, "maxLength", &parameter.max_length),
        ("minItems", &parameter.min_items, "maxItems", &parameter.max_items),
    ];
    pairs.into_iter().find_map(|(lower, least, upper, most)| {
        let (least, most) = (least.as_ref()?, most.as_ref()?);
        let message = format!("no value is allowed: `{lower}` is {least}, but `{upper}` is {most}");
        let found = Diagnostic::new(&INVALID_CONSTRAINT, format!("{}/{lower}", at()), message);
        // Only a warning: the operation runs as long as the parameter is left out.
        let found = found.fix(format!("write a `{lower}` that is at most `{upper}`")).with_severity(Severity::Warning);
        (least.as_f64()? > most.as_f64()?).then_some(found)
    })
}

/// Finds names of headers under `x-mcp-header` (MCP 2026-07-28) that are invalid or are given twice: clients leave out such a tool.
pub(super) fn mirrored_headers(at: &str, parameters: &[InputParameter], findings: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let Some(given) = parameter.constraints.get("x-mcp-header") else { continue };
        let name = given.as_str().filter(|name| !name.is_empty() && name.chars().all(is_token_char));
        let (message, fix) = match name {
            None => {
                let message = format!(
                    "expected the end of a header name, after `Mcp-Param-`, for `x-mcp-header`, found `{given}`"
                );
                (message, "write letters, digits and `-`, for example `x-mcp-header: Tenant`")
            }
            Some(name) if !seen.insert(name.to_ascii_lowercase()) => {
                (format!("two parameters have the same `x-mcp-header`: `{name}`"), "give this one another name")
            }
            Some(_) => continue,
        };
        let found = Diagnostic::new(&INVALID_CONSTRAINT, format!("{at}/inputParameters/{index}/constraints"), message);
        // Only a warning: clients of older revisions send no such headers.
        findings.push(found.fix(fix).with_severity(Severity::Warning));
    }
}

/// Finds invalid and misspelt keywords at the root of a tool's input schema, and references that lead to no schema.
pub(super) fn check_schema(subject: Subject<'_>, at: &str, root: &Value, findings: &mut Vec<Diagnostic>) {
    let before = findings.len();
    for (keyword, value) in root.as_object().into_iter().flatten() {
        findings.extend(keyword_finding(keyword, value, subject.is_trait(), || format!("{at}/{}", escape(keyword))));
    }
    if findings.len() == before {
        references(at, root, findings);
    }
}

/// Returns the finding for a keyword that is misspelt, or whose value JSON Schema does not allow; `in_json` as in [`invalid`].
fn keyword_finding(keyword: &str, value: &Value, in_json: bool, at: impl Fn() -> String) -> Option<Diagnostic> {
    if let Some(fault) = keyword_fault(keyword, value) {
        return Some(invalid(at(), &fault, in_json));
    }
    let message = format!("unknown keyword `{}`", keyword.escape_debug());
    let meant = misspelt(keyword)?;
    Some(Diagnostic::new(&INVALID_CONSTRAINT, at(), message).fix(Fix::Write(meant.to_owned())))
}

/// Finds each `$ref` that leads to no schema in `root`. Finds nothing if `root` or a schema in it has an `$id`, because references
/// may then be relative to the `$id`.
fn references(at: &str, root: &Value, findings: &mut Vec<Diagnostic>) {
    let mut pending = vec![(at.to_owned(), root)];
    let (mut anchors, mut references) = (HashSet::new(), Vec::new());
    while let Some((at, schema)) = pending.pop() {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            let at = format!("{at}/{}", escape(keyword));
            match (keyword.as_str(), value.as_str()) {
                ("$id", _) => return,
                ("$anchor" | "$dynamicAnchor", Some(name)) => {
                    anchors.insert(name);
                }
                ("$ref", Some(reference)) => references.push((at, reference)),
                _ => {
                    let schemas = subschemas(keyword, value).into_iter();
                    pending.extend(schemas.map(|(pointer, schema)| (format!("{at}{pointer}"), schema)));
                }
            }
        }
    }
    for (at, reference) in references {
        let is_found = match reference.strip_prefix('#') {
            // A pointer may contain percent-encoded characters (RFC 6901, section 6). Such a pointer is not checked.
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                pointer.contains('%') || root.pointer(pointer).is_some()
            }
            Some(anchor) => anchors.contains(anchor),
            // The schemas of JSON Schema itself are known; no other document is fetched.
            None => reference.split_once("://").is_some_and(|(_, rest)| rest.starts_with("json-schema.org/")),
        };
        if !is_found {
            let message = format!("`$ref` leads to no schema in the input schema: `{}`", reference.escape_debug());
            let fix = "write the schema under `$defs`, and refer to it: `#/$defs/NAME`";
            findings.push(Diagnostic::new(&INVALID_CONSTRAINT, at, message).fix(fix));
        }
    }
}

/// Returns the finding for an invalid value. The example has the syntax of the source: JSON in a trait, YAML in a document.
fn invalid(at: String, fault: &KeywordFault, in_json: bool) -> Diagnostic {
    let KeywordFault { keyword, expected, example, found, detail } = fault;
    let found: String = found.chars().filter(|c| !c.is_control()).take(40).collect();
    let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let message = format!("expected {expected} for `{keyword}`, found `{found}`{detail}");
    let quote = if in_json { "\"" } else { "" };
    let fix = format!("write, for example, `{quote}{keyword}{quote}: {example}`");
    Diagnostic::new(&INVALID_CONSTRAINT, at, message).fix(fix)
}

/// Returns the keyword of JSON Schema that an unknown name probably means.
fn misspelt(name: &str) -> Option<&'static str> {
    if name.starts_with("x-") || keywords().any(|known| known == name) { None } else { nearest(name, keywords()) }
}

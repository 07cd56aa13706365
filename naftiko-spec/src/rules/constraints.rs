//! The rule for keywords of JSON Schema that input parameters have under `constraints` and `items`, and tools in their input schema.

use super::Subject;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::INVALID_CONSTRAINT;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{InputParameter, KeywordFault, is_token, keyword_fault, keywords, subschemas};
use crate::nearest::nearest;
use crate::pointer::{escape, unescape};
use serde_json::Value;
use std::collections::HashSet;
use std::rc::Rc;

/// The maximum number of findings of one kind about one schema. It bounds the memory of their locations, which contain
/// the schema's names.
pub(super) const MAX_REPORTED: usize = 100;

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

/// Finds names of headers under `x-mcp-header` (MCP 2026-07-28) that are invalid or repeated: clients leave out such a
/// tool.
pub(super) fn mirrored_headers(at: &str, parameters: &[InputParameter], findings: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let Some(given) = parameter.constraints.get("x-mcp-header") else { continue };
        let name = given.as_str().filter(|name| is_token(name));
        let (message, fix) = match name {
            None => {
                let message = format!(
                    "expected the end of a header name, after `Mcp-Param-`, for `x-mcp-header`, found `{given}`"
                );
                (message, "write letters, digits and `-`, for example `x-mcp-header: Tenant`")
            }
            Some(name) if !seen.insert(name.to_ascii_lowercase()) => {
                (format!("another parameter has the same `x-mcp-header`: `{name}`"), "give this one another name")
            }
            Some(_) => continue,
        };
        let found = Diagnostic::new(&INVALID_CONSTRAINT, format!("{at}/inputParameters/{index}/constraints"), message);
        // Only a warning: clients of older revisions send no such headers.
        findings.push(found.fix(fix).with_severity(Severity::Warning));
    }
}

/// Finds invalid and misspelt keywords at the root of a tool's input schema, and references that lead to no schema. `known` are the names
/// of the tool's arguments.
pub(super) fn check_schema(
    subject: Subject<'_>,
    at: &str,
    root: &Value,
    known: &HashSet<&str>,
    findings: &mut Vec<Diagnostic>,
) {
    let before = findings.len();
    for (keyword, value) in root.as_object().into_iter().flatten() {
        findings.extend(keyword_finding(keyword, value, subject.is_trait(), || format!("{at}/{}", escape(keyword))));
    }
    if findings.len() == before {
        references(at, root, known, findings);
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

/// Finds each `$ref` that leads neither to a schema in `root` nor to the schema of an argument, up to [`MAX_REPORTED`]. Finds nothing if
/// `root` or a schema in it has an `$id`, because references may then be relative to the `$id`.
fn references(at: &str, root: &Value, known: &HashSet<&str>, findings: &mut Vec<Diagnostic>) {
    let (mut anchors, mut has_id) = (HashSet::new(), false);
    visit_keywords(at, root, |_, keyword, value| match (keyword, value.as_str()) {
        ("$id", _) => has_id = true,
        ("$anchor" | "$dynamicAnchor", Some(name)) => {
            anchors.insert(name);
        }
        _ => {}
    });
    if has_id {
        return;
    }
    let mut reported = 0;
    visit_keywords(at, root, |at, keyword, value| {
        let Some(reference) = value.as_str().filter(|_| keyword == "$ref" && reported < MAX_REPORTED) else { return };
        let is_found = match reference.strip_prefix('#') {
            // A pointer may contain percent-encoded characters (RFC 6901, section 6). Such a pointer is not checked.
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                let argument =
                    || pointer.strip_prefix("/properties/").is_some_and(|name| known.contains(&*unescape(name)));
                pointer.contains('%') || root.pointer(pointer).is_some() || argument()
            }
            Some(anchor) => anchors.contains(anchor),
            // The schemas of JSON Schema itself are known; no other document is fetched.
            None => reference.split_once("://").is_some_and(|(_, rest)| rest.starts_with("json-schema.org/")),
        };
        if !is_found {
            reported += 1;
            let message = format!("`$ref` leads to no schema in the input schema: `{}`", reference.escape_debug());
            let fix = "write the schema under `$defs`, and refer to it: `#/$defs/NAME`";
            findings.push(Diagnostic::new(&INVALID_CONSTRAINT, at, message).fix(fix));
        }
    });
}

/// Calls `visit` with each keyword of a schema and of the schemas in it: its location, its name and its value. Pending schemas share
/// the location of their keyword, because a copy for each would take many times the size of a schema with long names.
fn visit_keywords<'a>(at: &str, root: &'a Value, mut visit: impl FnMut(&str, &'a str, &'a Value)) {
    let mut pending: Vec<(Rc<str>, String, &Value)> = vec![(at.into(), String::new(), root)];
    while let Some((prefix, pointer, schema)) = pending.pop() {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            let at: Rc<str> = format!("{prefix}{pointer}/{}", escape(keyword)).into();
            visit(&at, keyword, value);
            let schemas = subschemas(keyword, value).into_iter();
            pending.extend(schemas.map(|(pointer, schema)| (Rc::clone(&at), pointer, schema)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(schema: &Value) -> Vec<String> {
        let mut findings = Vec::new();
        references("/inputSchema", schema, &HashSet::from(["a/b"]), &mut findings);
        findings.into_iter().map(|found| found.at).collect()
    }

    #[test]
    fn at_most_a_hundred_references_are_reported() {
        let schemas: Vec<Value> = (0..150).map(|_| json!({ "$ref": "#/$defs/none" })).collect();
        assert_eq!(found(&json!({ "allOf": schemas })).len(), MAX_REPORTED);
        assert_eq!(found(&json!({ "allOf": [{}, schemas[0]] })), ["/inputSchema/allOf/1/$ref"]);
    }

    #[test]
    fn a_reference_may_lead_to_the_schema_of_an_argument() {
        let to = |name: &str| json!({ "allOf": [{ "$ref": format!("#/properties/{name}") }] });
        assert_eq!(found(&to("a~1b")), [""; 0]);
        assert_eq!(found(&to("c")), ["/inputSchema/allOf/0/$ref"]);
    }

    #[test]
    fn an_id_or_an_anchor_anywhere_counts_for_all_references() {
        let with = |last: Value| json!({ "allOf": [last, { "$ref": "#one" }, { "$ref": "#/$defs/none" }] });
        assert_eq!(found(&with(json!({}))).len(), 2);
        assert_eq!(found(&with(json!({ "not": { "$anchor": "one" } }))), ["/inputSchema/allOf/2/$ref"]);
        assert_eq!(found(&with(json!({ "not": { "$id": "https://schemas.example/one" } }))), [""; 0]);
    }
}

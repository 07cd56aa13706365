//! The rule for keywords of JSON Schema that input parameters have under `constraints` and `items`.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::INVALID_CONSTRAINT;
use crate::model::{InputParameter, KeywordFault, keyword_fault, keywords};
use crate::nearest::nearest;
use serde_json::Value;

/// Finds keywords with values that JSON Schema does not allow and, in `constraints`, misspelt keywords.
pub(super) fn check(parameter: &InputParameter, at: impl Fn() -> String, findings: &mut Vec<Diagnostic>) {
    let items = parameter.items.as_ref().and_then(Value::as_object).into_iter().flatten();
    let items = items.filter_map(|(keyword, value)| Some((format!("{}/items", at()), keyword_fault(keyword, value)?)));
    findings.extend(items.map(|(at, fault)| invalid(at, &fault)));
    for (keyword, value) in &parameter.constraints {
        let at = || format!("{}/constraints", at());
        if let Some(fault) = keyword_fault(keyword, value) {
            findings.push(invalid(at(), &fault));
        } else if let Some(meant) = misspelt(keyword) {
            let message = format!("unknown keyword `{}`", keyword.escape_debug());
            findings.push(Diagnostic::new(&INVALID_CONSTRAINT, at(), message).fix(Fix::Write(meant.to_owned())));
        }
    }
}

fn invalid(at: String, fault: &KeywordFault) -> Diagnostic {
    let KeywordFault { keyword, expected, example, found, detail } = fault;
    let found: String = found.chars().filter(|c| !c.is_control()).take(40).collect();
    let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let message = format!("expected {expected} for `{keyword}`, found `{found}`{detail}");
    Diagnostic::new(&INVALID_CONSTRAINT, at, message).fix(format!("write, for example, `{keyword}: {example}`"))
}

/// Returns the keyword of JSON Schema that an unknown name probably means.
fn misspelt(name: &str) -> Option<&'static str> {
    if name.starts_with("x-") || keywords().any(|known| known == name) { None } else { nearest(name, keywords()) }
}

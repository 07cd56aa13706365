//! Applies the remedies in messages about documents: each mistake gives the help of its case, and the corrected document has no
//! findings. `tests/helps` finds help texts without a case.
//!
//! A case begins with `=== NAME`. Its parts are `replace`, the text of `base.yaml` that is replaced; `wrong`, the mistake; `help`,
//! how the message says to correct it; `right`, the same place corrected, if that is not the text of `base.yaml`. Without
//! `replace`, `wrong` is the whole text.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use naftiko_spec::Diagnostic;
use naftiko_spec::load::{Errors, Policy, load};
use std::collections::HashMap;

const BASE: &str = include_str!("base.yaml");

/// One case.
struct Case<'a> {
    name: &'a str,
    parts: HashMap<&'a str, &'a str>,
}

impl Case<'_> {
    /// Returns the document with a part of the case.
    fn document(&self, part: &str) -> String {
        match (self.parts.get("replace"), self.parts.get(part)) {
            (Some(replaced), Some(text)) => {
                assert!(BASE.contains(replaced), "{}: `{replaced}` is not in base.yaml", self.name);
                BASE.replacen(replaced, text, 1)
            }
            (None, Some(text)) => format!("{text}\n"),
            (_, None) => BASE.to_owned(),
        }
    }
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let blocks = text.split("=== ").skip(1).map(|block| block.split_once('\n').unwrap());
    let part = |part| {
        let (name, text): (&str, &str) = str::split_once(part, '\n').unwrap();
        (name, text.trim_end_matches('\n'))
    };
    blocks.map(|(name, rest)| Case { name, parts: rest.split("--- ").skip(1).map(part).collect() }).collect()
}

/// Returns all findings, whether or not the document is refused.
fn findings(document: &str) -> Vec<Diagnostic> {
    match load(document, &Policy { errors: Errors::Report, ..Policy::default() }) {
        Ok(loaded) => loaded.diagnostics,
        Err(refused) => refused.diagnostics,
    }
}

fn shown(findings: &[Diagnostic]) -> String {
    let lines: Vec<String> = findings.iter().map(|found| format!("\n    {}: {found}", found.rule)).collect();
    lines.concat()
}

/// Returns what is wrong with a case.
fn fault(case: &Case<'_>) -> Option<String> {
    let help = *case.parts.get("help")?;
    let found = findings(&case.document("wrong"));
    if !found.iter().any(|found| found.fix.as_ref().is_some_and(|fix| fix.to_string() == help)) {
        return Some(format!("{}: no message says `{help}`:{}", case.name, shown(&found)));
    }
    let remaining = findings(&case.document("right"));
    (!remaining.is_empty()).then(|| format!("{}: the corrected document has findings:{}", case.name, shown(&remaining)))
}

#[track_caller]
fn check(text: &str) {
    let cases = cases(text);
    assert!(!cases.is_empty() && cases.iter().all(|case| case.parts.contains_key("help")));
    let faults: Vec<String> = cases.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_base_has_no_findings() {
    assert_eq!(shown(&findings(BASE)), "");
}

#[test]
fn remedies_for_unreadable_values_work() {
    check(include_str!("reading.txt"));
}

#[test]
fn remedies_for_invalid_yaml_and_missing_keys_work() {
    check(include_str!("text.txt"));
}

#[test]
fn remedies_for_operations_that_cannot_be_lowered_work() {
    check(include_str!("lowering.txt"));
}

#[test]
fn remedies_of_rules_work() {
    check(include_str!("rules.txt"));
}

#[test]
fn remedies_for_names_hints_and_retries_work() {
    check(include_str!("fixes.txt"));
}

#[test]
fn remedies_of_upstreams_work() {
    check(include_str!("upstreams.txt"));
}

#[test]
fn a_remedy_that_does_not_work_is_found() {
    let case = |text| fault(&cases(text)[0]).unwrap();
    let help = case("=== x\n--- replace\n  tags: [notes]\n--- wrong\n  tags: []\n--- help\nadd one\n");
    assert!(help.contains("no message says `add one`"), "{help}");
    let remaining = case(
        "=== x\n--- replace\n  tags: [notes]\n--- wrong\n  tags: []\n--- help\nadd the words that people search for: \
         `tags: [GitHub, repositories]`\n--- right\n  tags: 7\n",
    );
    assert!(remaining.contains("has findings"), "{remaining}");
}

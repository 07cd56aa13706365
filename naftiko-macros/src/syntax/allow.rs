//! `allow(rule, reason = "…")` of a capability, of a verb, of `#[rest]` and of `#[tool]`.

use crate::attribute::Element;
use crate::errors::Errors;
use crate::keys::{self, did_you_mean, listed};
use naftiko_spec::rules::{self, Rule, trait_rules};
use proc_macro2::Ident;

const EXAMPLE: &str = r#"write `allow(understated_hint, reason = "…")`"#;

/// Reads `allow(rule, …, reason = "…")`.
pub(super) fn allow(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Vec<&'static Rule> {
    let mut rules = Vec::new();
    let (mut names_rule, mut has_reason) = (false, false);
    for element in elements {
        match element {
            Element::Word(name) => {
                names_rule = true;
                rules.extend(rule(&name, errors));
            }
            Element::Pair(key, _) if key == "reason" && has_reason => {
                errors.add(key.span(), "`reason` is given twice", "keep one of them");
            }
            Element::Pair(key, value) if key == "reason" => {
                has_reason = true;
                keys::text(&value, "reason", r#"reason = "…""#, errors);
            }
            other => {
                names_rule = true;
                let message = format!("expected the name of a rule or a reason in `allow`, found {}", other.found());
                errors.add(other.span(), message, EXAMPLE);
            }
        }
    }
    if !names_rule {
        errors.add(key.span(), "expected the name of a rule in `allow`", EXAMPLE);
    }
    if !has_reason {
        errors.add(key.span(), "missing `reason` in `allow`", r#"add `reason = "…"`"#);
    }
    rules
}

/// Returns the rule with this name, if it can be allowed.
fn rule(name: &Ident, errors: &mut Errors) -> Option<&'static Rule> {
    let text = name.to_string();
    let allowable =
        || trait_rules().filter(|rule| rule.can_be_allowed_in_traits()).map(|rule| rule.name).collect::<Vec<_>>();
    match rules::rule(&text).filter(|rule| rule.in_traits.is_some()) {
        Some(rule) if rule.can_be_allowed_in_traits() => return Some(rule),
        Some(rule) => {
            let help = format!(
                "remove this, and correct what the rule reports; the rules that can be allowed are {}",
                listed(allowable())
            );
            errors.add(name.span(), format!("`{text}` cannot be allowed: {}", uncapitalized(rule.summary)), help);
        }
        None => {
            let help = did_you_mean("the rules that can be allowed are", &text, allowable());
            errors.add(name.span(), format!("unknown rule `{text}`"), help);
        }
    }
    None
}

/// Returns a sentence in the form that it has after a colon: without its full stop, and without its capital unless it begins with an
/// acronym.
fn uncapitalized(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut chars = sentence.chars();
    let first = chars.next().filter(|_| !sentence.chars().nth(1).is_some_and(char::is_uppercase));
    first.map_or_else(|| sentence.to_owned(), |first| first.to_lowercase().chain(chars).collect())
}

//! Adds keywords of JSON Schema to the schema of an argument, after checking their values.

use crate::errors::{Errors, SourceSpan};
use naftiko_spec::model::{keyword_fault, keywords};
use naftiko_spec::nearest;
use serde_json::{Map, Value};
use syn::LitStr;

/// The help text for a constraint that attributes cannot express.
pub(super) const NEWTYPE: &str =
    "for any other schema, make the argument a newtype that derives `schemars::JsonSchema`";

/// How a default is written.
pub(super) const DEFAULT: &str = "write `#[query(default = …)]`, or `default = …` in its `#[header]` or `#[cookie]`";

/// Adds a keyword, or reports a wrong value or a second one. `form` is how the attribute writes the keyword, with `{}` for the value.
pub(super) fn add(
    (keyword, form): (&str, &str),
    value: Value,
    at: SourceSpan,
    schema: &mut Map<String, Value>,
    errors: &mut Errors,
) {
    if let Some(fault) = keyword_fault(keyword, &value) {
        // An object cannot be written in an attribute.
        let help = if fault.example.contains('{') {
            format!("remove it; {NEWTYPE}")
        } else {
            format!("write `{}`", form.replace("{}", fault.example))
        };
        let detail = fault.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        let message = format!("expected {} for `{}`, found `{}`{detail}", fault.expected, fault.keyword, fault.found);
        errors.add(at, message, help);
    } else if schema.contains_key(keyword) {
        // The attribute may have other words for the keyword: `email` and `url` both set `format`.
        errors.add(at, format!("an earlier constraint already sets `{keyword}`"), "keep one of them");
    } else {
        schema.insert(keyword.to_owned(), value);
    }
}

/// Adds a keyword of `extend`. `is_of_argument` is whether the schema describes the argument itself and not its items: keywords of the
/// argument that are set in another way are then refused.
pub(super) fn extend(
    keyword: &LitStr,
    (value, at): (Value, SourceSpan),
    is_of_argument: bool,
    schema: &mut Map<String, Value>,
    errors: &mut Errors,
) {
    let word = keyword.value();
    let instead = match word.as_str() {
        "default" => Some(DEFAULT.to_owned()),
        "examples" => Some("write `#[example(…)]`".to_owned()),
        "description" => Some("write a doc comment before the argument".to_owned()),
        "type" => Some(format!("remove it; {NEWTYPE}")),
        _ => None,
    };
    let misspelt = !word.starts_with("x-") && !keywords().any(|known| known == word);
    let meant = nearest(&word, keywords()).filter(|_| misspelt);
    if let Some(help) = instead.filter(|_| is_of_argument) {
        errors.add(keyword.span(), format!("`extend` cannot set `{word}`"), help);
    } else if let Some(meant) = meant {
        let help = format!("did you mean `{meant}`? for a keyword of your own, write `x-{word}`");
        errors.add(keyword.span(), format!("unknown keyword `{word}`"), help);
    } else {
        add((&word, &format!("extend(\"{word}\" = {{}})")), value, at, schema, errors);
    }
}

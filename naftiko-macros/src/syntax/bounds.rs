//! Checks whether the constraints of an argument can be met, and whether its default and its examples meet them.

use crate::errors::{Errors, SourceSpan};
use crate::keys::listed;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// The bounds of numbers, strings and arrays. Each has the keyword of JSON Schema and the words for a message, in this order: lower bound,
/// exclusive lower bound, upper bound, exclusive upper bound. Lengths have no exclusive bounds (`""`).
const BOUNDS: [(&str, [(&str, &str); 4]); 3] = [
    (
        "is in this range",
        [
            ("minimum", "the minimum is"),
            ("exclusiveMinimum", "the value must be greater than"),
            ("maximum", "the maximum is"),
            ("exclusiveMaximum", "the value must be less than"),
        ],
    ),
    (
        "has this length",
        [("minLength", "the minimum length is"), ("", ""), ("maxLength", "the maximum length is"), ("", "")],
    ),
    (
        "has this length",
        [
            ("minItems", "the minimum number of items is"),
            ("", ""),
            ("maxItems", "the maximum number of items is"),
            ("", ""),
        ],
    ),
];

/// Reports bounds that no value can satisfy.
pub(super) fn check(schema: &Map<String, Value>, at: SourceSpan, errors: &mut Errors) {
    let bound = |(keyword, text): (&str, &'static str)| schema.get(keyword).map(|bound| (bound.clone(), text));
    for (what, [minimum, above, maximum, below]) in BOUNDS {
        for (lower, is_open) in [(bound(minimum), false), (bound(above), true)] {
            for (upper, is_open) in [(bound(maximum), is_open), (bound(below), true)] {
                let Some(((lower, above), (upper, below))) = lower.as_ref().zip(upper.as_ref()) else { continue };
                let order = compare(lower, upper);
                if order == Ordering::Greater || (is_open && order == Ordering::Equal) {
                    let message = format!("no value {what}: {above} {lower} and {below} {upper}");
                    errors.add(at, message, "change the bounds so that at least one value satisfies both");
                    return;
                }
            }
        }
    }
}

/// Reports a default or an example that the constraints do not allow.
pub(super) fn check_value(what: &str, value: &Value, at: SourceSpan, schema: &Map<String, Value>, errors: &mut Errors) {
    if let Some(why) = violation(value, schema) {
        let article = if what == "example" { "an" } else { "a" };
        let message = format!("the {what} `{value}` is not allowed by the constraints: {why}");
        errors.add(
            at,
            message,
            format!("write {article} {what} that satisfies the constraints, or change the constraints"),
        );
    }
}

/// Returns why the constraints do not allow a value; `None` if they allow it. Patterns and formats are only checked at run time.
fn violation(value: &Value, schema: &Map<String, Value>) -> Option<String> {
    // The index in `BOUNDS`, and the number or length that these bounds limit.
    let size = match value {
        Value::Number(_) => Some((0, value.clone())),
        Value::String(text) => Some((1, text.chars().count().into())),
        Value::Array(items) => Some((2, items.len().into())),
        _ => None,
    };
    if let Some((kind, size)) = size
        && let Some((_, bounds)) = BOUNDS.get(kind)
    {
        // How a value that a bound excludes compares with the bound, in the order of `BOUNDS`.
        let refusals = [
            &[Ordering::Less][..],
            &[Ordering::Less, Ordering::Equal],
            &[Ordering::Greater],
            &[Ordering::Greater, Ordering::Equal],
        ];
        for ((keyword, text), refusals) in bounds.iter().zip(refusals) {
            if let Some(bound) = schema.get(*keyword).filter(|bound| refusals.contains(&compare(&size, bound))) {
                return Some(format!("{text} {bound}"));
            }
        }
    }
    if let Some(of) = schema.get("multipleOf").filter(|of| is_not_multiple(value, of)) {
        return Some(format!("the value must be a multiple of {of}"));
    }
    if let Some(Value::Array(allowed)) = schema.get("enum").filter(|_| !value.is_array())
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        return Some(format!("the allowed values are {}", listed(allowed.iter().map(String::as_str))));
    }
    let (Value::Array(items), Some(Value::Object(each))) = (value, schema.get("items")) else { return None };
    items.iter().find_map(|item| violation(item, each).map(|why| format!("the item `{item}`: {why}")))
}

/// Returns whether an integer is not a multiple of another integer; `false` for fractions, which are checked at run time.
fn is_not_multiple(value: &Value, of: &Value) -> bool {
    let numbers = integer(value).zip(integer(of).filter(|of| *of != 0));
    numbers.is_some_and(|(value, of)| value % of != 0)
}

fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

/// Compares two numbers: 64-bit integers exactly, others as floats.
fn compare(one: &Value, other: &Value) -> Ordering {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
    }
}

//! What attributes add to the schema of an argument: a default, and constraints in the syntax of schemars.

use super::argument_type::{ArgumentType, mismatch, unexpected};
use super::keywords::{self, NEWTYPE};
use super::{bounds, example};
use crate::attribute::{Element, Value as AttributeValue};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{did_you_mean, listed, other_form};
use naftiko_spec::nearest;
use proc_macro2::Ident;
use serde_json::{Map, Value};
use syn::Lit;

/// The constraints that `#[schemars(…)]` may have on an argument.
const CONSTRAINTS: [&str; 8] = [
    "range(min = 1, max = 100)",
    "length(min = 1, max = 64)",
    r#"regex(pattern = "^[a-z]+$")"#,
    "email",
    "url",
    "inner(length(max = 64))",
    r#"extend("multipleOf" = 5)"#,
    r#"title = "…""#,
];

/// Returns the default of an argument as JSON, or reports why the argument cannot have it.
pub(super) fn default(key: &Ident, value: &AttributeValue, ty: ArgumentType<'_>, errors: &mut Errors) -> Option<Value> {
    if ty.optional {
        errors.add(key.span(), "an argument with a default cannot be an `Option`", "write its type without `Option`");
        return None;
    }
    let help = "write a number, a string, `true`, `false` or a list of them; for any other default, take an `Option`";
    let json = json_or_report(value, "expected a literal as the default", help, errors)?;
    if let Some((expected, found)) = unexpected(&json, ty) {
        errors.add(
            value.span(),
            format!("expected {expected}, found `{found}`"),
            "write a default of the argument's type",
        );
        return None;
    }
    Some(json)
}

/// Adds the constraints of `#[schemars(…)]` to a JSON Schema.
pub(super) fn constraints(
    elements: Vec<Element>,
    ty: ArgumentType<'_>,
    schema: &mut Map<String, Value>,
    errors: &mut Errors,
) {
    let (name, is_list) = (ty.name(), ty.is_list());
    read(elements, &name, (is_list, true), schema, errors);
}

/// Reports an example that is not of the argument's type; returns whether the example fits.
pub(super) fn fits_or_report(example: &Value, at: SourceSpan, ty: ArgumentType<'_>, errors: &mut Errors) -> bool {
    let is_null = ty.optional && example.is_null();
    // The JSON form of a user's type is unknown here.
    let expected = unexpected(example, ty).filter(|_| ty.is_builtin() && !is_null);
    if let Some((expected, found)) = &expected {
        let help = "write an example of the argument's type";
        errors.add(at, format!("expected {expected}, found `{found}`"), help);
    }
    expected.is_none()
}

/// Returns an example of how a constraint is written, for help texts.
fn form(constraint: &str) -> Option<&'static str> {
    CONSTRAINTS.into_iter().find(|form| form.split(['(', ' ']).next() == Some(constraint))
}

/// Adds constraints to a schema. `name` is the name of the type of one value, `is_list` is whether the schema describes a list, and
/// `is_of_argument` whether it describes the argument itself and not its items.
fn read(
    elements: Vec<Element>,
    name: &str,
    (is_list, is_of_argument): (bool, bool),
    schema: &mut Map<String, Value>,
    errors: &mut Errors,
) {
    let is_text = !is_list && matches!(name, "str" | "String" | "char");
    let is_number = !is_list
        && (matches!(name, "f32" | "f64")
            || name.starts_with(['u', 'i'])
                && mismatch(&"".into(), name).is_some_and(|expected| expected.starts_with("an integer")));
    let is_flag = !is_list && name == "bool";
    for element in elements {
        let span = element.span();
        let word = element.key().map(Ident::to_string).unwrap_or_default();
        match (word.as_str(), element) {
            ("range", Element::List(_, bounds)) if !is_text && !is_flag && !is_list => {
                let keywords = [
                    ("min", "minimum"),
                    ("max", "maximum"),
                    ("exclusive_min", "exclusiveMinimum"),
                    ("exclusive_max", "exclusiveMaximum"),
                ];
                numbers(&word, bounds, &keywords, schema, errors);
            }
            ("length", Element::List(_, bounds)) if !is_number && !is_flag => {
                let keywords = if is_list {
                    [("min", "minItems"), ("max", "maxItems"), ("equal", "minItems"), ("equal", "maxItems")]
                } else {
                    [("min", "minLength"), ("max", "maxLength"), ("equal", "minLength"), ("equal", "maxLength")]
                };
                numbers(&word, bounds, &keywords, schema, errors);
            }
            ("regex", Element::List(_, inside)) if !is_number && !is_flag && !is_list => match inside.as_slice() {
                [Element::Pair(key, AttributeValue::Literal(Lit::Str(pattern)))] if key == "pattern" => {
                    keywords::add(
                        ("pattern", "regex(pattern = {})"),
                        pattern.value().into(),
                        pattern.span().into(),
                        schema,
                        errors,
                    );
                }
                _ => errors.add(span, "expected `pattern` in `regex`", r#"write `regex(pattern = "^[a-z]+$")`"#),
            },
            ("email" | "url", Element::Word(_)) if !is_number && !is_flag && !is_list => {
                let format = if word == "email" { "email" } else { "uri" };
                keywords::add(("format", ""), format.into(), span, schema, errors);
            }
            ("inner", Element::List(_, inside)) if is_list => {
                let mut items = Map::new();
                read(inside, name, (false, false), &mut items, errors);
                keywords::add(("items", ""), Value::Object(items), span, schema, errors);
            }
            ("extend", Element::List(_, inside)) => {
                let help = r#"write `extend("multipleOf" = 5)`"#;
                for element in inside {
                    let Element::Named(keyword, value) = &element else {
                        let message =
                            format!("expected a keyword and a literal in `extend`, found {}", element.found());
                        errors.add(element.span(), message, help);
                        continue;
                    };
                    let message = format!("expected a literal for `{}`", keyword.value());
                    let help = format!("{help}; {NEWTYPE}");
                    if let Some(json) = json_or_report(value, &message, &help, errors) {
                        keywords::extend(keyword, (json, value.span()), is_of_argument, schema, errors);
                    }
                }
            }
            ("title", Element::Pair(_, AttributeValue::Literal(Lit::Str(title)))) => {
                keywords::add(("title", ""), title.value().into(), span, schema, errors);
            }
            ("default", _) => {
                errors.add(span, "`default` is not a constraint", keywords::DEFAULT);
            }
            (known, element) => match form(known) {
                Some(form) => refuse_known(known, form, &element, errors),
                None => refuse_unknown(&element, errors),
            },
        }
    }
}

/// Reports a constraint in a wrong form, or on an argument of a wrong type.
fn refuse_known(constraint: &str, form: &str, element: &Element, errors: &mut Errors) {
    let has_form = match element {
        Element::List(..) => form.contains('('),
        Element::Word(_) => !form.contains(['(', '=']),
        _ => false,
    };
    if has_form {
        let types = match constraint {
            "range" => "numbers",
            "length" => "strings and lists",
            "inner" => "lists",
            _ => "strings",
        };
        let message = format!("`{constraint}` can only be used for {types}");
        errors.add(element.span(), message, format!("remove it; {NEWTYPE}"));
    } else {
        errors.add(element.span(), other_form(form, element), format!("write `{form}`"));
    }
}

/// Reports an unknown constraint, or a value without a key.
fn refuse_unknown(element: &Element, errors: &mut Errors) {
    let word = element.key().map(Ident::to_string).unwrap_or_default();
    let words = CONSTRAINTS.map(|form| form.split(['(', ' ']).next().unwrap_or(form));
    let meant = nearest(&word, words).and_then(form).filter(|_| !word.is_empty());
    let meant = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
    let help = format!("{meant}the constraints of an argument are {}; {NEWTYPE}", listed(CONSTRAINTS));
    let message = match word.as_str() {
        "" => format!("expected a constraint, found {}", element.found()),
        word => format!("unknown constraint `{word}`"),
    };
    errors.add(element.span(), message, help);
}

/// Adds the bounds of `constraint` to a schema. `keywords` has pairs of a word of schemars, such as `min`, and a keyword of JSON Schema.
fn numbers(
    constraint: &str,
    bounds: Vec<Element>,
    keywords: &[(&str, &str)],
    schema: &mut Map<String, Value>,
    errors: &mut Errors,
) {
    for bound in bounds {
        let known: Vec<_> = keywords.iter().filter(|(word, _)| bound.key().is_some_and(|key| key == *word)).collect();
        let number = match &bound {
            Element::Pair(_, value) if !known.is_empty() => json(value),
            _ => Err(None),
        };
        if let (Err(Some(why)), Element::Pair(_, value)) = (&number, &bound) {
            errors.add(value.span(), why, example::SMALLER);
        } else if let Some(number) = number.ok().filter(Value::is_number) {
            let before = errors.count();
            for (word, keyword) in known {
                if errors.count() == before {
                    let form = format!("{word} = {{}}");
                    keywords::add((keyword, &form), number.clone(), bound.span(), schema, errors);
                }
            }
            bounds::check(schema, bound.span(), errors);
        } else {
            refuse_bound(constraint, &bound, keywords, errors);
        }
    }
}

/// Reports an element of `range` or `length` that is not a known key with a number.
fn refuse_bound(constraint: &str, bound: &Element, keywords: &[(&str, &str)], errors: &mut Errors) {
    let mut words: Vec<&str> = keywords.iter().map(|(word, _)| *word).collect();
    words.dedup();
    let key = bound.key().map(Ident::to_string);
    match (key, bound) {
        (Some(key), _) if !words.contains(&key.as_str()) => {
            let help = did_you_mean("the keys are", &key, words);
            errors.add(bound.span(), format!("unknown key `{key}` in `{constraint}`"), help);
        }
        (Some(key), Element::Pair(_, value)) => {
            let message = format!("expected a number literal for `{key}`, found {}", value.found());
            errors.add(value.span(), message, format!("write `{key} = 1`; {NEWTYPE}"));
        }
        (key, bound) => {
            let key = key.as_deref().unwrap_or("min");
            let message = format!("expected a key with a number in `{constraint}`, found {}", bound.found());
            errors.add(
                bound.span(),
                message,
                format!("write `{constraint}({key} = 1)`; the keys are {}", listed(words)),
            );
        }
    }
}

/// Returns a literal as JSON. The error is the reason why a number cannot be in an attribute, or `None` for anything but a literal.
fn json(value: &AttributeValue) -> Result<Value, Option<&'static str>> {
    match value {
        AttributeValue::Literal(Lit::Str(text)) => Ok(text.value().into()),
        AttributeValue::Literal(Lit::Char(text)) => Ok(text.value().to_string().into()),
        AttributeValue::Literal(Lit::Bool(flag)) => Ok(flag.value.into()),
        AttributeValue::Literal(Lit::Int(number)) => example::integer(number.base10_digits()).map_err(Some),
        AttributeValue::Literal(Lit::Float(number)) => example::float(number.base10_digits()).map_err(Some),
        AttributeValue::Array(_, items) => items.iter().map(json).collect::<Result<Vec<_>, _>>().map(Value::Array),
        _ => Err(None),
    }
}

/// Returns a literal as JSON, or reports `message`, with the value and `help`, or why a number cannot be in an attribute.
fn json_or_report(value: &AttributeValue, message: &str, help: &str, errors: &mut Errors) -> Option<Value> {
    match json(value) {
        Ok(json) => return Some(json),
        Err(Some(why)) => errors.add(value.span(), why, example::SMALLER),
        Err(None) => errors.add(value.span(), format!("{message}, found {}", value.found()), help),
    }
    None
}

/// Refuses the default of a path argument, or of a body or a part of one.
pub(super) fn refuse_default(place: naftiko_spec::model::ParameterIn, at: SourceSpan, errors: &mut Errors) {
    use naftiko_spec::model::ParameterIn;

    match place {
        ParameterIn::Path => errors.add(at, "a path argument cannot have a default", "remove `default`"),
        ParameterIn::Body => {
            let help = "write `Option<&T>`, or `#[serde(default)]` on the members of `T`";
            errors.add(at, "a body or a `#[part]` cannot have a default", help);
        }
        _ => {}
    }
}

//! The keywords of JSON Schema (2020-12), and the values that they can have.

use crate::pointer::escape;
use regex_syntax::ast::ErrorKind;
use regex_syntax::ast::parse::Parser;
use serde_json::Value;

/// A keyword whose value JSON Schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeywordFault {
    /// The keyword, which may be in a schema inside the value.
    pub keyword: String,
    /// The values that it can have: `a number greater than 0`.
    pub expected: &'static str,
    /// One of these values, as JSON.
    pub example: &'static str,
    /// The value that was found, as JSON.
    pub found: String,
    /// What is wrong with a regular expression; `None` for other faults.
    pub detail: Option<String>,
}

/// The values of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Text,
    /// A regular expression.
    Pattern,
    Flag,
    Number,
    /// A number greater than 0.
    Positive,
    /// The size of a string, a list or an object.
    Size,
    /// A list of any values.
    Values,
    /// A list of any values, at least one.
    Choices,
    /// A list of names.
    Names,
    /// One type, or several.
    Type,
    Schema,
    Schemas,
    /// A schema for each of several names.
    Members,
    /// A schema for each of several regular expressions.
    PatternMembers,
    /// A list of names for each of several names.
    Lists,
}

const KEYWORDS: [(&str, Kind); 57] = [
    ("$anchor", Kind::Text),
    ("$comment", Kind::Text),
    ("$defs", Kind::Members),
    ("$dynamicAnchor", Kind::Text),
    ("$dynamicRef", Kind::Text),
    ("$id", Kind::Text),
    ("$ref", Kind::Text),
    ("$schema", Kind::Text),
    ("additionalProperties", Kind::Schema),
    ("allOf", Kind::Schemas),
    ("anyOf", Kind::Schemas),
    ("const", Kind::Any),
    ("contains", Kind::Schema),
    ("contentEncoding", Kind::Text),
    ("contentMediaType", Kind::Text),
    ("contentSchema", Kind::Schema),
    ("default", Kind::Any),
    ("dependentRequired", Kind::Lists),
    ("dependentSchemas", Kind::Members),
    ("deprecated", Kind::Flag),
    ("description", Kind::Text),
    ("else", Kind::Schema),
    ("enum", Kind::Choices),
    ("examples", Kind::Values),
    ("exclusiveMaximum", Kind::Number),
    ("exclusiveMinimum", Kind::Number),
    ("format", Kind::Text),
    ("if", Kind::Schema),
    ("items", Kind::Schema),
    ("maxContains", Kind::Size),
    ("maxItems", Kind::Size),
    ("maxLength", Kind::Size),
    ("maxProperties", Kind::Size),
    ("maximum", Kind::Number),
    ("minContains", Kind::Size),
    ("minItems", Kind::Size),
    ("minLength", Kind::Size),
    ("minProperties", Kind::Size),
    ("minimum", Kind::Number),
    ("multipleOf", Kind::Positive),
    ("not", Kind::Schema),
    ("oneOf", Kind::Schemas),
    ("pattern", Kind::Pattern),
    ("patternProperties", Kind::PatternMembers),
    ("prefixItems", Kind::Schemas),
    ("properties", Kind::Members),
    ("propertyNames", Kind::Schema),
    ("readOnly", Kind::Flag),
    ("required", Kind::Names),
    ("then", Kind::Schema),
    ("title", Kind::Text),
    ("type", Kind::Type),
    ("unevaluatedItems", Kind::Schema),
    ("unevaluatedProperties", Kind::Schema),
    ("uniqueItems", Kind::Flag),
    ("writeOnly", Kind::Flag),
    // The name of `$defs` until draft 7; documents still use it.
    ("definitions", Kind::Members),
];

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

impl Kind {
    /// Returns a description of the values, and one of them.
    const fn expected(self) -> (&'static str, &'static str) {
        match self {
            Self::Any => ("a value", "1"),
            Self::Text => ("a string", "\"…\""),
            Self::Pattern => ("a regular expression", "\"^[a-z]+$\""),
            Self::Flag => ("`true` or `false`", "true"),
            Self::Number => ("a number", "5"),
            Self::Positive => ("a number greater than 0", "5"),
            Self::Size => ("a non-negative integer", "5"),
            Self::Values => ("a list", "[\"a\", \"b\"]"),
            Self::Choices => ("a list with at least one value", "[\"a\", \"b\"]"),
            Self::Names => ("a list of names", "[\"a\", \"b\"]"),
            Self::Type => ("a JSON type", "\"string\""),
            Self::Schema => ("a schema", "{\"type\": \"string\"}"),
            Self::Schemas => ("a list of schemas", "[{\"type\": \"string\"}]"),
            Self::Members => ("an object of schemas", "{\"a\": {\"type\": \"string\"}}"),
            Self::PatternMembers => {
                ("an object of schemas with regular expressions as names", "{\"^[a-z]+$\": {\"type\": \"string\"}}")
            }
            Self::Lists => ("an object of lists of names", "{\"a\": [\"b\"]}"),
        }
    }

    /// Returns whether a value is of this kind; the schemas in it are not checked.
    fn allows(self, value: &Value) -> bool {
        let are_names = |value: &Value| value.as_array().is_some_and(|names| names.iter().all(Value::is_string));
        let is_schema = |value: &Value| value.is_object() || value.is_boolean();
        let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
        match self {
            Self::Any => true,
            Self::Text | Self::Pattern => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Positive => value.as_f64().is_some_and(|number| number > 0.0),
            Self::Size => value.is_u64(),
            Self::Values => value.is_array(),
            Self::Choices => value.as_array().is_some_and(|choices| !choices.is_empty()),
            Self::Names => are_names(value),
            Self::Type => {
                is_type(value) || value.as_array().is_some_and(|types| !types.is_empty() && types.iter().all(is_type))
            }
            Self::Schema => is_schema(value),
            Self::Schemas => {
                value.as_array().is_some_and(|schemas| !schemas.is_empty() && schemas.iter().all(is_schema))
            }
            Self::Members | Self::PatternMembers => {
                value.as_object().is_some_and(|members| members.values().all(is_schema))
            }
            Self::Lists => value.as_object().is_some_and(|members| members.values().all(are_names)),
        }
    }
}

/// Returns the type of a keyword's value, if it is a number: `integer` or `number`.
#[must_use]
pub fn number_keyword(keyword: &str) -> Option<&'static str> {
    match KEYWORDS.iter().find(|(known, _)| *known == keyword)?.1 {
        Kind::Size => Some("integer"),
        Kind::Number | Kind::Positive => Some("number"),
        _ => None,
    }
}

/// Returns every keyword.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().map(|(keyword, _)| *keyword)
}

/// Returns the fault of a keyword's value, or the first fault in the schemas inside it; `None` if it is valid. Keywords that are
/// not in JSON Schema can have any value.
///
/// ```
/// use naftiko_spec::model::keyword_fault;
///
/// assert_eq!(keyword_fault("multipleOf", &5.into()), None);
/// let fault = keyword_fault("multipleOf", &0.into()).unwrap();
/// assert_eq!((fault.expected, fault.found.as_str()), ("a number greater than 0", "0"));
/// ```
#[must_use]
pub fn keyword_fault(keyword: &str, value: &Value) -> Option<KeywordFault> {
    let (_, kind) = KEYWORDS.iter().find(|(known, _)| *known == keyword)?;
    let detail = match (kind, value) {
        (Kind::Pattern, Value::String(pattern)) => pattern_fault(pattern),
        (Kind::PatternMembers, Value::Object(members)) => members.keys().find_map(|pattern| pattern_fault(pattern)),
        _ => None,
    };
    if detail.is_some() || !kind.allows(value) {
        let (expected, example) = kind.expected();
        let found = value.to_string();
        return Some(KeywordFault { keyword: keyword.to_owned(), expected, example, found, detail });
    }
    subschemas(keyword, value).into_iter().find_map(|(_, schema)| schema_fault(schema))
}

/// Returns the schemas in a keyword's value, each with its JSON Pointer (RFC 6901) within the value.
#[must_use]
pub fn subschemas<'v>(keyword: &str, value: &'v Value) -> Vec<(String, &'v Value)> {
    let kind = KEYWORDS.iter().find(|(known, _)| *known == keyword).map(|(_, kind)| *kind);
    match (kind, value) {
        (Some(Kind::Schema), value) => vec![(String::new(), value)],
        (Some(Kind::Schemas), Value::Array(schemas)) => {
            schemas.iter().enumerate().map(|(index, schema)| (format!("/{index}"), schema)).collect()
        }
        (Some(Kind::Members | Kind::PatternMembers), Value::Object(members)) => {
            members.iter().map(|(name, schema)| (format!("/{}", escape(name)), schema)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the schemas in a keyword's value.
pub(crate) fn subschemas_mut<'v>(keyword: &str, value: &'v mut Value) -> Vec<&'v mut Value> {
    let kind = KEYWORDS.iter().find(|(known, _)| *known == keyword).map(|(_, kind)| *kind);
    match (kind, value) {
        // The `items` of older drafts may be a list.
        (Some(Kind::Schema | Kind::Schemas), Value::Array(schemas)) => schemas.iter_mut().collect(),
        (Some(Kind::Schema), value) => vec![value],
        (Some(Kind::Members | Kind::PatternMembers), Value::Object(members)) => members.values_mut().collect(),
        _ => Vec::new(),
    }
}

/// Returns why a regular expression is invalid in every dialect; `None` if it may be valid in ECMA-262, which JSON Schema uses.
fn pattern_fault(pattern: &str) -> Option<String> {
    let pattern = without_nested_classes(pattern);
    let error = Parser::new().parse(&pattern).err()?;
    // The parser reads the dialect of Rust, so it refuses look-around and some escapes of ECMA-262.
    let is_certain = matches!(
        error.kind(),
        ErrorKind::ClassRangeInvalid
            | ErrorKind::ClassUnclosed
            | ErrorKind::EscapeUnexpectedEof
            | ErrorKind::GroupNameDuplicate { .. }
            | ErrorKind::GroupUnclosed
            | ErrorKind::GroupUnopened
            | ErrorKind::RepetitionCountInvalid
    );
    // Unlike `*`, `+` and `?`, a `{` without something to repeat can be a literal in ECMA-262.
    let repeats_nothing =
        matches!(error.kind(), ErrorKind::RepetitionMissing) && !pattern[error.span().start.offset..].starts_with('{');
    (is_certain || repeats_nothing).then(|| error.kind().to_string())
}

/// Escapes `[` inside `[…]`, where it is a literal in ECMA-262, but opens another class in Rust. Writes the classes `[]` and `[^]`,
/// which Rust does not have, as `[^^]`.
fn without_nested_classes(pattern: &str) -> String {
    let (mut written, mut is_in_class) = (String::with_capacity(pattern.len()), false);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                written.push(c);
                written.extend(chars.next());
                continue;
            }
            '[' if is_in_class => written.push('\\'),
            '[' => {
                is_in_class = true;
                written.push(c);
                let is_negated = chars.next_if_eq(&'^').is_some();
                written.push_str(if chars.peek() == Some(&']') {
                    "^^"
                } else if is_negated {
                    "^"
                } else {
                    ""
                });
                continue;
            }
            ']' => is_in_class = false,
            _ => {}
        }
        written.push(c);
    }
    written
}

/// Returns the first fault in a schema.
fn schema_fault(schema: &Value) -> Option<KeywordFault> {
    schema.as_object()?.iter().find_map(|(keyword, value)| keyword_fault(keyword, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn valid_values_have_no_fault_and_invalid_ones_have_one() {
        for (keyword, valid, invalid) in [
            ("multipleOf", json!(0.5), json!(0)),
            ("multipleOf", json!(5), json!(-5)),
            ("minimum", json!(-1.5), json!("1")),
            ("maxLength", json!(2), json!(-1)),
            ("minItems", json!(0), json!(2.5)),
            ("title", json!(""), json!(1)),
            ("uniqueItems", json!(true), json!("yes")),
            ("enum", json!([1]), json!([])),
            ("type", json!(["string", "null"]), json!("text")),
            ("required", json!([]), json!([1])),
            ("items", json!({ "type": "string" }), json!("string")),
            ("items", json!(true), json!({ "multipleOf": 0 })),
            ("anyOf", json!([{ "minLength": 1 }]), json!([{ "minLength": "1" }])),
            ("properties", json!({ "a": {} }), json!({ "a": { "not": 1 } })),
            ("dependentRequired", json!({ "a": ["b"] }), json!({ "a": "b" })),
            ("pattern", json!("^(?!x)[^][[][]\\/\\cJ{$"), json!("[a-z")),
            ("pattern", json!("(?<year>\\d{4})-\\k<year>"), json!("(a")),
            ("pattern", json!("a{,3}|{x}"), json!("a{3,1}")),
            ("patternProperties", json!({ "^a+$": {} }), json!({ "a)": {} })),
        ] {
            assert_eq!(keyword_fault(keyword, &valid), None, "{keyword}: {valid}");
            assert!(keyword_fault(keyword, &invalid).is_some(), "{keyword}: {invalid}");
        }
        assert_eq!(keyword_fault("x-order", &json!({ "minimum": "a" })), None);
    }

    #[test]
    fn the_example_of_each_kind_is_valid() {
        for (keyword, kind) in KEYWORDS {
            let example = kind.expected().1.parse().unwrap_or(Value::Null);
            assert_eq!(keyword_fault(keyword, &example), None, "{keyword}");
        }
    }

    proptest::proptest! {
        /// A pattern that the rule refuses is also refused where schemas are enforced.
        #[test]
        fn only_invalid_patterns_are_refused(pattern in r"[ab\\()\[\]{}*+?|^$.,=!<>:\-dwk0-3/]{0,12}") {
            if pattern_fault(&pattern).is_some() {
                let schema = json!({ "type": "string", "pattern": pattern });
                let options = jsonschema::draft202012::options();
                let validator = options.with_pattern_options(jsonschema::PatternOptions::fancy_regex()).build(&schema);
                proptest::prop_assert!(validator.is_err(), "{pattern:?}");
            }
        }
    }
}

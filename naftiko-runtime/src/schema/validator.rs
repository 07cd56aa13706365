//! The validator of a schema. It is compiled on first use.

use super::lists;
use crate::error::{Error, Result};
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use std::sync::OnceLock;

/// How many steps a backtracking pattern can take before the value is rejected.
const BACKTRACK_LIMIT: usize = 20_000;

/// The validator of one schema.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct SchemaValidator {
    /// Whether the schema has constraints beyond the types that decoding checks.
    pub(super) needs_value: bool,
    /// Whether the schema has objects: serde decodes an object from a list as well, so decoding alone does not reject a list.
    pub(super) has_objects: bool,
    /// Whether every text is valid.
    pub(super) accepts_any_text: bool,
    /// Whether the schema has no `type`.
    #[cfg_attr(
        not(any(feature = "document", feature = "mcp")),
        allow(dead_code, reason = "only a document's engine and approvals read it")
    )]
    untyped: bool,
    /// Compiled on first use; most validators are never used.
    rules: OnceLock<Result<Validator, String>>,
}

impl SchemaValidator {
    /// Creates a validator. Formats are asserted; patterns run in linear time, or with a step limit if they cannot.
    pub(crate) fn new(schema: &Value) -> Self {
        Self {
            needs_value: has_constraints(schema),
            has_objects: lists::has_objects(schema),
            accepts_any_text: is_any_text(schema),
            untyped: schema.get("type").is_none(),
            rules: OnceLock::new(),
        }
    }

    /// Returns whether a value is valid. The check is complete, since nothing else checks the value afterwards.
    pub(super) fn is_valid(&self, schema: &Value, value: &Value) -> Result<bool> {
        // The schema is `{}`, or only requires a string.
        if self.accepts_any_text { Ok(self.untyped || value.is_string()) } else { self.may_be_valid(schema, value) }
    }

    /// Returns whether a value is valid. May miss mistakes that decoding into the Rust type detects.
    pub(super) fn may_be_valid(&self, schema: &Value, value: &Value) -> Result<bool> {
        if self.accepts_any_text {
            return Ok(true);
        }
        let rules = self.rules.get_or_init(|| compiled(schema).map_err(|error| error.masked().to_string()));
        let wrong = |why: &String| Error::internal(format!("the schema of an argument cannot be enforced: {why}"));
        rules.as_ref().map(|rules| rules.is_valid(value)).map_err(wrong)
    }
}

/// Compiles a schema.
pub(super) fn compiled(schema: &Value) -> Result<Validator, jsonschema::ValidationError<'static>> {
    let options =
        || jsonschema::draft202012::options().should_validate_formats(true).should_ignore_unknown_formats(true);
    options().with_pattern_options(PatternOptions::regex()).build(schema).or_else(|_| {
        // Only the backtracking engine supports look-around and back-references.
        options().with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT)).build(schema)
    })
}

/// Returns the `pattern` of a schema that cannot be compiled; `None` if the schema can be compiled, or has no `pattern`.
#[cfg(feature = "document")]
pub(crate) fn bad_pattern(schema: &Value) -> Option<&str> {
    let pattern = schema.get("pattern")?.as_str()?;
    compiled(schema).is_err().then_some(pattern)
}

/// Returns whether every text is valid.
fn is_any_text(schema: &Value) -> bool {
    let annotations = ["type", "description", "title", "default", "examples", "deprecated"];
    schema.as_object().is_some_and(|object| {
        object.get("type").is_none_or(|kind| kind == "string")
            && object.keys().all(|keyword| annotations.contains(&keyword.as_str()))
    })
}

/// Returns whether a schema has constraints that decoding does not check.
fn has_constraints(schema: &Value) -> bool {
    let Value::Object(schema) = schema else { return schema == &Value::Bool(false) };
    let named = |value: &Value| value.as_object().is_some_and(|members| members.values().any(has_constraints));
    schema.iter().any(|(keyword, value)| match keyword.as_str() {
        "type" | "required" | "$ref" | "title" | "description" | "default" | "examples" | "deprecated" | "readOnly"
        | "writeOnly" => false,
        "properties" | "$defs" => named(value),
        "items" | "additionalProperties" => has_constraints(value),
        _ => true,
    })
}

//! `components` of an OpenAPI document: shared schemas, security schemes, errors.

use super::object::Object;
use super::statuses::reason;
use super::types::ErrorType;
use crate::fragment::Argument;
use crate::model::subschemas_mut;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The location of definitions in the schemas that schemars generates.
const DEFINITIONS: &str = "#/$defs/";

/// The suffix of an output schema's name if an argument of the same type has a different schema.
pub(super) const OUTPUT: &str = "Output";

/// The name of the schema of errors, which is reserved.
const PROBLEM: &str = "Problem";

/// A builder of `components`.
#[derive(Default)]
pub(super) struct Components {
    schemas: Map<String, Value>,
    /// The role in which each schema was first added: the suffix `Input` or `Output`.
    roles: HashMap<String, &'static str>,
    responses: Map<String, Value>,
    schemes: Map<String, Value>,
}

impl Components {
    /// Moves the definitions of a schema to `components`, and returns the schema with references to them. If a different schema
    /// already has a definition's name, the definition's role or a number is appended to its name.
    pub(super) fn schema(&mut self, schema: &Value, role: &'static str) -> Value {
        let mut schema = schema.clone();
        let mut definitions = Map::new();
        take_definitions(&mut schema, &mut definitions);
        let (names, definitions) = self.assign_names(&definitions, role);
        for (name, definition) in definitions {
            self.roles.entry(name.clone()).or_insert(role);
            self.schemas.insert(name, definition);
        }
        rewrite_references(&mut schema, &names);
        schema
    }

    /// Returns names for definitions, and the definitions under these names. If a name is already taken, the role or a
    /// number is added to it.
    fn assign_names(
        &self,
        definitions: &Map<String, Value>,
        role: &'static str,
    ) -> (Vec<(String, String)>, Map<String, Value>) {
        let mut attempts = vec![0; definitions.len()];
        loop {
            let renamed = |(own, attempt): (&String, &usize)| (own.clone(), self.name(own, *attempt, role));
            let names: Vec<(String, String)> = definitions.keys().zip(&attempts).map(renamed).collect();
            let mut placed = Map::new();
            let mut is_any_taken = false;
            for (((_, name), definition), attempt) in names.iter().zip(definitions.values()).zip(&mut attempts) {
                let mut definition = definition.clone();
                rewrite_references(&mut definition, &names);
                let is_free = name != PROBLEM
                    && self.schemas.get(name).is_none_or(|taken| *taken == definition)
                    && !placed.contains_key(name);
                // The loop ends, because the number of taken names is finite.
                *attempt += usize::from(!is_free);
                is_any_taken |= !is_free;
                placed.insert(name.clone(), definition);
            }
            if !is_any_taken {
                return (names, placed);
            }
        }
    }

    /// Returns the name to try: first the definition's own name; then with its role, if the existing schema has another role; then with
    /// a number.
    fn name(&self, own: &str, attempt: usize, role: &'static str) -> String {
        let sanitize = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let own: String = own.chars().map(sanitize).collect();
        let is_of_other_role = self.roles.get(&own).is_some_and(|other| *other != role);
        match attempt {
            0 => own,
            1 if is_of_other_role => own + role,
            attempt => format!("{own}{}", attempt + usize::from(!is_of_other_role)),
        }
    }

    /// Returns the name of a security scheme, adding it if necessary.
    pub(super) fn scheme(&mut self, argument: &Argument, scheme: Value) -> String {
        if let Some((name, _)) = self.schemes.iter().find(|(_, known)| **known == scheme) {
            return name.clone();
        }
        let base_name = argument.name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        self.add_scheme(&base_name, scheme)
    }

    /// Returns the name of the security scheme of an adapter's callers, adding it if necessary.
    pub(super) fn callers_scheme(&mut self, scheme: Value) -> String {
        let known = self.schemes.iter().find(|(_, known)| **known == scheme).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| self.add_scheme("caller", scheme))
    }

    fn add_scheme(&mut self, wanted: &str, scheme: Value) -> String {
        let mut names = std::iter::once(wanted.to_owned()).chain((2..).map(|number| format!("{wanted}-{number}")));
        let name = names.find(|name| !self.schemes.contains_key(name)).unwrap_or_default();
        self.schemes.insert(name.clone(), scheme);
        name
    }

    /// Returns a reference to the answer of an error with that status.
    pub(super) fn problem(&mut self, status: u16) -> Value {
        let reason = reason(status);
        let description = match status {
            400 => "Bad Request: an argument is missing or invalid; `pointer` names it",
            429 | 503 => &format!("{reason}: try again later"),
            _ => reason,
        };
        self.shared(reason.split(' ').collect(), description, headers_of(status))
    }

    /// Returns a reference to the answer for all 4xx statuses that have no answer of their own.
    pub(super) fn refusal(&mut self) -> Value {
        self.shared("Refusal".to_owned(), "The API or the application refuses the request", None)
    }

    /// Returns a reference to the answer called `name` with problem details, adding it if necessary.
    fn shared(&mut self, name: String, description: &str, headers: Option<Value>) -> Value {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        let problem = self.problem_schema();
        self.responses.entry(name).or_insert_with(|| {
            let content = json!({ "application/problem+json": { "schema": problem } });
            Object::default()
                .with("description", description)
                .with_some("headers", headers)
                .with("content", content)
                .done()
        });
        reference
    }

    fn problem_schema(&mut self) -> Value {
        self.schemas.entry(PROBLEM).or_insert_with(problem);
        json!({ "$ref": format!("#/components/schemas/{PROBLEM}") })
    }

    /// Returns the answer of a status for which the error type has a variant: a problem that contains the API's answer.
    pub(super) fn typed_problem(&mut self, error: &ErrorType) -> Value {
        let problem = self.problem_schema();
        let schema = match &error.body {
            None => problem,
            Some(body) => {
                let upstream = json!({ "properties": { "body": self.schema(body, OUTPUT) } });
                json!({ "allOf": [problem, { "properties": { "upstream": upstream } }] })
            }
        };
        Object::default()
            .with("description", error.description.as_str())
            .with_some("headers", headers_of(error.status))
            .with("content", json!({ "application/problem+json": { "schema": schema } }))
            .done()
    }

    /// Returns the `components` object; `None` if it is empty.
    pub(super) fn done(self) -> Option<Value> {
        let some = |map: Map<String, Value>| (!map.is_empty()).then_some(map);
        let components = Object::default()
            .with_some("schemas", some(self.schemas))
            .with_some("responses", some(self.responses))
            .with_some("securitySchemes", some(self.schemes))
            .done();
        components.as_object().is_some_and(|map| !map.is_empty()).then_some(components)
    }
}

/// Moves the definitions out of a schema, at any depth.
fn take_definitions(schema: &mut Value, definitions: &mut Map<String, Value>) {
    let Value::Object(object) = schema else { return };
    object.remove("$schema");
    if let Some(Value::Object(own)) = object.remove("$defs") {
        definitions.extend(own);
    }
    for (keyword, value) in object {
        for schema in subschemas_mut(keyword, value) {
            take_definitions(schema, definitions);
        }
    }
}

/// Turns references to a schema's own definitions into references to components.
fn rewrite_references(schema: &mut Value, names: &[(String, String)]) {
    let Value::Object(object) = schema else { return };
    for (keyword, value) in object.iter_mut() {
        let own = (keyword == "$ref")
            .then(|| value.as_str().and_then(|reference| reference.strip_prefix(DEFINITIONS)))
            .flatten();
        match own.and_then(|own| names.iter().find(|(name, _)| name == own)) {
            Some((_, name)) => *value = format!("#/components/schemas/{name}").into(),
            None => subschemas_mut(keyword, value).into_iter().for_each(|schema| rewrite_references(schema, names)),
        }
    }
}

/// Returns the headers of an error with that status.
fn headers_of(status: u16) -> Option<Value> {
    let (name, description) = match status {
        // RFC 9110, section 11.6.1.
        401 => ("WWW-Authenticate", "The authentication schemes that are accepted."),
        // RFC 9110, section 10.2.3.
        429 | 503 => ("Retry-After", "When to try again: seconds, or a date."),
        _ => return None,
    };
    Some(json!({ name: { "description": description, "schema": { "type": "string" } } }))
}

/// Returns the schema of problem details (RFC 9457).
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "type": { "type": "string", "description": "Always `about:blank`: the status identifies the problem." },
            "title": { "type": "string", "description": "The status in words." },
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What went wrong this time, and what to do." },
            "pointer": { "type": "string", "description": "The argument that is at fault, as a JSON Pointer (RFC 6901)." },
            "api": { "type": "string", "description": "The namespace of the API that failed, if one did." },
            "upstream": {
                "type": "object",
                "description": "What the upstream answered.",
                "properties": {
                    "status": { "type": "integer", "description": "Its status." },
                    "body": { "description": "Its JSON, or its text." },
                },
                "required": ["status", "body"],
            },
        },
        "required": ["type", "title", "status", "detail"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_may_have_the_name_of_a_keyword() {
        let schema = json!({ "$schema": "x", "properties": { "$schema": { "type": "string" }, "$defs": { "$ref": "#/$defs/A" } }, "$defs": { "A": {} } });
        let expected =
            json!({ "properties": { "$schema": { "type": "string" }, "$defs": { "$ref": "#/components/schemas/A" } } });
        assert_eq!(Components::default().schema(&schema, OUTPUT), expected);
    }

    #[test]
    fn values_are_not_schemas() {
        let value = json!({ "$schema": "x", "$defs": { "a": 1 }, "$ref": "#/$defs/A" });
        let schema = |reference: &str| {
            json!({
                "default": value, "const": value, "enum": [value], "examples": [value], "x-own": value,
                "items": { "$ref": reference }, "anyOf": [{ "default": value }],
                "dependentSchemas": { "default": { "$ref": reference } },
            })
        };
        let mut given = schema("#/$defs/A");
        given["$defs"] = json!({ "A": { "default": value } });
        let mut components = Components::default();
        assert_eq!(components.schema(&given, OUTPUT), schema("#/components/schemas/A"));
        assert_eq!(components.done(), Some(json!({ "schemas": { "A": { "default": value } } })));
    }
}

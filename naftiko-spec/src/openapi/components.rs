//! `components` of an OpenAPI document: shared schemas, security schemes, errors.

use super::{ErrorType, Object};
use crate::fragment::Argument;
use serde_json::{Map, Value, json};

/// The location of definitions in the schemas of schemars.
const DEFINITIONS: &str = "#/$defs/";

/// The name of the schema of errors, which is reserved.
const PROBLEM: &str = "Problem";

/// A builder of `components`.
#[derive(Default)]
pub(super) struct Components {
    schemas: Map<String, Value>,
    responses: Map<String, Value>,
    schemes: Map<String, Value>,
}

impl Components {
    /// Moves the definitions of a schema to `components`, and returns the schema with references to them.
    pub(super) fn schema(&mut self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        let mut definitions = Map::new();
        take_definitions(&mut schema, &mut definitions);
        let (names, definitions) = self.place(&definitions);
        self.schemas.extend(definitions);
        refer(&mut schema, &names);
        schema
    }

    /// Returns names for definitions, and the definitions under these names. If another definition has one of the names, all of
    /// them get the same number as a suffix.
    fn place(&self, definitions: &Map<String, Value>) -> (Vec<(String, String)>, Map<String, Value>) {
        let numbered = |number: usize| {
            let suffix = if number == 1 { String::new() } else { number.to_string() };
            let good = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
            let name = |name: &String| (name.clone(), name.chars().map(good).chain(suffix.chars()).collect());
            let names: Vec<(String, String)> = definitions.keys().map(name).collect();
            let mut placed = Map::new();
            for ((_, name), definition) in names.iter().zip(definitions.values()) {
                let mut definition = definition.clone();
                refer(&mut definition, &names);
                placed.insert(name.clone(), definition);
            }
            (names, placed)
        };
        let free = |placed: &Map<String, Value>| {
            let is_free = |(name, definition): (&String, &Value)| {
                name != PROBLEM && self.schemas.get(name).is_none_or(|taken| taken == definition)
            };
            placed.iter().all(is_free)
        };
        // A free number exists: at most one number is taken by each earlier schema, and one by our own.
        let most = self.schemas.len() + 2;
        (1..most).map(numbered).find(|(_, placed)| free(placed)).unwrap_or_else(|| numbered(most))
    }

    /// Returns the name of a security scheme, adding it if necessary.
    pub(super) fn scheme(&mut self, argument: &Argument, scheme: Value) -> String {
        if let Some((name, _)) = self.schemes.iter().find(|(_, known)| **known == scheme) {
            return name.clone();
        }
        let good = argument.name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let mut names = std::iter::once(good.clone()).chain((2..).map(|number| format!("{good}-{number}")));
        let name = names.find(|name| !self.schemes.contains_key(name)).unwrap_or(good);
        self.schemes.insert(name.clone(), scheme);
        name
    }

    /// Returns a reference to the answer of an error with a given reason.
    pub(super) fn problem(&mut self, reason: &str) -> Value {
        let name: String = reason.split(' ').collect();
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        self.schemas.entry(PROBLEM).or_insert_with(problem);
        self.responses.entry(name).or_insert_with(|| {
            let content =
                json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
            json!({ "description": reason, "content": content })
        });
        reference
    }

    /// Returns the answer of an error status that the operation distinguishes: a problem that contains the API's answer.
    pub(super) fn typed_problem(&mut self, error: &ErrorType) -> Value {
        let problem = json!({ "$ref": "#/components/schemas/Problem" });
        let schema = match &error.body {
            None => problem,
            Some(body) => {
                let upstream = json!({ "properties": { "body": self.schema(body) } });
                json!({ "allOf": [problem, { "properties": { "upstream": upstream } }] })
            }
        };
        let content = json!({ "application/problem+json": { "schema": schema } });
        json!({ "description": error.description, "content": content })
    }

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
    match schema {
        Value::Object(object) => {
            object.remove("$schema");
            if let Some(Value::Object(own)) = object.remove("$defs") {
                definitions.extend(own);
            }
            object.values_mut().for_each(|value| take_definitions(value, definitions));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| take_definitions(value, definitions)),
        _ => {}
    }
}

/// Turns references to a schema's own definitions into references to components.
fn refer(schema: &mut Value, names: &[(String, String)]) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                let own = (key == "$ref")
                    .then(|| value.as_str().and_then(|reference| reference.strip_prefix(DEFINITIONS)))
                    .flatten();
                match own.and_then(|own| names.iter().find(|(name, _)| name == own)) {
                    Some((_, name)) => *value = format!("#/components/schemas/{name}").into(),
                    None => refer(value, names),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| refer(value, names)),
        _ => {}
    }
}

/// Returns the schema of problem details (RFC 9457).
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "type": { "type": "string", "description": "Always `about:blank`: the status says what kind it is." },
            "title": { "type": "string", "description": "The status in words." },
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What went wrong this time, and what to do." },
            "pointer": { "type": "string", "description": "The argument that is at fault, as a JSON Pointer (RFC 6901)." },
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

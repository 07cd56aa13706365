//! An operation as the macro embeds it in a program: one JSON text with the plan beside what adapters see, in which the
//! operation's description stands once.

use super::plan::{LoweredOperation, Work};
use crate::fragment::Fragment;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One operation, ready to be embedded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Embedded {
    /// What adapters see.
    pub fragment: Fragment,
    /// What it does; `None` for a method with a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// The JSON Schema of each argument, where a document declares them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<Value>,
    /// The JSON Schema of the result, where a document declares it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// Whether empty descriptions stand for that of the fragment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stripped: bool,
}

impl Embedded {
    /// Lowers an operation of a trait.
    ///
    /// # Errors
    /// As for [`Fragment::call`].
    pub fn of_trait(fragment: Fragment) -> Result<Self, String> {
        let work = fragment.call()?.map(|call| Work::Call { call: Box::new(call) });
        Ok(Self { fragment, work, ..Self::default() })
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn to_json(mut self) -> serde_json::Result<String> {
        if let Some(description) = self.fragment.description.clone().filter(|text| !text.is_empty()) {
            let mut copies = copies(&mut self.fragment);
            if !copies.iter().any(|copy| copy.as_deref() == Some("")) {
                let same = copies.iter_mut().filter(|copy| copy.as_ref() == Some(&description));
                self.stripped = same.map(|copy| **copy = Some(String::new())).count() > 0;
            }
        }
        serde_json::to_string(&self)
    }

    /// Parses what [`Self::to_json`] writes.
    ///
    /// # Errors
    /// If it is something else.
    pub fn from_json(json: &str) -> serde_json::Result<Self> {
        let mut embedded: Self = serde_json::from_str(json)?;
        if std::mem::take(&mut embedded.stripped) {
            let description = embedded.fragment.description.clone();
            for copy in copies(&mut embedded.fragment) {
                if copy.as_deref() == Some("") {
                    copy.clone_from(&description);
                }
            }
        }
        Ok(embedded)
    }
}

impl From<LoweredOperation> for Embedded {
    fn from(lowered: LoweredOperation) -> Self {
        let LoweredOperation { fragment, schemas, output, work, at: _ } = lowered;
        Self { fragment, work: Some(work), schemas, output, stripped: false }
    }
}

/// Where the description of an operation may stand again.
fn copies(fragment: &mut Fragment) -> Vec<&mut Option<String>> {
    let consumed = fragment.consumed.iter_mut().map(|part| &mut part.operation.description);
    let routes = fragment.routes.iter_mut().map(|part| &mut part.operation.description);
    let tools = fragment.tools.iter_mut().map(|part| &mut part.tool.description);
    consumed.chain(routes).chain(tools).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    fn embedded(consumed: &Value, route: &Value, tool: &Value) -> Embedded {
        let fragment = json!({
            "name": "get",
            "description": "Gets a thing.",
            "consumed": {
                "consume": 0, "resource": "r", "path": "/things",
                "operation": { "name": "get", "method": "GET", "description": consumed },
            },
            "routes": [{
                "expose": 0, "path": "/things", "resource": "r", "description": "Things.",
                "operation": { "method": "GET", "description": route },
            }],
            "tools": [{ "expose": 1, "tool": { "name": "get", "description": tool } }],
        });
        Embedded::of_trait(serde_json::from_value(fragment).unwrap()).unwrap()
    }

    #[test]
    fn a_description_stands_once_and_comes_back_everywhere() {
        let (same, other, empty) = (json!("Gets a thing."), json!("Gets another."), json!(""));
        let none = Value::Null;
        for (consumed, route, tool, times) in [
            (&same, &same, &same, 1),
            (&same, &other, &none, 1),
            (&other, &none, &other, 1),
            (&none, &none, &none, 1),
            (&same, &empty, &same, 3),
        ] {
            let embedded = embedded(consumed, route, tool);
            let json = embedded.clone().to_json().unwrap();
            assert_eq!(json.matches("Gets a thing.").count(), times, "{json}");
            assert_eq!(Embedded::from_json(&json).unwrap(), embedded, "{json}");
        }
    }

    #[test]
    fn an_operation_of_a_document_comes_back_as_it_was() {
        let document = json!({
            "naftiko": "1.0.0-alpha2",
            "capability": {
                "consumes": [{ "namespace": "api", "baseUri": "https://api.example.com", "resources": [{
                    "name": "things", "path": "/things/{id}", "operations": [{
                        "name": "put", "method": "PUT", "outputRawFormat": "csv", "description": "Puts a thing.",
                        "body": { "type": "json", "data": { "a": "{{tools.a}}", "b": [1, "x{{tools.a}}"] } },
                    }],
                }] }],
                "exposes": [{ "type": "mcp", "namespace": "m", "tools": [
                    { "name": "put", "description": "Puts a thing.", "call": "api.put", "with": { "id": "tools.id" },
                      "inputParameters": [{ "name": "id", "type": "string", "description": "Its ID." }, { "name": "a", "type": "integer", "description": "A." }],
                      "outputParameters": [{ "name": "x", "type": "string", "mapping": "$.x" }, { "name": "y", "type": "number", "mapping": "$.y" }] },
                    { "name": "two", "description": "Two steps.", "steps": [
                        { "type": "call", "name": "one", "call": "api.put", "with": { "id": "tools.id" } },
                        { "type": "lookup", "name": "found", "index": "one", "match": "id", "lookupValue": "tools.id", "outputParameters": ["x"] },
                      ], "inputParameters": [{ "name": "id", "type": "string", "description": "Its ID." }] },
                    { "name": "mock", "description": "A mock.", "outputParameters": [{ "type": "string", "value": "4" }] },
                ] }],
            },
        });
        let (lowered, troubles) = crate::lower::lower(&serde_json::from_value(document).unwrap());
        assert_eq!(lowered.operations.len(), 3, "{troubles:?}");
        for operation in lowered.operations {
            let embedded = Embedded::from(operation);
            let json = embedded.clone().to_json().unwrap();
            assert_eq!(Embedded::from_json(&json).unwrap(), embedded, "{json}");
        }
    }
}

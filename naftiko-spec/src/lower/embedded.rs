//! An operation as the macro embeds it in a program: a JSON text with its plan and its interface for adapters, in which the
//! description is stored once.

use super::merged::MergedOperation;
use super::plan::{LoweredOperation, Work};
use crate::fragment::{Fragment, ToolFragment};
use crate::model::{Document, Expose, ExposedOperation, McpResource, Tool};
use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One operation, ready to be embedded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Embedded {
    /// What adapters see.
    pub fragment: Fragment,
    /// Its work; `None` for a method that is implemented in Rust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// The JSON Schema of each argument, if a document declares it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<Value>,
    /// The JSON Schema of the result, if a document declares it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// The locations of its routes, tools and resources in the document, as JSON Pointers; empty for a method of a trait.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<String>,
    /// Whether repeated descriptions are left out. For a trait, an empty copy means the fragment's description; for a document,
    /// the fragment's description is the first one of its routes, tools and resources.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stripped: bool,
}

impl Embedded {
    /// Lowers an operation of a trait.
    ///
    /// # Errors
    /// Returns the errors of [`Fragment::call`].
    pub fn of_trait(fragment: Fragment) -> Result<Self, String> {
        let work = fragment.call()?.map(|call| Work::Call { call: Box::new(call) });
        Ok(Self { fragment, work, ..Self::default() })
    }

    /// Writes it as JSON, without the parts that can be restored from the document.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn to_json(mut self) -> serde_json::Result<String> {
        let description = self.fragment.description.clone().filter(|text| !text.is_empty());
        let mut copies = copies(&mut self.fragment);
        if !self.at.is_empty() {
            let is_copy = description.is_some() && copies.into_iter().flatten().next().cloned() == description;
            self.strip(is_copy);
        } else if description.is_some() && !copies.iter().any(|copy| copy.as_deref() == Some("")) {
            let same = copies.iter_mut().filter(|copy| ***copy == description);
            self.stripped = same.map(|copy| **copy = Some(String::new())).count() > 0;
        }
        serde_json::to_string(&self)
    }

    /// Parses the output of [`Self::to_json`] and restores the parts from the document (of a file, or the head of a trait).
    ///
    /// # Errors
    /// Returns an error if the text is not an embedded operation, or belongs to another document.
    pub fn from_json(json: &str, document: &Document) -> serde_json::Result<Self> {
        let mut embedded: Self = serde_json::from_str(json)?;
        for at in &embedded.at {
            restore(&mut embedded.fragment, at, document).ok_or_else(|| Error::custom(format!("{at} is missing")))?;
        }
        if std::mem::take(&mut embedded.stripped) {
            let description = embedded.fragment.description.clone();
            let mut copies = copies(&mut embedded.fragment);
            if embedded.at.is_empty() {
                let stripped = copies.iter_mut().filter(|copy| copy.as_deref() == Some(""));
                stripped.for_each(|copy| copy.clone_from(&description));
            } else {
                embedded.fragment.description = copies.into_iter().flatten().next().cloned();
            }
        }
        Ok(embedded)
    }

    /// Removes the parts that [`restore`] finds in the document.
    fn strip(&mut self, is_description_a_copy: bool) {
        for part in &mut self.fragment.routes {
            part.description.clear();
            part.operation = ExposedOperation { method: part.operation.method, ..ExposedOperation::default() };
        }
        for ToolFragment { tool, .. } in &mut self.fragment.tools {
            *tool = Tool { name: std::mem::take(&mut tool.name), hints: tool.hints, ..Tool::default() };
        }
        for part in &mut self.fragment.resources {
            let McpResource { name, uri, .. } = std::mem::take(&mut part.resource);
            part.resource = McpResource { name, uri, ..McpResource::default() };
        }
        if is_description_a_copy {
            (self.fragment.description, self.stripped) = (None, true);
        }
    }
}

impl From<MergedOperation> for Embedded {
    fn from(merged: MergedOperation) -> Self {
        let LoweredOperation { fragment, schemas, output, work, at: _ } = merged.operation;
        Self { fragment, work: Some(work), schemas, output, at: merged.at, stripped: false }
    }
}

/// Restores a route, a tool or an MCP resource from its location in the document. Returns `None` if the document or the fragment has no
/// such part.
fn restore(fragment: &mut Fragment, at: &str, document: &Document) -> Option<()> {
    let is_resource = at.contains("/resources/");
    let mut numbers = at.split('/').filter_map(|token| token.parse::<usize>().ok());
    let (expose, index) = (numbers.next()?, numbers.next()?);
    match document.capability.exposes.get(expose)? {
        Expose::Rest(rest) => {
            let part = fragment.routes.iter_mut().find(|part| part.expose == expose)?;
            let resource = rest.resources.get(index)?;
            part.operation = resource.operations.get(numbers.next()?)?.clone();
            part.description = resource.description.clone().unwrap_or_default();
        }
        Expose::Mcp(mcp) if is_resource => {
            let part = fragment.resources.iter_mut().find(|part| part.expose == expose)?;
            part.resource.clone_from(mcp.resources.get(index)?);
        }
        Expose::Mcp(mcp) => {
            let ToolFragment { tool, .. } = fragment.tools.iter_mut().find(|part| part.expose == expose)?;
            let (name, hints) = (std::mem::take(&mut tool.name), tool.hints);
            *tool = Tool { name, hints, ..mcp.tools.get(index)?.clone() };
        }
        Expose::Skill(_) | Expose::Control(_) => return None,
    }
    Some(())
}

/// Returns the descriptions that may repeat the description of an operation.
fn copies(fragment: &mut Fragment) -> Vec<&mut Option<String>> {
    let consumed = fragment.consumed.iter_mut().map(|part| &mut part.operation.description);
    let routes = fragment.routes.iter_mut().map(|part| &mut part.operation.description);
    let tools = fragment.tools.iter_mut().map(|part| &mut part.tool.description);
    let resources = fragment.resources.iter_mut().map(|part| &mut part.resource.description);
    let prompts = fragment.prompts.iter_mut().map(|part| &mut part.prompt.description);
    consumed.chain(routes).chain(tools).chain(resources).chain(prompts).collect()
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
    fn a_description_is_stored_once_and_restored_everywhere() {
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
            assert_eq!(Embedded::from_json(&json, &Document::default()).unwrap(), embedded, "{json}");
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
                ] }, { "type": "rest", "namespace": "r", "resources": [{ "path": "/things/{id}", "description": "Things.", "operations": [
                    { "method": "PUT", "description": "Puts a thing.", "call": "api.put", "with": { "id": "rest.id" },
                      "inputParameters": [{ "name": "id", "in": "path", "type": "string", "description": "Its ID." }, { "name": "a", "in": "body", "type": "integer", "description": "A." }],
                      "outputParameters": [{ "name": "x", "type": "string", "mapping": "$.x" }, { "name": "y", "type": "number", "mapping": "$.y" }] },
                ] }] }],
            },
        });
        let document: Document = serde_json::from_value(document).unwrap();
        let (lowered, diagnostics) = crate::lower::lower(&document);
        assert_eq!(lowered.operations.len(), 4, "{diagnostics:?}");
        let merged = lowered.merged();
        assert_eq!(merged.len(), 3, "the route and the first tool are one");
        for operation in merged {
            let embedded = Embedded::from(operation);
            let json = embedded.clone().to_json().unwrap();
            assert!(!json.contains("Puts a thing.") && !json.contains("Things."), "the document has it: {json}");
            assert_eq!(Embedded::from_json(&json, &document).unwrap(), embedded, "{json}");
            assert!(Embedded::from_json(&json, &Document::default()).is_err(), "{json}");
        }
    }
}

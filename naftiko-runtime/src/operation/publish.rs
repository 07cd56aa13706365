//! Publishes a capability whose types are known: as OpenAPI, and as a document with full types.

use super::capability::Capability;
use super::generated_document::types;
#[cfg(feature = "cli")]
use naftiko_spec::fragment::PromptFragment;
#[cfg(feature = "cli")]
use naftiko_spec::model::Expose;
use naftiko_spec::model::{Document, Skill};
use naftiko_spec::openapi::{ForwardPath, Openapi, OpenapiOptions, OpenapiVersion, OperationTypes, openapi_of};
use serde_json::Value;

impl Capability {
    /// Returns the OpenAPI 3.1 description of its REST adapters.
    #[must_use]
    pub fn openapi(&self) -> Value {
        self.openapi_as(OpenapiVersion::V3_1)
    }

    /// Returns the description of its REST adapters in a version of OpenAPI.
    ///
    /// ```
    /// # fn describe(capability: naftiko_runtime::Capability) -> serde_json::Value {
    /// use naftiko_runtime::spec::openapi::OpenapiVersion;
    ///
    /// capability.openapi_as(OpenapiVersion::V3_0)
    /// # }
    /// ```
    #[must_use]
    pub fn openapi_as(&self, openapi: OpenapiVersion) -> Value {
        self.describe(None, openapi).document
    }

    /// Returns the OpenAPI description of one REST adapter, by its index in `exposes`.
    #[cfg(feature = "page")]
    pub(crate) fn openapi_of(&self, expose: usize) -> Openapi {
        self.describe(Some(expose), OpenapiVersion::V3_1)
    }

    /// Returns the skill of its MCP tools, for an agent.
    #[must_use]
    pub fn skill(&self) -> Skill {
        let tools = || self.operations().iter().flat_map(|operation| &operation.fragment.tools);
        let is_served = |expose, name: &str| tools().any(|part| part.expose == expose && part.tool.name == name);
        Skill::of_document(self.document(), is_served)
    }

    /// Returns the OpenAPI description of the REST adapter at the index `expose` or, without an index, of all REST adapters.
    fn describe(&self, expose: Option<usize>, openapi: OpenapiVersion) -> Openapi {
        let mut types = self.types();
        for (operation, types) in self.operations().iter().zip(&mut types) {
            if let Some(defined) = operation.defined {
                defined.keep_type_names(operation, types);
            }
        }
        let forwards = self.forwards().iter();
        let forwards = forwards.map(|own| ForwardPath { expose: own.expose, prefix: own.prefix.clone() }).collect();
        let version = self.crate_version();
        let callers = self.authentication().map(|callers| &callers.scheme);
        let calls_apis = self.calls_apis();
        let options = OpenapiOptions { version, expose, callers, forwards, openapi, calls_apis };
        openapi_of(self.draft(), &types, options)
    }

    /// Returns the document with the full types of inputs and outputs. It validates against the specification's formal
    /// JSON Schema; [published documents](Self::document) follow that schema less strictly.
    /// A document that was not generated from a trait is returned unchanged.
    #[must_use]
    pub fn typed_document(&self) -> Document {
        if self.is_authored() {
            return self.document().clone();
        }
        naftiko_spec::typed(self.draft(), &self.types())
    }

    /// Returns warnings about the choices of a prompt's arguments: the specification has no types for these arguments, so the published
    /// document lacks the choices.
    #[cfg(feature = "cli")]
    pub(crate) fn unpublished_choices(&self) -> Vec<String> {
        if self.is_authored() {
            return Vec::new();
        }
        let published = |part: &PromptFragment| match self.document().capability.exposes.get(part.expose) {
            Some(Expose::Mcp(adapter)) => adapter.prompts.iter().any(|prompt| prompt.name == part.prompt.name),
            _ => false,
        };
        let mut warnings = Vec::new();
        for operation in self.operations() {
            for part in operation.fragment.prompts.iter().filter(|part| published(part)) {
                for input in operation.inputs.iter().filter(|input| input.schema.get("enum").is_some()) {
                    warnings.push(format!(
                        "the document lacks the choices of `{}`, an argument of the prompt `{}`: the specification has no types for \
                         the arguments of prompts",
                        input.argument.name, part.prompt.name
                    ));
                }
            }
        }
        warnings
    }

    fn types(&self) -> Vec<OperationTypes> {
        types(self.operations())
    }
}

#[cfg(test)]
mod tests {
    //! Tests how a capability that is assembled at run time is published.
    #![allow(clippy::unwrap_used, reason = "tests")]

    use crate::error::Result;
    use crate::operation::{Arguments, BoxFuture, Operations, Output, Shape, no_operation};
    use crate::operation::{Capability, Operation, OutputType};
    use naftiko_spec::Draft;
    use serde_json::json;
    use std::sync::Arc;

    struct Nothing;

    impl Operations for Nothing {
        fn call<'a>(&'a self, operation: usize, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
            no_operation(operation)
        }
    }

    /// Returns a capability with `get(page: Page)`, where only the schema shows that a page is a number, and with an output
    /// of this shape.
    fn capability(shape: Shape) -> Capability {
        let draft: Draft = serde_json::from_value(json!({
            "head": { "naftiko": "1.0.0-alpha2", "info": { "label": "Books" }, "capability": {
                "consumes": [{ "namespace": "books", "baseUri": "https://books.example" }],
                "exposes": [{ "type": "rest", "namespace": "books-rest" }],
            } },
            "fragments": [{
                "name": "get",
                "consumed": { "consume": 0, "resource": "books", "path": "/books", "operation": {
                    "name": "get", "method": "GET",
                    "inputParameters": [{ "name": "page", "in": "query", "type": "string" }],
                } },
                "routes": [{ "expose": 0, "path": "/books", "resource": "books", "description": "Books.", "operation": { "method": "GET" } }],
                "arguments": [{ "name": "page", "in": "query" }],
            }],
        }))
        .unwrap();
        let output = OutputType { shape, schema: json!({ "type": "string" }) };
        let schemas = vec![json!({ "type": "integer" })];
        let operation = Operation::new(0, "get", draft.fragments.first().unwrap().clone(), schemas, output);
        Capability::assemble(Arc::new(draft), vec![Arc::new(operation)], Arc::new(Nothing))
    }

    #[test]
    fn the_document_has_the_types_that_the_schemas_have() {
        let document = serde_json::to_value(capability(Shape::Value).document()).unwrap();
        let parameter = document.pointer("/capability/consumes/0/resources/0/operations/0/inputParameters/0");
        assert_eq!(parameter, Some(&json!({ "name": "page", "in": "query", "type": "integer" })));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn the_choices_that_the_document_lacks_are_named() {
        let draft: Draft = serde_json::from_value(json!({
            "head": { "naftiko": "1.0.0-alpha2", "info": { "label": "Books" }, "capability": {
                "exposes": [{ "type": "mcp", "namespace": "books-mcp" }],
            } },
            "fragments": [{
                "name": "review",
                "prompts": [{ "expose": 0, "prompt": {
                    "name": "review", "arguments": [{ "name": "length" }, { "name": "title" }],
                    "template": [{ "role": "user", "content": "{{length}} {{title}}" }],
                } }],
                "arguments": [{ "name": "length", "in": "query" }, { "name": "title", "in": "query" }],
            }],
        }))
        .unwrap();
        let output = OutputType { shape: Shape::Value, schema: json!({ "type": "string" }) };
        let schemas = vec![json!({ "type": "string", "enum": ["short", "long"] }), json!({ "type": "string" })];
        let operation = Operation::new(0, "review", draft.fragments.first().unwrap().clone(), schemas, output);
        let capability = Capability::assemble(Arc::new(draft), vec![Arc::new(operation)], Arc::new(Nothing));
        let expected = "the document lacks the choices of `length`, an argument of the prompt `review`: the specification has no types \
             for the arguments of prompts";
        assert_eq!(capability.unpublished_choices(), [expected]);
    }

    #[test]
    fn openapi_and_the_typed_document_describe_the_answer_of_an_operation() {
        let answer = |shape| capability(shape).openapi().pointer("/paths/~1books/get/responses").unwrap().clone();
        let json = |schema| json!({ "description": "OK", "content": { "application/json": { "schema": schema } } });
        assert_eq!(answer(Shape::Value).get("200"), Some(&json(json!({ "type": "string" }))));
        let raw = answer(Shape::Raw);
        assert_eq!(raw["200"]["content"], json(json!({}))["content"]);
        assert!(raw["200"]["headers"]["ETag"].is_object());
        assert_eq!(answer(Shape::Unit).get("204"), Some(&json!({ "description": "No Content" })));

        let typed = serde_json::to_value(capability(Shape::Value).typed_document()).unwrap();
        let operation = typed.pointer("/capability/exposes/0/resources/0/operations/0").unwrap();
        assert_eq!(operation.get("outputParameters"), Some(&json!([{ "type": "string", "mapping": "$." }])));
        let page = json!([{ "name": "page", "in": "query", "type": "integer", "description": "Page." }]);
        assert_eq!(operation.get("inputParameters"), Some(&page));
    }
}

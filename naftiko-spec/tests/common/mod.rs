//! The published documents as drafts, and Rust types for their inputs and outputs.
#![allow(clippy::unwrap_used, dead_code, reason = "tests, not all of which use every item")]

use naftiko_spec::fragment::{Argument, ConsumedFragment, Draft, Fragment, RouteFragment, ToolFragment};
use naftiko_spec::model::{Document, Expose, InputParameter, ParameterIn};
use naftiko_spec::openapi::OperationTypes;
use serde_json::{Value, json};

pub(crate) const PUBLISHED: [(&str, &str); 4] = [
    ("humanitec-tokeninfo", include_str!("../documents/humanitec-tokeninfo.yaml")),
    ("label-studio-subpackage-tokens", include_str!("../documents/label-studio-subpackage-tokens.yaml")),
    ("logto-subject-tokens", include_str!("../documents/logto-subject-tokens.yaml")),
    ("stackrox-apitokenservice", include_str!("../documents/stackrox-apitokenservice.yaml")),
];

/// Converts a published document to a draft: one fragment for each consumed operation, with the routes and tools that call it.
pub(crate) fn lower(yaml: &str) -> Draft {
    let mut head = Document::from_yaml(yaml).unwrap();
    let mut fragments = Vec::new();
    for (consume, consumed) in head.capability.consumes.iter_mut().enumerate() {
        for resource in std::mem::take(&mut consumed.resources) {
            for operation in resource.operations {
                fragments.push(Fragment {
                    name: operation.name.clone(),
                    description: operation.description.clone(),
                    arguments: operation.input_parameters.iter().map(argument).collect(),
                    consumed: Some(ConsumedFragment {
                        consume,
                        resource: resource.name.clone(),
                        path: resource.path.clone(),
                        operation,
                    }),
                    ..Fragment::default()
                });
            }
        }
    }
    let fragment = |fragments: &mut Vec<Fragment>, call: Option<&String>| -> usize {
        let name = call.unwrap().split_once('.').unwrap().1;
        fragments.iter().position(|fragment| fragment.name == name).unwrap()
    };
    for (expose, exposed) in head.capability.exposes.iter_mut().enumerate() {
        match exposed {
            Expose::Rest(rest) => {
                for resource in std::mem::take(&mut rest.resources) {
                    for operation in resource.operations {
                        let at = fragment(&mut fragments, operation.call.as_ref());
                        fragments[at].routes.push(RouteFragment {
                            expose,
                            path: resource.path.clone(),
                            resource: resource.name.clone().unwrap(),
                            description: resource.description.clone().unwrap(),
                            operation,
                        });
                    }
                }
            }
            Expose::Mcp(mcp) => {
                for tool in std::mem::take(&mut mcp.tools) {
                    let at = fragment(&mut fragments, tool.call.as_ref());
                    fragments[at].tools.push(ToolFragment { expose, tool, arguments: Vec::new() });
                }
            }
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
    Draft { head, fragments }
}

fn argument(parameter: &InputParameter) -> Argument {
    let place = parameter.place.unwrap();
    Argument {
        name: parameter.name.clone(),
        place,
        required: parameter.required.unwrap_or(false),
        whole_body: place == ParameterIn::Body,
        sensitive: parameter.name == "Authorization",
        description: parameter.description.clone(),
        ..Argument::default()
    }
}

/// Returns types for a draft's operations: strings and new tokens as inputs, tokens and lists of tokens as outputs, and no output for
/// deletions.
pub(crate) fn types(draft: &Draft) -> Vec<OperationTypes> {
    draft
        .fragments
        .iter()
        .map(|fragment| {
            let of = |argument: &Argument| {
                if argument.place == ParameterIn::Body { new_token() } else { json!({ "type": "string" }) }
            };
            let name = fragment.name.as_str();
            let output = (!name.contains("delete"))
                .then(|| if name.contains("list") { json!({ "type": "array", "items": token() }) } else { token() });
            OperationTypes { inputs: fragment.arguments.iter().map(of).collect(), output, ..OperationTypes::default() }
        })
        .collect()
}

pub(crate) fn new_token() -> Value {
    json!({
        "type": "object",
        "properties": { "name": { "type": "string", "minLength": 1 }, "lifetime": { "type": ["integer", "null"] } },
        "required": ["name"],
    })
}

/// Returns the schema of a token, with all kinds of schemas in it: nested objects, lists, maps, alternatives, a recursive type.
pub(crate) fn token() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string" },
            "age": { "type": "integer", "format": "uint32" },
            "expires_at": { "type": ["string", "null"], "format": "date-time" },
            "state": { "type": "string", "enum": ["active", "revoked"] },
            "owner": { "type": "object", "properties": { "user-name": { "type": "string" } }, "required": ["user-name"] },
            "scopes": { "type": "array", "items": { "type": "string" } },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "kind": { "anyOf": [{ "type": "boolean" }, { "type": "null" }] },
            "parent": { "anyOf": [{ "$ref": "#/$defs/Node" }, { "type": "null" }] },
            "anything": true,
        },
        "required": ["id"],
        "$defs": { "Node": {
            "type": "object",
            "properties": { "id": { "type": "string" }, "children": { "type": "array", "items": { "$ref": "#/$defs/Node" } } },
        } },
    })
}

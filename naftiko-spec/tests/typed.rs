//! Tests that documents with full types are valid against the formal schema of the specification.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{PUBLISHED, lower, types};
use naftiko_spec::openapi::OperationTypes;
use naftiko_spec::{Document, typed};
use serde_json::{Value, json};

/// Validates a document against the formal schema, and returns the errors.
fn schema_errors(document: &Document) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("documents/naftiko-1.0.0-alpha2.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = serde_json::to_value(document).unwrap();
    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn typed_documents_conform_to_the_schema_that_refuses_published_ones() {
    for (name, yaml) in PUBLISHED {
        let draft = lower(yaml);
        assert!(
            !schema_errors(&draft.assemble().0).is_empty(),
            "{name}: expected the formal schema to refuse the published document"
        );
        let document = typed(&draft, &types(&draft));
        assert_eq!(schema_errors(&document), [""; 0], "{name}");
        let yaml = document.to_yaml().unwrap();
        assert_eq!(Document::from_yaml(&yaml).unwrap(), document, "{name}");
    }
}

#[test]
fn inputs_and_outputs_are_declared_in_full() {
    let draft = lower(PUBLISHED[0].1);
    let document = serde_json::to_value(typed(&draft, &types(&draft))).unwrap();
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(
        at("/capability/consumes/0/resources/0/operations/0/inputParameters"),
        json!([{ "name": "userId", "in": "path" }])
    );
    assert_eq!(
        at("/capability/consumes/0/resources/0/operations/0/outputParameters"),
        json!([{ "name": "result", "type": "array", "value": "$." }])
    );
    assert_eq!(at("/capability/exposes/0/resources/0/path"), "/v1/users/{userId}/tokens");
    assert_eq!(
        at("/capability/exposes/0/resources/0/operations/1/inputParameters"),
        json!([
            { "name": "userId", "in": "path", "type": "string", "description": "The user ID." },
            { "name": "body", "in": "body", "type": "object", "description": "Request body (JSON)." },
        ])
    );
    assert_eq!(
        at("/capability/exposes/1/tools/0/inputParameters"),
        json!([{ "name": "userId", "type": "string", "description": "The user ID.", "required": true }])
    );
    let list = at("/capability/exposes/1/tools/0/outputParameters/0");
    assert_eq!((&list["type"], &list["mapping"]), (&json!("array"), &json!("$.")));
    assert_eq!(
        list["items"]["properties"]["owner"]["properties"]["user-name"],
        json!({ "type": "string", "mapping": "$.owner['user-name']" })
    );
    // A DELETE has no output.
    assert_eq!(at("/capability/exposes/1/tools/3/outputParameters"), Value::Null);
    assert_eq!(at("/capability/consumes/0/resources/1/operations/1/outputParameters"), Value::Null);
}

#[test]
fn operations_without_description_and_call_are_valid() {
    let mut draft = lower(PUBLISHED[3].1);
    for fragment in &mut draft.fragments {
        fragment.description = None;
        fragment.routes.iter_mut().for_each(|part| part.operation.description = None);
        fragment.tools.iter_mut().for_each(|part| part.tool.description = None);
    }
    // An orchestration without a consumed operation.
    let swap = &mut draft.fragments[1];
    swap.consumed = None;
    swap.routes[0].operation.call = None;
    swap.routes[0].operation.with.clear();
    swap.tools[0].tool.call = None;
    swap.tools[0].tool.with.clear();
    "users_and_groups".clone_into(&mut swap.routes[0].resource);
    draft.head.info.description = String::new();
    let mut types = types(&draft);
    types[1].output = None;
    types[2] = OperationTypes { raw: true, ..types[2].clone() };
    let document = typed(&draft, &types);
    assert_eq!(schema_errors(&document), [""; 0]);
    let document = serde_json::to_value(document).unwrap();
    let revoke = document.pointer("/capability/exposes/1/tools/2").unwrap();
    assert_eq!(revoke["inputParameters"][0]["description"], "Id.");
    assert_eq!(revoke["description"], "Revoketoken.");
    assert_eq!(revoke["outputParameters"], json!([{ "type": "object", "mapping": "$.", "properties": {} }]));
}

#[test]
fn keys_that_the_schema_forbids_are_left_out() {
    let ours = |line: &str, keys: &str| (line.to_owned(), format!("{line}{keys}"));
    let mut yaml = PUBLISHED[0].1.to_owned();
    for (line, with) in [
        ours("- type: rest\n", "    page: true\n    unknownQuery: refuse\n    unknownMembers: refuse\n"),
        ours(
            "- type: mcp\n",
            "    sessions: true\n    structuredContent: both\n    toolList: search\n    confirm: destructive\n    \
             approval: any\n    unknownMembers: refuse\n",
        ),
    ] {
        assert!(yaml.contains(&line), "{line}");
        yaml = yaml.replace(&line, &with);
    }
    let mut draft = lower(&yaml);
    for fragment in &mut draft.fragments {
        fragment.routes.iter_mut().for_each(|part| part.operation.scopes = vec!["tokens:read".to_owned()]);
        for part in &mut fragment.tools {
            (part.tool.scopes, part.tool.confirm) = (vec!["tokens:read".to_owned()], Some(true));
            (part.tool.max_output, part.tool.task) = (Some(1024), Some(naftiko_spec::model::TaskSupport::Required));
        }
    }
    let resource = json!({
        "name": "guide", "label": "Guide", "uri": "docs://guide", "description": "A guide.", "location": "file:///guide",
        "scopes": ["tokens:read"],
    });
    let prompt = json!({
        "name": "ask", "label": "Ask", "description": "Asks.", "template": [{ "role": "user", "content": "Hi." }],
        "scopes": ["tokens:read"],
    });
    let first = &mut draft.fragments[0];
    first.resources.push(serde_json::from_value(json!({ "expose": 1, "resource": resource })).unwrap());
    first.prompts.push(serde_json::from_value(json!({ "expose": 1, "prompt": prompt })).unwrap());
    assert_eq!(schema_errors(&typed(&draft, &types(&draft))), [""; 0]);
}

#[test]
fn guessed_types_are_refined_and_bodies_stay_as_published() {
    let mut draft = lower(PUBLISHED[0].1);
    let mut types = types(&draft);
    types[1].inputs = vec![json!({ "type": "integer" }), json!({ "type": "array" })];
    naftiko_spec::refine(&mut draft, &types);
    let parameters = &draft.fragments[1].consumed.as_ref().unwrap().operation.input_parameters;
    let kinds: Vec<_> = parameters.iter().map(|parameter| parameter.kind.as_deref().unwrap()).collect();
    assert_eq!(kinds, ["integer", "object"]);
    assert_eq!(draft.assemble().0.capability.consumes[0].resources.len(), 2);
}

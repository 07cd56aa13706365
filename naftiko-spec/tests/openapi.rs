//! The REST surface of a capability as OpenAPI 3.1.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{PUBLISHED, lower, types};
use naftiko_spec::Draft;
use naftiko_spec::openapi::{OperationTypes, openapi};
use serde_json::{Value, json};

fn described(name: &str) -> Value {
    let yaml = PUBLISHED.iter().find(|(known, _)| *known == name).unwrap().1;
    let draft = lower(yaml);
    openapi(&draft, &types(&draft), None)
}

/// Every reference leads somewhere, every placeholder of a path is a parameter and the other way round, ids are unique.
fn sound(document: &Value) {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    match value {
                        Value::String(reference) if key == "$ref" => found.push(reference.clone()),
                        value => references(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    let mut ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let placeholders: Vec<_> =
            path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        for operation in item.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()));
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let mut names: Vec<_> =
                parameters.iter().filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap()).collect();
            names.sort_unstable();
            let mut wanted = placeholders.clone();
            wanted.sort_unstable();
            assert_eq!(names, wanted, "{path}");
            for scheme in
                operation["security"].as_array().into_iter().flatten().flat_map(|way| way.as_object().unwrap().keys())
            {
                assert!(document["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
            }
        }
    }
}

#[test]
fn every_published_document_is_described_soundly() {
    for (name, yaml) in PUBLISHED {
        let draft = lower(yaml);
        let document = openapi(&draft, &types(&draft), None);
        sound(&document);
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["title"], draft.head.info.label.as_str(), "{name}");
        let operations: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(operations, draft.fragments.len(), "{name}");
    }
}

#[test]
fn a_route_and_its_parameters_have_the_names_of_the_wire() {
    let document = described("humanitec-tokeninfo");
    assert_eq!(keys(&document["paths"]), ["/v1/users/{userId}/tokens", "/v1/users/{userId}/tokens/{tokenId}"]);
    assert_eq!(
        document["paths"]["/v1/users/{userId}/tokens"]["get"]["parameters"],
        json!([{ "name": "userId", "in": "path", "required": true, "description": "The user ID.", "schema": { "type": "string" } }])
    );
}

#[test]
fn bodies_answers_and_errors_are_described() {
    let document = described("humanitec-tokeninfo");
    let create = &document["paths"]["/v1/users/{userId}/tokens"]["post"];
    assert_eq!(create["operationId"], "createusertoken");
    assert_eq!(create["summary"], "Creates a new static token for a user.");
    assert_eq!(create["requestBody"]["required"], true);
    assert_eq!(create["requestBody"]["content"]["application/json"]["schema"], common::new_token());
    assert_eq!(keys(&create["responses"]), ["200", "400", "413", "415", "500", "502", "504"]);
    let problem = &document["components"]["responses"]["BadGateway"]["content"]["application/problem+json"];
    assert_eq!(problem["schema"], json!({ "$ref": "#/components/schemas/Problem" }));
    let delete = &document["paths"]["/v1/users/{userId}/tokens/{tokenId}"]["delete"];
    assert_eq!(delete["responses"]["204"], json!({ "description": "No Content" }));
    assert!(delete["requestBody"].is_null());
}

#[test]
fn a_declared_status_and_declared_errors_are_described() {
    let mut draft = lower(PUBLISHED[2].1);
    draft.fragments[0].status = Some(201);
    draft.fragments[0].errors = [401, 422, 418].map(naftiko_spec::model::ErrorAnswer::of).to_vec();
    let document = openapi(&draft, &types(&draft), None);
    let responses = document["paths"]["/v1/api/subject-tokens"]["post"]["responses"].clone();
    assert_eq!(keys(&responses), ["201", "400", "401", "413", "415", "418", "422", "500", "502", "504"]);
    assert_eq!(responses["422"], json!({ "$ref": "#/components/responses/UnprocessableContent" }));
    sound(&document);
}

#[test]
fn a_recursive_type_is_moved_to_the_components_once() {
    let document = described("humanitec-tokeninfo");
    let schemas = &document["components"]["schemas"];
    assert_eq!(keys(schemas), ["Node", "Problem"]);
    assert_eq!(schemas["Node"]["properties"]["children"]["items"], json!({ "$ref": "#/components/schemas/Node" }));
}

#[test]
fn two_types_of_one_name_are_kept_apart() {
    let mut draft = lower(PUBLISHED[0].1);
    draft.fragments.truncate(2);
    let node = |kind: &str| json!({ "$ref": "#/$defs/Node", "$defs": { "Node": { "type": kind } } });
    let of = |kind| OperationTypes { output: Some(node(kind)), ..OperationTypes::default() };
    let document = openapi(&draft, &[of("string"), of("number")], None);
    assert_eq!(keys(&document["components"]["schemas"]), ["Node", "Node2", "Problem"]);
}

/// The keys of an object, in the order of the alphabet.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn a_credential_of_the_callers_is_a_security_scheme() {
    let document = described("label-studio-subpackage-tokens");
    let list = &document["paths"]["/v1/api/token"]["get"];
    assert_eq!(list["security"], json!([{ "authorization": [] }]));
    let names: Vec<_> = list["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ordering"]);
    let scheme = &document["components"]["securitySchemes"]["authorization"];
    assert_eq!(
        (&scheme["type"], &scheme["in"], &scheme["name"]),
        (&json!("apiKey"), &json!("header"), &json!("Authorization"))
    );

    let mut draft = lower(PUBLISHED[1].1);
    for argument in draft.fragments.iter_mut().flat_map(|fragment| &mut fragment.arguments) {
        argument.required = false;
    }
    let document = openapi(&draft, &types(&draft), None);
    assert_eq!(document["paths"]["/v1/api/token"]["get"]["security"], json!([{ "authorization": [] }, {}]));
    assert_eq!(document["paths"]["/v1/api/token/rotate"]["post"]["requestBody"]["required"], false);
}

/// An orchestration: `rest(post = "/users/{userId}/swap")` with two arguments, one of them optional.
fn orchestration() -> Draft {
    let mut draft = lower(PUBLISHED[0].1);
    draft.fragments.truncate(1);
    let mut swap = draft.fragments[0].clone();
    swap.consumed = None;
    swap.tools.clear();
    "swap".clone_into(&mut swap.name);
    swap.routes[0].path = "/v1/users/{id}/tokens/".to_owned() + "swap";
    swap.routes[0].operation.name = None;
    swap.routes[0].operation.method = naftiko_spec::model::Method::Post;
    swap.arguments = serde_json::from_value(json!([
        { "name": "id", "in": "path", "required": true },
        { "name": "one", "in": "body", "required": true, "description": "The first." },
        { "name": "other", "in": "body" },
    ]))
    .unwrap();
    draft.fragments.push(swap);
    draft
}

#[test]
fn an_orchestrations_members_are_one_object() {
    let draft = orchestration();
    let text = json!({ "type": "string" });
    let swap =
        OperationTypes { inputs: vec![text.clone(), text.clone(), text], raw: true, ..OperationTypes::default() };
    let document = openapi(&draft, &[OperationTypes::default(), swap], None);
    let swap = &document["paths"]["/v1/users/{id}/tokens/swap"]["post"];
    assert_eq!(
        swap["requestBody"],
        json!({ "required": true, "content": { "application/json": { "schema": {
            "type": "object",
            "required": ["one"],
            "properties": { "one": { "type": "string", "description": "The first." }, "other": { "type": "string" } },
            "additionalProperties": false,
        } } } })
    );
    assert_eq!(swap["responses"]["200"]["content"], json!({ "application/json": { "schema": {} } }));
}

#[test]
fn paths_of_one_shape_are_one_path() {
    let mut draft = orchestration();
    draft.fragments[1].routes[0].path = "/v1/users/{id}/tokens".to_owned();
    let document = openapi(&draft, &[], None);
    sound(&document);
    let item = &document["paths"]["/v1/users/{userId}/tokens"];
    // The second names its placeholder after the first.
    assert_eq!(item["post"]["parameters"][0]["name"], "userId");
}

#[test]
fn operations_of_one_name_have_ids_of_their_own() {
    let mut draft = orchestration();
    "listusertokens".clone_into(&mut draft.fragments[1].name);
    let document = openapi(&draft, &[], None);
    sound(&document);
    assert_eq!(document["paths"]["/v1/users/{id}/tokens/swap"]["post"]["operationId"], "listusertokens-2");
}

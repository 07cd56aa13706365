//! Tests of the OpenAPI description of a capability's REST interface.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{PUBLISHED, lower, types};
use naftiko_spec::Draft;
use naftiko_spec::fragment::{Argument, Fragment};
use naftiko_spec::model::{Authentication, CallerHeader, Expose, ParameterIn};
use naftiko_spec::openapi::{ForwardPath, OpenapiOptions, OpenapiVersion, OperationTypes, openapi, openapi_of};
use serde_json::{Value, json};

fn described(name: &str) -> Value {
    let yaml = PUBLISHED.iter().find(|(known, _)| *known == name).unwrap().1;
    let draft = lower(yaml);
    openapi(&draft, &types(&draft), None)
}

/// Checks that every reference has a target, that placeholders and path parameters match, that IDs are unique, and that security
/// schemes exist.
fn check_consistency(document: &Value) {
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
            let mut expected = placeholders.clone();
            expected.sort_unstable();
            assert_eq!(names, expected, "{path}");
            for scheme in
                operation["security"].as_array().into_iter().flatten().flat_map(|way| way.as_object().unwrap().keys())
            {
                assert!(document["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
            }
        }
    }
}

#[test]
fn the_description_of_every_published_document_is_consistent() {
    for (name, yaml) in PUBLISHED {
        let draft = lower(yaml);
        let document = openapi(&draft, &types(&draft), None);
        check_consistency(&document);
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["title"], draft.head.info.label.as_str(), "{name}");
        let operations: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(operations, draft.fragments.len(), "{name}");
    }
}

#[test]
fn a_route_and_its_parameters_have_their_names_on_the_wire() {
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
    assert_eq!(
        keys(&create["responses"]),
        ["200", "400", "404", "408", "413", "415", "429", "4XX", "500", "502", "503", "504"]
    );
    let problem = &document["components"]["responses"]["BadGateway"]["content"]["application/problem+json"];
    assert_eq!(problem["schema"], json!({ "$ref": "#/components/schemas/Problem" }));
    let delete = &document["paths"]["/v1/users/{userId}/tokens/{tokenId}"]["delete"];
    assert_eq!(delete["responses"]["204"], json!({ "description": "No Content" }));
    assert!(delete["requestBody"].is_null());
}

#[test]
fn operations_have_the_resource_of_their_route_as_tag() {
    let draft = lower(PUBLISHED[0].1);
    let mut resources = Vec::new();
    for route in draft.fragments.iter().flat_map(|fragment| &fragment.routes) {
        let tag = json!({ "name": route.resource, "description": route.description });
        if !resources.contains(&tag) {
            resources.push(tag);
        }
    }
    assert!(resources.len() >= 2 && resources.iter().all(|tag| tag["description"] != ""), "{resources:?}");
    for openapi in [OpenapiVersion::V3_1, OpenapiVersion::V3_0] {
        let options = OpenapiOptions { openapi, ..OpenapiOptions::default() };
        let document = openapi_of(&draft, &types(&draft), options).document;
        assert_eq!(document["tags"], json!(resources), "expected each resource once, in the order of the routes");
        let list = &document["paths"]["/v1/users/{userId}/tokens"]["get"];
        let tag = draft.fragments.iter().find(|fragment| fragment.name == "listusertokens").unwrap();
        assert_eq!(list["tags"], json!([tag.routes[0].resource]));
        let all = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
        for operation in all {
            let [tag] = &operation["tags"].as_array().unwrap()[..] else { panic!("{operation}") };
            assert!(resources.iter().any(|known| known["name"] == *tag), "{tag}");
        }
    }
}

#[test]
fn a_declared_status_and_declared_errors_are_described() {
    let mut draft = lower(PUBLISHED[2].1);
    draft.fragments[0].status = Some(201);
    draft.fragments[0].errors = [401, 422, 418].map(naftiko_spec::model::ErrorAnswer::of).to_vec();
    let document = openapi(&draft, &types(&draft), None);
    let responses = document["paths"]["/v1/api/subject-tokens"]["post"]["responses"].clone();
    assert_eq!(
        keys(&responses),
        ["201", "400", "401", "408", "413", "415", "418", "422", "429", "4XX", "500", "502", "503", "504"]
    );
    assert_eq!(responses["422"], json!({ "$ref": "#/components/responses/UnprocessableContent" }));
    check_consistency(&document);
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

#[test]
fn a_type_has_two_names_if_its_schemas_as_argument_and_as_result_differ() {
    let mut draft = lower(PUBLISHED[0].1);
    draft.fragments.retain(|fragment| fragment.name == "createusertoken");
    let of =
        |members| json!({ "$ref": "#/$defs/Token", "$defs": { "Token": { "type": "object", "required": members } } });
    let types = |input, output| OperationTypes {
        inputs: vec![json!({ "type": "string" }), of(input)],
        output: Some(of(output)),
        ..OperationTypes::default()
    };
    let document = openapi(&draft, &[types(json!(["id"]), json!(["id", "made"]))], None);
    assert_eq!(keys(&document["components"]["schemas"]), ["Problem", "Token", "TokenOutput"]);
    let create = &document["paths"]["/v1/users/{userId}/tokens"]["post"];
    let schema = |at: &Value| at["content"]["application/json"]["schema"]["$ref"].clone();
    assert_eq!(schema(&create["requestBody"]), "#/components/schemas/Token");
    assert_eq!(schema(&create["responses"]["200"]), "#/components/schemas/TokenOutput");
    let same = openapi(&draft, &[types(json!(["id"]), json!(["id"]))], None);
    assert_eq!(keys(&same["components"]["schemas"]), ["Problem", "Token"]);
}

#[test]
fn a_type_called_problem_gets_another_name() {
    let mut draft = lower(PUBLISHED[0].1);
    draft.fragments.truncate(1);
    let output = json!({ "$ref": "#/$defs/Problem", "$defs": { "Problem": { "type": "string" } } });
    let types = OperationTypes { output: Some(output), ..OperationTypes::default() };
    let document = openapi(&draft, &[types], None);
    check_consistency(&document);
    assert_eq!(document["components"]["schemas"]["Problem"]["type"], "object");
    assert_eq!(document["components"]["schemas"]["Problem2"], json!({ "type": "string" }));
}

/// Returns the described answers of a GET, after a change to its fragment.
fn answers(types: &OperationTypes, change: impl FnOnce(&mut Fragment)) -> Value {
    let mut draft = lower(PUBLISHED[0].1);
    draft.fragments.retain(|fragment| fragment.name == "getusertoken");
    change(&mut draft.fragments[0]);
    let document = openapi(&draft, std::slice::from_ref(types), None);
    check_consistency(&document);
    document["paths"]["/v1/users/{userId}/tokens/{tokenId}"]["get"]["responses"].clone()
}

fn header(name: &str) -> Argument {
    Argument { name: name.to_owned(), place: ParameterIn::Header, ..Argument::default() }
}

#[test]
fn conditional_and_range_requests_have_their_own_statuses() {
    let file = OperationTypes { file: true, ..OperationTypes::default() };
    let plain = answers(&file, |_| {});
    assert_eq!(keys(&plain), ["200", "400", "404", "429", "4XX", "500", "502", "503", "504"]);
    let answers = answers(&file, |fragment| fragment.arguments.extend([header("If-None-Match"), header("range")]));
    assert_eq!(answers["304"], json!({ "description": "Not Modified" }));
    assert_eq!(
        (&answers["206"]["content"], &answers["206"]["description"]),
        (&answers["200"]["content"], &json!("Partial Content"))
    );
}

#[test]
fn an_answer_that_may_be_empty_has_204() {
    let raw = answers(&OperationTypes { raw: true, ..OperationTypes::default() }, |_| {});
    assert_eq!(raw["204"], json!({ "description": "No Content" }));
    assert_eq!(keys(&raw["200"]["headers"]), ["Content-Range", "ETag", "Last-Modified"]);
    let output = |schema| OperationTypes { output: Some(schema), ..OperationTypes::default() };
    let maybe = json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] });
    let found = answers(&output(maybe), |fragment| fragment.consumed.as_mut().unwrap().operation.none_on = vec![404]);
    assert_eq!(keys(&found), ["200", "204", "400", "429", "4XX", "500", "502", "503", "504"]);
    assert!(answers(&output(json!({ "type": "string" })), |_| {})["204"].is_null());
}

#[test]
fn a_file_is_binary_and_headers_are_described() {
    let file = OperationTypes { file: true, ..OperationTypes::default() };
    let answers = answers(&file, |fragment| fragment.response_headers = vec!["Link".to_owned(), "X-Total".to_owned()]);
    let content = json!({ "*/*": { "schema": { "contentMediaType": "application/octet-stream" } } });
    assert_eq!(answers["200"]["content"], content);
    assert_eq!(keys(&answers["200"]["headers"]), ["Content-Disposition", "Link", "X-Total"]);
    assert_eq!(answers["200"]["headers"]["Link"]["description"], "Related resources, such as other pages (RFC 8288).");
}

#[test]
fn examples_of_results_are_beside_their_schema() {
    let output = OperationTypes { output: Some(json!({ "type": "integer" })), ..OperationTypes::default() };
    let answers = answers(&output, |fragment| fragment.examples = vec![json!(3), json!(4)]);
    let examples = json!({ "example-1": { "value": 3 }, "example-2": { "value": 4 } });
    assert_eq!(
        answers["200"]["content"]["application/json"],
        json!({ "schema": { "type": "integer" }, "examples": examples })
    );
}

#[test]
fn callers_authenticate_as_their_adapter_declares() {
    let mut draft = lower(PUBLISHED[0].1);
    assert!(openapi(&draft, &types(&draft), None)["components"]["securitySchemes"].is_null());
    for (authentication, scheme) in [
        (json!({ "type": "bearer", "token": "{{SECRET}}" }), json!({ "type": "http", "scheme": "bearer" })),
        (
            json!({ "type": "apikey", "key": "X-Key", "value": "{{SECRET}}", "placement": "query" }),
            json!({ "type": "apiKey", "name": "X-Key", "in": "query" }),
        ),
        (
            json!({ "type": "oauth2", "authorizationServerUri": "https://login.example/" }),
            json!({ "type": "openIdConnect", "openIdConnectUrl": "https://login.example/.well-known/openid-configuration" }),
        ),
        (
            json!({ "type": "basic", "username": "ada", "password": "{{SECRET}}" }),
            json!({ "type": "http", "scheme": "basic" }),
        ),
    ] {
        let Some(Expose::Rest(rest)) =
            draft.head.capability.exposes.iter_mut().find(|expose| matches!(expose, Expose::Rest(_)))
        else {
            unreachable!()
        };
        rest.authentication = Some(serde_json::from_value(authentication).unwrap());
        let document = openapi(&draft, &types(&draft), None);
        check_consistency(&document);
        let mut described = document["components"]["securitySchemes"]["caller"].clone();
        assert!(described.as_object_mut().unwrap().remove("description").is_some());
        assert_eq!(described, scheme);
        let list = &document["paths"]["/v1/users/{userId}/tokens"]["get"];
        assert_eq!(list["security"], json!([{ "caller": [] }]));
        assert!(list["responses"]["401"].is_object() && list["responses"]["403"].is_object());
        assert!(!document.to_string().contains("SECRET"));
    }
    let callers = Authentication::Bearer { token: "SECRET".to_owned() };
    let options = OpenapiOptions { callers: Some(&callers), ..OpenapiOptions::default() };
    let document = openapi_of(&draft, &types(&draft), options).document;
    assert_eq!(
        document["components"]["securitySchemes"]["caller"]["scheme"], "bearer",
        "the authentication of the draft takes precedence over `callers`"
    );
    assert!(!document.to_string().contains("SECRET"));
}

#[test]
fn a_forward_is_a_path_of_any_number_of_segments() {
    let draft = lower(PUBLISHED[0].1);
    let forwards = vec![ForwardPath { expose: 0, prefix: "/proxy/{+path}".to_owned() }];
    let options = || OpenapiOptions { forwards: forwards.clone(), ..OpenapiOptions::default() };
    let document = openapi_of(&draft, &[], options()).document;
    assert_eq!(forwards[0].path(), "/proxy/{path}");
    let item = &document["paths"]["/proxy/{path}"];
    assert_eq!(item["parameters"][0]["name"], "path");
    assert_eq!(item["parameters"][0]["x-segments"], true);
    assert_eq!(keys(item), ["delete", "get", "head", "options", "parameters", "patch", "post", "put"]);
    assert_eq!(keys(&item["get"]["responses"]), ["204", "304", "500", "502", "503", "504", "default"]);
    assert_eq!(item["delete"]["responses"]["204"], json!({ "description": "No Content" }));
    assert!(item["get"]["requestBody"].is_null() && item["put"]["requestBody"].is_object());
    let other = OpenapiOptions { expose: Some(1), ..options() };
    assert!(openapi_of(&draft, &[], other).document["paths"]["/proxy/{path}"].is_null());
}

#[test]
fn the_rest_of_a_path_is_a_parameter() {
    let mut draft = lower(PUBLISHED[0].1);
    draft.fragments.retain(|fragment| fragment.name == "getusertoken");
    draft.fragments[0].routes[0].path = "/v1/users/{userid}/{+tokenid}".to_owned();
    let document = openapi(&draft, &[], None);
    check_consistency(&document);
    let parameters = &document["paths"]["/v1/users/{userId}/{tokenId}"]["get"]["parameters"];
    assert_eq!((&parameters[0]["x-segments"], &parameters[1]["x-segments"]), (&Value::Null, &json!(true)));
}

#[test]
fn version_3_0_has_its_own_keywords() {
    let draft = lower(PUBLISHED[0].1);
    let options = OpenapiOptions { openapi: OpenapiVersion::V3_0, ..OpenapiOptions::default() };
    let document = openapi_of(&draft, &types(&draft), options).document;
    check_consistency(&document);
    assert_eq!(document["openapi"], "3.0.3");
    let post = &document["paths"]["/v1/users/{userId}/tokens"]["post"];
    let lifetime = &post["requestBody"]["content"]["application/json"]["schema"]["properties"]["lifetime"];
    assert_eq!(*lifetime, json!({ "type": "integer", "nullable": true }));
    let kind = &post["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["kind"];
    assert_eq!(*kind, json!({ "type": "boolean", "nullable": true }));
    assert_eq!((OpenapiVersion::named("3.0"), OpenapiVersion::named("2.0")), (Some(OpenapiVersion::V3_0), None));
}

/// Returns the keys of an object, in alphabetical order.
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

#[test]
fn headers_that_openapi_ignores_are_not_parameters() {
    let mut draft = orchestration();
    let swap = &mut draft.fragments[1];
    swap.arguments.extend(["Accept", "content-type", "authorization", "X-Tenant"].map(|name| Argument {
        name: name.to_owned(),
        place: ParameterIn::Header,
        ..Argument::default()
    }));
    swap.caller_headers = vec![CallerHeader { name: "Accept".to_owned(), required: false }];
    swap.response_headers = vec!["Content-Type".to_owned(), "Location".to_owned()];
    let document = openapi(&draft, &types(&draft), None);
    check_consistency(&document);
    let swap = &document["paths"]["/v1/users/{id}/tokens/swap"]["post"];
    let names: Vec<_> = swap["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["id", "X-Tenant"]);
    assert_eq!(swap["security"], json!([{ "authorization": [] }, {}]));
    assert_eq!(keys(&swap["responses"]["200"]["headers"]), ["Location"]);
}

/// Returns a draft with an orchestration, `POST /v1/users/{id}/tokens/swap`: a path argument and two members, one of them optional.
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
    check_consistency(&document);
    let item = &document["paths"]["/v1/users/{userId}/tokens"];
    // The placeholder of the second route gets the name that it has in the first.
    assert_eq!(item["post"]["parameters"][0]["name"], "userId");
}

#[test]
fn operations_with_the_same_name_have_different_ids() {
    let mut draft = orchestration();
    "listusertokens".clone_into(&mut draft.fragments[1].name);
    let document = openapi(&draft, &[], None);
    check_consistency(&document);
    assert_eq!(document["paths"]["/v1/users/{id}/tokens/swap"]["post"]["operationId"], "listusertokens-2");
}

//! The documents that the examples export, without the environment variables that the examples read. Four equal
//! published documents.

use crate::program::example;
use serde_json::Value;

fn output(name: &str, arguments: &[&str]) -> String {
    let output = example(name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_exported_documents_equal_the_published_ones() {
    for (name, published) in [
        ("humanitec_tokeninfo", include_str!("../../naftiko-spec/tests/documents/humanitec-tokeninfo.yaml")),
        ("label_studio_tokens", include_str!("../../naftiko-spec/tests/documents/label-studio-subpackage-tokens.yaml")),
        ("logto_subject_tokens", include_str!("../../naftiko-spec/tests/documents/logto-subject-tokens.yaml")),
        ("stackrox_apitokens", include_str!("../../naftiko-spec/tests/documents/stackrox-apitokenservice.yaml")),
    ] {
        let exported = output(name, &["document"]);
        let (exported, published) = (yaml(&exported), yaml(published));
        assert!(exported == published, "{name}:\n{exported:#}\nis not\n{published:#}");
    }
}

#[test]
fn missing_names_are_derived_from_the_trait() {
    let document = yaml(&output("logto_create_resource", &["document"]));
    let capability = &document["capability"];
    let consumed = &capability["consumes"][0]["resources"][0];
    assert_eq!(consumed["name"], "api-resources");
    assert_eq!(consumed["operations"][0]["name"], "create-resource");
    let [rest, mcp] = &capability["exposes"].as_array().unwrap()[..] else { panic!("not two adapters: {document:#}") };
    assert_eq!(
        (&rest["namespace"], &mcp["namespace"]),
        (&"logto-resources-rest".into(), &"logto-resources-mcp".into())
    );
    assert_eq!(rest["resources"][0]["path"], "/v1/api/resources");
    assert_eq!(rest["resources"][0]["description"], "REST surface for api-resources.");
    assert_eq!(mcp["tools"][0]["name"], "create-resource");
    let description = &consumed["operations"][0]["inputParameters"][0]["description"];
    assert_eq!(description, "Request body (JSON).");
}

#[test]
fn typed_documents_fit_the_formal_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../naftiko-spec/tests/documents/naftiko-1.0.0-alpha2.schema.json"))
            .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in [
        "humanitec_tokeninfo",
        "label_studio_tokens",
        "logto_create_resource",
        "logto_subject_tokens",
        "stackrox_apitokens",
    ] {
        let document = yaml(&output(name, &["document", "--style", "schema"]));
        let findings: Vec<_> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(findings.is_empty(), "{name}: {findings:#?}");
    }
}

#[test]
fn the_document_of_a_capability_built_on_others_has_its_own_routes_and_tools() {
    let document = yaml(&output("reminders", &["document"]));
    assert_eq!(document["capability"].get("consumes"), None);
    let [rest, mcp] = &document["capability"]["exposes"].as_array().unwrap()[..] else { panic!("{document:#}") };
    assert_eq!(rest["resources"].as_array().unwrap().len(), 2);
    let hints = |tool: &Value| (tool["hints"]["readOnly"].clone(), tool["hints"]["destructive"].clone());
    let tools = mcp["tools"].as_array().unwrap().iter().map(hints).collect::<Vec<_>>();
    let (yes, no) = (Value::Bool(true), Value::Bool(false));
    assert_eq!(tools, [(yes.clone(), no.clone()), (yes, no.clone()), (no.clone(), no)]);
    let openapi: Value = serde_json::from_str(&output("reminders", &["openapi"])).unwrap();
    assert!(openapi.pointer("/paths/~1v1~1customers~1{id}~1debt/get").is_some(), "{openapi:#}");
}

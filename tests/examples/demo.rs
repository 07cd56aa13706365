//! The option `--demo` of the examples: adapters with an in-memory implementation, without upstreams and credentials.

use crate::program::Program;
use serde_json::json;

const ALL: [(&str, &str); 7] = [
    ("humanitec_tokeninfo", "humanitec-tokeninfo"),
    ("label_studio_tokens", "label-studio-subpackage-tokens"),
    ("logto_create_resource", "logto-resources"),
    ("logto_subject_tokens", "logto-subject-tokens"),
    ("orchestrate", "customers"),
    ("reminders", "reminders"),
    ("stackrox_apitokens", "stackrox-apitokenservice"),
];

#[tokio::test]
async fn every_demo_lists_its_tools() {
    for (name, namespace) in ALL {
        let program = Program::demo(name, namespace);
        let answer = program.message("tools/list", &json!({})).await;
        let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{name}: {answer}"));
        assert!(!tools.is_empty(), "{name}");
        program.stop();
    }
}

#[tokio::test]
async fn a_token_is_created_listed_and_deleted() {
    let program = Program::demo("humanitec_tokeninfo", "humanitec-tokeninfo");
    let client = reqwest::Client::new();
    let tokens = format!("{}/v1/users/u-2/tokens", program.address());
    let new = json!({ "id": "ci", "type": "static" });
    let made = client.post(&tokens).json(&new).send().await.unwrap();
    assert_eq!(made.status(), 200);
    let again = client.post(&tokens).json(&new).send().await.unwrap();
    assert_eq!(
        (again.status().as_u16(), again.headers()["content-type"].to_str().unwrap()),
        (409, "application/problem+json")
    );
    let listed = program.tool("lists-tokens-associated-user", &json!({ "userId": "u-2" })).await;
    assert_eq!(listed["structuredContent"]["result"][0]["id"], "ci");
    assert_eq!(client.delete(format!("{tokens}/ci")).send().await.unwrap().status(), 204);
    assert_eq!(client.get(format!("{tokens}/ci")).send().await.unwrap().status(), 404);
    program.stop();
}

#[tokio::test]
async fn an_orchestration_runs_over_the_demo() {
    let program = Program::demo("orchestrate", "customers");
    let answer = reqwest::get(format!("{}/v1/customers/c-1/summary", program.address())).await.unwrap();
    let summary: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(summary, json!({ "name": "Ada", "orders": 2, "open": 850 }));
    let hidden = reqwest::get(format!("{}/v1/customers/c-1", program.address())).await.unwrap();
    assert_eq!(hidden.status(), 404, "a skipped method is on the adapter");
    program.stop();
}

#[tokio::test]
async fn a_capability_built_on_others_runs_over_their_demos() {
    let program = Program::demo("reminders", "reminders");
    let debt = reqwest::get(format!("{}/v1/customers/7/debt", program.address())).await.unwrap();
    assert_eq!(debt.json::<u64>().await.unwrap(), 850);
    let reminded = program.tool("remind", &json!({ "id": 8 })).await;
    assert_eq!(reminded["structuredContent"]["result"], false);
    let answer = program.message("tools/list", &json!({})).await;
    let hints = answer["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["annotations"]);
    let (reads, adds) = (json!({ "readOnlyHint": true }), json!({ "destructiveHint": false }));
    assert_eq!(hints.collect::<Vec<_>>(), [&reads, &reads, &adds]);
    program.stop();
}

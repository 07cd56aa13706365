//! Control ports and skill adapters of documents: who may read them, and what they serve.

use super::common::{Folder, NOTES, Served};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// Serves the document with this adapter before its others, in `folder`.
fn serve(folder: &Folder, adapter: &str, name: &str) -> Served {
    folder.write("notes.yaml", &NOTES.replacen("  exposes:\n", &format!("  exposes:\n{adapter}"), 1));
    let port = format!("{name}=0");
    let ports = ["notes-rest=0", "notes-mcp=0", &port].map(|port| ["--port", port]).concat();
    let mut command = folder.command(&[&["serve", "notes.yaml"], ports.as_slice()].concat());
    command.env("NOTES_TOKEN", "t-1").env("CONTROL_TOKEN", "c-1");
    Served::start(command, 3)
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_port_authenticates_its_callers() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let adapter = "  - {type: control, port: 9, authentication: {type: bearer, token: '{{env.CONTROL_TOKEN}}'}}\n";
    let served = serve(&folder, adapter, "control");
    for path in ["/metrics", "/health", "/health/ready", "/ready", "/status", "/logs"] {
        let url = format!("{}{path}", served.urls["control"]);
        let refused = client().get(&url).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(refused.headers()["www-authenticate"], "Bearer realm=\"control\"", "{path}");
        let wrong = client().get(&url).bearer_auth("c-2").send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{path}");
        let right = client().get(&url).bearer_auth("c-1").send().await.unwrap();
        assert_eq!(right.status(), StatusCode::OK, "{path}");
    }
    let logs = format!("{}/logs", served.urls["control"]);
    let change = || client().put(&logs).body(r#"{"level": "info"}"#);
    assert_eq!(change().send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(change().bearer_auth("c-1").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_port_serves_what_is_not_turned_off() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let local = "observability: {metrics: {local: {enabled: false}}}";
    for (keys, off) in [
        ("management: {health: false}", &["/health", "/health/live", "/health/ready", "/ready"][..]),
        ("management: {info: false, logs: {level-control: false}}", &["/status", "/logs"]),
        (local, &["/metrics"]),
        ("management: {health: true, info: true, logs: true}, observability: {enabled: true}", &[]),
    ] {
        let served = serve(&folder, &format!("  - {{type: control, port: 9, {keys}}}\n"), "control");
        for path in ["/metrics", "/health", "/health/live", "/health/ready", "/ready", "/status", "/logs"] {
            let status = client().get(format!("{}{path}", served.urls["control"])).send().await.unwrap().status();
            let expected = if off.contains(&path) { StatusCode::NOT_FOUND } else { StatusCode::OK };
            assert_eq!(status, expected, "{path} with {keys}");
        }
    }
}

/// Asks an MCP server for its resources; returns the status, and the URIs.
async fn resources(url: &str, token: Option<&str>) -> (StatusCode, Vec<String>) {
    let request = client()
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/list" }));
    let answer = match token {
        Some(token) => request.bearer_auth(token).send().await.unwrap(),
        None => request.send().await.unwrap(),
    };
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap_or_default();
    let resources = answer["result"]["resources"].as_array().into_iter().flatten();
    (status, resources.map(|resource| resource["uri"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_skills_of_an_adapter_that_authenticates_are_for_its_callers_alone() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let skills = "skills: [{name: note-taking, description: Takes notes.}]";
    let authentication = "authentication: {type: bearer, token: '{{env.CONTROL_TOKEN}}'}";
    let adapter = format!("  - {{type: skill, namespace: guarded, {authentication}, {skills}}}\n");
    let served = serve(&folder, &adapter, "guarded");
    let uri = "skill://note-taking/SKILL.md".to_owned();
    assert_eq!(resources(&served.urls["guarded"], None).await.0, StatusCode::UNAUTHORIZED);
    let (status, uris) = resources(&served.urls["guarded"], Some("c-1")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(uris.contains(&uri), "{uris:?}");
    let (status, uris) = resources(&served.urls["notes-mcp"], None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!uris.contains(&uri), "{uris:?}");
}

//! Scopes of methods: a method whose scopes a caller lacks is neither listed for the caller nor run.

use crate::support::{Reply, Served};
use axum::extract::Request;
use axum::middleware::{self, Next};
use naftiko::{Caller, Capability, Context, PromptMessage, Result, capability};
use serde_json::{Value, json};

/// Keeps notes.
#[capability(
    exposes(rest(port = 8080), mcp(port = 9090)),
    allow(unchecked_scopes, reason = "the server of this test says who calls")
)]
pub trait Notes {
    /// Reads a note.
    #[rest(get = "/notes/{id}")]
    async fn note(&self, id: u32) -> Result<String> {
        Ok(format!("note {id}"))
    }

    /// Deletes a note.
    #[rest(delete = "/notes/{id}")]
    #[scope("notes:read", "notes:write")]
    async fn delete_note(&self, context: &Context, id: u32) -> Result<String> {
        Ok(format!("{} deleted {id}", context.caller().and_then(Caller::subject).unwrap_or("somebody")))
    }

    /// The secret settings.
    #[resource(uri = "notes://settings")]
    #[scope("notes:write")]
    async fn settings(&self) -> Result<String> {
        Ok("a = 1".to_owned())
    }

    /// The secret notes.
    #[resource(uri = "secrets://{id}")]
    #[complete(id = complete_id)]
    #[scope("notes:write")]
    async fn secret(&self, id: u32) -> Result<String> {
        Ok(format!("secret {id}"))
    }

    /// The IDs of notes.
    async fn complete_id(&self, typed: &str) -> Result<Vec<String>> {
        Ok(vec![format!("{typed}1")])
    }

    /// Asks for a summary.
    #[prompt]
    #[scope("notes:write")]
    async fn summarize(&self) -> Result<Vec<PromptMessage>> {
        Ok(vec![PromptMessage::user("Summarize.")])
    }
}

struct Memory;

impl Notes for Memory {}

/// Says who calls: the subject and the scopes are in a header.
pub(crate) async fn identify(mut request: Request, next: Next) -> axum::response::Response {
    let who = request.headers().get("x-who").map(|who| who.to_str().unwrap().to_owned());
    if let Some((subject, scopes)) = who.as_deref().and_then(|who| who.split_once(' ')) {
        let caller = Caller::new(subject).with_scopes(scopes.split(' ').filter(|scope| !scope.is_empty()));
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

pub(crate) async fn served(capability: &Capability) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    let router = router.route_service("/mcp", capability.mcp_service()).layer(middleware::from_fn(identify));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { url, http: reqwest::Client::new() }
}

pub(crate) const READER: [(&str, &str); 1] = [("x-who", "ada notes:read")];
pub(crate) const WRITER: [(&str, &str); 1] = [("x-who", "grace notes:write notes:read")];

async fn delete(served: &Served, headers: &[(&str, &str)]) -> Reply {
    let request = served.http.delete(format!("{}/notes/1", served.url));
    Reply::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

pub(crate) fn names(reply: &Reply, list: &str) -> Vec<String> {
    let listed = reply.json()["result"][list].as_array().unwrap_or_else(|| panic!("{reply:?}")).clone();
    listed.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_route_answers_only_callers_with_its_scopes() {
    let served = served(&Memory.into_capability()).await;
    assert_eq!(delete(&served, &WRITER).await.json(), json!("grace deleted 1"));
    for headers in [&READER[..], &[("x-who", "eve notes:write")], &[("x-who", "eve notes:writer notes:read")], &[]] {
        let refused = delete(&served, headers).await;
        assert_eq!((refused.status, refused.header("content-type")), (403, "application/problem+json"));
        assert_eq!(refused.json()["detail"], "the caller needs the scopes `notes:read` and `notes:write`");
        let how = "Bearer error=\"insufficient_scope\", scope=\"notes:read notes:write\"";
        assert_eq!(refused.header("www-authenticate"), how);
        // A method without scopes is open to everybody.
        assert_eq!(served.get("/notes/1", headers).await.status, 200);
    }
}

#[tokio::test]
async fn what_a_caller_may_not_use_is_not_listed_for_it() {
    let served = served(&Memory.into_capability()).await;
    for (headers, all) in [(&READER[..], false), (&[], false), (&WRITER[..], true)] {
        let of = |some: &[&str]| if all { some.iter().map(|name| (*name).to_owned()).collect() } else { Vec::new() };
        let tools = names(&served.mcp("tools/list", json!({}), headers).await, "tools");
        assert_eq!(tools, [vec!["note".to_owned()], of(&["delete-note"])].concat());
        let resources = names(&served.mcp("resources/list", json!({}), headers).await, "resources");
        assert_eq!(resources, of(&["settings"]));
        let templates = served.mcp("resources/templates/list", json!({}), headers).await;
        assert_eq!(names(&templates, "resourceTemplates"), of(&["secret"]));
        let prompts = names(&served.mcp("prompts/list", json!({}), headers).await, "prompts");
        assert_eq!(prompts, of(&["summarize"]));
    }
}

#[tokio::test]
async fn what_a_caller_may_not_use_is_refused_over_mcp() {
    let served = served(&Memory.into_capability()).await;
    let completion = |reference: Value| json!({ "ref": reference, "argument": { "name": "id", "value": "" } });
    for (method, params) in [
        ("tools/call", json!({ "name": "delete-note", "arguments": { "id": 1 } })),
        ("resources/read", json!({ "uri": "notes://settings" })),
        ("resources/read", json!({ "uri": "secrets://7" })),
        ("prompts/get", json!({ "name": "summarize" })),
        ("completion/complete", completion(json!({ "type": "ref/resource", "uri": "secrets://{id}" }))),
    ] {
        for headers in [&READER[..], &[]] {
            let refused = served.mcp(method, params.clone(), headers).await;
            assert_eq!(refused.status, 403, "{method} {params}: {refused:?}");
            let how = refused.header("www-authenticate");
            assert!(how.starts_with("Bearer error=\"insufficient_scope\", scope=\"notes:"), "{how}");
            assert_eq!(refused.json()["id"], 1);
            let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with("the caller needs the scope"), "{message}");
        }
        let done = served.mcp(method, params.clone(), &WRITER).await;
        assert_eq!((done.status, done.json().get("error")), (200, None), "{method} {params}: {done:?}");
    }
    let who = served.tool("delete-note", json!({ "id": 1 }), &WRITER).await;
    assert!(who.text.contains("grace deleted 1"), "{who:?}");
}

#[test]
fn the_document_has_the_scopes() {
    let capability = Memory.into_capability();
    let document = serde_json::to_value(capability.document()).unwrap();
    let exposes = &document["capability"]["exposes"];
    assert_eq!(exposes[0]["resources"][0]["operations"][1]["scopes"], json!(["notes:read", "notes:write"]));
    assert_eq!(exposes[1]["tools"][1]["scopes"], json!(["notes:read", "notes:write"]));
    assert_eq!(exposes[1]["resources"][0]["scopes"], json!(["notes:write"]));
    assert_eq!(exposes[1]["prompts"][0]["scopes"], json!(["notes:write"]));
    let again = serde_json::from_value(document).unwrap();
    assert_eq!(capability.document(), &again);
}

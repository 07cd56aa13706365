//! The example `github`: with its client, over REST and MCP, and with its document.

#[allow(dead_code, reason = "it is a separate program")]
#[path = "../../examples/github.rs"]
mod example;

use crate::{serve, tool};
use example::{GitHub, GitHubClient, GitHubError, NewIssue};
use naftiko::Capability;
use naftiko::document::{Settings, capability};
use naftiko::spec::Policy;
use naftiko::testing::{Answer, Recorded, Upstream};
use serde_json::{Value, json};

const TOKEN: &str = "ghp-0123456789";
const DOCUMENT: &str = include_str!("../../examples/github.naftiko.yaml");

fn client(url: &str) -> GitHubClient {
    GitHubClient::builder().base_uri(url).bind("GITHUB_TOKEN", TOKEN).build().unwrap()
}

async fn upstream() -> (Upstream, Capability, Capability) {
    let upstream = Upstream::start().await;
    let issue = || json!({ "number": 7, "title": "It breaks", "state": "open", "more": 1 });
    let link = "<https://api.github.com/repositories/1/issues?page=2>; rel=\"next\"";
    upstream
        .answer("GET", "/repos/o/r/issues", Answer::json(200, json!([issue()])).header("link", link))
        .answer("GET", "/repos/o/r/pulls", Answer::json(200, json!([issue()])))
        .answer("PUT", "/user/starred/o/r", Answer::status(204))
        .answer("GET", "/repos/o/r/contents/none.rs", Answer::json(404, json!({ "message": "Not Found" })))
        .answer_with("GET", "/repos/o/r/contents/src/a%20b.rs", |request| match request.header("accept") {
            Some("application/vnd.github.raw+json") => Answer::of(200, "text/plain; charset=utf-8", "fn main() {}"),
            _ => Answer::json(200, json!({ "path": "src/a b.rs", "sha": "0a", "size": 12 })),
        })
        .answer_with("POST", "/repos/o/r/issues", move |request| match request.json().unwrap()["title"].as_str() {
            Some("") => Answer::json(422, json!({ "message": "Validation Failed", "errors": [] })),
            _ => Answer::json(201, issue()).header("location", "https://api.github.com/repos/o/r/issues/7"),
        });
    let ours = client(upstream.url()).into_capability();
    let loaded = naftiko::spec::load::load(DOCUMENT, &Policy { strict: true, ..Policy::default() }).unwrap();
    let settings = Settings::default().upstream("github", upstream.url()).bind("GITHUB_TOKEN", TOKEN);
    let theirs = capability(loaded.document, loaded.lowered, settings).unwrap();
    (upstream, ours, theirs)
}

/// Returns everything that was sent.
fn shown(request: &Recorded) -> String {
    let headers = request.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let mut headers: Vec<String> = headers.collect();
    headers.sort();
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {}\n{}\n{body}", request.method, request.path_and_query, headers.concat())
}

#[tokio::test]
async fn the_trait_and_the_document_send_the_same_requests() {
    let (upstream, ours, theirs) = upstream().await;
    let (our_url, their_url) = (serve(ours.clone()).await, serve(theirs.clone()).await);
    let of = |more: Value| {
        let mut arguments = json!({ "owner": "o", "repo": "r" });
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    let http = reqwest::Client::new();
    for (name, arguments, rest, expected) in [
        (
            "list-issues",
            of(json!({ "labels": ["bug", "a b"], "page": 2 })),
            "GET issues?labels=bug,a%20b&page=2",
            ("GET /repos/o/r/issues?labels=bug,a%20b&page=2", "application/json"),
        ),
        (
            "open-pulls",
            of(json!({})),
            "GET pulls",
            ("GET /repos/o/r/pulls?state=open&sort=created", "application/json"),
        ),
        (
            "find-file",
            of(json!({ "path": "src/a b.rs" })),
            "GET contents/src/a%20b.rs",
            ("GET /repos/o/r/contents/src/a%20b.rs", "application/json"),
        ),
        (
            "read-file",
            of(json!({ "path": "src/a b.rs" })),
            "GET raw/src/a%20b.rs",
            ("GET /repos/o/r/contents/src/a%20b.rs", "application/vnd.github.raw+json"),
        ),
        (
            "create-issue",
            of(json!({ "body": { "title": "It breaks" } })),
            "POST issues",
            ("POST /repos/o/r/issues", "application/json"),
        ),
        ("star", of(json!({})), "PUT", ("PUT /user/starred/o/r", "application/json")),
    ] {
        let before = upstream.requests().len();
        for url in [&our_url, &their_url] {
            let result = tool(url, name, arguments.clone()).await;
            assert_eq!(result["isError"], false, "{name}: {result}");
            let (method, path) = rest.split_once(' ').unwrap_or((rest, ""));
            let path = if method == "PUT" { "user/starred/o/r".to_owned() } else { format!("repos/o/r/{path}") };
            let request = http.request(method.parse().unwrap(), format!("{url}/v1/{path}"));
            let request = if method == "POST" { request.json(&arguments["body"]) } else { request };
            let status = request.send().await.unwrap().status();
            assert!(status.is_success(), "{name}: {status}");
        }
        let sent: Vec<String> = upstream.requests()[before..].iter().map(shown).collect();
        let (line, accept) = expected;
        assert!(
            sent[0].starts_with(&format!("{line}\n")) && sent[0].contains(&format!("\naccept: {accept}\n")),
            "{}",
            sent[0]
        );
        assert!(sent[0].contains("\nx-github-api-version: 2022-11-28\n"), "{}", sent[0]);
        assert!(name != "star" || sent[0].contains("\ncontent-length: 0\n"), "{}", sent[0]);
        assert!(sent.iter().all(|other| *other == sent[0]), "{sent:#?}");
    }
}

#[tokio::test]
async fn the_client_sends_what_the_tools_send() {
    let (upstream, ours, _) = upstream().await;
    let url = serve(ours).await;
    let client = client(upstream.url());
    let last = || shown(upstream.requests().last().unwrap());
    // Checks that the tool sends the request that the client has just sent.
    let same = async |name: &str, more: Value| {
        let sent = last();
        let mut arguments = json!({ "owner": "o", "repo": "r" });
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let result = tool(&url, name, arguments).await;
        assert_eq!(result["isError"], false, "{name}: {result}");
        assert_eq!(last(), sent, "{name}");
    };
    let labels = ["bug".to_owned(), "a b".to_owned()];
    client.list_issues("o", "r", Some(&labels), Some(2)).await.unwrap();
    same("list-issues", json!({ "labels": ["bug", "a b"], "page": 2 })).await;
    client.open_pulls("o", "r").await.unwrap();
    same("open-pulls", json!({})).await;
    client.find_file("o", "r", "src/a b.rs").await.unwrap();
    same("find-file", json!({ "path": "src/a b.rs" })).await;
    client.read_file("o", "r", "src/a b.rs").await.unwrap();
    same("read-file", json!({ "path": "src/a b.rs" })).await;
    client.create_issue("o", "r", &NewIssue { title: "It breaks".to_owned(), body: None }).await.unwrap();
    same("create-issue", json!({ "body": { "title": "It breaks" } })).await;
    client.star("o", "r").await.unwrap();
    same("star", json!({})).await;
}

#[tokio::test]
async fn a_client_gets_typed_values_headers_and_errors() {
    let (upstream, ..) = upstream().await;
    let client = client(upstream.url());
    let labels = ["bug".to_owned()];
    let issues = client.list_issues("o", "r", Some(&labels), None).await.unwrap();
    assert!(issues.headers()["link"].to_str().unwrap().contains("page=2") && issues.body()[0].number == 7);
    assert!(client.find_file("o", "r", "none.rs").await.unwrap().is_none());
    assert_eq!(client.find_file("o", "r", "src/a b.rs").await.unwrap().unwrap().sha, "0a");
    let file = client.read_file("o", "r", "src/a b.rs").await.unwrap();
    assert_eq!((file.content_type(), file.length()), ("text/plain; charset=utf-8", Some(12)));
    assert!(matches!(client.read_file("o", "r", "none.rs").await.unwrap_err(), GitHubError::NotFound));
    let made = client.create_issue("o", "r", &NewIssue { title: "x".to_owned(), body: None }).await.unwrap();
    assert_eq!(
        (made.status().as_u16(), &made.headers()["location"]),
        (201, &"https://api.github.com/repos/o/r/issues/7".parse().unwrap())
    );
    let refused = client.create_issue("o", "r", &NewIssue { title: String::new(), body: None }).await.unwrap_err();
    let GitHubError::Invalid(why) = refused else { panic!("not refused as invalid") };
    assert_eq!(why.message, "Validation Failed");
    client.star("o", "r").await.unwrap();
}

#[tokio::test]
async fn callers_get_headers_files_and_errors() {
    let (_upstream, ours, theirs) = upstream().await;
    let http = reqwest::Client::new();
    for (capability, is_trait) in [(ours, true), (theirs, false)] {
        let url = serve(capability).await;
        let list = reqwest::get(format!("{url}/v1/repos/o/r/issues")).await.unwrap();
        assert!(list.headers()["link"].to_str().unwrap().starts_with("<https://api.github.com/"));
        let none = reqwest::get(format!("{url}/v1/repos/o/r/contents/none.rs")).await.unwrap();
        assert_eq!((none.status().as_u16(), none.text().await.unwrap().as_str()), (200, "null"));
        let file = reqwest::get(format!("{url}/v1/repos/o/r/raw/src/a%20b.rs")).await.unwrap();
        assert_eq!(file.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(file.text().await.unwrap(), "fn main() {}");
        let post =
            |title: &str| http.post(format!("{url}/v1/repos/o/r/issues")).json(&json!({ "title": title })).send();
        let made = post("x").await.unwrap();
        assert_eq!(
            (made.status().as_u16(), &made.headers()["location"]),
            (201, &"https://api.github.com/repos/o/r/issues/7".parse().unwrap())
        );
        let refused = post("").await.unwrap();
        assert_eq!(refused.status(), 422);
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["upstream"]["body"]["message"], "Validation Failed");
        assert!(!is_trait || problem["detail"] == "The issue is invalid.", "{problem}");
    }
}

#[tokio::test]
async fn the_document_equals_that_of_the_trait() {
    let exported = client("https://github.acme.io").into_capability().document().to_yaml().unwrap();
    if std::env::var_os("NAFTIKO_WRITE").is_some() {
        std::fs::write("examples/github.naftiko.yaml", &exported).unwrap();
    }
    assert_eq!(exported, DOCUMENT, "the file is out of date; run this test with NAFTIKO_WRITE=1 to update it");
}

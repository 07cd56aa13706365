//! How long clients may cache lists and resources: `ttlMs` of the revision 2026-07-28 (SEP-2549).

use super::{ask, serve};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Context, Result, Value, capability};
use serde_json::json;

/// Keeps news.
#[capability(consumes(namespace = "api", base_uri = "http://api.example"), exposes(mcp(port = 9090)))]
pub trait News {
    /// Returns the news.
    #[get("/news")]
    #[resource(uri = "news://all")]
    async fn news(&self) -> Result<Value>;

    /// Returns the news of a day.
    #[get("/days/{day}")]
    #[resource(uri = "news://{day}")]
    async fn day(&self, day: &str) -> Result<Value>;
}

/// Has lists that a method may change.
#[capability(exposes(mcp(port = 9090)))]
pub trait Changing {
    /// Changes the list of tools.
    #[tool]
    async fn change(&self, context: &Context) -> Result<()> {
        context.tools_changed();
        Ok(())
    }
}

struct Itself;

impl Changing for Itself {}

/// Returns the result of a request of the revision 2026-07-28.
async fn modern(url: &str, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["uri"].as_str().unwrap_or_default().to_owned();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = reqwest::Client::new().post(url).json(&message).header("mcp-protocol-version", "2026-07-28");
    let request = request.header("mcp-method", method);
    let request = if name.is_empty() { request } else { request.header("mcp-name", name) };
    let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert!(answer["result"].is_object(), "{answer}");
    answer["result"].take()
}

/// Returns an answer whose age does not depend on the clock: it is from the future.
fn dated(body: Value) -> Answer {
    Answer::json(200, body).header("date", "Fri, 01 Jan 2100 00:00:00 GMT")
}

#[tokio::test]
async fn a_resource_is_as_fresh_as_the_answer_of_its_api() {
    let upstream = Upstream::start().await;
    let client = NewsClient::builder().base_uri(upstream.url()).build().unwrap();
    let url = serve(client.into_capability()).await;
    for (headers, expected) in [
        (vec![("cache-control", "max-age=60")], 60_000),
        (vec![("cache-control", "max-age=60"), ("age", "20")], 40_000),
        (vec![("cache-control", "max-age=60, no-cache")], 0),
        (vec![("cache-control", "no-store, max-age=60")], 0),
        (vec![("cache-control", "private, max-age=1")], 1000),
        (Vec::new(), 0),
    ] {
        let answer = headers.iter().fold(dated(json!(["rain"])), |answer, (name, value)| answer.header(name, value));
        upstream.answer("GET", "/days/monday", answer);
        let read = modern(&url, "resources/read", json!({ "uri": "news://monday" })).await;
        assert_eq!((&read["ttlMs"], &read["cacheScope"]), (&json!(expected), &json!("private")), "{headers:?}: {read}");
    }
    // Clients of older revisions do not get these members.
    upstream.answer("GET", "/news", Answer::json(200, json!([])).header("cache-control", "max-age=60"));
    let read = ask(&url, "resources/read", json!({ "uri": "news://all" })).await;
    assert!(read.contains("contents") && !read.contains("ttlMs") && !read.contains("cacheScope"), "{read}");
}

#[tokio::test]
async fn lists_are_fresh_for_minutes_unless_a_method_may_change_them() {
    let client = NewsClient::builder().base_uri("http://127.0.0.1:1").build().unwrap();
    let url = serve(client.into_capability()).await;
    for method in ["tools/list", "resources/list", "resources/templates/list"] {
        let listed = modern(&url, method, json!({})).await;
        assert_eq!((&listed["ttlMs"], &listed["cacheScope"]), (&json!(300_000), &json!("private")), "{listed}");
        let listed = ask(&url, method, json!({})).await;
        assert!(listed.contains("result") && !listed.contains("ttlMs"), "{listed}");
    }
    let url = serve(Itself.into_capability()).await;
    assert_eq!(modern(&url, "tools/list", json!({})).await["ttlMs"], 0);
}

//! Values as callers, methods, upstreams and documents handle them, over REST, MCP, `Capability::call` and the typed
//! client: numbers, nulls, duplicate and unknown names, statuses without a body.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing", feature = "document"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, RawJson, Result, Scalar, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

/// A number or a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Key {
    /// A number.
    Id(u64),
    /// A name.
    Name(String),
}

impl Scalar for Key {}

/// What to change.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Patch {
    /// A count.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[allow(clippy::option_option, reason = "null clears, absence keeps")]
    note: Option<Option<String>>,
    /// A factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<f64>,
    /// More of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    parts: Vec<Patch>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What a calculation gives.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    ratio: f64,
    #[serde(skip_serializing_if = "is_blank")]
    label: Option<String>,
    plain: Option<u8>,
}

#[allow(clippy::ref_option, reason = "what serde calls it with")]
fn is_blank(label: &Option<String>) -> bool {
    label.as_deref() == Some("")
}

/// A note, or that it goes away.
type Clearing = Option<String>;

/// Takes and gives values.
#[capability(
    consumes(namespace = "values", base_uri = "http://values.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Values {
    /// Finds by what travels in the query.
    #[get("/find/{id}")]
    async fn find(
        &self,
        id: u64,
        big: Option<u128>,
        signed: Option<i128>,
        share: Option<f32>,
        key: Option<Key>,
        many: Option<Vec<u32>>,
    ) -> Result<RawJson>;

    /// Changes something.
    #[patch("/things")]
    async fn change(&self, body: &Patch) -> Result<RawJson>;

    /// Sends anything.
    #[post("/any")]
    async fn send(&self, body: &Value) -> Result<Value>;

    /// Starts something.
    #[post("/jobs", status = 202)]
    async fn start(&self) -> Result<()>;

    /// Calculates.
    #[rest(get = "/numbers")]
    async fn numbers(&self, by: f64) -> Result<Numbers> {
        Ok(Numbers { ratio: 0.0 * (1.0 / by), label: None, plain: None })
    }

    /// Repeats a large number and takes a note.
    #[rest(post = "/large")]
    async fn large(&self, large: u128, note: Option<Clearing>) -> Result<Vec<String>> {
        Ok(vec![large.to_string(), format!("{note:?}")])
    }
}

/// What an upstream counts.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    count: u64,
    share: f64,
    large: u128,
    keys: Vec<Key>,
    more: More,
}

/// More of it.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct More {
    many: std::collections::BTreeMap<String, Option<i32>>,
}

/// Counts.
#[capability(
    consumes(namespace = "values", base_uri = "http://values.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Counting {
    /// Counts.
    #[get("/counted")]
    async fn counted(&self) -> Result<Counted>;

    /// Counts a part.
    #[get("/part")]
    #[output("$.data.total")]
    async fn total(&self) -> Result<Option<u32>>;
}

/// The same, with unknown names rejected.
#[capability(
    consumes(namespace = "values", base_uri = "http://values.example"),
    exposes(
        rest(port = 8080, unknown_query = "refuse", unknown_members = "refuse", page),
        mcp(port = 9090, unknown_members = "refuse")
    )
)]
pub trait Strict {
    /// Changes something.
    #[patch("/things")]
    async fn change(&self, page: Option<u32>, body: &Patch) -> Result<RawJson>;

    /// Sends anything.
    #[post("/any")]
    async fn send(&self, body: &Value) -> Result<Value>;
}

/// A capability behind its adapters.
struct Served {
    url: String,
    http: reqwest::Client,
}

async fn serve(capability: Capability) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    let router = router.route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    Served { url, http: reqwest::Client::new() }
}

impl Served {
    async fn rest(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        let request = if body.is_empty() { request } else { request.body(body.to_owned()) };
        let response = request.header("content-type", "application/json").send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Returns the problem for a request.
    async fn refused(&self, method: &str, path: &str, body: &str) -> String {
        let (status, text) = self.rest(method, path, body).await;
        assert_eq!(status, 400, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["detail"].as_str().unwrap().to_owned()
    }

    /// Returns the unparsed answer to a tool call.
    async fn tool(&self, name: &str, arguments: &str) -> String {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
        );
        let request = self.http.post(format!("{}/mcp", self.url)).header("content-type", "application/json");
        request.body(body).send().await.unwrap().text().await.unwrap()
    }

    async fn tools(&self) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
        let request = self.http.post(format!("{}/mcp", self.url)).header("content-type", "application/json");
        let answer: Value = request.body(body).send().await.unwrap().json().await.unwrap();
        answer["result"]["tools"].clone()
    }
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let ok = Answer::json(200, json!({ "ok": true }));
    upstream.answer("GET", "/find/5", ok.clone()).answer("GET", "/find/1000", ok.clone());
    upstream.answer("PATCH", "/things", ok.clone()).answer("POST", "/any", ok).answer(
        "POST",
        "/jobs",
        Answer::status(202),
    );
    upstream
}

fn client(upstream: &Upstream) -> ValuesClient {
    ValuesClient::builder().base_uri(upstream.url()).build().unwrap()
}

/// Returns the targets of the requests, without the part before the operation.
fn targets(upstream: &Upstream) -> Vec<String> {
    upstream.requests().iter().map(|request| request.path_and_query.clone()).collect()
}

fn bodies(upstream: &Upstream) -> Vec<String> {
    upstream.requests().iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn an_integer_with_a_point_or_an_exponent_is_that_integer() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    assert_eq!(served.rest("GET", "/find/5.0?many=1e1&many=2.0", "").await.0, 200);
    assert_eq!(served.rest("GET", "/find/1e3", "").await.0, 200);
    served.tool("find", r#"{"id":5.0,"many":[1e1,2.0]}"#).await;
    let called = client(&upstream).into_capability();
    called.call("find", json!({ "id": 1000.0 })).await.unwrap();
    let expected = ["/find/5?many=10&many=2", "/find/1000", "/find/5?many=10&many=2", "/find/1000"];
    assert_eq!(targets(&upstream), expected);

    assert_eq!(served.rest("PATCH", "/things", r#"{"count":5.0,"parts":[{"count":1e3}]}"#).await.0, 200);
    served.tool("change", r#"{"body":{"count":5.0}}"#).await;
    assert_eq!(bodies(&upstream)[4..], [r#"{"count":5,"parts":[{"count":1000}]}"#, r#"{"count":5}"#]);
}

#[tokio::test]
async fn an_upstream_integer_with_a_point_or_an_exponent_is_that_integer() {
    let upstream = Upstream::start().await;
    let large = u128::MAX;
    let written = format!(
        r#"{{"count":5.0,"share":2.0,"large":{large},"keys":[1e3,"x"],"more":{{"many":{{"a":-2.0,"b":null}}}}}}"#
    );
    upstream.answer("GET", "/counted", Answer::of(200, "application/json", written));
    upstream.answer("GET", "/part", Answer::of(200, "application/json", r#"{"data":{"total":1e3}}"#));
    let client = CountingClient::builder().base_uri(upstream.url()).build().unwrap();
    let expected =
        format!(r#"{{"count":5,"share":2.0,"large":{large},"keys":[1000,"x"],"more":{{"many":{{"a":-2,"b":null}}}}}}"#);
    assert_eq!(client.counted().await.map_err(|error| error.to_string()).unwrap().count, 5);
    assert_eq!(client.total().await.unwrap(), Some(1000));
    let served = serve(client.into_capability()).await;
    assert_eq!(served.rest("GET", "/counted", "").await, (200, expected));
    assert_eq!(served.rest("GET", "/part", "").await, (200, "1000".to_owned()));
    let tool = served.tool("counted", "{}").await;
    assert!(tool.contains(r#""count":5,"#) && !tool.contains("5.0"), "{tool}");
}

#[tokio::test]
async fn an_upstream_float_that_may_be_another_integer_is_a_bad_answer() {
    for count in ["5.5", "9007199254740993.0", "1e17", "-1.0"] {
        let upstream = Upstream::start().await;
        let written = format!(r#"{{"count":{count},"share":2.0,"large":1,"keys":[],"more":{{"many":{{}}}}}}"#);
        upstream.answer("GET", "/counted", Answer::of(200, "application/json", written));
        let client = CountingClient::builder().base_uri(upstream.url()).build().unwrap();
        assert_eq!(client.counted().await.unwrap_err().status().as_u16(), 502, "{count}");
        assert_eq!(serve(client.into_capability()).await.rest("GET", "/counted", "").await.0, 502, "{count}");
    }
}

#[tokio::test]
async fn a_float_beyond_2_to_the_53_is_not_an_integer() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    for id in ["9007199254740993.0", "1e17", "5.5"] {
        served.refused("GET", &format!("/find/{id}"), "").await;
        let tool = served.tool("find", &format!(r#"{{"id":{id}}}"#)).await;
        assert!(tool.contains(r#""isError":true"#), "{tool}");
        served.refused("PATCH", "/things", &format!(r#"{{"count":{id}}}"#)).await;
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn integers_of_128_bits_are_accepted_up_to_their_bounds() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    let (most, least) = (u128::MAX, i128::MIN);
    served.rest("GET", &format!("/find/5?big={most}&signed={least}"), "").await;
    served.tool("find", &format!(r#"{{"id":5,"big":{most},"signed":{least}}}"#)).await;
    client(&upstream).find(5, Some(most), Some(least), None, None, None).await.unwrap();
    assert_eq!(targets(&upstream), vec![format!("/find/5?big={most}&signed={least}"); 3]);
    let beyond = "340282366920938463463374607431768211456";
    served.refused("GET", &format!("/find/5?big={beyond}"), "").await;
    let tool = served.tool("find", &format!(r#"{{"id":5,"big":{beyond}}}"#)).await;
    assert!(tool.contains(r#""isError":true"#), "{tool}");

    let large = served.rest("POST", "/large", &format!(r#"{{"large":{most}}}"#)).await;
    assert_eq!(large, (200, format!(r#"["{most}","None"]"#)));
}

#[tokio::test]
async fn wider_integers_pass_through_with_all_their_digits() {
    let upstream = Upstream::start().await;
    let wide = r#"{"id":12345678901234567890123,"list":[-98765432109876543210,1.5e+300]}"#;
    upstream.answer("POST", "/any", Answer::of(200, "application/json", wide));
    let served = serve(client(&upstream).into_capability()).await;
    assert_eq!(served.rest("POST", "/any", wide).await, (200, wide.to_owned()));
    let tool = served.tool("send", &format!(r#"{{"body":{wide}}}"#)).await;
    assert_eq!(tool.matches("12345678901234567890123").count(), 2, "{tool}");
    assert_eq!(bodies(&upstream), [wide, wide]);
    let near = "[12345678901234567890123,12345678901234567890124]";
    let (status, text) = served.rest("POST", "/any", near).await;
    assert_eq!(status, 400, "{text}");
    assert!(text.contains("pass them as strings"), "{text}");
}

#[tokio::test]
async fn numbers_that_no_float_represents_pass_through_unchanged() {
    let upstream = Upstream::start().await;
    let exact = "[9007199254740993.0,0.1000000000000000055,[1e3,0.50,-1e-400],3.00000000000000000000000001]";
    let body = format!(r#"{{"count":{exact},"text":"0.1 \"0.25\" 0.2500000000000000000000001"}}"#);
    upstream.answer("POST", "/any", Answer::of(200, "application/json", body.clone()));
    let capability = client(&upstream).into_capability();
    let served = serve(capability.clone()).await;
    assert_eq!(served.rest("POST", "/any", &body).await, (200, body.clone()));
    let tool = served.tool("send", &format!(r#"{{"body":{body}}}"#)).await;
    assert_eq!(tool.matches(exact).count(), 2, "{tool}");
    assert_eq!(capability.call_json("send", &format!(r#"{{"body":{body}}}"#)).await.unwrap(), body);
    let piped = piped(&capability, &[&format!(r#"{{"name":"send","arguments":{{"body":{body}}}}}"#)]).await;
    assert!(piped[0].contains(&format!(r#""structuredContent":{{"result":{body}}}"#)), "{piped:?}");
    assert_eq!(bodies(&upstream), vec![body; 4]);

    for near in ["[0.1,0.1000000000000000055]", "[0.1000000000000000055,0.1]", "[0,0.0,1e-400]"] {
        let (status, text) = served.rest("POST", "/any", near).await;
        assert_eq!(status, 400, "{near}: {text}");
        assert!(text.contains("pass them as strings"), "{text}");
    }
    for same in ["[0.10,0.1]", "[1e2,100.0,100]", "[0.1000000000000000055,0.10000000000000000550]"] {
        assert_eq!(served.rest("POST", "/any", same).await.0, 200, "{same}");
    }
}

#[tokio::test]
async fn a_returned_value_never_contains_a_rounded_number() {
    let upstream = Upstream::start().await;
    let client = client(&upstream);
    let capability = client.clone().into_capability();
    for (number, is_held) in [("12345678901234567890123", false), ("0.1000000000000000055", false), ("0.10", true)] {
        upstream.answer("POST", "/any", Answer::of(200, "application/json", format!(r#"{{"a":[1,{number}]}}"#)));
        let called = capability.call("send", json!({ "body": 1 })).await;
        assert_eq!(called.is_ok(), is_held, "{called:?}");
        if let Err(error) = called {
            assert!(error.to_string().contains("`/a/1`") && error.to_string().contains("call_json"), "{error}");
        }
    }
}

#[tokio::test]
async fn two_spellings_of_a_float_are_allowed_if_the_type_has_floats() {
    let upstream = Upstream::start().await;
    let counted = r#"{"count":1,"share":0.1000000000000000055,"large":1,"keys":[],"more":{"many":{},"value":0.1}}"#;
    upstream.answer("GET", "/counted", Answer::of(200, "application/json", counted));
    let client = CountingClient::builder().base_uri(upstream.url()).build().unwrap();
    let served = serve(client.into_capability()).await;
    let (status, text) = served.rest("GET", "/counted", "").await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains(r#""share":0.1,"#), "{text}");
}

#[tokio::test]
async fn wider_integers_keep_their_digits_where_rmcp_answers_a_tool_call() {
    let upstream = Upstream::start().await;
    let wide = "12345678901234567890123";
    upstream.answer("POST", "/any", Answer::of(200, "application/json", format!(r#"{{"id":{wide},"t":"\"\\ü"}}"#)));
    let served = serve(client(&upstream).into_capability()).await;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"send","arguments":{{"body":{wide}}}}}}}"#
    );
    // rmcp handles two headers with that name.
    let request = served.http.post(format!("{}/mcp", served.url)).header("content-type", "application/json");
    let request = request.header("mcp-protocol-version", "2025-11-25").header("mcp-protocol-version", "2025-11-25");
    let answer = request.body(body).send().await.unwrap().text().await.unwrap();
    let expected = format!(r#""structuredContent":{{"result":{{"id":{wide},"t":"\"\\ü"}}}}"#);
    assert!(answer.contains(&expected), "{answer}");
    assert!(serde_json::from_str::<Value>(&answer).is_ok(), "{answer}");
    assert_eq!(bodies(&upstream), [wide]);
}

#[tokio::test]
async fn a_small_float_is_written_unchanged() {
    let upstream = upstream().await;
    client(&upstream).find(5, None, None, Some(0.1), None, None).await.unwrap();
    let served = serve(client(&upstream).into_capability()).await;
    served.rest("GET", "/find/5?share=0.1", "").await;
    served.tool("find", r#"{"id":5,"share":0.1}"#).await;
    assert_eq!(targets(&upstream), ["/find/5?share=0.1"; 3]);
}

#[tokio::test]
async fn a_non_finite_number_is_not_null() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    assert_eq!(served.rest("GET", "/numbers?by=2", "").await.1, r#"{"ratio":0.0,"label":null,"plain":null}"#);
    assert_eq!(served.rest("GET", "/numbers?by=0", "").await.0, 500);
    let tool = served.tool("numbers", r#"{"by":0}"#).await;
    assert!(tool.contains(r#""isError":true"#), "{tool}");
    assert!(client(&upstream).into_capability().call("numbers", json!({ "by": 0 })).await.is_err());

    let patch = Patch { factor: Some(f64::NAN), ..Patch::default() };
    let error = client(&upstream).change(&patch).await.unwrap_err();
    assert_eq!((error.pointer(), error.status().as_u16()), (Some("/body"), 400), "{error}");
    let error = client(&upstream).find(5, None, None, Some(f32::INFINITY), None, None).await.unwrap_err();
    assert_eq!(error.pointer(), Some("/share"), "{error}");
    assert!(served.rest("GET", "/find/5?share=NaN", "").await.0 == 400);
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn an_untagged_number_or_name_prefers_the_number() {
    assert_eq!(seen("7").await, Key::Id(7));
    assert_eq!(seen("007").await, Key::Name("007".to_owned()));
    assert_eq!(seen("1e3").await, Key::Name("1e3".to_owned()));
    assert_eq!(seen("-7").await, Key::Name("-7".to_owned()));
    assert_eq!(seen("seven").await, Key::Name("seven".to_owned()));
}

/// Returns the value that a method gets for `?key=…`.
async fn seen(key: &str) -> Key {
    struct Echo;

    impl Keys for Echo {
        async fn show(&self, key: Key) -> Result<Vec<Key>> {
            Ok(vec![key])
        }
    }

    let served = serve(Echo.into_capability()).await;
    let (status, text) = served.rest("GET", &format!("/keys?key={key}"), "").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<Vec<Key>>(&text).unwrap().remove(0)
}

/// Shows keys.
#[capability(exposes(rest(port = 8080)))]
pub trait Keys {
    /// Shows a key.
    #[rest(get = "/keys")]
    async fn show(&self, key: Key) -> Result<Vec<Key>>;
}

#[tokio::test]
async fn a_clearable_member_is_published_and_cleared() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    served.rest("PATCH", "/things", r#"{"note":null}"#).await;
    served.tool("change", r#"{"body":{"note":null}}"#).await;
    served.rest("PATCH", "/things", r#"{"count":null}"#).await;
    assert_eq!(bodies(&upstream), [r#"{"note":null}"#, r#"{"note":null}"#, "{}"]);
    let tools = served.tools().await;
    let change = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "change").unwrap();
    let members = &change["inputSchema"];
    let text = members.to_string();
    assert!(text.contains(r#"["string","null"]"#), "{text}");
    assert!(!text.contains(r#"["integer","null"]"#), "{text}");

    let cleared = served.rest("POST", "/large", r#"{"large":1,"note":null}"#).await;
    assert_eq!(cleared, (200, r#"["1","Some(None)"]"#.to_owned()));
    let large = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "large").unwrap();
    assert_eq!(large["inputSchema"]["properties"]["note"]["type"], json!(["string", "null"]));
}

#[tokio::test]
async fn outputs_match_their_schemas_if_types_write_null() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    let tools = served.tools().await;
    let numbers = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "numbers").unwrap();
    let validator = jsonschema::validator_for(&numbers["outputSchema"]).unwrap();
    let answer: Value = serde_json::from_str(&served.tool("numbers", r#"{"by":2}"#).await).unwrap();
    let content = &answer["result"]["structuredContent"];
    assert_eq!(content["label"], Value::Null);
    assert!(validator.is_valid(content), "{content} {numbers}");
}

#[tokio::test]
async fn a_member_that_is_given_twice_is_refused() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    let served = serve(capability.clone()).await;
    let twice = r#"{"parts":[{"count":1,"count":2}]}"#;
    assert_eq!(served.refused("PATCH", "/things", twice).await, "`/body/parts/0/count` is given twice");
    assert_eq!(served.refused("POST", "/any", r#"{"a":1,"a":2}"#).await, "`/body/a` is given twice");
    assert_eq!(served.refused("POST", "/large", r#"{"large":1,"large":2}"#).await, "`/large` is given twice");
    let tool = served.tool("send", r#"{"body":{"a":1,"a":2}}"#).await;
    assert!(tool.contains("`/body/a` is given twice"), "{tool}");
    let error = capability.call_json("send", r#"{"body":{"a":1,"a":2}}"#).await.unwrap_err();
    assert_eq!((error.pointer(), error.to_string().as_str()), (Some("/body/a"), "`/body/a` is given twice"));
    assert!(upstream.requests().is_empty());
    let sent = capability.call_json("send", r#"{"body":12345678901234567890123}"#).await.unwrap();
    assert_eq!((sent.as_str(), bodies(&upstream)), (r#"{"ok":true}"#, vec!["12345678901234567890123".to_owned()]));
}

#[tokio::test]
async fn half_of_a_surrogate_pair_is_reported_as_such() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    for half in [r"\ud800", r"\udc00", r"\ud800\ud800"] {
        let detail = served.refused("POST", "/any", &format!("{{\n\"a\":\"{half}\"}}")).await;
        assert!(detail.contains("unpaired surrogate at line 2, column"), "{detail}");
    }
}

#[tokio::test]
async fn a_declared_202_without_a_body_is_served_and_published() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    let served = serve(capability.clone()).await;
    assert_eq!(served.rest("POST", "/jobs", "").await, (202, String::new()));
    let openapi = capability.openapi();
    let answers = &openapi["paths"]["/jobs"]["post"]["responses"];
    assert_eq!(answers["202"], json!({ "description": "Accepted" }), "{answers}");
    assert!(answers.get("204").is_none());
}

#[tokio::test]
async fn an_empty_value_of_a_query_is_an_empty_text() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    for query in ["big=", "big", "share="] {
        let detail = served.refused("GET", &format!("/find/5?{query}"), "").await;
        assert!(detail.ends_with("found an empty text"), "{detail}");
    }
    served.rest("GET", "/find/5?key=&kye=3", "").await;
    assert_eq!(targets(&upstream), ["/find/5?key="]);
}

#[tokio::test]
async fn unknown_names_are_refused_if_the_adapter_is_strict() {
    let upstream = upstream().await;
    let capability = StrictClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let document = serde_json::to_value(capability.document()).unwrap();
    assert_eq!(document.pointer("/capability/exposes/0/unknownQuery"), Some(&json!("refuse")));
    assert_eq!(document.pointer("/capability/exposes/1/unknownMembers"), Some(&json!("refuse")));
    assert_eq!(document.pointer("/capability/exposes/0/page"), Some(&json!(true)));
    let served = serve(capability).await;
    let query = served.refused("PATCH", "/things?pgae=3", "{}").await;
    assert_eq!(query, "unknown query parameter `pgae`; did you mean `page`?");
    assert!(served.refused("POST", "/any?x=1", "{}").await.starts_with("unknown query parameter `x`"));
    let member = served.refused("PATCH", "/things?page=3", r#"{"parts":[{"cuont":1}]}"#).await;
    assert_eq!(member, "`/body/parts/0`: unknown member `cuont`; did you mean `count`?");
    let tool = served.tool("change", r#"{"body":{"nte":"x"}}"#).await;
    assert!(tool.contains("unknown member `nte`; did you mean `note`?"), "{tool}");
    assert!(upstream.requests().is_empty());
    assert_eq!(served.rest("PATCH", "/things?page=3", r#"{"note":"x"}"#).await.0, 200);
    assert_eq!(served.rest("POST", "/any", r#"{"whatever":{"it":"is"}}"#).await.0, 200);
}

/// Returns the answer of a server over pipes to a tool call; the message contains the text of its params.
async fn piped(capability: &Capability, calls: &[&str]) -> Vec<String> {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    let (here, there) = tokio::io::duplex(64 * 1024);
    let (input, output) = tokio::io::split(there);
    let service = capability.mcp_service();
    let server = tokio::spawn(async move { service.serve_pipes(input, output).await });
    let (output, mut input) = tokio::io::split(here);
    let mut output = BufReader::new(output).lines();
    let hello = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
    let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    input.write_all(format!("{hello}\n{ready}\n").as_bytes()).await.unwrap();
    output.next_line().await.unwrap().unwrap();
    let mut answers = Vec::new();
    for (id, params) in calls.iter().enumerate() {
        let call = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{params}}}"#, id + 1);
        input.write_all(format!("{call}\n").as_bytes()).await.unwrap();
        answers.push(output.next_line().await.unwrap().unwrap());
    }
    input.shutdown().await.unwrap();
    server.await.unwrap().unwrap();
    answers
}

#[tokio::test]
async fn tools_answer_the_same_over_pipes_and_over_http() {
    let upstream = upstream().await;
    let wide = "12345678901234567890123";
    upstream.answer("POST", "/any", Answer::of(200, "application/json", format!("[{wide}]")));
    let lax = client(&upstream).into_capability();
    let strict = StrictClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let half = r#"{"name":"send","arguments":{"body":"\ud800"}}"#;
    let large = format!(r#"{{"name":"send","arguments":{{"body":{wide}}}}}"#);
    let cases = [
        (&lax, r#"{"name":"start"}"#, "Done."),
        (&lax, r#"{"name":"change","arguments":{"body":{"count":5.0}}}"#, r#""isError":false"#),
        (&lax, r#"{"name":"change","arguments":{"body":{"count":5.5}}}"#, r#""isError":true"#),
        (&lax, r#"{"name":"send","arguments":{"body":{"a":1,"a":2}}}"#, "`/body/a` is given twice"),
        (&lax, r#"{"name":"send","name":"start","arguments":{"body":1}}"#, "is given twice"),
        (&lax, half, "unpaired surrogate"),
        (&lax, &large, r#""structuredContent":{"result":[12345678901234567890123]}"#),
        (&strict, r#"{"name":"change","arguments":{"body":{"nte":"x"}}}"#, "unknown member `nte`"),
        (&strict, r#"{"name":"change","arguments":{"body":{"note":"x"}}}"#, r#""isError":false"#),
    ];
    for (capability, params, expected) in cases {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        let served = serve(capability.clone()).await;
        let request = served.http.post(format!("{}/mcp", served.url)).header("content-type", "application/json");
        let over_http = request.body(body).send().await.unwrap().text().await.unwrap();
        let over_pipes = piped(capability, &[params]).await.remove(0);
        for answer in [over_http, over_pipes] {
            assert!(answer.contains(expected), "{params}: {answer}");
        }
    }
}

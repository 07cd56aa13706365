//! MCP features other than tools: resources, prompts, completion, content of all kinds, and the context of a call.
#![cfg(feature = "mcp")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use naftiko::{
    Capability, ContentBlock, Context, Download, Error, LogLevel, PromptMessage, Reply, Result, capability,
    http::StatusCode,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// How long an answer is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// One sentence.
    Short,
    /// One page.
    Long,
}

/// A user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct User {
    id: u32,
    name: String,
}

/// Whether to continue.
#[derive(Debug, Deserialize, JsonSchema)]
struct Confirmed {
    /// Whether the person is sure.
    sure: bool,
}

/// Helps with notes.
#[capability(exposes(rest(port = 8080), mcp(port = 9090)))]
pub trait Notes {
    /// The settings in use.
    #[resource(uri = "config://app/current", mime_type = "application/toml", title = "Settings")]
    async fn settings(&self) -> Result<String> {
        Ok("a = 1".to_owned())
    }

    /// A user.
    #[resource(uri = "users://{user_id}")]
    #[complete(user_id = complete_user)]
    #[tool(name = "read-user")]
    async fn user(&self, user_id: u32) -> Result<Option<User>> {
        Ok((user_id != 404).then(|| User { id: user_id, name: "Ada".to_owned() }))
    }

    // Not exposed to callers, so it needs no description.
    async fn complete_user(&self, typed: &str) -> Result<Vec<u32>> {
        let ids = [17, 18, 27].into_iter().filter(|id: &u32| id.to_string().starts_with(typed)).collect();
        if typed == "x" { Err(Error::argument("", "expected digits")) } else { Ok(ids) }
    }

    /// A logo.
    #[resource(uri = "logo://app")]
    async fn logo(&self) -> Result<Download> {
        Ok(Download::new("image/png", vec![0x89, b'P']))
    }

    /// A resource that no longer exists.
    #[resource(uri = "gone://{+path}")]
    async fn gone(&self, path: &str) -> Result<String> {
        Err(Error::new(StatusCode::NOT_FOUND, format!("no {path}")))
    }

    /// Asks for a summary.
    #[prompt(template = "Summarize {{topic}} <{times}> {{times}} times: {{length}}.")]
    async fn summarize(
        &self,
        /// What the summary is about.
        topic: &str,
        times: u8,
        length: Option<ShownLength>,
    ) -> Result<String>;

    /// Asks about a picture.
    #[prompt(name = "look")]
    async fn look_at(&self, length: Length) -> Result<Vec<PromptMessage>> {
        let picture = ContentBlock::image("image/png", [1]);
        Ok(vec![PromptMessage::user(picture), PromptMessage::assistant(format!("{length:?}"))])
    }

    /// Gives content of all kinds.
    #[tool]
    async fn mixed(&self) -> Result<Vec<ContentBlock>> {
        Ok(vec![
            ContentBlock::text("t"),
            ContentBlock::image("image/png", [3]),
            ContentBlock::audio("audio/wav", [1]),
            ContentBlock::resource("file:///b", "text/csv", "c"),
            ContentBlock::blob("file:///a", "application/pdf", [2]),
            ContentBlock::link("config://app/current", "settings"),
        ])
    }

    /// Counts, and reports its progress.
    #[rest(get = "/count/{to}")]
    async fn count(&self, context: &Context, to: u32) -> Result<u32> {
        for number in 0..to {
            context.progress(f64::from(number), Some(f64::from(to)), "counting").await;
        }
        // JSON has neither NaN nor infinity.
        context.progress(f64::NAN, None, "lost").await;
        context.progress(f64::from(to), Some(f64::INFINITY), "").await;
        context.log(LogLevel::Debug, "not wanted").await;
        context.log(LogLevel::Warning, json!({ "counted": to })).await;
        context.resource_changed("config://app/current");
        Ok(to)
    }

    /// Deletes all notes, if the person is sure.
    #[tool]
    async fn delete_all(&self, context: &Context) -> Result<String> {
        let first = context.ask::<Confirmed>("Delete all notes?").await?;
        let Reply::Accepted(first) = first else { return Ok("kept".to_owned()) };
        let second = context.ask::<Confirmed>("Really?").await?.accepted();
        Ok(format!("{} {}", first.sure, second.is_some_and(|second| second.sure)))
    }
}

/// A length that a template can show: it implements `Display`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShownLength {
    /// Short.
    Short,
}

impl std::fmt::Display for ShownLength {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("short")
    }
}

struct Mine;

impl Notes for Mine {}

fn notes() -> Capability {
    Mine.into_capability()
}

struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    async fn of(service: naftiko::McpService) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().route_service("/mcp", service)).into_future());
        Self { url, http: reqwest::Client::new() }
    }

    /// Sends a request as in the MCP revisions that have a handshake, and returns the text of the answer.
    async fn legacy_text(&self, accept: &str, method: &str, params: Value) -> String {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.http.post(&self.url).header("accept", accept).json(&message);
        request.send().await.unwrap().text().await.unwrap()
    }

    async fn legacy(&self, method: &str, params: Value) -> Value {
        let text = self.legacy_text("application/json", method, params).await;
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a request that names its protocol version, and returns the answer.
    async fn modern(&self, method: &str, name: Option<&str>, mut params: Value, capabilities: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.http.post(&self.url).header("mcp-protocol-version", "2026-07-28");
        request = request.header("mcp-method", method).header("accept", "application/json");
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        request.json(&message).send().await.unwrap().json().await.unwrap()
    }

    /// Returns the result of a request, which must be the same in MCP revisions with a handshake (legacy) and without (modern).
    async fn both(&self, method: &str, name: Option<&str>, params: Value) -> Value {
        let legacy = self.legacy(method, params.clone()).await;
        let mut modern = self.modern(method, name, params, json!({})).await;
        assert!(modern["result"].is_object(), "{modern}");
        let result = modern["result"].as_object_mut().unwrap();
        for key in ["resultType", "ttlMs", "cacheScope", "_meta"] {
            result.remove(key);
        }
        assert_eq!(legacy["result"], modern["result"], "{method}");
        legacy["result"].clone()
    }
}

#[tokio::test]
async fn resources_are_listed_and_read() {
    let client = Client::of(notes().mcp_service()).await;
    let listed = client.both("resources/list", None, json!({})).await;
    let current = json!({
        "uri": "config://app/current", "name": "settings", "title": "Settings", "mimeType": "application/toml",
        "description": "The settings in use.",
    });
    assert_eq!(listed["resources"][0], current);
    assert_eq!(listed["resources"][1]["uri"], "logo://app");
    let templates = client.both("resources/templates/list", None, json!({})).await;
    let user = json!({ "uriTemplate": "users://{user_id}", "name": "user", "title": "User", "description": "A user." });
    assert_eq!(templates["resourceTemplates"][0], user);

    for (uri, contents) in [
        ("config://app/current", json!({ "mimeType": "application/toml", "text": "a = 1" })),
        ("users://17", json!({ "mimeType": "application/json", "text": r#"{"id":17,"name":"Ada"}"# })),
        ("logo://app", json!({ "mimeType": "image/png", "blob": "iVA=" })),
    ] {
        let read = client.both("resources/read", Some(uri), json!({ "uri": uri })).await;
        let mut expected = contents;
        expected["uri"] = json!(uri);
        assert_eq!(read["contents"], json!([expected]));
    }
}

#[tokio::test]
async fn a_missing_resource_has_the_error_code_of_the_clients_revision() {
    let client = Client::of(notes().mcp_service()).await;
    for uri in ["none://x", "users://404", "gone://a/b"] {
        let legacy = client.legacy("resources/read", json!({ "uri": uri })).await;
        assert_eq!(
            (&legacy["error"]["code"], &legacy["error"]["data"]["uri"]),
            (&json!(-32002), &json!(uri)),
            "{legacy}"
        );
        let modern = client.modern("resources/read", Some(uri), json!({ "uri": uri }), json!({})).await;
        assert_eq!(modern["error"]["code"], -32602, "{modern}");
    }
    let wrong = client.legacy("resources/read", json!({ "uri": "users://ada" })).await;
    assert_eq!(wrong["error"]["code"], -32602);
    assert!(wrong["error"]["message"].as_str().unwrap().contains("user_id"), "{wrong}");
}

#[tokio::test]
async fn prompts_are_listed_and_rendered() {
    let client = Client::of(notes().mcp_service()).await;
    let listed = client.both("prompts/list", None, json!({})).await;
    let arguments = json!([
        { "name": "topic", "description": "What the summary is about.", "required": true },
        { "name": "times", "required": true },
        { "name": "length", "required": false },
    ]);
    assert_eq!(listed["prompts"][0]["arguments"], arguments);
    assert_eq!(listed["prompts"][1]["name"], "look");

    let given = json!({ "name": "summarize", "arguments": { "topic": "{cats}", "times": "2", "length": "short" } });
    let made = client.both("prompts/get", Some("summarize"), given).await;
    let text = |made: &Value| made["messages"][0]["content"]["text"].clone();
    assert_eq!(text(&made), "Summarize {cats} <{times}> 2 times: short.");
    let given = json!({ "name": "summarize", "arguments": { "topic": "dogs", "times": "3" } });
    assert_eq!(
        text(&client.both("prompts/get", Some("summarize"), given).await),
        "Summarize dogs <{times}> 3 times: ."
    );
    let given = json!({ "name": "look", "arguments": { "length": "long" } });
    let made = client.both("prompts/get", Some("look"), given).await;
    let expected = json!([
        { "role": "user", "content": { "type": "image", "mimeType": "image/png", "data": "AQ==" } },
        { "role": "assistant", "content": { "type": "text", "text": "Long" } },
    ]);
    assert_eq!(made["messages"], expected);

    for (given, word) in [
        (json!({ "name": "lookup" }), "look"),
        (json!({ "name": "look" }), "length"),
        (json!({ "name": "look", "arguments": { "length": "middle" } }), "length"),
        (json!({ "name": "look", "arguments": { "length": "long", "other": "x" } }), "other"),
        (json!({ "name": "summarize", "arguments": { "topic": "x", "times": "many" } }), "times"),
    ] {
        let refused = client.legacy("prompts/get", given).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(word), "{refused}");
    }
}

#[tokio::test]
async fn arguments_are_completed_by_a_method_or_by_their_type() {
    let client = Client::of(notes().mcp_service()).await;
    let complete = async |reference: Value, name: &str, value: &str| {
        let params = json!({ "ref": reference, "argument": { "name": name, "value": value } });
        client.both("completion/complete", None, params).await["completion"]["values"].clone()
    };
    let user = json!({ "type": "ref/resource", "uri": "users://{user_id}" });
    assert_eq!(complete(user.clone(), "user_id", "1").await, json!(["17", "18"]));
    assert_eq!(complete(user.clone(), "other", "1").await, json!([]));
    let params = json!({ "ref": user, "argument": { "name": "user_id", "value": "x" } });
    assert_eq!(client.legacy("completion/complete", params).await["error"]["code"], -32602);
    let look = json!({ "type": "ref/prompt", "name": "look" });
    assert_eq!(complete(look.clone(), "length", "s").await, json!(["short"]));
    assert_eq!(complete(look, "length", "").await, json!(["short", "long"]));
}

#[tokio::test]
async fn content_of_all_kinds_is_passed_on() {
    let client = Client::of(notes().mcp_service()).await;
    let mixed = client.both("tools/call", Some("mixed"), json!({ "name": "mixed", "arguments": {} })).await;
    let expected = json!([
        { "type": "text", "text": "t" },
        { "type": "image", "mimeType": "image/png", "data": "Aw==" },
        { "type": "audio", "mimeType": "audio/wav", "data": "AQ==" },
        { "type": "resource", "resource": { "uri": "file:///b", "mimeType": "text/csv", "text": "c" } },
        { "type": "resource", "resource": { "uri": "file:///a", "mimeType": "application/pdf", "blob": "Ag==" } },
        { "type": "resource_link", "uri": "config://app/current", "name": "settings" },
    ]);
    assert_eq!((&mixed["content"], mixed.get("structuredContent")), (&expected, None));
    let tools = client.both("tools/list", None, json!({})).await;
    let names: Vec<&str> = tools["tools"].as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["read-user", "mixed", "count", "delete-all"], "a completer or a resource is a tool");
    assert_eq!(tools["tools"][1].get("outputSchema"), None);
    assert_eq!(tools["tools"][2]["inputSchema"]["required"], json!(["to"]), "the context is an argument of the tool");
}

#[tokio::test]
async fn a_client_that_accepts_a_stream_gets_progress_and_log_messages() {
    let client = Client::of(notes().mcp_service()).await;
    let params = json!({ "name": "count", "arguments": { "to": 2 }, "_meta": { "progressToken": "p" } });
    let text = client.legacy_text("application/json, text/event-stream", "tools/call", params.clone()).await;
    let messages: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect();
    let methods: Vec<&str> = messages.iter().filter_map(|message| message["method"].as_str()).collect();
    let progress = "notifications/progress";
    assert_eq!(methods, [progress, progress, progress, "notifications/message"], "{text}");
    let progress = json!({ "progressToken": "p", "progress": 1.0, "total": 2.0, "message": "counting" });
    assert_eq!(messages[1]["params"], progress);
    assert_eq!(messages[2]["params"], json!({ "progressToken": "p", "progress": 2.0 }));
    assert_eq!(messages[3]["params"], json!({ "level": "warning", "data": { "counted": 2 } }));
    assert_eq!(messages[4]["result"]["structuredContent"], json!({ "result": 2 }));

    // A client that accepts only JSON gets only the result.
    let result = client.legacy("tools/call", params).await;
    assert_eq!(result["result"]["structuredContent"], json!({ "result": 2 }));
}

#[tokio::test]
async fn a_method_with_a_context_works_without_an_mcp_client_unless_it_asks() {
    assert_eq!(Mine.count(&Context::none(), 3).await.unwrap(), 3);
    assert_eq!(Arc::new(Mine).count(&Context::none(), 3).await.unwrap(), 3);
    assert_eq!(notes().call("count", json!({ "to": 2 })).await.unwrap(), 2);
    let refused = notes().call("delete-all", json!({})).await.unwrap_err();
    assert!(refused.to_string().contains("MCP client"), "{refused}");
}

#[tokio::test]
async fn a_method_asks_in_several_rounds_and_earlier_answers_cannot_be_changed() {
    let client = Client::of(notes().mcp_service()).await;
    let can = json!({ "elicitation": {} });
    let call = async |params: Value| client.modern("tools/call", Some("delete-all"), params, can.clone()).await;
    let accepted = |sure: bool| json!({ "action": "accept", "content": { "sure": sure } });
    let first = call(json!({ "name": "delete-all" })).await["result"].clone();
    assert_eq!(first["resultType"], "input_required");
    let question = &first["inputRequests"]["input-1"];
    assert_eq!(question["params"]["message"], "Delete all notes?");
    assert_eq!(question["params"]["requestedSchema"]["properties"]["sure"]["type"], "boolean");

    let round = |answers: Value, state: &Value| json!({ "name": "delete-all", "inputResponses": answers, "requestState": state });
    // A question that gets an invalid answer is asked again, and can then be answered.
    let again = call(round(json!({ "input-1": 5 }), &first["requestState"])).await["result"].clone();
    assert_eq!(again["inputRequests"]["input-1"], *question, "{again}");
    let second = call(round(json!({ "input-1": accepted(true) }), &again["requestState"])).await["result"].clone();
    assert_eq!(second["inputRequests"]["input-2"]["params"]["message"], "Really?", "{second}");
    // The first answer to a question counts, even if a client sends another one later.
    let answers = json!({ "input-1": accepted(false), "input-2": accepted(true) });
    let done = call(round(answers, &second["requestState"])).await;
    assert_eq!(done["result"]["structuredContent"]["result"], "true true", "{done}");
    let declined = call(round(json!({ "input-1": { "action": "decline" } }), &first["requestState"])).await;
    assert_eq!(declined["result"]["structuredContent"]["result"], "kept");

    let changed = format!("{}x", second["requestState"].as_str().unwrap());
    assert_eq!(call(round(json!({}), &json!(changed))).await["error"]["code"], -32602);
    // A request state is valid only for the call that it belongs to.
    let other = json!({ "name": "delete-all", "arguments": { "x": 1 }, "requestState": second["requestState"] });
    assert_eq!(call(other).await["error"]["code"], -32602);

    let cannot = client.modern("tools/call", Some("delete-all"), json!({ "name": "delete-all" }), json!({})).await;
    assert_eq!(cannot["error"]["code"], -32021);
    let cannot = client.legacy("tools/call", json!({ "name": "delete-all" })).await;
    assert_eq!(cannot["result"]["isError"], true, "a question was asked without a session");
}

#[tokio::test]
async fn invalid_params_of_a_known_method_are_refused_with_the_reason() {
    let client = Client::of(notes().mcp_service()).await;
    let [level, listen, call] = ["logging/setLevel", "subscriptions/listen", "tools/call"];
    for (answer, method, reason) in [
        (client.legacy(level, json!({ "level": "loud" })).await, level, "unknown variant `loud`"),
        (client.legacy(call, Value::Null).await, call, "missing field `name`"),
        (client.modern(listen, None, json!({}), json!({})).await, listen, "missing field `notifications`"),
        (client.modern(listen, None, json!({ "notifications": 5 }), json!({})).await, listen, "expected an object"),
    ] {
        let message = answer["error"]["message"].as_str().unwrap();
        let of_method = message.starts_with(&format!("invalid params for `{method}`: "));
        assert!(answer["error"]["code"] == -32602 && of_method && message.contains(reason), "{answer}");
    }
}

#[tokio::test]
async fn a_client_over_pipes_is_asked_with_a_request() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let (input, output) = tokio::io::split(theirs);
    let service = notes().mcp_service();
    tokio::spawn(async move { service.serve_pipes(input, output).await });
    let (input, mut output) = tokio::io::split(ours);
    let mut lines = BufReader::new(input).lines();
    let mut send = async |message: Value| output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    send(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} }, "clientInfo": { "name": "t", "version": "1" },
    } }))
    .await;
    let mut next = async || serde_json::from_str::<Value>(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let capabilities = next().await["result"]["capabilities"].clone();
    assert_eq!(capabilities["resources"]["subscribe"], true, "{capabilities}");
    send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    send(json!({ "jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": { "uri": "config://app/current" } }))
        .await;
    assert_eq!(next().await["id"], 2);
    send(json!({ "jsonrpc": "2.0", "id": 5, "method": "resources/unsubscribe", "params": {} })).await;
    assert_eq!(next().await["error"]["code"], -32602);
    send(json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": { "name": "delete-all" } })).await;
    for sure in [true, false] {
        let question = next().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        let result = json!({ "action": "accept", "content": { "sure": sure } });
        send(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })).await;
    }
    assert_eq!(next().await["result"]["structuredContent"]["result"], "true false");
    // Subscribed clients are notified of a change.
    send(json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": { "name": "count", "arguments": { "to": 0 } } }))
        .await;
    let (mut updated, mut answered) = (false, false);
    while !(updated && answered) {
        let message = next().await;
        updated |= message["method"] == "notifications/resources/updated"
            && message["params"]["uri"] == "config://app/current";
        answered |= message["id"] == 4;
    }
}

#[tokio::test]
async fn notifications_do_not_pile_up_for_a_client_that_reads_nothing() {
    let service = notes().mcp_service();
    let client = Client::of(service.clone()).await;
    let (ours, theirs) = tokio::io::duplex(512);
    tokio::spawn(async move {
        let (input, output) = tokio::io::split(theirs);
        service.serve_pipes(input, output).await
    });
    let (input, mut output) = tokio::io::split(ours);
    let mut lines = BufReader::with_capacity(64, input).lines();
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let subscription = json!({ "uri": "config://app/current" });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": subscription }),
    ] {
        output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        if message.get("id").is_some() {
            lines.next_line().await.unwrap();
        }
    }
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..300 {
        client.legacy("tools/call", json!({ "name": "count", "arguments": { "to": 0 } })).await;
    }
    // At most 64 notifications wait, each in at most two tasks.
    assert!(tasks() < before + 150, "{} tasks, {before} before", tasks());
    // The client gets pending notifications when it reads.
    assert!(lines.next_line().await.unwrap().unwrap().contains("notifications/resources/updated"));
}

#[test]
fn the_document_of_a_trait_has_its_resources_and_prompts() {
    let capability = notes();
    let document = serde_json::to_value(capability.document()).unwrap();
    let adapter = &document["capability"]["exposes"][1];
    let user = json!({ "name": "user", "label": "User", "uri": "users://{user_id}", "description": "A user." });
    assert_eq!(adapter["resources"][1], user);
    let template = json!([{ "role": "user", "content": "Summarize {{topic}} <{times}> {{times}} times: {{length}}." }]);
    assert_eq!(adapter["prompts"][0]["template"], template);
    let routes: Vec<&Value> = document["capability"]["exposes"][0]["resources"].as_array().unwrap().iter().collect();
    assert_eq!(routes.len(), 1, "{routes:?}");
}

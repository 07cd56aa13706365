//! What a trait declares for its callers: adapters, names, examples, and version; and the decoding of large answers.

use crate::documented;
use axum::Router;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct User {
    name: String,
}

/// Keeps users.
#[capability(
    consumes(namespace = "api", base_uri = "https://api.acme.io"),
    exposes(
        rest(namespace = "public", port = 1),
        rest(namespace = "internal", port = 2, prefix = "/in"),
        mcp(namespace = "agents", port = 3),
        mcp(namespace = "admins", port = 4),
    )
)]
pub trait Users {
    /// Reads a user.
    #[get("/users/{userId}/{kind}")]
    #[rest]
    #[rest(on = "internal", path = "/people/{userId}/{kind}")]
    #[tool(argument(user_id = "user", kind(description = "What kind of user.")))]
    #[tool(
        on = "admins",
        name = "read-any-user",
        argument(user_id(name = "id", description = "Whose."), kind = "user-id")
    )]
    #[example({ "name": "Ada" })]
    async fn read(
        &self,
        #[example("u-17")] user_id: &str,
        #[example("a")]
        #[example("b")]
        kind: &str,
    ) -> Result<User>;

    /// Deletes a user.
    #[delete("/users/{userId}")]
    #[rest(on = ["internal"])]
    #[tool(on = "admins")]
    async fn delete(&self, user_id: &str) -> Result<()>;

    /// Is only on some adapters.
    #[get("/hidden")]
    #[rest(on = "public", skip)]
    #[tool(on = "agents", skip)]
    async fn hidden(&self) -> Result<User>;

    /// Greets.
    #[tool(on = "agents", argument(name = "who"))]
    async fn greet(&self, name: &str, #[example(-1.5)] times: Option<f64>) -> Result<String> {
        Ok(format!("Hello, {name}! {times:?}"))
    }
}

async fn serve(capability: &Capability) -> String {
    let mut router = Router::new();
    for namespace in ["public", "internal"] {
        router = router.merge(capability.rest_router_of(namespace).unwrap());
    }
    for namespace in ["agents", "admins"] {
        router = router.route_service(&format!("/{namespace}"), capability.mcp_service_of(namespace).unwrap());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

async fn rpc(url: &str, namespace: &str, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = reqwest::Client::new().post(format!("{url}/{namespace}")).json(&message).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["result"].take()
}

async fn upstream() -> (Upstream, Capability) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/users/u/k", Answer::json(200, json!({ "name": "Ada" })));
    let client = UsersClient::builder().base_uri(upstream.url()).build().unwrap();
    (upstream, client.into_capability())
}

#[tokio::test]
async fn each_adapter_has_its_own_settings() {
    let (_upstream, capability) = upstream().await;
    let url = serve(&capability).await;
    for (namespace, expected) in
        [("agents", &["read", "greet"][..]), ("admins", &["read-any-user", "delete", "hidden"])]
    {
        let tools = rpc(&url, namespace, "tools/list", json!({})).await["tools"].take();
        let names: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{namespace}");
    }
    let document = serde_json::to_value(capability.document()).unwrap();
    let paths = |expose: usize| {
        let resources = document["capability"]["exposes"][expose]["resources"].as_array().unwrap();
        resources.iter().map(|resource| resource["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths(0), ["/users/{userid}/{kind}"]);
    assert_eq!(paths(1), ["/in/people/{userId}/{kind}", "/in/users/{userid}", "/in/hidden"]);
}

#[tokio::test]
async fn a_tool_can_rename_its_arguments() {
    let (upstream, ours) = upstream().await;
    let theirs = documented(&ours, &upstream);
    for (capability, is_trait) in [(&ours, true), (&theirs, false)] {
        let url = serve(capability).await;
        let tools = rpc(&url, "agents", "tools/list", json!({})).await["tools"].take();
        let members = &tools[0]["inputSchema"]["properties"];
        assert_eq!(members["user"]["type"], "string", "{tools}");
        assert_eq!(members["kind"]["description"], "What kind of user.");
        assert_eq!(tools[0]["inputSchema"]["required"].as_array().unwrap().len(), 2, "{tools}");
        let call = json!({ "name": "read", "arguments": { "user": "u", "kind": "k" } });
        let result = rpc(&url, "agents", "tools/call", call).await;
        assert_eq!(result["isError"], false, "{result}");
        let call = json!({ "name": "read-any-user", "arguments": { "id": "u", "user-id": "k" } });
        let result = rpc(&url, "admins", "tools/call", call).await;
        assert_eq!(result["isError"], false, "{result}");
        // Errors name the tool's arguments.
        let wrong = json!({ "name": "read", "arguments": { "userId": "u", "kind": "k" } });
        let result = rpc(&url, "agents", "tools/call", wrong).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(result["isError"] == true && text.contains("`user`"), "{text}");
        if is_trait {
            let call = json!({ "name": "greet", "arguments": { "who": "Ada" } });
            assert_eq!(
                rpc(&url, "agents", "tools/call", call).await["structuredContent"]["result"],
                "Hello, Ada! None"
            );
        }
        assert_eq!(reqwest::get(format!("{url}/users/u/k")).await.unwrap().status(), 200);
    }
    // `call` takes the arguments of the method, not those of a tool.
    assert_eq!(ours.call("read", json!({ "userId": "u", "kind": "k" })).await.unwrap()["name"], "Ada");
}

#[tokio::test]
async fn examples_reach_openapi_and_tools() {
    let (_upstream, capability) = upstream().await;
    let read = capability.openapi()["paths"]["/users/{userId}/{kind}"]["get"].take();
    assert_eq!(read["parameters"][0]["schema"]["examples"], json!(["u-17"]));
    assert_eq!(read["parameters"][1]["schema"]["examples"], json!(["a", "b"]));
    let examples = &read["responses"]["200"]["content"]["application/json"]["examples"];
    assert_eq!(*examples, json!({ "example-1": { "value": { "name": "Ada" } } }));
    let tools = rpc(&serve(&capability).await, "agents", "tools/list", json!({})).await["tools"].take();
    assert_eq!(tools[0]["inputSchema"]["properties"]["user"]["examples"], json!(["u-17"]));
    assert_eq!(tools[0]["outputSchema"]["examples"], json!([{ "name": "Ada" }]));
    assert_eq!(tools[1]["inputSchema"]["properties"]["times"]["examples"], json!([-1.5]));
}

/// Has a version.
#[capability(version = "7.1.0", exposes(rest(port = 1), mcp(port = 2)))]
pub trait Versioned {
    /// Does nothing.
    #[rest(get = "/nothing")]
    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

/// Has the version of its crate, and an MCP server with its own name.
#[capability(version = env!("CARGO_PKG_VERSION"), exposes(rest(port = 8080), mcp(namespace = "own-name", port = 9090)))]
pub trait OfCrate {
    /// Does nothing.
    #[rest(get = "/nothing")]
    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

struct Nothing;

impl Versioned for Nothing {}

impl OfCrate for Nothing {}

#[tokio::test]
async fn a_name_and_a_version_are_those_of_the_capability_or_the_crate() {
    let (_upstream, users) = upstream().await;
    let crate_version = env!("CARGO_PKG_VERSION");
    let (versioned, of_crate) = (Versioned::into_capability(Nothing), OfCrate::into_capability(Nothing));
    for (capability, name, expected, version) in [
        (&users, "agents", crate_version, None),
        (&versioned, "naftiko", "7.1.0", Some("7.1.0")),
        (&of_crate, "own-name", crate_version, Some(crate_version)),
    ] {
        assert_eq!(capability.openapi()["info"]["version"], expected);
        assert_eq!(capability.document().info.version.as_deref(), version);
        let router = Router::new().route_service("/mcp", capability.mcp_service());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        let client = json!({ "name": "t", "version": "1" });
        let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        let server = rpc(&url, "mcp", "initialize", params).await["serverInfo"].take();
        assert_eq!((&server["name"], &server["version"]), (&json!(name), &json!(expected)));
    }
}

/// A thing that knows the thread on which it was decoded.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Decoded {
    #[serde(skip)]
    thread: Option<std::thread::ThreadId>,
}

impl<'de> serde::Deserialize<'de> for Decoded {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer)?;
        Ok(Self { thread: Some(std::thread::current().id()) })
    }
}

/// Decodes things.
#[naftiko::capability(
    consumes(namespace = "decoded", base_uri = "https://decoded.example"),
    exposes(rest(port = 8080))
)]
pub trait Decodes {
    /// Gets a thing.
    #[get("/{size}")]
    async fn decoded(&self, size: &str) -> naftiko::Result<Decoded>;
}

#[tokio::test]
async fn a_large_answer_is_decoded_on_another_thread() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/small", Answer::json(200, json!([1])));
    upstream.answer("GET", "/large", Answer::json(200, json!(vec![1; 1 << 20])));
    let client = DecodesClient::builder().base_uri(upstream.url()).build().unwrap();
    let here = Some(std::thread::current().id());
    assert_eq!(client.decoded("small").await.unwrap().thread, here);
    assert_ne!(client.decoded("large").await.unwrap().thread, here);
}

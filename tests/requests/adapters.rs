//! Checks each row of the tables in the reference pages of routes, tools and `consumes` against the request that is
//! sent.

use super::{Both, shown};
use axum::Router;
use naftiko::{Capability, Result, Value, capability};
use serde_json::json;

/// One method for each setting in the tables of `rest.md` and `tool.md`.
#[capability(
    consumes(namespace = "wire", base_uri = "https://wire.example"),
    exposes(
        rest(namespace = "public", port = 1),
        rest(namespace = "internal", port = 2, prefix = "/in"),
        mcp(namespace = "agents", port = 3),
        mcp(namespace = "admins", port = 4),
    )
)]
pub trait Adapters {
    /// Has neither `#[rest]` nor `#[tool]`.
    #[get("/plain/{userId}")]
    async fn plain(&self, user_id: &str) -> Result<Value>;

    /// Has another path.
    #[get("/api/v3/{userId}/roles")]
    #[rest(path = "/roles/{userId}")]
    async fn roles(&self, user_id: &str) -> Result<Value>;

    /// Has another path on one adapter.
    #[get("/users/{userId}")]
    #[rest]
    #[rest(on = "internal", path = "/people/{userId}")]
    async fn people(&self, user_id: &str) -> Result<Value>;

    /// Is on one adapter only.
    #[get("/secrets")]
    #[rest(on = "internal")]
    #[tool(on = "admins")]
    async fn secrets(&self) -> Result<Value>;

    /// Is not on one adapter.
    #[get("/drafts")]
    #[rest(on = "public", skip)]
    #[tool(on = "agents", skip)]
    async fn drafts(&self) -> Result<Value>;

    /// Has another name.
    #[get("/named/{userId}")]
    #[tool(name = "find-user")]
    async fn named(&self, user_id: &str) -> Result<Value>;

    /// Has an argument with another name.
    #[get("/argument/{userId}")]
    #[tool(argument(user_id = "user"))]
    async fn argument(&self, user_id: &str) -> Result<Value>;

    /// Has an argument with a name and a description.
    #[get("/described")]
    #[tool(argument(user_id(name = "user", description = "The user ID, as `u-17`.")))]
    async fn described(&self, #[query("userId")] user_id: &str) -> Result<Value>;

    /// Has a name that models cannot send.
    #[get("/filtered")]
    #[tool(argument(filter = "filter"))]
    async fn filtered(&self, #[query("$filter")] filter: &str) -> Result<Value>;

    /// Has other names on one adapter.
    #[get("/any/{userId}")]
    #[tool]
    #[tool(on = "admins", name = "any-user", argument(user_id = "id"))]
    async fn any(&self, user_id: &str) -> Result<Value>;
}

/// One API for each line of the table in `capability.md`, in its order.
#[capability(
    binds(env(ORG, KEY, USER)),
    consumes(namespace = "header", base_uri = "https://wire.example", header("X-Org" = "{{env.ORG}}")),
    consumes(namespace = "query", base_uri = "https://wire.example", query("v" = "2")),
    consumes(namespace = "both", base_uri = "https://wire.example", header("Accept" = "text/x"), query("org" = "{{env.ORG}}")),
    consumes(namespace = "bearer", base_uri = "https://wire.example", authentication(bearer = "{{env.KEY}}")),
    consumes(
        namespace = "key",
        base_uri = "https://wire.example",
        authentication(apikey(key = "X-Key", value = "{{env.KEY}}", placement = "header")),
    ),
    consumes(
        namespace = "parameter",
        base_uri = "https://wire.example",
        authentication(apikey(key = "key", value = "{{env.KEY}}", placement = "query")),
    ),
    consumes(
        namespace = "basic",
        base_uri = "https://wire.example",
        authentication(basic(username = "{{env.USER}}", password = "{{env.KEY}}")),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Apis {
    /// Sends a header.
    #[get("/header", consumes = "header")]
    async fn header(&self) -> Result<Value>;

    /// Sends a query parameter.
    #[get("/query", consumes = "query")]
    async fn query(&self, page: Option<u32>) -> Result<Value>;

    /// Sends a header and a query parameter.
    #[get("/both", consumes = "both")]
    async fn both(&self) -> Result<Value>;

    /// Sends a token.
    #[get("/bearer", consumes = "bearer")]
    async fn bearer(&self) -> Result<Value>;

    /// Sends a key in a header.
    #[get("/key", consumes = "key")]
    async fn key(&self) -> Result<Value>;

    /// Sends a key in the query.
    #[get("/parameter", consumes = "parameter")]
    async fn parameter(&self) -> Result<Value>;

    /// Sends a name and a password.
    #[get("/basic", consumes = "basic")]
    async fn basic(&self) -> Result<Value>;
}

/// Returns the rows of the table whose header begins with `head`, without backticks.
pub(super) fn table<const N: usize>(text: &str, head: &str) -> Vec<[String; N]> {
    let rows = text.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells = line.trim_matches(['|', ' ']).split(" | ");
        let cells: Vec<String> = cells.map(|cell| cell.replace("<br>", "\n").replace('`', "")).collect();
        cells.try_into().unwrap()
    });
    let rows: Vec<[String; N]> = rows.collect();
    assert!(!rows.is_empty(), "{head}");
    rows
}

/// Removes whitespace and backticks from a text, and commas before closing parentheses.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<String>().replace(",)", ")").replace('`', "")
}

/// Serves a REST or an MCP adapter, and returns its URL.
async fn serve(capability: &Capability, namespace: &str) -> String {
    let router = match capability.rest_router_of(namespace) {
        Some(router) => router,
        None => Router::new().route_service("/", capability.mcp_service_of(namespace).unwrap()),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Returns the request that a call sends, or `–` if the adapter has no such operation.
async fn sent(both: &Both, capability: &Capability, (namespace, called): (&str, &str)) -> String {
    let url = serve(capability, namespace).await;
    let before = both.upstream.requests().len();
    let http = reqwest::Client::new();
    let (first, rest) = called.split_once(' ').unwrap();
    let is_there = if rest.starts_with('/') {
        let answer = http.request(first.parse().unwrap(), format!("{url}{rest}")).send().await.unwrap();
        answer.status().is_success()
    } else {
        let arguments: Value = serde_json::from_str(rest).unwrap();
        let params = json!({ "name": first, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer: Value = http.post(url).json(&message).send().await.unwrap().json().await.unwrap();
        answer["result"]["isError"] == false
    };
    match both.upstream.requests().get(before) {
        Some(request) if is_there => shown(request),
        request => {
            assert!(request.is_none() && !is_there, "{called}");
            "–".to_owned()
        }
    }
}

/// Checks the lines of a table: each has a setting of a method, an adapter, a call and the request that it sends.
async fn check(reference: &str, head: &str) {
    let source = include_str!("adapters.rs");
    let methods = plain(source.split("pub trait Adapters {").nth(1).unwrap().split("\n}\n").next().unwrap());
    let both = Both::new(|url| AdaptersClient::builder().base_uri(url).build().unwrap().into_capability()).await;
    for [line, adapter, called, request] in table(reference, head) {
        assert!(methods.contains(&plain(&line)), "{line} is not in the trait of this test");
        for capability in [&both.of_trait, &both.of_document] {
            assert_eq!(sent(&both, capability, (&adapter, &called)).await, request, "{line}: {adapter}: {called}");
        }
    }
}

#[tokio::test]
async fn each_line_about_routes_matches_the_request() {
    check(include_str!("../../naftiko-macros/docs/rest.md"), "| in the trait | adapter | a caller sends").await;
}

#[tokio::test]
async fn each_line_about_tools_matches_the_request() {
    check(include_str!("../../naftiko-macros/docs/tool.md"), "| in the trait | adapter | a client calls").await;
}

#[tokio::test]
async fn each_line_about_apis_matches_the_request() {
    const NAMES: [&str; 7] = ["header", "query", "both", "bearer", "key", "parameter", "basic"];
    let source = include_str!("adapters.rs");
    let (_, apis) = source.split_once("binds(env(ORG, KEY, USER)),").unwrap();
    let apis: Vec<String> =
        apis.split("pub trait Apis").next().unwrap().split("consumes(").skip(1).map(plain).collect();
    let client = |url: &str| {
        let builder = NAMES.iter().fold(ApisClient::builder(), |builder, name| builder.base_uri_of(*name, url));
        builder.bind("ORG", "acme").bind("KEY", "k3y-0123456789").bind("USER", "ada").build().unwrap().into_capability()
    };
    let binds = [("env.ORG", "acme"), ("env.KEY", "k3y-0123456789"), ("env.USER", "ada")];
    let both = Both::of(client, None, &binds, Value::Null).await;
    let table = table(include_str!("../../naftiko-macros/docs/capability.md"), "| in `consumes` | called with");
    assert_eq!((table.len(), apis.len()), (NAMES.len(), NAMES.len()));
    for (([line, arguments, request], api), name) in table.iter().zip(&apis).zip(NAMES) {
        assert!(api.contains(&plain(line)), "{line} is not in the trait of this test: {api}");
        let arguments = serde_json::from_str(arguments).unwrap();
        assert_eq!(both.request(name, arguments).await, *request, "{line}");
    }
}

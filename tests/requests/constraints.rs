//! Constraints on arguments: REST callers and MCP clients of a trait, and of its document, get the same refusals.

use super::{Both, serve};
use naftiko::document::{self, Settings};
use naftiko::spec::Policy;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Result, Value, capability};
use serde_json::json;

/// Has constraints.
#[capability(
    consumes(namespace = "limits", base_uri = "https://limits.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Limits {
    /// Sends what is allowed.
    #[get("/limits")]
    #[allow(clippy::too_many_arguments)]
    async fn limits(
        &self,
        #[schemars(email, title = "The owner")] mail: Option<&str>,
        #[schemars(url)] site: Option<&str>,
        #[schemars(range(exclusive_min = 0, exclusive_max = 10))] share: Option<f64>,
        #[schemars(length(equal = 2))] country: Option<&str>,
        #[schemars(length(equal = 2), inner(length(equal = 3)))] currencies: Option<&[String]>,
        #[schemars(extend("multipleOf" = 5, "x-order" = 1))] cents: Option<u32>,
        #[schemars(extend("uniqueItems" = true), inner(email))] mails: Option<&[String]>,
        #[schemars(regex(pattern = "^[a-z]+$"), extend("not" = true))] never: Option<&str>,
    ) -> Result<Value>;
}

async fn both() -> Both {
    Both::new(|url| LimitsClient::builder().base_uri(url).build().unwrap().into_capability()).await
}

/// Calls a tool, and returns its result.
async fn tool(capability: &Capability, name: &str, arguments: Value) -> Value {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = axum::Router::new().route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    let params = json!({ "name": name, "arguments": arguments });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = reqwest::Client::new().post(url).json(&message).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["result"].take()
}

/// Returns a value as the query parameters that REST callers send.
fn query(name: &str, value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) => items.iter().map(|item| (name.to_owned(), text(item))).collect(),
        value => vec![(name.to_owned(), text(value))],
    }
}

#[tokio::test]
async fn wrong_values_are_refused_before_anything_is_sent() {
    let both = both().await;
    let http = reqwest::Client::new();
    for capability in [&both.of_trait, &both.of_document] {
        let url = serve(capability).await;
        for (name, right, wrong) in [
            ("mail", json!("ada@example.org"), json!("ada")),
            ("site", json!("https://example.org/a"), json!("example")),
            ("share", json!(0.5), json!(0)),
            ("share", json!(9.5), json!(10)),
            ("country", json!("de"), json!("d")),
            ("country", json!("üü"), json!("deu")),
            ("currencies", json!(["EUR", "USD"]), json!(["EUR"])),
            ("currencies", json!(["EUR", "USD"]), json!(["EUR", "US"])),
            ("cents", json!(15), json!(14)),
            ("mails", json!(["a@b.de", "c@d.de"]), json!(["a@b.de", "a@b.de"])),
            ("mails", json!(["a@b.de"]), json!(["a"])),
        ] {
            let before = both.upstream.requests().len();
            let at =
                |value: &Value| reqwest::Url::parse_with_params(&format!("{url}/limits"), query(name, value)).unwrap();
            let get = |value: &Value| http.get(at(value)).send();
            assert_eq!(get(&right).await.unwrap().status(), 200, "{name}: {right}");
            let result = tool(capability, "limits", json!({ name: right })).await;
            assert_eq!(result["isError"], false, "{name}: {result}");
            assert_eq!(both.upstream.requests().len(), before + 2, "{name}");

            let refused = get(&wrong).await.unwrap();
            let (status, problem) = (refused.status().as_u16(), refused.json::<Value>().await.unwrap());
            assert_eq!(status, 400, "{name}: {wrong}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(&format!("/{name}")), "{wrong}: {detail}");
            let result = tool(capability, "limits", json!({ name: wrong })).await;
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            assert!(result["isError"] == true && text.contains(&format!("/{name}")), "{name}: {wrong}: {result}");
            assert_eq!(both.upstream.requests().len(), before + 2, "{name}: {wrong}");
        }
    }
}

#[tokio::test]
async fn constraints_are_published_by_the_trait_and_by_its_document() {
    let both = both().await;
    for capability in [&both.of_trait, &both.of_document] {
        let openapi = capability.openapi();
        let parameters = openapi["paths"]["/limits"]["get"]["parameters"].as_array().unwrap();
        let schema = |name: &str| &parameters.iter().find(|own| own["name"] == name).unwrap()["schema"];
        assert_eq!((&schema("mail")["format"], &schema("mail")["title"]), (&json!("email"), &json!("The owner")));
        assert_eq!(schema("site")["format"], "uri");
        assert_eq!(
            (&schema("share")["exclusiveMinimum"], &schema("share")["exclusiveMaximum"]),
            (&json!(0), &json!(10))
        );
        assert_eq!((&schema("country")["minLength"], &schema("country")["maxLength"]), (&json!(2), &json!(2)));
        assert_eq!((&schema("cents")["multipleOf"], &schema("cents")["x-order"]), (&json!(5), &json!(1)));
        assert_eq!(
            (&schema("mails")["uniqueItems"], &schema("mails")["items"]["format"]),
            (&json!(true), &json!("email"))
        );
        assert_eq!((&schema("never")["not"], &schema("never")["pattern"]), (&json!(true), &json!("^[a-z]+$")));
    }
}

const PUBLISHED: &str = "
naftiko: 1.0.0-alpha2
info: {label: Users, description: Reads users.}
capability:
  consumes:
  - type: http
    namespace: users
    baseUri: https://users.example
    resources:
    - name: users
      path: /users
      operations:
      - name: list
        method: GET
        inputParameters:
        - {name: mail, in: query, type: string, description: Whose., KEY}
  exposes:
  - type: rest
    namespace: users-rest
    port: 8080
    resources:
    - path: /users
      name: users
      description: Users.
      operations:
      - method: GET
        name: list
        call: users.list
        with: {mail: rest.mail}
";

#[tokio::test]
async fn a_format_of_a_document_is_enforced_only_in_constraints() {
    for (key, status) in [("format: email", 200), ("constraints: {format: email}", 400)] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/users", Answer::json(200, json!([])));
        let yaml = PUBLISHED.replace("KEY", key);
        let loaded = naftiko::spec::load::load(&yaml, &Policy::default()).unwrap();
        let settings = Settings::default().upstream("users", upstream.url());
        let capability = document::capability(loaded.document, loaded.lowered, settings).unwrap();
        let answer = reqwest::get(format!("{}/users?mail=ada", serve(&capability).await)).await.unwrap();
        assert_eq!(answer.status(), status, "{key}");
    }
}

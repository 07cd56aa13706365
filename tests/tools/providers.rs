//! Checks the tools of every example that serves MCP against the rules of clients and providers, and the arguments of
//! the examples and of nasty types against the rules of Gemini.

use super::clients::{nasty, refused, walk};
use super::{budget, serve};
use naftiko::Capability;
use naftiko::http::HeaderValue;
use serde_json::{Value, json};

const SESSION: &str = "mcp-session-id";

macro_rules! examples {
    ($($name:ident $path:literal),* $(,)?) => {$(
        #[allow(dead_code, unused_imports, reason = "the example's program and demo are not used here")]
        #[path = $path]
        pub(super) mod $name;
    )*};
}

examples! {
    bookshelf "../../examples/bookshelf.rs",
    conformance "../../examples/conformance.rs",
    embed "../../examples/embed.rs",
    github "../../examples/github.rs",
    orchestrate "../../examples/orchestrate.rs",
    reminders "../../examples/reminders.rs",
    stripe "../../examples/stripe.rs",
}

/// Returns the capability of each example that serves MCP, with its name.
fn examples() -> Vec<(&'static str, Capability)> {
    use bookshelf::Bookshelf as _;
    use conformance::Conformance as _;
    use conformance::jobs::Jobs as _;
    use embed::Notes as _;
    use github::GitHub as _;
    use orchestrate::Customers as _;
    use reminders::Reminders as _;
    use stripe::Stripe as _;
    let billing = reminders::BillingClient::builder().bind("BILLING_API_KEY", "k").build().unwrap();
    let mail = reminders::MailClient::builder().build().unwrap();
    let mut examples = vec![
        ("bookshelf", bookshelf::InMemory::default().into_capability()),
        ("conformance", conformance::Suite.into_capability()),
        ("conformance/jobs", conformance::jobs::Workshop.into_capability()),
        ("embed", embed::OwnNotes { notes: Vec::new() }.into_capability()),
        ("github", github::GitHubClient::builder().bind("GITHUB_TOKEN", "k").build().unwrap().into_capability()),
        (
            "orchestrate",
            orchestrate::CustomersClient::builder().bind("ORDERS_API_KEY", "k").build().unwrap().into_capability(),
        ),
        ("reminders", reminders::RemindersClient::new(billing, mail).into_capability()),
        ("stripe", stripe::StripeClient::builder().bind("STRIPE_KEY", "k").build().unwrap().into_capability()),
    ];
    let names = ["humanitec", "label_studio", "stackrox", "logto_resources", "logto_subjects"];
    examples.extend(names.into_iter().zip(budget::examples()).map(|(name, (_, capability))| (name, capability)));
    examples
}

/// Returns the tools of a capability, in a session if its adapter has sessions.
async fn tools(capability: Capability) -> Vec<Value> {
    let url = serve(capability).await;
    let ask = async |session: Option<&HeaderValue>, method: &str, params: Value| {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = reqwest::Client::new().post(&url).json(&message).header("accept", "application/json");
        session.into_iter().fold(request, |request, id| request.header(SESSION, id)).send().await.unwrap()
    };
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let begun = ask(None, "initialize", hello).await;
    let session = begun.headers().get(SESSION);
    let list: Value = ask(session, "tools/list", json!({})).await.json().await.unwrap();
    list["result"]["tools"].as_array().unwrap_or_else(|| panic!("{list}")).clone()
}

/// Returns what the `Schema` of Gemini's function declarations does not support in the arguments of tools.
fn unknown_to_gemini(tools: &[Value]) -> Vec<String> {
    const KEYWORDS: [&str; 10] = [
        "$ref",
        "$defs",
        "oneOf",
        "allOf",
        "not",
        "if",
        "const",
        "prefixItems",
        "patternProperties",
        "dependentSchemas",
    ];
    let mut unknown = Vec::new();
    for tool in tools {
        walk(&tool["inputSchema"], tool["name"].as_str().unwrap(), &mut |at, part| {
            unknown.extend(
                KEYWORDS
                    .iter()
                    .filter(|keyword| part.get(**keyword).is_some())
                    .map(|keyword| format!("{at}: {keyword}")),
            );
            if part["anyOf"].is_array() || part["type"].is_array() {
                unknown.push(format!("{at}: a union"));
            }
            let format = part["format"].as_str().unwrap_or("enum");
            if part["type"] == "string" && !["enum", "date-time"].contains(&format) {
                unknown.push(format!("{at}: the format {format}"));
            }
        });
    }
    unknown
}

#[tokio::test]
async fn every_client_accepts_the_tools_of_every_example() {
    for (name, capability) in examples() {
        // The conformance suite wants exactly this schema; nobody connects a model to its server.
        let remaining = match name {
            "conformance" => vec!["Claude: json_schema_2020_12_tool input: allOf at the top"],
            _ => Vec::new(),
        };
        assert_eq!(refused("", &tools(capability).await), remaining, "{name}");
    }
}

#[tokio::test]
async fn gemini_knows_the_arguments_of_the_examples() {
    let mut unknown = Vec::new();
    for (name, capability) in examples() {
        let found = unknown_to_gemini(&tools(capability).await);
        unknown.extend(found.into_iter().map(|found| format!("{name}: {found}")));
    }
    let remaining = [
        // Null clears the shelf of a book, so it is not the same as absence.
        "bookshelf: change/properties/change/properties/shelf: a union",
        // The conformance suite wants exactly this schema.
        "conformance: json_schema_2020_12_tool: $defs",
        "conformance: json_schema_2020_12_tool: allOf",
        "conformance: json_schema_2020_12_tool: if",
        "conformance: json_schema_2020_12_tool/properties/address: $ref",
        "conformance: json_schema_2020_12_tool/allOf/0: a union",
        // The author declares it with `#[schemars(url)]`, and other models read it.
        "logto_resources: create-resource/properties/body/properties/indicator: the format uri",
    ];
    assert_eq!(unknown, remaining);
}

#[tokio::test]
async fn only_unavoidable_keywords_of_nasty_arguments_are_unknown_to_gemini() {
    let remaining = [
        // A recursive type needs references, since its inline schema would have no end.
        "tree: $defs",
        // The variants of an enum have different members.
        "tree/properties/change: oneOf",
        "tree/properties/tree: $ref",
        "tree/$defs/Tree/properties/alpha: $ref",
        "tree/$defs/Tree/properties/middle/items: $ref",
        // An item of a list or a map may be null, which is not the same as absence.
        "everything/properties/body/properties/map/additionalProperties: a union",
        "everything/properties/body/properties/nested/items: a union",
        // The items of a tuple have different types.
        "everything/properties/body/properties/pair: prefixItems",
        // Recursive types.
        "last: $defs",
        "last/properties/link: $ref",
        "last/properties/node: $ref",
        "last/properties/other: $ref",
        "last/$defs/Link/properties/rest: $ref",
        "last/$defs/Node/properties/next: $ref",
        "list: $defs",
        "list/properties/node: $ref",
        "list/$defs/Node/properties/next: $ref",
        "links: $defs",
        "links/properties/link: $ref",
        "links/$defs/Link/properties/rest: $ref",
    ];
    assert_eq!(unknown_to_gemini(&tools(nasty()).await), remaining);
}

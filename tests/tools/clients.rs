//! Checks the tools of the examples, and tools with nasty types, against the rules of MCP clients and model providers.

use super::{ask, budget, serve};
use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A tree.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    /// Declared first, and last in the alphabet.
    zeta: String,
    alpha: Option<Box<Tree>>,
    middle: Vec<Tree>,
}

/// How to sort.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Ancient,
    /// As they come.
    Any,
}

/// What to do with a tree; its variants have members.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub enum Change {
    /// Plants it.
    Plant { where_to: String, at: Option<u8>, by: Option<u8> },
    /// Cuts it.
    Cut { width: Option<u8>, height: Option<u8> },
}

/// Everything at once.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Everything {
    point: (f64, f64),
    pair: (String, u8),
    none: Option<u32>,
    nested: Option<Vec<Option<String>>>,
    map: BTreeMap<String, Option<i64>>,
    anything: Value,
    large: u128,
    signed: i128,
    unit: (),
}

/// A list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    next: Option<Box<Node>>,
}

/// A list with a value.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    value: u8,
    /// The rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<Box<Link>>,
}

/// A type whose members can be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Sparse {
    #[serde(skip_serializing_if = "Option::is_none")]
    yard: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acre: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    foot: Option<Inner>,
}

/// A part of such a type.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Inner {
    #[serde(skip_serializing_if = "Option::is_none")]
    wide: Option<u8>,
    deep: u8,
}

/// Takes and returns nasty values.
#[capability(
    consumes(namespace = "nasty", base_uri = "https://nasty.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Nasty {
    /// Has arguments with names that providers refuse.
    #[rest(get = "/names")]
    #[tool(argument(
        filter = "filter",
        size = "page_size",
        other = "page_size_2",
        tall = "gr_e",
        odd = "argument",
        long = "long"
    ))]
    async fn names(
        &self,
        #[query("$filter")] filter: Option<&str>,
        #[query("page[size]")] size: Option<u8>,
        #[query("page(size)")] other: Option<u8>,
        #[query("größe")] tall: Option<u8>,
        #[query("§")] odd: Option<u8>,
        #[query("a2345678901234567890123456789012345678901234567890123456789012345")] long: Option<u8>,
    ) -> Result<Vec<Option<u8>>> {
        Ok(vec![filter.map(|_| 1), size, other, tall, odd, long])
    }

    /// Turns a tree over.
    #[rest(post = "/trees")]
    async fn tree(&self, tree: &Tree, order: Option<Order>, change: Option<Change>) -> Result<Tree> {
        let _ = (order, change);
        Ok(tree.clone())
    }

    /// Returns trees.
    #[rest(get = "/trees")]
    async fn trees(&self) -> Result<Vec<Tree>> {
        Ok(vec![Tree::default()])
    }

    /// Returns everything.
    #[rest(post = "/everything")]
    async fn everything(&self, body: &Everything) -> Result<Everything> {
        Ok(body.clone())
    }

    /// Returns pairs, or nothing.
    #[rest(get = "/pairs")]
    async fn pairs(&self, large: Option<u128>) -> Result<Option<Vec<(u128, String)>>> {
        Ok(large.map(|large| vec![(large, "large".to_owned())]))
    }

    /// Returns a number that JSON does not have.
    #[rest(get = "/endless")]
    async fn endless(&self, by: f64) -> Result<(f64, Option<f64>)> {
        Ok((1.0, Some(1.0 / by)))
    }

    /// Returns the end of a list.
    #[rest(post = "/nodes")]
    async fn last(&self, node: &Node, other: Option<Node>, link: Option<Link>) -> Result<Option<Link>> {
        let _ = (node, other);
        Ok(link)
    }

    /// Returns a list.
    #[rest(post = "/lists")]
    async fn list(&self, node: Option<Node>) -> Result<Node> {
        Ok(node.unwrap_or_default())
    }

    /// Returns lists.
    #[rest(post = "/links")]
    async fn links(&self, link: &Link) -> Result<Vec<Link>> {
        Ok(vec![link.clone()])
    }

    /// Returns members that may be left out.
    #[rest(get = "/sparse")]
    async fn sparse(&self) -> Result<Vec<Sparse>> {
        Ok(vec![Sparse::default()])
    }

    /// Returns a text.
    #[rest(get = "/text")]
    async fn text(&self) -> Result<String> {
        Ok("{\"a\": 1}\n\"two\"".to_owned())
    }
}

struct Itself;

impl Nasty for Itself {}

/// Returns the capability with nasty types.
pub(super) fn nasty() -> naftiko::Capability {
    Itself.into_capability()
}

/// Returns whether a name consists of 1 to 64 ASCII letters, digits, `_` and `-`, and also of dots if `dot` is set.
fn matches(name: &str, dot: bool) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || (dot && c == '.');
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

/// Calls `look` with a schema and with each of its subschemas.
pub(super) fn walk(schema: &Value, at: &str, look: &mut dyn FnMut(&str, &Value)) {
    look(at, schema);
    for keyword in ["properties", "$defs", "patternProperties"] {
        for (name, member) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            walk(member, &format!("{at}/{keyword}/{name}"), look);
        }
    }
    for keyword in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        for (index, branch) in schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate() {
            walk(branch, &format!("{at}/{keyword}/{index}"), look);
        }
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(below) = schema.get(keyword) {
            walk(below, &format!("{at}/{keyword}"), look);
        }
    }
}

/// Returns what clients and providers refuse in a list of tools.
pub(super) fn refused(server: &str, tools: &[Value]) -> Vec<String> {
    let mut refused = Vec::new();
    assert!(tools.len() <= 128, "VS Code takes at most 128 tools");
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        let mut refuse = |who: &str, what: String| refused.push(format!("{who}: {name}{what}"));
        if !matches(name, false) {
            refuse("Claude, OpenAI", " is not a tool's name".to_owned());
        }
        if !server.is_empty() && server.len() + name.len() > 60 {
            refuse("Cursor", " is too long with its server".to_owned());
        }
        for (kind, schema) in [("input", tool.get("inputSchema")), ("output", tool.get("outputSchema"))] {
            let Some(schema) = schema else { continue };
            if schema["type"] != "object" || schema.get("$ref").is_some() {
                refuse("every client", format!(" {kind}: not an object"));
            }
            for union in ["oneOf", "anyOf", "allOf"] {
                if schema.get(union).is_some() {
                    refuse("Claude", format!(" {kind}: {union} at the top"));
                }
            }
            for member in schema["properties"].as_object().into_iter().flat_map(|members| members.keys()) {
                if kind == "input" && !matches(member, true) {
                    refuse("Claude", format!(" {kind}: the argument {member:?}"));
                }
            }
            let mut definitions = Vec::new();
            walk(schema, kind, &mut |at, part| {
                let is = |wanted: &str| match &part["type"] {
                    Value::String(one) => one == wanted,
                    Value::Array(several) => several.iter().any(|one| one == wanted),
                    _ => false,
                };
                if is("array") && !part["items"].is_object() {
                    refuse("VS Code, OpenAI", format!(" {at}: an array without items"));
                }
                if *part == Value::Bool(true) {
                    refuse("the inspector", format!(" {at}: a bare true"));
                }
                let format = part["format"].as_str().unwrap_or_default();
                if format.starts_with("int") || format.starts_with("uint") || ["float", "double"].contains(&format) {
                    refuse("Gemini", format!(" {at}: the format {format}"));
                }
                if part["properties"].is_object() {
                    let mut part = part.clone();
                    part.as_object_mut().unwrap().retain(|key, _| key != "description" && key != "$defs");
                    // The schema of an `Option` differs only in its type.
                    part["type"] = json!("object");
                    if definitions.contains(&part) {
                        refuse("a budget", format!(" {at}: published twice"));
                    }
                    definitions.push(part);
                }
            });
            jsonschema::validator_for(schema).unwrap();
        }
    }
    refused
}

#[tokio::test]
async fn every_client_accepts_the_tools_of_the_examples() {
    for (_, capability) in budget::examples() {
        // Users name the server in their client, so the long names of the published examples are not checked.
        assert_eq!(refused("", &super::tools(capability).await), [""; 0]);
    }
}

#[tokio::test]
async fn every_client_accepts_nasty_types() {
    let tools = super::tools(Itself.into_capability()).await;
    assert_eq!(refused("nasty", &tools), [""; 0], "{}", json!(tools));
}

#[tokio::test]
async fn members_and_variants_keep_their_order() {
    let list = ask(&serve(Itself.into_capability()).await, "tools/list", json!({})).await;
    let at = |text: &str| list.find(text).unwrap_or_else(|| panic!("{text} in {list}"));
    for declared in [
        ["zeta", "alpha", "middle"],
        ["tree", "order", "change"],
        ["where_to", "at", "by"],
        ["Cut", "width", "height"],
        ["point", "pair", "none"],
        ["filter", "page_size", "page_size_2"],
        ["yard", "acre", "foot"],
        ["foot", "wide", "deep"],
    ] {
        assert!(declared.map(|name| at(&format!("\"{name}\":"))).is_sorted(), "{declared:?}: {list}");
    }
    assert!(list.contains(r#"["newest","ancient","any"]"#), "{list}");
}

/// Calls a tool with the text of its arguments, and returns the unparsed answer.
pub(super) async fn call(url: &str, name: &str, arguments: &str) -> String {
    let message = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
    );
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(message);
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn arguments_have_names_of_their_own_in_tools() {
    let url = serve(Itself.into_capability()).await;
    let arguments = r#"{"filter":"x","page_size":2,"page_size_2":3,"gr_e":4,"argument":5,"long":6}"#;
    let answer: Value = serde_json::from_str(&call(&url, "names", arguments).await).unwrap();
    assert_eq!(answer["result"]["structuredContent"], json!({ "result": [1, 2, 3, 4, 5, 6] }), "{answer}");
    let wrong = call(&url, "names", r#"{"page_size":"x"}"#).await;
    assert!(wrong.contains("page_size"), "{wrong}");
}

/// A published document keeps the names of its parameters; tools get valid names for them.
#[cfg(all(feature = "document", feature = "testing"))]
#[tokio::test]
async fn the_arguments_of_a_document_get_valid_names_in_tools() {
    use naftiko::document::{self, Settings};
    use naftiko::testing::{Answer, Upstream};

    const LONG: &str = "a2345678901234567890123456789012345678901234567890123456789012345";
    let parameters = ["$filter", "page[size]", "page(size)", "größe", "§", LONG];
    let parameters: Vec<Value> =
        parameters.iter().map(|name| json!({ "name": name, "in": "query", "type": "string" })).collect();
    let operation = json!({ "name": "list", "method": "GET", "inputParameters": parameters });
    let resource = json!({ "name": "names", "path": "/names", "operations": [operation] });
    let api = json!({ "type": "http", "namespace": "api", "baseUri": "http://api.example", "resources": [resource] });
    let tool = json!({ "name": "names", "description": "Lists.", "call": "api.list" });
    let mcp = json!({ "type": "mcp", "namespace": "names-mcp", "port": 9090, "tools": [tool] });
    let document = json!({
        "naftiko": "1.0.0-alpha2", "info": { "label": "Names", "description": "Names." },
        "capability": { "consumes": [api], "exposes": [mcp] },
    });
    let folder = std::env::temp_dir().join(format!("naftiko-names-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("names.naftiko.yaml");
    std::fs::write(&file, document.to_string()).unwrap();
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/names", Answer::json(200, json!([])));
    let open = || document::open(&file, Settings::default().upstream("api", upstream.url())).unwrap();
    let tools = super::tools(open()).await;
    let names: Vec<&String> = tools[0]["inputSchema"]["properties"].as_object().unwrap().keys().collect();
    let long = names.iter().find(|name| name.len() == 64).unwrap();
    assert!(long.starts_with("a2345678901234567890"), "{long}");
    let arguments =
        json!({ "filter": "1", "page_size": "2", "page_size_2": "3", "gr_e": "4", "argument": "5", *long: "6" });
    call(&serve(open()).await, "names", &arguments.to_string()).await;
    let sent = upstream.requests();
    let expected = format!("%24filter=1&page%5Bsize%5D=2&page%28size%29=3&gr%C3%B6%C3%9Fe=4&%C2%A7=5&{LONG}=6");
    assert_eq!(sent[0].query(), Some(expected.as_str()));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_result_satisfies_its_schema() {
    let capability = Itself.into_capability();
    let url = serve(capability.clone()).await;
    let tools = super::tools(capability).await;
    let large = u128::MAX;
    let everything = json!({
        "point": [1.5, 2.0], "pair": ["a", 1], "map": { "a": null }, "anything": null, "large": 0, "signed": -1, "unit": null,
    });
    let everything = everything.to_string().replace("\"large\":0", &format!("\"large\":{large}"));
    for (name, arguments) in [
        ("everything", format!("{{\"body\":{everything}}}")),
        ("tree", r#"{"tree":{"zeta":"a","middle":[{"zeta":"b","middle":[]}]}}"#.to_owned()),
        ("trees", "{}".to_owned()),
        ("pairs", "{}".to_owned()),
        ("pairs", format!(r#"{{"large":{large}}}"#)),
        ("text", "{}".to_owned()),
    ] {
        let answer = call(&url, name, &arguments).await;
        let result: Value = serde_json::from_str(&answer).unwrap();
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        let structured = &result["result"]["structuredContent"];
        let validator = jsonschema::validator_for(&tool["outputSchema"]).unwrap();
        let wrong: Vec<_> = validator.iter_errors(structured).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{name}: {answer}");
        assert_eq!(arguments.contains(&large.to_string()), answer.contains(&large.to_string()), "{answer}");
    }
}

#[tokio::test]
async fn a_number_that_json_does_not_have_is_a_tool_error() {
    let url = serve(Itself.into_capability()).await;
    for by in ["0.0", "-0.0"] {
        let answer: Value = serde_json::from_str(&call(&url, "endless", &format!("{{\"by\":{by}}}")).await).unwrap();
        assert_eq!(answer["result"]["isError"], true, "{answer}");
    }
}

#[tokio::test]
async fn a_string_is_the_unchanged_text_of_the_result() {
    let url = serve(Itself.into_capability()).await;
    let answer: Value = serde_json::from_str(&call(&url, "text", "{}").await).unwrap();
    let text = "{\"a\": 1}\n\"two\"";
    assert_eq!(answer["result"]["content"], json!([{ "type": "text", "text": text }]));
    assert_eq!(answer["result"]["structuredContent"], json!({ "result": text }));
}

#[tokio::test]
async fn a_similar_name_leads_to_the_tool() {
    let url = serve(super::humanitec_tokeninfo::TokenInfoClient::builder().build().unwrap().into_capability()).await;
    for (asked, meant) in [
        ("createusertoken", "creates-new-static-token-user"),
        ("delete_user_token", "deletes-specific-token-associated-user"),
        ("lists-token-associated-user", "lists-tokens-associated-user"),
    ] {
        let answer = call(&url, asked, "{}").await;
        assert!(answer.contains(&format!("did you mean `{meant}`?")), "{asked}: {answer}");
    }
}

use super::humanitec_tokeninfo::TokenInfo as _;

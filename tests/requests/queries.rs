//! Constants, defaults, styles of queries and headers, and paths.

use super::Both;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What a caller searches for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    /// The minimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<u32>,
    /// Its states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    states: Vec<String>,
    /// Whether it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<bool>,
}

/// Finds things.
#[capability(
    binds(env(TENANT)),
    consumes(
        namespace = "things",
        base_uri = "https://things.example",
        header("X-Client" = "naftiko"),
    ),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Things {
    /// Has constants.
    #[get(
        "/constants",
        query("api-version" = "2024-10", pretty = true, r#type = "open"),
        header("Accept" = "application/vnd.things+json", "X-Tenant" = "t-{{env.TENANT}}")
    )]
    async fn constants(&self, page: Option<u32>) -> Result<Value>;

    /// Has lists in all styles.
    #[get("/lists")]
    #[allow(clippy::too_many_arguments)]
    async fn lists(
        &self,
        plain: Option<&[String]>,
        #[query(style = "repeated")] repeated: Option<&[String]>,
        #[query(style = "comma")] comma: Option<&[String]>,
        #[query(style = "space")] space: Option<&[u32]>,
        #[query(style = "pipe")] pipe: Option<Vec<String>>,
        #[query("expand", style = "brackets")] brackets: Option<&[String]>,
        #[query(style = "indexed")] indexed: Option<&[String]>,
        #[header("X-Tags", style = "comma")] tags: Option<&[String]>,
        #[header("X-Client", style = "comma")] clients: Option<&[String]>,
    ) -> Result<Value>;

    /// Has objects.
    #[get("/objects")]
    async fn objects(
        &self,
        #[query(style = "members")] filter: Option<&Filter>,
        #[query(style = "deep")] created: Option<&Filter>,
        #[header("X-Meta-", style = "members")] meta: Option<&BTreeMap<String, String>>,
    ) -> Result<Value>;

    /// Reads a file by its path.
    #[get("/repos/{owner}/contents/{+path}")]
    async fn content(&self, owner: &str, path: &str) -> Result<Value>;

    /// Reads a part of a segment.
    #[get("/files/{name}.json")]
    async fn file(&self, name: &str) -> Result<Value>;

    /// Reads any file.
    #[get("/files/{+path}")]
    async fn any_file(&self, path: &str) -> Result<Value>;

    /// Reads two parts of a segment.
    #[get("/ranges/{from}-{to}")]
    async fn range(&self, from: u32, to: u32) -> Result<Value>;
}

/// Has a list that is required.
#[capability(consumes(namespace = "required", base_uri = "https://required.example"), exposes(rest(port = 8080)))]
pub trait Required {
    /// Takes labels.
    #[get("/required")]
    async fn required(&self, #[query(style = "comma")] labels: &[String]) -> Result<Value>;
}

async fn both() -> Both {
    Both::new(|url| ThingsClient::builder().base_uri(url).bind("TENANT", "acme").build().unwrap().into_capability())
        .await
}

#[tokio::test]
async fn constants_are_part_of_every_request() {
    let both = both().await;
    let sent = "\naccept: application/vnd.things+json\nx-client: naftiko\nx-tenant: t-acme";
    let mut seen = both.request("constants", json!({ "page": 2 })).await;
    assert_eq!(seen, format!("GET /constants?page=2&api-version=2024-10&pretty=true&type=open{sent}"));
    seen = both.rest(|http, url| http.get(format!("{url}/constants"))).await;
    assert_eq!(seen, format!("GET /constants?api-version=2024-10&pretty=true&type=open{sent}"));
}

#[tokio::test]
async fn lists_are_encoded_in_their_styles() {
    let both = both().await;
    let cases = [
        ("plain", json!(["a b", "c"]), "plain=a%20b&plain=c", "plain=a+b&plain=c"),
        ("repeated", json!(["a", "b"]), "repeated=a&repeated=b", "repeated=a&repeated=b"),
        ("comma", json!(["a", "b&"]), "comma=a,b%26", "comma=a,b%26"),
        ("comma", json!(["a,b", "c"]), "comma=a%2Cb,c", "comma=a%2Cb,c"),
        ("comma", json!(["a,b"]), "comma=a%2Cb", "comma=a%2cb"),
        ("space", json!([1, 2]), "space=1%202", "space=1+2"),
        ("space", json!([1, 2]), "space=1%202", "space=1%202"),
        ("pipe", json!(["a", "b"]), "pipe=a%7Cb", "pipe=a|b"),
        ("pipe", json!(["a", "b"]), "pipe=a%7Cb", "pipe=a%7cb"),
        ("expand", json!(["a", "b"]), "expand%5B%5D=a&expand%5B%5D=b", "expand[]=a&expand[1]=b"),
        ("indexed", json!(["a", "b"]), "indexed%5B0%5D=a&indexed%5B1%5D=b", "indexed[0]=a&indexed[1]=b"),
    ];
    for (name, list, query, by_rest) in cases {
        let seen = both.request("lists", json!({ name: list })).await;
        assert_eq!(seen, format!("GET /lists?{query}\nx-client: naftiko"));
        let seen = both.rest(|http, url| http.get(format!("{url}/lists?{by_rest}"))).await;
        assert_eq!(seen, format!("GET /lists?{query}\nx-client: naftiko"));
    }
    let seen = both.request("lists", json!({ "X-Tags": ["a", "b"] })).await;
    assert_eq!(seen, "GET /lists\nx-client: naftiko\nx-tags: a, b");
    let seen = both.rest(|http, url| http.get(format!("{url}/lists")).header("x-tags", "a,b")).await;
    assert_eq!(seen, "GET /lists\nx-client: naftiko\nx-tags: a, b");
    // An argument replaces the constant of its header.
    let seen = both.request("lists", json!({ "X-Client": ["a", "b"] })).await;
    assert_eq!(seen, "GET /lists\nx-client: a, b");
}

/// Has a key in a header that callers can replace.
#[capability(
    binds(env(KEY)),
    consumes(
        namespace = "keyed",
        base_uri = "https://keyed.example",
        authentication(apikey(key = "X-Keys", value = "{{env.KEY}}", placement = "header")),
    ),
    exposes(mcp(port = 9090))
)]
pub trait Keyed {
    /// Reads.
    #[get("/keyed")]
    #[tool]
    async fn read(&self, #[header("X-Keys", style = "comma")] keys: Option<&[String]>) -> Result<Value>;
}

#[tokio::test]
async fn a_list_in_the_header_of_the_credential_replaces_it() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/keyed", Answer::json(200, json!({})));
    let client = KeyedClient::builder().base_uri(upstream.url()).bind("KEY", "own-key").build().unwrap();
    client.read(None).await.unwrap();
    client.read(Some(&["a".to_owned(), "b".to_owned()])).await.unwrap();
    let sent: Vec<_> = upstream
        .requests()
        .iter()
        .map(|request| request.headers.get_all("x-keys").iter().cloned().collect::<Vec<_>>())
        .collect();
    assert_eq!(sent, [["own-key"], ["a, b"]]);
}

/// Has defaults.
#[capability(
    consumes(namespace = "defaults", base_uri = "https://defaults.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Defaults {
    /// Takes arguments that callers may leave out.
    #[get("/defaults")]
    async fn defaults(
        &self,
        #[query(default = 30)] limit: u32,
        #[header("X-Kind", default = "plain")] kind: &str,
        page: Option<u32>,
    ) -> Result<Value>;
}

#[tokio::test]
async fn a_default_is_sent_by_a_trait_and_by_its_document_to_all_callers() {
    let both = Both::new(|url| DefaultsClient::builder().base_uri(url).build().unwrap().into_capability()).await;
    for (arguments, query, sent) in [
        (json!({}), "", "GET /defaults?limit=30\nx-kind: plain"),
        (json!({ "limit": null }), "", "GET /defaults?limit=30\nx-kind: plain"),
        (json!({ "limit": 5, "page": 2 }), "?limit=5&page=2", "GET /defaults?limit=5&page=2\nx-kind: plain"),
    ] {
        assert_eq!(both.request("defaults", arguments).await, sent);
        assert_eq!(both.rest(|http, url| http.get(format!("{url}/defaults{query}"))).await, sent);
    }
}

#[tokio::test]
async fn an_empty_value_of_a_list_with_a_delimiter_is_an_empty_list() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/required", Answer::json(200, json!([])));
    let capability = RequiredClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/required", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    for (query, status) in [("?labels=", 200), ("?labels", 200), ("?labels=a", 200), ("", 400)] {
        assert_eq!(reqwest::get(format!("{url}{query}")).await.unwrap().status(), status, "{query}");
    }
    // An empty list is not sent; a list of one empty element would be `labels=`.
    let sent: Vec<_> = upstream.requests().into_iter().map(|request| request.path_and_query).collect();
    assert_eq!(sent, ["/required", "/required", "/required?labels=a"]);
}

#[tokio::test]
async fn an_element_that_would_be_read_as_two_is_not_sent() {
    let upstream = Upstream::start().await;
    let capability = ThingsClient::builder().base_uri(upstream.url()).bind("TENANT", "acme").build().unwrap();
    let capability = capability.into_capability();
    for arguments in [json!({ "pipe": ["a|b", "c"] }), json!({ "X-Tags": ["a,b"] })] {
        let error = capability.call("lists", arguments).await.unwrap_err().to_string();
        assert!(error.contains("which separates the elements"), "{error}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn objects_are_sent_as_members_or_in_brackets() {
    let both = both().await;
    let filter = json!({ "min": 3, "new": true, "states": ["open", "new"] });
    let seen = both.request("objects", json!({ "filter": filter })).await;
    assert_eq!(seen, "GET /objects?min=3&new=true&states=open&states=new\nx-client: naftiko");
    let seen = both.request("objects", json!({ "created": filter })).await;
    let deep = "GET /objects?created%5Bmin%5D=3&created%5Bnew%5D=true&created%5Bstates%5D%5B%5D=open\
                &created%5Bstates%5D%5B%5D=new\nx-client: naftiko";
    assert_eq!(seen, deep);
    let by_rest = "created[min]=3&created[states][]=open&created[states][]=new&created[new]=true";
    assert_eq!(both.rest(|http, url| http.get(format!("{url}/objects?{by_rest}"))).await, deep);
    let seen = both.rest(|http, url| http.get(format!("{url}/objects?min=3&states=open&states=new&new=true"))).await;
    assert_eq!(seen, "GET /objects?min=3&new=true&states=open&states=new\nx-client: naftiko");
    let seen = both.request("objects", json!({ "X-Meta-": { "one": "1", "two": "2" } })).await;
    assert_eq!(seen, "GET /objects\nx-client: naftiko\nx-meta-one: 1\nx-meta-two: 2");
    let seen = both.rest(|http, url| http.get(format!("{url}/objects")).header("X-Meta-One", "1")).await;
    assert_eq!(seen, "GET /objects\nx-client: naftiko\nx-meta-one: 1");
    let url = super::serve(&both.of_trait).await;
    let refused = reqwest::get(format!("{url}/objects?created[]=3")).await.unwrap();
    assert_eq!(refused.status(), 400);
    let why = "the query parameter `created[]` has empty brackets where the name of a member is expected";
    let refused = refused.text().await.unwrap();
    assert!(refused.contains(why), "{refused}");
}

#[tokio::test]
async fn the_rest_of_a_path_keeps_its_slashes() {
    let both = both().await;
    let seen = both.request("content", json!({ "owner": "o", "path": "src/a b/ü?.rs" })).await;
    assert_eq!(seen, "GET /repos/o/contents/src/a%20b/%C3%BC%3F.rs\nx-client: naftiko");
    let seen = both.rest(|http, url| http.get(format!("{url}/repos/o/contents/src/a%20b/x"))).await;
    assert_eq!(seen, "GET /repos/o/contents/src/a%20b/x\nx-client: naftiko");
    for capability in [&both.of_trait, &both.of_document] {
        for path in ["", "/a", "a/", "a//b", "a/../b", "./a", "a/%2e%2e"] {
            let refused = capability.call("content", json!({ "owner": "o", "path": path })).await.unwrap_err();
            assert_eq!(refused.pointer(), Some("/path"), "{path}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_placeholder_can_be_a_part_of_a_segment() {
    let both = both().await;
    assert_eq!(both.request("file", json!({ "name": "a.b" })).await, "GET /files/a.b.json\nx-client: naftiko");
    assert_eq!(
        both.rest(|http, url| http.get(format!("{url}/files/a.json"))).await,
        "GET /files/a.json\nx-client: naftiko"
    );
    let seen = both.rest(|http, url| http.get(format!("{url}/files/a/b.json"))).await;
    assert_eq!(seen, "GET /files/a/b.json\nx-client: naftiko");
    let seen = both.rest(|http, url| http.get(format!("{url}/files/a.txt"))).await;
    assert_eq!(seen, "GET /files/a.txt\nx-client: naftiko", "the less specific route was not used");
    assert_eq!(both.request("range", json!({ "from": 1, "to": 2 })).await, "GET /ranges/1-2\nx-client: naftiko");
    assert_eq!(
        both.rest(|http, url| http.get(format!("{url}/ranges/1-2"))).await,
        "GET /ranges/1-2\nx-client: naftiko"
    );
}

#[tokio::test]
async fn openapi_has_the_styles() {
    let both = both().await;
    let openapi = both.of_trait.openapi();
    let of = |path: &str, name: &str| {
        let parameters = openapi["paths"][path]["get"]["parameters"].as_array().unwrap().clone();
        let found = parameters.iter().find(|own| own["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("{name} of {path}: {parameters:#?}"))
    };
    for (name, style) in [("comma", "form"), ("space", "spaceDelimited"), ("pipe", "pipeDelimited")] {
        let parameter = of("/lists", name);
        assert_eq!((&parameter["style"], &parameter["explode"]), (&json!(style), &json!(false)), "{name}");
    }
    assert_eq!(of("/lists", "expand[]")["schema"]["type"], "array");
    assert_eq!(of("/objects", "created")["style"], "deepObject");
    assert_eq!(of("/objects", "filter").get("style"), None, "the default style is published");
    assert_eq!(of("/repos/{owner}/contents/{path}", "path")["in"], "path");
}

/// Has routes whose paths differ only in a part of a segment.
#[capability(exposes(rest(port = 8080)))]
pub trait Names {
    /// Reads names that begin with "ab".
    #[rest(get = "/names/ab{rest}")]
    async fn ab(&self, rest: &str) -> Result<String>;

    /// Adds a name that begins with "a".
    #[rest(post = "/names/a{rest}")]
    async fn add(&self, rest: &str) -> Result<String>;

    /// Reads other names.
    #[rest(get = "/names/{name}")]
    async fn any(&self, name: &str) -> Result<String>;

    /// Replaces names that begin with "q".
    #[rest(put = "/names/q{rest}")]
    async fn replace(&self, rest: &str) -> Result<String>;
}

/// An implementation that returns its argument.
struct Echoed;

impl Names for Echoed {
    async fn ab(&self, rest: &str) -> Result<String> {
        Ok(rest.to_owned())
    }

    async fn add(&self, rest: &str) -> Result<String> {
        Ok(rest.to_owned())
    }

    async fn any(&self, name: &str) -> Result<String> {
        Ok(name.to_owned())
    }

    async fn replace(&self, rest: &str) -> Result<String> {
        Ok(rest.to_owned())
    }
}

#[tokio::test]
async fn a_405_lists_each_allowed_method_once() {
    let url = super::serve(&Echoed.into_capability()).await;
    let answer = reqwest::Client::new().put(format!("{url}/names/abc")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD,POST"));
}

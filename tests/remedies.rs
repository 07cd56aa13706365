//! Applies the remedies in messages: each one compiles, and the tests below call some of them.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, RawJson, Result, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Why a thing is deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The reason, in words.
    pub reason: String,
}

/// How things are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

impl naftiko::Scalar for Order {}

/// A time limit, as a newtype.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seconds(u64);

impl naftiko::Scalar for Seconds {}

/// Keeps things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Things {
    /// Deletes a thing for a reason.
    #[delete("/things/{id}", body)]
    async fn delete(&self, id: u32, body: &Reason) -> Result<Reason>;

    /// Deletes a thing that is here.
    #[rest(delete = "/local/{id}", body)]
    async fn delete_local(&self, id: u32, body: &Reason) -> Result<String> {
        Ok(format!("{id}: {}", body.reason))
    }

    /// Lists things.
    #[get("/things")]
    async fn list(
        &self,
        #[query(default = 30)]
        #[schemars(range(min = 1, max = 100))]
        limit: u32,
        #[query("sort", default = "newest")] order: Order,
        #[header("X-Tags", default = ["a", "b"])] tags: &[String],
        #[query(default = 9)] timeout: Seconds,
        #[schemars(length(max = 3), regex(pattern = "^[a-z]*$"))] name: Option<&str>,
    ) -> Result<Value>;

    /// Greets by name, or greets the world.
    #[tool]
    async fn greet(&self, #[query(default = "world")] name: &str) -> Result<String> {
        Ok(format!("Hello, {name}!"))
    }

    #[get("/numbers")]
    #[doc = concat!("Reads ", "numbers.")]
    async fn numbers(&self) -> Result<Vec<u16>>;

    #[get("/raw")]
    #[doc = include_str!("texts/read.md")]
    async fn raw(&self) -> Result<RawJson>;

    /// Sends any JSON.
    #[post("/any")]
    async fn any(&self, body: &Value) -> Result<Value>;

    #[tool(description = "Is described by its tool.")]
    async fn described(&self) -> Result<u32> {
        Ok(1)
    }
}

/// Compiles the corrected trait of each mistake in `tests/remedies`; `naftiko-macros` checks the messages about the mistakes.
mod remedied {
    #![allow(dead_code, unused_imports, reason = "they are only compiled")]

    use super::Filter;
    use naftiko::{Error, Result, Upload, Value};
    use std::collections::BTreeMap;

    /// A user's types.
    mod own {
        use super::super::{Deserialize, JsonSchema, Serialize};

        /// A type that has the same name as naftiko's `Context`.
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        pub struct Context {
            pub flag: bool,
        }
    }

    /// A filter, or null.
    type Cleared = Option<Filter>;

    /// Keeps repositories.
    #[naftiko::capability(consumes(namespace = "github", base_uri = "https://github.example"))]
    pub trait GitHub {
        /// Lists repositories.
        #[get("/repositories")]
        async fn list(&self) -> Result<Vec<String>>;
    }

    /// Declares a capability, with the given arguments, or else with one API and both adapters.
    macro_rules! capability {
        (() $($items:tt)*) => {
            capability! {
                ((
                    consumes(namespace = "things", base_uri = "https://things.example"),
                    exposes(rest(port = 1), mcp(port = 2)),
                    allow(missing_description, reason = "a test"),
                ))
                $($items)*
            }
        };
        ((($($arguments:tt)*)) $($items:tt)*) => {
            /// Does things.
            #[naftiko::capability($($arguments)*)]
            pub trait Things { $($items)* }
        };
    }

    macro_rules! remedies {
        ($($name:ident {
            wrong: $(($($wrong_arguments:tt)*))? { $($wrong:tt)* }
            error: $error:literal
            help: $help:literal
            right: $(($($right_arguments:tt)*))? { $($right:tt)* }
        })*) => {$(
            mod $name {
                use super::*;
                capability! { ($(($($right_arguments)*))?) $($right)* }
            }
        )*};
    }

    macro_rules! remedies_of_items {
        ($($name:ident {
            wrong: { $($wrong:tt)* }
            error: $error:literal
            help: $help:literal
            right: { $($right:tt)* }
        })*) => {$(
            mod $name {
                use super::*;
                /// Does things.
                #[naftiko::capability(
                    exposes(rest(port = 1), mcp(port = 2)),
                    allow(missing_description, reason = "a test"),
                )]
                $($right)*
            }
        )*};
    }

    macro_rules! remedies_of_errors {
        ($($name:ident {
            wrong: { $($wrong:tt)* }
            error: $error:literal
            help: $help:literal
            right: { $($right:tt)* }
        })*) => {$(
            mod $name {
                use super::*;
                #[derive(Debug, naftiko::UpstreamError)]
                $($right)*
            }
        )*};
    }

    include!("remedies/adapters.rs");
    include!("remedies/answers.rs");
    include!("remedies/arguments.rs");
    include!("remedies/completions.rs");
    include!("remedies/caches.rs");
    include!("remedies/caller_headers.rs");
    // One of these adapters is an OAuth 2.1 resource server.
    #[cfg(feature = "oauth")]
    include!("remedies/callers.rs");
    #[cfg(feature = "document")]
    include!("remedies/documents.rs");
    include!("remedies/errors.rs");
    include!("remedies/methods.rs");
    include!("remedies/misplaced.rs");
    include!("remedies/names.rs");
    include!("remedies/numbers.rs");
    include!("remedies/oauth.rs");
    include!("remedies/offered.rs");
    include!("remedies/outputs.rs");
    include!("remedies/pages.rs");
    include!("remedies/refinements.rs");
    include!("remedies/requests.rs");
    include!("remedies/routes.rs");
    include!("remedies/rules.rs");
    include!("remedies/settings.rs");
    include!("remedies/signatures.rs");
    include!("remedies/tls.rs");
    include!("remedies/traits.rs");
    include!("remedies/upstreams.rs");
    include!("remedies/uses.rs");
    include!("remedies/written.rs");
}

async fn served(capability: &naftiko::Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The type of the router's state is inferred from its use.
    let router = capability.rest_router();
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

fn client(upstream: &Upstream) -> ThingsClient {
    ThingsClient::builder().base_uri(upstream.url()).build().unwrap()
}

#[tokio::test]
async fn a_delete_has_the_body_that_it_declares() {
    let upstream = Upstream::start().await;
    upstream.answer_with("DELETE", "/things/{id}", |request| Answer::json(200, request.json().unwrap()));
    let client = client(&upstream);
    let reason = Reason { reason: "old".into() };
    assert_eq!(client.delete(7, &reason).await.unwrap(), reason);
    assert_eq!(upstream.requests()[0].header("content-type"), Some("application/json"));

    let capability = client.into_capability();
    let url = served(&capability).await;
    let http = reqwest::Client::new();
    let answer = http.delete(format!("{url}/things/7")).json(&json!({ "reason": "rest" })).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.json::<Value>().await.unwrap()), (200, json!({ "reason": "rest" })));
    let local = http.delete(format!("{url}/local/7")).json(&json!({ "reason": "rest" })).send().await.unwrap();
    assert_eq!(local.json::<String>().await.unwrap(), "7: rest");
    let bare = http.delete(format!("{url}/things/7")).send().await.unwrap();
    assert_eq!(bare.status(), 400);
    let answered = capability.call("delete", json!({ "id": 7, "body": { "reason": "mcp" } })).await.unwrap();
    assert_eq!(answered, json!({ "reason": "mcp" }));

    let openapi = capability.openapi();
    for path in ["/things/{id}", "/local/{id}"] {
        let body = &openapi["paths"][path]["delete"]["requestBody"];
        assert!(body["content"]["application/json"]["schema"].is_object(), "{path}: {openapi:#}");
    }
    let document = capability.document();
    let inputs = &document.capability.consumes[0].resources[0].operations[0].input_parameters;
    assert_eq!(inputs[1].place, Some(naftiko::spec::model::ParameterIn::Body));
}

#[tokio::test]
async fn a_default_is_published_and_used() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things", Answer::json(200, json!([])));
    let capability = client(&upstream).into_capability();
    let url = served(&capability).await;
    assert_eq!(reqwest::get(format!("{url}/things")).await.unwrap().status(), 200);
    capability.call("list", json!({ "limit": null })).await.unwrap();
    for request in upstream.requests() {
        assert_eq!(request.path_and_query, "/things?limit=30&sort=newest&timeout=9");
        let tags: Vec<_> = request.headers.get_all("x-tags").iter().map(|tag| tag.to_str().unwrap()).collect();
        assert_eq!(tags.join(",").replace(' ', ""), "a,b");
    }
    reqwest::get(format!("{url}/things?limit=5&sort=oldest")).await.unwrap();
    assert_eq!(upstream.requests()[2].path_and_query, "/things?limit=5&sort=oldest&timeout=9");
    assert_eq!(capability.call("greet", json!({})).await.unwrap(), "Hello, world!");

    let openapi = capability.openapi();
    let parameters = openapi["paths"]["/things"]["get"]["parameters"].as_array().unwrap();
    let limit = parameters.iter().find(|own| own["name"] == "limit").unwrap();
    assert_eq!((&limit["required"], &limit["schema"]["default"]), (&json!(false), &json!(30)));
    assert_eq!((&limit["schema"]["minimum"], &limit["schema"]["maximum"]), (&json!(1), &json!(100)));
}

#[tokio::test]
async fn a_published_constraint_is_enforced() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/things", Answer::json(200, json!([])));
    let capability = client(&upstream).into_capability();
    let url = served(&capability).await;
    for (query, status) in [
        ("limit=100", 200),
        ("limit=101", 400),
        ("limit=0", 400),
        ("name=ab", 200),
        ("name=abcd", 400),
        ("name=A", 400),
    ] {
        assert_eq!(reqwest::get(format!("{url}/things?{query}")).await.unwrap().status(), status, "{query}");
    }
    let error = capability.call("list", json!({ "limit": 101 })).await.unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Argument, Some("/limit")));
}

#[tokio::test]
async fn macros_can_provide_descriptions() {
    let document = ThingsClient::builder().build().unwrap().into_capability().document().clone();
    let operations = document.capability.consumes[0].resources.iter().flat_map(|resource| &resource.operations);
    let of = |name: &str| operations.clone().find(|own| own.name == name).unwrap().description.clone();
    assert_eq!(of("numbers").as_deref(), Some("Reads numbers."));
    assert_eq!(of("raw").as_deref(), Some("Reads a thing whose description is in a file."));
}

#[tokio::test]
async fn json_is_passed_through_or_decoded() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/numbers", Answer::json(200, json!([1, 256])));
    upstream.answer("GET", "/raw", Answer::json(200, json!({ "a": 1 })));
    upstream.answer_with("POST", "/any", |request| Answer::json(200, request.json().unwrap()));
    let client = client(&upstream);
    assert_eq!(client.numbers().await.unwrap(), [1, 256]);
    assert_eq!(client.raw().await.unwrap().json::<Value>().await.unwrap(), json!({ "a": 1 }));
    assert_eq!(client.any(&json!("a=b")).await.unwrap(), "a=b");
}

async fn through<T: Things>(things: T) -> u32 {
    things.described().await.unwrap()
}

#[tokio::test]
async fn a_shared_implementation_behaves_like_the_original() {
    struct Two;
    impl Things for Two {
        async fn delete(&self, _: u32, body: &Reason) -> Result<Reason> {
            Ok(body.clone())
        }
        async fn list(&self, _: u32, _: Order, _: &[String], _: Seconds, _: Option<&str>) -> Result<Value> {
            Ok(Value::Null)
        }
        async fn numbers(&self) -> Result<Vec<u16>> {
            Ok(vec![])
        }
        async fn raw(&self) -> Result<RawJson> {
            Ok(RawJson::from("1".to_owned()))
        }
        async fn any(&self, body: &Value) -> Result<Value> {
            Ok(body.clone())
        }
        // Replaces the trait's own method.
        async fn described(&self) -> Result<u32> {
            Ok(2)
        }
    }
    static SHARED: Two = Two;

    let two = Arc::new(Two);
    assert_eq!((through(&Two).await, through(two.clone()).await, through(&two).await), (2, 2, 2));
    assert_eq!(two.described().await.unwrap(), 2);
    let capability = two.clone().into_capability();
    assert_eq!(capability.call("described", json!({})).await.unwrap(), 2);
    assert_eq!((&SHARED).into_capability().call("described", json!({})).await.unwrap(), 2);
    assert_eq!(Arc::strong_count(&two), 2);
}

/// A filter.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    /// A name.
    name: String,
}

/// Applies the help texts of `tests/ui/requests.rs`.
#[capability(
    binds(env(KEY)),
    consumes(namespace = "requests", base_uri = "https://requests.example"),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Requests {
    /// Has constants, and a default instead of a constant for an argument.
    #[get("/constants", query("size" = "2"), header("X-A" = "1", "X-Key" = "{{env.KEY}}"))]
    async fn constants(&self, #[query(default = 1)] page: u32) -> Result<Value>;

    /// Has styles that fit.
    #[get("/styles")]
    async fn styles(
        &self,
        #[query(style = "comma")] list: &[String],
        #[query(style = "deep")] deep: &Filter,
        #[query(style = "members")] members: &Filter,
        #[header("X-Meta-", style = "members")] meta: &std::collections::BTreeMap<String, String>,
    ) -> Result<Value>;

    /// Has bytes.
    #[post("/bytes")]
    async fn bytes(&self, #[body(bytes)] body: naftiko::Upload) -> Result<Value>;

    /// Has parts.
    #[post("/parts")]
    async fn parts(&self, #[part] name: &str, #[part(limit = "1MiB")] file: naftiko::Upload) -> Result<Value>;

    /// Has a form with lists.
    #[post("/form")]
    async fn form(&self, #[body(form, lists = "brackets")] body: &Filter) -> Result<Value>;

    /// Has a text with a media type.
    #[post("/text")]
    async fn text(&self, #[body(text, content_type = "text/csv")] body: &str) -> Result<Value>;

    /// Has several segments in the middle of a path, and a route with them at its end.
    #[get("/files/{+path}/raw")]
    #[rest(path = "/raw/{+path}")]
    async fn middle(&self, path: &str) -> Result<Value>;
}

#[tokio::test]
async fn requests_match_the_remedies() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/constants", Answer::json(200, json!(1))).answer(
        "POST",
        "/bytes",
        Answer::json(200, json!(2)),
    );
    upstream.answer("GET", "/files/a/b/raw", Answer::json(200, json!(3)));
    upstream.answer("GET", "/styles", Answer::json(200, json!(4)));
    for path in ["/parts", "/form", "/text"] {
        upstream.answer("POST", path, Answer::json(200, json!(5)));
    }
    let client = RequestsClient::builder().base_uri(upstream.url()).bind("KEY", "k").build().unwrap();
    client.constants(1).await.unwrap();
    assert_eq!(upstream.requests()[0].path_and_query, "/constants?page=1&size=2");
    assert_eq!(upstream.requests()[0].header("x-key"), Some("k"));
    client.bytes(b"bytes".to_vec().into()).await.unwrap();
    client.bytes(naftiko::Upload::from_reader(&b"bytes"[..])).await.unwrap();
    assert!(upstream.requests()[1..].iter().all(|request| *request.body == *b"bytes"));
    let filter = Filter { name: "n".to_owned() };
    let meta = std::collections::BTreeMap::from([("one".to_owned(), "1".to_owned())]);
    client.styles(&["a".to_owned(), "b".to_owned()], &filter, &filter, &meta).await.unwrap();
    client.parts("p", b"file".to_vec().into()).await.unwrap();
    client.form(&filter).await.unwrap();
    client.text("a,b").await.unwrap();
    let requests = upstream.requests();
    let [styles, parts, form, text] = &requests[3..] else { unreachable!("{requests:?}") };
    let mut query: Vec<_> = styles.query().unwrap().split('&').collect();
    query.sort_unstable();
    assert_eq!((query, styles.header("x-meta-one")), (vec!["deep%5Bname%5D=n", "list=a,b", "name=n"], Some("1")));
    let body = String::from_utf8_lossy(&parts.body);
    assert!(body.contains("name=\"name\"\r\n\r\np\r\n") && body.contains("\r\n\r\nfile\r\n"), "{body}");
    for (sent, media_type, body) in [(form, "application/x-www-form-urlencoded", "name=n"), (text, "text/csv", "a,b")] {
        assert_eq!((sent.header("content-type"), &sent.body[..]), (Some(media_type), body.as_bytes()));
    }
    let url = served(&client.into_capability()).await;
    assert_eq!(reqwest::get(format!("{url}/raw/a/b")).await.unwrap().text().await.unwrap(), "3");
}

//! The status and the headers of answers: the client gets all headers, callers only the declared ones.

use crate::{SECRET, documented, serve};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    id: String,
}

/// Makes tokens.
#[capability(
    binds(env(KEY)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", authentication(bearer = "{{env.KEY}}")),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Tokens {
    /// Makes a token.
    #[post("/tokens", status = 201, response_headers("Location", "X-Echo"))]
    async fn create(&self, body: &Token) -> Result<http::Response<Token>>;

    /// Makes a token, and returns it without its status.
    #[post("/plain", response_headers("Location", "Link"))]
    async fn plain(&self, body: &Token) -> Result<Token>;

    /// Puts a star.
    #[put("/stars", response_headers("ETag"))]
    async fn star(&self) -> Result<()>;

    /// Puts a star, and returns the status.
    #[put("/stars2", response_headers("ETag"))]
    async fn star_with_status(&self) -> Result<http::Response<()>>;

    /// Declares no headers.
    #[get("/undeclared")]
    async fn undeclared(&self) -> Result<http::Response<Token>>;

    /// Makes a token without the API.
    #[rest(post = "/own", response_headers("Location"))]
    async fn own(&self, name: &str) -> Result<http::Response<Token>> {
        let response = http::Response::builder().status(202).header("location", "/own/1").header("x-more", "1");
        Ok(response.body(Token { id: name.to_owned() }).unwrap())
    }
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let token = || {
        Answer::json(202, json!({ "id": "t" }))
            .header("location", "https://api.acme.io/tokens/t")
            .header("link", "<https://api.acme.io/x?page=2>; rel=\"next\"")
            .header("etag", "\"1\"")
            .header("set-cookie", "session=1")
            .header("x-echo", &format!("Bearer {SECRET}"))
    };
    upstream.answer("POST", "/tokens", token()).answer("POST", "/plain", token()).answer("GET", "/undeclared", token());
    upstream.answer("PUT", "/stars", Answer::status(200).header("etag", "\"2\"").header("set-cookie", "a=1"));
    upstream.answer("PUT", "/stars2", Answer::status(201).header("etag", "\"2\"").header("set-cookie", "a=1"));
    upstream
}

fn client(upstream: &Upstream) -> TokensClient {
    TokensClient::builder().base_uri(upstream.url()).bind("KEY", SECRET).build().unwrap()
}

#[tokio::test]
async fn a_client_gets_the_status_and_all_headers() {
    let upstream = upstream().await;
    let response = client(&upstream).create(&Token { id: "t".to_owned() }).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().id.as_str()), (202, "t"));
    let headers = response.headers();
    assert_eq!(
        (&headers["location"], &headers["etag"]),
        (&"https://api.acme.io/tokens/t".parse().unwrap(), &"\"1\"".parse().unwrap())
    );
    assert!(headers.contains_key("set-cookie") && !headers.contains_key("content-length"));
    // Secrets are masked in headers as well.
    assert!(!format!("{headers:?}").contains(SECRET));
}

/// Returns the status, the names of the headers, and `Location`.
async fn heads_of(url: &str, method: reqwest::Method, path: &str) -> (u16, Vec<String>, String) {
    let request = reqwest::Client::new().request(method.clone(), format!("{url}{path}"));
    let member = if path == "/own" { "name" } else { "id" };
    let request = if method == reqwest::Method::POST { request.json(&json!({ member: "t" })) } else { request };
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    assert!(!format!("{headers:?}").contains(SECRET), "{headers:?}");
    let mut names: Vec<String> = headers.keys().map(ToString::to_string).collect();
    names.retain(|name| !["content-type", "content-length", "date"].contains(&name.as_str()));
    names.sort();
    let location = headers.get("location").map_or("", |value| value.to_str().unwrap());
    (status, names, location.to_owned())
}

#[tokio::test]
async fn callers_get_the_headers_that_are_declared() {
    let (upstream, post, put) = (upstream().await, reqwest::Method::POST, reqwest::Method::PUT);
    let capability = client(&upstream).into_capability();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let there = || "https://api.acme.io/tokens/t".to_owned();
    // The document has no type for the answer, so the body is not parsed, and the header `etag` is kept too.
    for (url, more) in
        [(serve(capability.clone()).await, &[][..]), (serve(documented(&capability, &upstream)).await, &["etag"])]
    {
        let names = |declared: &[&str]| names(&[more, declared].concat());
        assert_eq!(heads_of(&url, post.clone(), "/tokens").await, (202, names(&["location", "x-echo"]), there()));
        let mut links = names(&["link", "location"]);
        links.sort();
        assert_eq!(heads_of(&url, post.clone(), "/plain").await, (202, links, there()));
        assert_eq!(heads_of(&url, put.clone(), "/stars").await.1, ["etag"]);
        assert_eq!(heads_of(&url, reqwest::Method::GET, "/undeclared").await.1, names(&[]));
    }
    assert_eq!(heads_of(&serve(capability.clone()).await, put.clone(), "/stars").await.0, 204);
    let url = serve(capability).await;
    assert_eq!(heads_of(&url, put, "/stars2").await, (201, names(&["etag"]), String::new()));
    assert_eq!(heads_of(&url, post, "/own").await, (202, names(&["location"]), "/own/1".to_owned()));
}

/// An implementation that returns its own status and headers.
struct Fake(u16);

impl Tokens for Fake {
    async fn create(&self, body: &Token) -> Result<http::Response<Token>> {
        let response = http::Response::builder().status(self.0).header("location", "/fake").header("set-cookie", "a=1");
        Ok(response.body(body.clone()).unwrap())
    }

    async fn plain(&self, body: &Token) -> Result<Token> {
        Ok(body.clone())
    }

    async fn star(&self) -> Result<()> {
        Ok(())
    }

    async fn star_with_status(&self) -> Result<http::Response<()>> {
        Ok(http::Response::builder().status(self.0).body(()).unwrap())
    }

    async fn undeclared(&self) -> Result<http::Response<Token>> {
        Ok(http::Response::new(Token { id: "u".to_owned() }))
    }
}

#[tokio::test]
async fn another_implementation_sets_its_own_head() {
    let url = serve(Fake(203).into_capability()).await;
    let expected = (203, vec!["location".to_owned()], "/fake".to_owned());
    assert_eq!(heads_of(&url, reqwest::Method::POST, "/tokens").await, expected);
    // A method that returns `Ok` with an error status has failed: callers get 500.
    let url = serve(Fake(404).into_capability()).await;
    assert_eq!(heads_of(&url, reqwest::Method::POST, "/tokens").await.0, 500);
    assert_eq!(heads_of(&url, reqwest::Method::PUT, "/stars2").await.0, 500);
}

#[tokio::test]
async fn openapi_describes_the_value_and_a_call_returns_it() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    let openapi = capability.openapi();
    let responses = &openapi["paths"]["/tokens"]["post"]["responses"];
    let headers = responses["201"]["headers"].as_object().unwrap();
    assert_eq!(headers.keys().collect::<Vec<_>>(), ["Location", "X-Echo"]);
    let schema = &responses["201"]["content"]["application/json"]["schema"];
    assert!(schema.to_string().contains("Token") || schema["properties"]["id"]["type"] == "string", "{schema}");
    assert_eq!(openapi["paths"]["/stars2"]["put"]["responses"]["204"]["content"], Value::Null);
    let value = capability.call("create", json!({ "body": { "id": "t" } })).await.unwrap();
    assert_eq!(value, json!({ "id": "t" }));
}

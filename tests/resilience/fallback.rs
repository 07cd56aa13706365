//! Fallbacks: which calls another implementation answers, and which never reach it.

use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, Error, ErrorKind, Result, capability};
use serde_json::{Value, json};

/// Keeps the stock.
#[capability(
    binds(env(KEY)),
    consumes(
        namespace = "stock",
        base_uri = "https://stock.acme.io",
        authentication(bearer = "{{env.KEY}}"),
        resilience(timeout = "200ms"),
    ),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Stock {
    /// Counts the pieces of an item.
    #[get("/items/{id}")]
    async fn count(&self, id: u64, color: Option<&str>) -> Result<u64>;

    /// Counts the pieces of an item behind a breaker.
    #[get("/guarded/{id}", resilience(circuit_breaker(failures = 1, reset = "9m")))]
    async fn guarded(&self, id: u64) -> Result<u64>;

    /// Adds pieces.
    #[post("/items/{id}")]
    async fn add(&self, id: u64, body: u64) -> Result<u64>;

    /// Removes an item.
    #[delete("/items/{id}")]
    async fn remove(&self, id: u64) -> Result<()>;

    /// Adds up two items.
    #[rest(get = "/sums/{one}/{other}")]
    async fn sum(&self, one: u64, other: u64) -> Result<u64> {
        Ok(self.count(one, None).await? + self.count(other, None).await?)
    }
}

/// The stock in memory; `count` fails for items from 100 on, and writes panic.
struct InMemory;

impl Stock for InMemory {
    async fn count(&self, id: u64, color: Option<&str>) -> Result<u64> {
        match id {
            0..100 => Ok(id * 10 + color.map_or(0, |color| color.len() as u64)),
            100 => Err(Error::new(naftiko::http::StatusCode::NOT_FOUND, "there is none")),
            _ => unreachable!("this item makes it panic"),
        }
    }

    async fn guarded(&self, id: u64) -> Result<u64> {
        Ok(id)
    }

    async fn add(&self, _id: u64, _body: u64) -> Result<u64> {
        unreachable!("a write reached the fallback")
    }

    async fn remove(&self, _id: u64) -> Result<()> {
        unreachable!("a write reached the fallback")
    }
}

fn client(upstream: &Upstream) -> StockClient {
    StockClient::builder().base_uri(upstream.url()).bind("KEY", "s3cret").build().unwrap()
}

/// Returns the capability of the trait's document.
fn documented(upstream: &Upstream) -> Capability {
    let document = client(upstream).into_capability().document().clone();
    let loaded = load(&document.to_yaml().unwrap(), &Policy::default()).unwrap();
    let settings = Settings::default().bind("KEY", "s3cret").upstream("stock", upstream.url());
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}

async fn answers(answer: Answer) -> Upstream {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/items/{id}", answer);
    upstream
}

fn faults() -> Vec<Answer> {
    vec![
        Answer::status(500),
        Answer::status(503),
        Answer::json(429, json!("slow down")).header("retry-after", "60"),
        Answer::redirect("https://elsewhere.example/items/7"),
        Answer::of(200, "text/html", "<p>Maintenance</p>"),
        Answer::json(200, json!("many")),
        Answer::cut_off(),
        Answer::hang(),
    ]
}

#[tokio::test]
async fn a_failed_read_is_answered_by_the_fallback() {
    let mut upstreams = vec![Upstream::refusing()];
    for fault in faults() {
        upstreams.push(answers(fault).await);
    }
    for upstream in &upstreams {
        let capability = client(upstream).into_capability().with_fallback(InMemory.into_capability()).unwrap();
        let counted = capability.call("count", json!({ "id": 7, "color": "red" })).await;
        assert_eq!(counted.unwrap(), json!(73), "{:?}", upstream.requests());
        // The fallback answers a method with a body as a whole.
        assert_eq!(capability.call("sum", json!({ "one": 1, "other": 2 })).await.unwrap(), json!(30));
    }
}

#[tokio::test]
async fn a_replica_can_be_the_fallback() {
    let (api, replica) = (answers(Answer::status(502)).await, answers(Answer::json(200, json!(12))).await);
    for (first, second) in
        [(client(&api).into_capability(), client(&replica).into_capability()), (documented(&api), documented(&replica))]
    {
        let before = replica.requests().len();
        let capability = first.with_fallback(second).unwrap();
        assert_eq!(capability.call("count", json!({ "id": 7, "color": "red" })).await.unwrap(), json!(12));
        let requests = replica.requests();
        assert_eq!((requests.len(), requests[before].path()), (before + 1, "/items/7"));
        assert_eq!(requests[before].query(), Some("color=red"));
    }
}

#[tokio::test]
async fn an_api_that_answers_is_not_replaced() {
    let replica = answers(Answer::json(200, json!(12))).await;
    for status in [200, 400, 401, 403, 404, 409, 410, 422] {
        let api = answers(Answer::json(status, json!(3))).await;
        let alone = client(&api).into_capability().call("count", json!({ "id": 7 })).await;
        let capability = client(&api).into_capability().with_fallback(client(&replica).into_capability()).unwrap();
        let both = capability.call("count", json!({ "id": 7 })).await;
        let outcome = |answer: Result<Value>| answer.map_err(|error| (error.kind(), error.status(), error.to_string()));
        assert_eq!(outcome(both), outcome(alone), "{status}");
    }
    assert_eq!(replica.requests().len(), 0);
}

#[tokio::test]
async fn a_write_never_reaches_the_fallback() {
    let replica = Upstream::start().await;
    replica.answer("POST", "/items/7", Answer::json(200, json!(1))).answer("DELETE", "/items/7", Answer::status(204));
    for (first, second) in [
        (client(&Upstream::refusing()).into_capability(), InMemory.into_capability()),
        (client(&Upstream::refusing()).into_capability(), client(&replica).into_capability()),
        (documented(&Upstream::refusing()), documented(&replica)),
    ] {
        let capability = first.with_fallback(second).unwrap();
        for (name, arguments) in [("add", json!({ "id": 7, "body": 1 })), ("remove", json!({ "id": 7 }))] {
            assert_eq!(capability.call(name, arguments).await.unwrap_err().kind(), ErrorKind::Unreachable);
        }
    }
    assert_eq!(replica.requests().len(), 0);
}

#[tokio::test]
async fn if_both_fail_the_first_error_is_reported() {
    let api = answers(Answer::status(503)).await;
    let capability = client(&api).into_capability().with_fallback(InMemory.into_capability()).unwrap();
    let alone = client(&api).count(7, None).await.unwrap_err();
    // The fallback has no item 100, and panics for item 101.
    for id in [100, 101] {
        let error = capability.call("count", json!({ "id": id })).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.api()), (alone.kind(), alone.status(), Some("stock")));
    }
    // A wrong argument is the caller's mistake, whoever answers.
    let error = capability.call("count", json!({ "id": -1 })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn the_fallback_answers_while_the_breaker_is_open() {
    let api = Upstream::start().await;
    api.answer("GET", "/guarded/7", Answer::status(500));
    let capability = client(&api).into_capability().with_fallback(InMemory.into_capability()).unwrap();
    for _ in 0..3 {
        assert_eq!(capability.call("guarded", json!({ "id": 7 })).await.unwrap(), json!(7));
    }
    assert_eq!(api.requests().len(), 1);
}

/// Draws numbers: `draw` is a GET that changes something.
#[capability(
    consumes(namespace = "numbers", base_uri = "https://numbers.acme.io"),
    exposes(rest(namespace = "numbers-rest", port = 1), mcp(namespace = "numbers-mcp", port = 2))
)]
pub trait Numbers {
    /// Draws a number.
    #[get("/draw")]
    #[tool(hints(read_only = false))]
    async fn draw(&self) -> Result<u64>;

    /// Shows the last number.
    #[get("/last")]
    async fn last(&self) -> Result<u64>;
}

#[tokio::test]
async fn a_get_whose_hints_say_that_it_writes_never_reaches_the_fallback() {
    let (api, replica) = (Upstream::refusing(), Upstream::start().await);
    replica.answer("GET", "/draw", Answer::json(200, json!(1))).answer("GET", "/last", Answer::json(200, json!(2)));
    let client =
        |upstream: &Upstream| NumbersClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let documented = |upstream: &Upstream| {
        let loaded = load(&client(upstream).document().to_yaml().unwrap(), &Policy::default()).unwrap();
        let settings = Settings::default().upstream("numbers", upstream.url());
        naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
    };
    for (first, second) in [(client(&api), client(&replica)), (documented(&api), documented(&replica))] {
        let capability = first.with_fallback(second).unwrap();
        assert_eq!(capability.call("last", json!({})).await.unwrap(), json!(2));
        assert_eq!(capability.call("draw", json!({})).await.unwrap_err().kind(), ErrorKind::Unreachable);
    }
    assert!(replica.requests().iter().all(|request| request.path() == "/last"));
}

const STEPS: &str = "\
naftiko: 1.0.0-alpha2
info: { label: Stock, description: Keeps the stock. }
capability:
  consumes:
  - type: http
    namespace: stock
    baseUri: https://stock.acme.io
    resources:
    - path: /items
      name: items
      operations:
      - { method: GET, name: list }
      - { method: POST, name: add }
  exposes:
  - type: rest
    namespace: stock-rest
    port: 1
    resources:
    - path: /checked
      operations:
      - method: GET
        name: checked
        steps: [{ name: one, type: call, call: stock.list }, { name: two, type: call, call: stock.list }]
    - path: /refilled
      operations:
      - method: GET
        name: refilled
        steps: [{ name: one, type: call, call: stock.list }, { name: two, type: call, call: stock.add }]
";

#[tokio::test]
async fn an_operation_with_a_step_that_writes_never_reaches_the_fallback() {
    let (api, replica) = (Upstream::start().await, Upstream::start().await);
    api.answer("GET", "/items", Answer::status(503)).answer("POST", "/items", Answer::status(503));
    replica.answer("GET", "/items", Answer::json(200, json!(1))).answer("POST", "/items", Answer::json(200, json!(1)));
    let documented = |upstream: &Upstream| {
        let loaded = load(STEPS, &Policy::default()).unwrap();
        let settings = Settings::default().upstream("stock", upstream.url());
        naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
    };
    let capability = documented(&api).with_fallback(documented(&replica)).unwrap();
    capability.call("checked", json!({})).await.unwrap();
    assert_eq!((api.requests().len(), replica.requests().len()), (1, 2));
    let error = capability.call("refilled", json!({})).await.unwrap_err();
    assert_eq!((error.api(), api.requests().len(), replica.requests().len()), (Some("stock"), 2, 2));
}

/// Hands out tickets. The hints of a tool say that its GET has an effect.
#[capability(document = "tests/resilience/tickets.naftiko.yaml")]
pub trait Tickets {
    /// Counts the tickets.
    #[get("/count")]
    #[rest(skip)]
    async fn tickets(&self) -> Result<u64>;
}

#[tokio::test]
async fn a_get_of_a_document_whose_tool_is_declared_as_a_write_never_reaches_the_fallback() {
    let (api, replica) = (Upstream::start().await, Upstream::start().await);
    api.answer("GET", "/next", Answer::status(503)).answer("GET", "/count", Answer::status(503));
    replica.answer("GET", "/next", Answer::json(200, json!(1))).answer("GET", "/count", Answer::json(200, json!(1)));
    let client = |upstream: &Upstream| TicketsClient::builder().base_uri(upstream.url()).build().unwrap();
    let capability = client(&api).into_capability().with_fallback(client(&replica).into_capability()).unwrap();
    capability.call("tickets", json!({})).await.unwrap();
    for operation in ["draw", "take"] {
        let error = capability.call(operation, json!({})).await.unwrap_err();
        assert_eq!((error.api(), replica.requests().len()), (Some("api"), 1), "{operation}");
    }
}

/// An implementation that never answers.
struct Hanging;

impl Stock for Hanging {
    async fn count(&self, _id: u64, _color: Option<&str>) -> Result<u64> {
        std::future::pending().await
    }

    async fn guarded(&self, _id: u64) -> Result<u64> {
        std::future::pending().await
    }

    async fn add(&self, _id: u64, _body: u64) -> Result<u64> {
        std::future::pending().await
    }

    async fn remove(&self, _id: u64) -> Result<()> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_fallback_that_hangs_leaves_the_first_error() {
    let api = answers(Answer::status(503)).await;
    let alone = client(&api).count(7, None).await.unwrap_err();
    let limits = naftiko::Limits { operation: std::time::Duration::from_secs(2), ..Default::default() };
    let capability = client(&api).into_capability().with_fallback(Hanging.into_capability()).unwrap();
    let error = capability.with_limits(limits).call("count", json!({ "id": 7 })).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.api()), (alone.kind(), alone.status(), Some("stock")));
}

/// Counts, with another type of result.
#[capability(exposes(rest(namespace = "other-rest", port = 1)))]
pub trait Other {
    /// Counts the pieces of an item.
    #[rest(get = "/items/{id}")]
    async fn count(&self, id: u64, color: Option<&str>) -> Result<String>;
}

/// Counts by writing.
#[capability(exposes(rest(namespace = "writing-rest", port = 1)))]
pub trait Writing {
    /// Counts the pieces of an item.
    #[rest(post = "/items/{id}")]
    async fn count(&self, id: u64, color: Option<&str>) -> Result<u64>;
}

/// Names items.
#[capability(exposes(rest(namespace = "naming-rest", port = 1)))]
pub trait Naming {
    /// Reads the name of an item.
    #[rest(get = "/names/{id}")]
    async fn name(&self, id: u64) -> Result<String>;
}

struct Counting;

impl Naming for Counting {
    async fn name(&self, id: u64) -> Result<String> {
        Ok(id.to_string())
    }
}

impl Other for Counting {
    async fn count(&self, id: u64, _color: Option<&str>) -> Result<String> {
        Ok(id.to_string())
    }
}

impl Writing for Counting {
    async fn count(&self, id: u64, _color: Option<&str>) -> Result<u64> {
        Ok(id)
    }
}

#[tokio::test]
async fn a_fallback_must_have_the_same_reads() {
    let upstream = Upstream::start().await;
    for (fallback, expected) in [
        (Naming::into_capability(Counting), "the fallback has no operation `count`"),
        (
            Other::into_capability(Counting),
            "`count` of the fallback has different arguments or a different result from the operation that it replaces",
        ),
        (
            Writing::into_capability(Counting),
            "`count` of the fallback may have an effect, but the operation that it replaces only reads",
        ),
    ] {
        let error = client(&upstream).into_capability().with_fallback(fallback).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Configuration, expected.to_owned()));
    }
}

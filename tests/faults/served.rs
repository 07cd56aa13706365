//! The operations under test: a trait and a document with one operation for each kind of answer.

use axum::Router;
use naftiko::document::{self, Settings};
use naftiko::{Capability, RawJson, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The client's limit for answers, in bytes.
pub(crate) const MAX_ANSWER: usize = 256 * 1024;

/// The time limit of a call: long enough for a busy machine, so that only a hang reaches it.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(4);

/// A thing.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    id: String,
}

/// Reads things in every way that a trait has.
#[capability(
    binds(env(KEY)),
    consumes(namespace = "things", base_uri = "http://localhost", authentication(bearer = "{{env.KEY}}")),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Things {
    /// Reads a thing.
    #[get("/typed/{case}")]
    async fn typed(&self, case: &str) -> Result<Thing>;

    /// Reads a thing that may be missing.
    #[get("/maybe/{case}")]
    async fn maybe(&self, case: &str) -> Result<Option<Thing>>;

    /// Reads the things within an answer.
    #[get("/picked/{case}")]
    #[output("$.data.items")]
    async fn picked(&self, case: &str) -> Result<Vec<Thing>>;

    /// Reads an answer as it comes.
    #[get("/raw/{case}")]
    async fn raw(&self, case: &str) -> Result<RawJson>;

    /// Reads nothing.
    #[get("/unit/{case}")]
    async fn unit(&self, case: &str) -> Result<()>;
}

/// Returns a document for the same API, with the kinds of answers that are not in the trait.
fn yaml(url: &str) -> String {
    let formats = ["json", "text", "csv", "xml", "yaml", "html", "binary"];
    let consumed: Vec<String> = formats
        .iter()
        .map(|format| {
            format!(
                "    - {{ name: {format}, path: '/{format}/{{case}}', operations: [{{ name: {format}, method: GET, \
                 outputRawFormat: {format}, inputParameters: [{{ name: case, in: path, type: string, required: true }}] }}] }}\n"
            )
        })
        .collect();
    let with =
        "with: { case: rest.case }, inputParameters: [{ name: case, in: path, type: string, description: Case. }]";
    let routes: Vec<String> = formats
        .iter()
        .map(|format| {
            format!(
                "    - {{ path: '/d-{format}/{{case}}', name: {format}, description: Reads., operations: [{{ method: GET, name: \
                 d-{format}, description: Reads., call: things.{format}, {with} }}] }}\n"
            )
        })
        .collect();
    let tools: Vec<String> = formats
        .iter()
        .map(|format| {
            format!(
                "    - {{ name: d-{format}, description: Reads., hints: {{ readOnly: true }}, call: things.{format}, with: {{ \
                 case: tools.case }}, inputParameters: [{{ name: case, type: string, description: Case., required: true }}] }}\n"
            )
        })
        .collect();
    let (consumed, routes, tools) = (consumed.concat(), routes.concat(), tools.concat());
    let shaped = "outputParameters: [{ type: object, properties: { id: { type: string, mapping: $.id } } }]";
    let steps = "steps: [{ type: call, name: one, call: things.json, with: { case: rest.case } }], mappings: [{ targetName: \
                 id, value: $.one.id }], outputParameters: [{ name: id, type: string }]";
    format!(
        "naftiko: 1.0.0-alpha2\n\
         info: {{ label: Things, description: Things. }}\n\
         binds: [{{ namespace: env, keys: {{ KEY: KEY }} }}]\n\
         capability:\n\
         \x20 consumes:\n\
         \x20 - type: http\n\
         \x20   namespace: things\n\
         \x20   baseUri: {url}\n\
         \x20   authentication: {{ type: bearer, token: '{{{{env.KEY}}}}' }}\n\
         \x20   resources:\n{consumed}\
         \x20 exposes:\n\
         \x20 - type: rest\n\
         \x20   namespace: d-rest\n\
         \x20   port: 8081\n\
         \x20   resources:\n{routes}\
         \x20   - {{ path: '/d-shaped/{{case}}', name: shaped, description: Reads., operations: [{{ method: GET, name: d-shaped, \
         description: Reads., call: things.json, with: {{ case: rest.case }}, {shaped} }}] }}\n\
         \x20   - {{ path: '/d-steps/{{case}}', name: steps, description: Reads., operations: [{{ method: GET, name: d-steps, \
         description: Reads., inputParameters: [{{ name: case, in: path, type: string, description: Case. }}], {steps} }}] }}\n\
         \x20   - {{ path: /d-forward, forward: {{ targetNamespace: things, trustedHeaders: [X-Request-Id] }} }}\n\
         \x20 - type: mcp\n\
         \x20   namespace: d-mcp\n\
         \x20   port: 9091\n\
         \x20   transport: http\n\
         \x20   tools:\n{tools}\
         \x20   - {{ name: d-shaped, description: Reads., hints: {{ readOnly: true }}, call: things.json, with: {{ case: \
         tools.case }}, inputParameters: [{{ name: case, type: string, description: Case., required: true }}], {shaped} }}\n"
    )
}

/// All servers under test.
pub(crate) struct Served {
    pub(crate) of_trait: Capability,
    pub(crate) of_document: Capability,
    pub(crate) url: String,
}

impl Served {
    pub(crate) async fn over(upstream: &str, key: &str) -> Self {
        Self::with_limit(upstream, key, TIMEOUT).await
    }

    /// Serves the operations with a time limit for each call.
    pub(crate) async fn with_limit(upstream: &str, key: &str, limit: Duration) -> Self {
        let client = ThingsClient::builder().base_uri(upstream).bind("KEY", key).timeout(limit).max_answer(MAX_ANSWER);
        let of_trait = client.build().unwrap().into_capability();
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let port = upstream.rsplit(':').next().unwrap_or_default();
        let file = folder.join(format!("faults-{}-{port}-{}.naftiko.yaml", std::process::id(), limit.as_millis()));
        std::fs::write(&file, yaml(upstream)).unwrap();
        let settings = Settings::default().bind("KEY", key).timeout(limit).max_answer(MAX_ANSWER);
        let of_document = document::open(&file, settings);
        std::fs::remove_file(&file).unwrap();
        let of_document = of_document.unwrap();
        let routes: Router = of_trait.rest_router();
        let routes = routes.merge(of_document.rest_router());
        let routes = routes.route_service("/mcp", of_trait.mcp_service());
        let routes = routes.route_service("/d-mcp", of_document.mcp_service());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, routes).into_future());
        Self { of_trait, of_document, url }
    }
}

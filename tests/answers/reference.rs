//! Compares each line of the second table in `naftiko-macros/docs/verb.md` with the answer that a REST caller gets.

use crate::serve;
use axum::body::Bytes;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Download, Error, RawJson, Result, Stream, UpstreamError, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    id: u32,
}

/// A row.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    id: String,
}

/// A page.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    text: String,
}

/// What the API says.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    code: String,
}

/// Why a thing could not be returned.
#[derive(Debug, UpstreamError)]
pub enum ThingError {
    /// The name is taken.
    #[status(409)]
    Conflict(Problem),
    #[other]
    Other(Error),
}

/// One method for each line of the table, in its order.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1), mcp(port = 2)))]
pub trait Wire {
    /// Gives a value.
    #[get("/0")]
    async fn value(&self) -> Result<Thing>;

    /// Gives a part.
    #[get("/1")]
    #[output("$.data[0]")]
    async fn part(&self) -> Result<Thing>;

    /// Gives nothing.
    #[get("/2", none_on(404))]
    async fn nothing(&self) -> Result<Option<Thing>>;

    /// Gives rows.
    #[get("/3", format = "csv")]
    async fn rows(&self) -> Result<Vec<Row>>;

    /// Gives text.
    #[get("/4")]
    async fn text(&self) -> Result<String>;

    /// Gives a file.
    #[get("/5")]
    async fn file(&self) -> Result<Download>;

    /// Gives a header.
    #[get("/6", response_headers("Location"))]
    async fn header(&self) -> Result<Thing>;

    /// Gives a status.
    #[get("/7")]
    async fn status(&self) -> Result<http::Response<Thing>>;

    /// Gives an error.
    #[get("/8")]
    async fn error(&self) -> Result<Thing, ThingError>;

    /// Gives an error that OpenAPI describes.
    #[get("/9", errors(409))]
    async fn refused(&self) -> Result<Thing>;

    /// Gives bytes.
    #[get("/10")]
    async fn bytes(&self) -> Result<Bytes>;

    /// Gives JSON as it is.
    #[get("/11")]
    async fn raw(&self) -> Result<RawJson>;

    /// Gives JSON with another content type.
    #[get("/12", format = "json")]
    async fn json(&self) -> Result<Thing>;

    /// Gives tab-separated rows.
    #[get("/13", format = "tsv")]
    async fn tabs(&self) -> Result<Vec<Row>>;

    /// Gives pipe-separated rows.
    #[get("/14", format = "psv")]
    async fn bars(&self) -> Result<Vec<Row>>;

    /// Gives elements.
    #[get("/15", format = "xml")]
    async fn xml(&self) -> Result<Row>;

    /// Gives YAML.
    #[get("/16", format = "yaml")]
    async fn yaml(&self) -> Result<Thing>;

    /// Gives a table of a page.
    #[get("/17", format = "html")]
    async fn html(&self) -> Result<Vec<Row>>;

    /// Gives the text of a Markdown page.
    #[get("/18", format = "markdown")]
    async fn markdown(&self) -> Result<Page>;

    /// Gives any text.
    #[get("/19", format = "text")]
    async fn any_text(&self) -> Result<String>;

    /// Gives bytes of any type.
    #[get("/20", format = "binary")]
    async fn binary(&self) -> Result<Download>;

    /// Gives a stream.
    #[get("/21")]
    async fn stream(&self) -> Result<Stream<Thing>>;

    /// Gives a stream with a format.
    #[get("/22", format = "stream")]
    async fn lines(&self) -> Result<Stream<Thing>>;
}

/// Returns the cells of the table, without backticks.
fn table() -> Vec<[String; 3]> {
    let text = include_str!("../../naftiko-macros/docs/verb.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| method | the API answers")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells = line.trim_matches(['|', ' ']).split(" | ");
        let cells: Vec<String> = cells
            .map(|cell| cell.replace("<br>", "\n").replace('`', "").replace('⇥', "\t").replace("\\|", "|"))
            .collect();
        cells.try_into().unwrap()
    });
    rows.collect()
}

/// Parses a status, headers and a body.
fn read(cell: &str) -> (u16, Vec<(&str, &str)>, &str) {
    let (head, body) = cell.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().parse().unwrap();
    (status, lines.map(|line| line.split_once(": ").unwrap()).collect(), body)
}

#[tokio::test]
async fn each_line_of_the_table_matches_the_answer() {
    let source = include_str!("reference.rs");
    let (_, methods) = source.split_once("pub trait Wire {").unwrap();
    let methods: Vec<&str> = methods.split("\n}\n").next().unwrap().split(";\n").collect();
    let upstream = Upstream::start().await;
    let client = WireClient::builder().base_uri(upstream.url()).build().unwrap();
    let capability = client.into_capability();
    let described = &capability.openapi()["paths"]["/9"]["get"]["responses"]["409"];
    assert!(described.is_object(), "`errors(409)` is not in OpenAPI");
    let url = serve(capability).await;
    let table = table();
    assert_eq!(table.len(), methods.len());
    for (at, ([line, answered, expected], method)) in table.iter().zip(&methods).enumerate() {
        assert!(method.contains(line.as_str()), "{line} is not what the trait of this test has: {method}");
        let (status, headers, body) = read(answered);
        let answer = Answer::status(status).body([body.to_owned().into()]);
        let answer = headers.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value));
        upstream.answer("GET", &format!("/{at}"), answer);
        let seen = reqwest::get(format!("{url}/{at}")).await.unwrap();
        let (status, headers, body) = read(expected);
        assert_eq!(seen.status(), status, "{line}");
        assert!(!seen.headers().contains_key("set-cookie"));
        for (name, value) in headers {
            assert_eq!(seen.headers()[name], value, "{line}");
        }
        // `table` removes the backticks of the cells, so remove those of the message too.
        assert_eq!(seen.text().await.unwrap().replace('`', ""), body, "{line}");
    }
}

//! Answers that are not JSON: text, and each supported format.

use crate::{documented, get, serve, tool};
use naftiko::testing::{Answer, Upstream};
use naftiko::{RawJson, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A row of a table.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    id: String,
}

/// An order.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    id: String,
}

/// Orders.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Orders {
    order: Vec<Order>,
}

/// The text of a page.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    text: String,
}

/// Reads everything.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"), exposes(rest(port = 1), mcp(port = 2)))]
pub trait Formats {
    /// Reads rows.
    #[get("/csv", format = "csv")]
    async fn csv(&self) -> Result<Vec<Row>>;

    /// Reads tab-separated rows.
    #[get("/tsv", format = "tsv")]
    async fn tsv(&self) -> Result<Vec<Row>>;

    /// Reads pipe-separated rows.
    #[get("/psv", format = "psv")]
    async fn psv(&self) -> Result<Vec<Row>>;

    /// Reads an order.
    #[get("/xml", format = "xml")]
    async fn xml(&self) -> Result<Order>;

    /// Reads orders.
    #[get("/orders", format = "xml")]
    async fn orders(&self) -> Result<Orders>;

    /// Reads a list of orders.
    #[get("/orders", format = "xml")]
    #[output("$.order")]
    #[rest(path = "/listed")]
    async fn listed(&self) -> Result<Vec<Order>>;

    /// Reads YAML.
    #[get("/yaml", format = "yaml")]
    async fn yaml(&self) -> Result<Order>;

    /// Reads a table.
    #[get("/html", format = "html")]
    async fn html(&self) -> Result<Value>;

    /// Reads a page.
    #[get("/markdown", format = "markdown")]
    async fn markdown(&self) -> Result<Page>;

    /// Reads text of any content type.
    #[get("/text", format = "text")]
    async fn text(&self) -> Result<String>;

    /// Reads plain text or a JSON string.
    #[get("/plain")]
    async fn plain(&self) -> Result<String>;

    /// Reads rows as unparsed JSON.
    #[get("/raw", format = "csv")]
    async fn raw(&self) -> Result<RawJson>;
}

async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let answers: [(&str, &str, &[u8]); 10] = [
        ("csv", "text/csv", b"id,name\n1,Ada\n2,Bob\n"),
        ("tsv", "text/tab-separated-values", b"id\tname\n1\tAda\n"),
        ("psv", "text/plain", b"id|name\n1|Ada\n"),
        ("xml", "application/xml", b"<order><id>7</id></order>"),
        ("yaml", "application/yaml", b"id: seven\n"),
        ("html", "text/html", b"<table><tr><th>id</th></tr><tr><td>7</td></tr></table>"),
        ("markdown", "text/markdown", b"Hello\n"),
        ("text", "text/html; charset=iso-8859-1", b"<p>\xfc</p>"),
        ("plain", "text/plain", "gr\u{fc}n".as_bytes()),
        ("raw", "text/csv", b"id\n1\n"),
    ];
    for (path, content_type, body) in answers {
        upstream.answer("GET", &format!("/{path}"), Answer::of(200, content_type, body));
    }
    upstream
}

#[tokio::test]
async fn each_format_is_decoded_into_the_type() {
    let upstream = upstream().await;
    let client = FormatsClient::builder().base_uri(upstream.url()).build().unwrap();
    let row = |id: &str| Row { id: id.to_owned() };
    assert_eq!(client.csv().await.unwrap(), [row("1"), row("2")]);
    assert_eq!(client.tsv().await.unwrap(), [row("1")]);
    assert_eq!(client.psv().await.unwrap(), [row("1")]);
    assert_eq!(client.xml().await.unwrap().id, "7");
    assert_eq!(client.yaml().await.unwrap().id, "seven");
    assert!(client.html().await.unwrap().to_string().contains(r#""id":"7""#));
    assert_eq!(client.markdown().await.unwrap().text.trim(), "Hello");
    assert_eq!(client.text().await.unwrap(), "<p>\u{fc}</p>");
    assert_eq!(client.plain().await.unwrap(), "gr\u{fc}n");
    assert_eq!(client.raw().await.unwrap().json::<Value>().await.unwrap(), json!([{ "id": "1" }]));
    let accepts: Vec<String> =
        upstream.requests().iter().map(|request| request.header("accept").unwrap().to_owned()).collect();
    assert!(accepts[0].starts_with("text/csv") && accepts[3].contains("xml") && accepts[8] == "application/json");
}

#[tokio::test]
async fn callers_of_a_trait_and_of_its_document_get_decoded_answers() {
    let upstream = upstream().await;
    let client = FormatsClient::builder().base_uri(upstream.url()).build().unwrap();
    let capability = client.into_capability();
    let (ours, theirs) = (serve(capability.clone()).await, serve(documented(&capability, &upstream)).await);
    let (ada, bob) = (json!({ "id": "1", "name": "Ada" }), json!({ "id": "2", "name": "Bob" }));
    // The document also passes on members that the Rust type does not have.
    for (name, expected, of_document) in [
        ("csv", json!([{ "id": "1" }, { "id": "2" }]), json!([ada, bob])),
        ("tsv", json!([{ "id": "1" }]), json!([ada])),
        ("psv", json!([{ "id": "1" }]), json!([ada])),
        ("xml", json!({ "id": "7" }), json!({ "id": "7" })),
        ("yaml", json!({ "id": "seven" }), json!({ "id": "seven" })),
        ("text", json!("<p>\u{fc}</p>"), json!("<p>\u{fc}</p>")),
    ] {
        let path = format!("/{name}");
        assert_eq!(get(&ours, &path).await, (200, expected.clone()));
        let result = tool(&ours, name, json!({})).await;
        let structured = &result["structuredContent"];
        assert_eq!(structured.get("result").unwrap_or(structured), &expected, "{result}");
        assert_eq!(get(&theirs, &path).await, (200, of_document));
    }
    for name in ["html", "markdown"] {
        let path = format!("/{name}");
        let (status, value) = get(&ours, &path).await;
        assert_eq!(status, 200, "{value}");
        let result = tool(&ours, name, json!({})).await;
        let structured = &result["structuredContent"];
        assert_eq!(structured.get("result").unwrap_or(structured), &value, "{result}");
        let (status, documented) = get(&theirs, &path).await;
        assert_eq!(status, 200, "{documented}");
        for (member, value) in value.as_object().into_iter().flatten() {
            assert_eq!(&documented[member], value, "{documented}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_decoded_is_a_bad_answer() {
    let upstream = Upstream::start().await;
    for (path, body) in [("/xml", "<order"), ("/yaml", "id: [")] {
        upstream.answer("GET", path, Answer::of(200, "text/plain", body));
    }
    upstream.answer("GET", "/csv", Answer::of(200, "text/csv", "name\nAda\n"));
    let client = FormatsClient::builder().base_uri(upstream.url()).build().unwrap();
    let xml = client.xml().await.unwrap_err();
    assert!(xml.to_string().starts_with("`api` sent an answer that cannot be read as `xml`: "), "{xml}");
    client.yaml().await.unwrap_err();
    let csv = client.csv().await.unwrap_err();
    assert!(csv.to_string().contains("missing field `id`") && csv.status() == 502, "{csv}");
}

#[tokio::test]
async fn one_xml_element_is_a_list_of_one_where_the_type_is_a_list() {
    let upstream = upstream().await;
    let client = FormatsClient::builder().base_uri(upstream.url()).build().unwrap();
    let url = serve(client.clone().into_capability()).await;
    for (xml, ids) in [
        ("<orders><order><id>1</id></order></orders>", &["1"][..]),
        ("<orders><order><id>1</id></order><order><id>2</id></order></orders>", &["1", "2"]),
    ] {
        upstream.answer("GET", "/orders", Answer::of(200, "application/xml", xml));
        let orders: Vec<Order> = ids.iter().map(|id| Order { id: (*id).to_owned() }).collect();
        assert_eq!(client.listed().await.unwrap(), orders);
        assert_eq!(get(&url, "/listed").await, (200, json!(orders)));
        assert_eq!(get(&url, "/orders").await, (200, json!({ "order": orders })));
        assert_eq!(client.orders().await.unwrap(), Orders { order: orders });
    }
    upstream.answer("GET", "/orders", Answer::of(200, "application/xml", "<orders><order><no/></order></orders>"));
    assert!(client.listed().await.is_err());
}

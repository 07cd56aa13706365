//! Bodies: forms, texts, XML, and JSON with another media type.

use super::Both;
use naftiko::{Result, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An order.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Who orders.
    customer: Customer,
    /// What is ordered.
    items: Vec<Item>,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    /// How much it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<f64>,
}

/// Who orders.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// A name.
    name: String,
}

/// What is ordered.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// What it costs.
    price: u32,
}

/// Takes orders.
#[capability(
    consumes(namespace = "orders", base_uri = "https://orders.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Orders {
    /// Takes a form.
    #[post("/form")]
    async fn form(&self, #[body(form)] body: &Order) -> Result<Value>;

    /// Takes a form with lists in brackets.
    #[post("/brackets")]
    async fn brackets(&self, #[body(form, lists = "brackets")] body: Option<&Order>) -> Result<Value>;

    /// Takes a form with numbered lists.
    #[post("/indexed")]
    async fn indexed(&self, #[body(form, lists = "indexed")] body: &Order) -> Result<Value>;

    /// Takes a form with lists in one field.
    #[post("/comma")]
    async fn comma(&self, #[body(form, lists = "comma")] body: &Order) -> Result<Value>;

    /// Takes a text.
    #[post("/text")]
    async fn text(&self, #[body(text)] body: &str, dry: Option<bool>) -> Result<Value>;

    /// Takes CSV, or nothing.
    #[put("/csv")]
    async fn csv(&self, #[body(text, content_type = "text/csv")] body: Option<String>) -> Result<Value>;

    /// Takes XML.
    #[post("/xml")]
    async fn xml(&self, #[body(xml)] body: &str) -> Result<Value>;

    /// Takes JSON with another media type.
    #[post("/patch")]
    async fn patch(&self, #[body(content_type = "application/merge-patch+json")] body: &Customer) -> Result<Value>;
}

async fn both() -> Both {
    Both::new(|url| OrdersClient::builder().base_uri(url).build().unwrap().into_capability()).await
}

fn order() -> Value {
    json!({ "customer": { "name": "Ada & Co" }, "items": [{ "price": 1 }, { "price": 2 }], "labels": ["a", "b c"] })
}

#[tokio::test]
async fn forms_have_nested_fields() {
    const FORM: &str = "\ncontent-type: application/x-www-form-urlencoded\n\n";
    let start = "customer%5Bname%5D=Ada+%26+Co&items%5B0%5D%5Bprice%5D=1&items%5B1%5D%5Bprice%5D=2";
    let both = both().await;
    for (operation, labels) in [
        ("form", "labels=a&labels=b+c"),
        ("brackets", "labels%5B%5D=a&labels%5B%5D=b+c"),
        ("indexed", "labels%5B0%5D=a&labels%5B1%5D=b+c"),
    ] {
        let wanted = format!("POST /{operation}{FORM}{start}&{labels}");
        assert_eq!(both.request(operation, json!({ "body": order() })).await, wanted);
        // REST callers may send JSON, whatever format the trait sends to the API.
        let seen = both.rest(|http, url| http.post(format!("{url}/{operation}")).json(&order())).await;
        assert_eq!(seen, wanted);
    }
    let seen =
        both.request("comma", json!({ "body": { "customer": { "name": "A" }, "items": [], "labels": ["a", "b"] } }));
    assert_eq!(seen.await, format!("POST /comma{FORM}customer%5Bname%5D=A&labels=a,b"));
    assert_eq!(both.request("brackets", json!({})).await, "POST /brackets");
}

#[tokio::test]
async fn callers_may_send_the_form_themselves() {
    const FORM: &str = "\ncontent-type: application/x-www-form-urlencoded\n\n";
    const TYPE: &str = "application/x-www-form-urlencoded; charset=UTF-8";
    let both = both().await;
    let start = "customer[name]=Ada+%26+Co&items[0][price]=1&items[1][price]=2";
    let encoded = "customer%5Bname%5D=Ada+%26+Co&items%5B0%5D%5Bprice%5D=1&items%5B1%5D%5Bprice%5D=2";
    // Callers may write a list in any of these ways; the API gets the one that the trait declares.
    for labels in [
        "labels=a&labels=b+c",
        "labels[]=a&labels[]=b+c",
        "labels[1]=b+c&labels[0]=a",
        "labels%5B%5D=a&labels%5B%5D=b%20c",
    ] {
        let form = format!("{start}&{labels}");
        let post = |http: &reqwest::Client, url: &str| {
            http.post(format!("{url}/form")).header("content-type", TYPE).body(form.clone())
        };
        let seen = both.rest(post).await;
        assert_eq!(seen, format!("POST /form{FORM}{encoded}&labels=a&labels=b+c"), "{labels}");
    }
    let form = format!("{start}&labels=a,b%2Cc&total=1.5");
    let url = super::serve(&both.of_trait).await;
    let request = reqwest::Client::new().post(format!("{url}/comma")).header("content-type", TYPE).body(form);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let items = "items=%7B%22price%22%3A1%7D,%7B%22price%22%3A2%7D";
    let seen = super::shown(both.upstream.requests().last().unwrap());
    assert_eq!(seen, format!("POST /comma{FORM}customer%5Bname%5D=Ada+%26+Co&{items}&labels=a,b%2Cc&total=1.5"));
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused() {
    let upstream = naftiko::testing::Upstream::start().await;
    let orders = OrdersClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let url = super::serve(&orders).await;
    let http = reqwest::Client::new();
    let form = "application/x-www-form-urlencoded";
    let deep = format!("a{}=1", "[a]".repeat(20));
    for (path, kind, body, status, detail) in [
        (
            "form",
            form,
            "customer[name]=A&items[0][price]=x",
            400,
            "`/body/items/0/price`: expected an integer, found a string",
        ),
        ("form", form, "customer[name]=A", 400, "missing member `items`"),
        (
            "form",
            form,
            "customer=A&customer[name]=B&items[]=1",
            400,
            "the field `customer[name]` of the form is both an object and another type",
        ),
        ("form", form, "a=%zz", 400, "the field `a` of the form has invalid percent-encoding"),
        ("form", form, "=x", 400, "a field of the form has no name: expected `name=value`"),
        ("form", form, "[]=1", 400, "a field of the form has no name: expected `name=value`"),
        ("form", form, "amount=1&[a]=1", 400, "a field of the form has no name: expected `name=value`"),
        ("form", form, &deep, 400, "has too many brackets"),
        (
            "form",
            "text/csv",
            "a,b",
            415,
            "the Content-Type `text/csv` is not supported here: send `application/x-www-form-urlencoded`",
        ),
        ("form", "", "a=b", 415, "the body has no Content-Type: send `application/x-www-form-urlencoded`"),
        (
            "patch",
            form,
            "name=A",
            415,
            "the Content-Type `application/x-www-form-urlencoded` is not JSON: send `application/json`",
        ),
    ] {
        let request = http.post(format!("{url}/{path}")).body(body.to_owned());
        let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
        let answer = request.send().await.unwrap();
        let found = answer.status().as_u16();
        let problem: Value = answer.json().await.unwrap();
        let answered = problem["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(found, status, "{body}: {problem}");
        assert!(answered.contains(detail), "{body}: {answered}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn each_body_is_sent_with_its_media_type() {
    let both = both().await;
    let text = "POST /text?dry=true\ncontent-type: text/plain; charset=utf-8\n\nsay \"hi\"\n";
    assert_eq!(both.request("text", json!({ "body": "say \"hi\"\n", "dry": true })).await, text);
    let url = |url: &str| format!("{url}/text?dry=true");
    let plain =
        |http: &reqwest::Client, at: &str| http.post(url(at)).header("content-type", "text/plain").body("say \"hi\"\n");
    assert_eq!(both.rest(plain).await, text);
    assert_eq!(both.rest(|http, at| http.post(url(at)).json("say \"hi\"\n")).await, text);
    let csv = "PUT /csv\ncontent-type: text/csv\n\na,b\n1,2";
    assert_eq!(both.request("csv", json!({ "body": "a,b\n1,2" })).await, csv);
    assert_eq!(both.request("csv", json!({})).await, "PUT /csv");
    let xml = "POST /xml\ncontent-type: application/xml\n\n<a>&amp;</a>";
    assert_eq!(both.request("xml", json!({ "body": "<a>&amp;</a>" })).await, xml);
    let by_rest = |http: &reqwest::Client, url: &str| {
        http.post(format!("{url}/xml")).header("content-type", "text/xml").body("<a>&amp;</a>")
    };
    assert_eq!(both.rest(by_rest).await, xml);
    let patch = "POST /patch\ncontent-type: application/merge-patch+json\n\n{\"name\":\"A\"}";
    assert_eq!(both.request("patch", json!({ "body": { "name": "A" } })).await, patch);
}

#[tokio::test]
async fn openapi_describes_the_bodies_of_callers() {
    let openapi = both().await.of_trait.openapi();
    let content = |path: &str, method: &str| {
        let content = openapi["paths"][path][method]["requestBody"]["content"].as_object().unwrap().clone();
        content.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(content("/form", "post"), ["application/json", "application/x-www-form-urlencoded"]);
    assert_eq!(content("/text", "post"), ["application/json", "text/plain; charset=utf-8"]);
    assert_eq!(content("/xml", "post"), ["application/json", "application/xml"]);
}

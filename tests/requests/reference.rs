//! Checks each row of the table in the reference page of verbs against the request that is sent.

use super::adapters::table;
use super::{Both, shown};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, Upload, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a caller searches for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    /// The minimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<u32>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// What it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Whole>,
}

/// A whole.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Whole {
    /// The minimum.
    min: u32,
}

/// One method for each line of the table, in its order.
#[capability(
    consumes(namespace = "wire", base_uri = "https://wire.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Wire {
    /// Sends plain.
    #[get("/plain/{id}")]
    async fn plain(&self, id: &str) -> Result<Value>;

    /// Sends rest.
    #[get("/rest/{+path}")]
    async fn rest(&self, path: &str) -> Result<Value>;

    /// Sends part.
    #[get("/part/{name}.json")]
    async fn part(&self, name: &str) -> Result<Value>;

    /// Sends constant.
    #[get("/constant", query("api-version" = "2024-10"))]
    async fn constant(&self) -> Result<Value>;

    /// Sends header.
    #[get("/header", header("Accept" = "application/vnd.x+json"))]
    async fn header(&self) -> Result<Value>;

    /// Sends query.
    #[get("/query")]
    async fn query(&self, page: Option<u32>) -> Result<Value>;

    /// Sends default.
    #[get("/default")]
    async fn default(&self, #[query(default = 30)] limit: u32) -> Result<Value>;

    /// Sends list.
    #[get("/list")]
    async fn list(&self, labels: &[String]) -> Result<Value>;

    /// Sends comma.
    #[get("/comma")]
    async fn comma(&self, #[query(style = "comma")] labels: &[String]) -> Result<Value>;

    /// Sends space.
    #[get("/space")]
    async fn space(&self, #[query(style = "space")] labels: &[String]) -> Result<Value>;

    /// Sends pipe.
    #[get("/pipe")]
    async fn pipe(&self, #[query(style = "pipe")] labels: &[String]) -> Result<Value>;

    /// Sends brackets.
    #[get("/brackets")]
    async fn brackets(&self, #[query(style = "brackets")] expand: &[String]) -> Result<Value>;

    /// Sends indexed.
    #[get("/indexed")]
    async fn indexed(&self, #[query(style = "indexed")] items: &[String]) -> Result<Value>;

    /// Sends members.
    #[get("/members")]
    async fn members(&self, #[query(style = "members")] filter: &Filter) -> Result<Value>;

    /// Sends deep.
    #[get("/deep")]
    async fn deep(&self, #[query(style = "deep")] filter: &Filter) -> Result<Value>;

    /// Sends argument.
    #[get("/argument")]
    async fn argument(&self, #[header("If-Match")] etag: &str) -> Result<Value>;

    /// Sends header list.
    #[get("/header-list")]
    async fn header_list(&self, #[header("X-Tags", style = "comma")] tags: &[String]) -> Result<Value>;

    /// Sends header map.
    #[get("/header-map")]
    async fn header_map(
        &self,
        #[header("X-Meta-", style = "members")] meta: &BTreeMap<String, String>,
    ) -> Result<Value>;

    /// Sends cookie.
    #[get("/cookie")]
    async fn cookie(&self, #[cookie] session: &str) -> Result<Value>;

    /// Sends json.
    #[post("/json")]
    async fn json(&self, body: &Filter) -> Result<Value>;

    /// Sends json kind.
    #[post("/json-kind")]
    async fn json_kind(&self, #[body(content_type = "application/merge-patch+json")] body: &Filter) -> Result<Value>;

    /// Sends form.
    #[post("/form")]
    async fn form(&self, #[body(form)] body: &Filter) -> Result<Value>;

    /// Sends form brackets.
    #[post("/form-brackets")]
    async fn form_brackets(&self, #[body(form, lists = "brackets")] body: &Filter) -> Result<Value>;

    /// Sends form indexed.
    #[post("/form-indexed")]
    async fn form_indexed(&self, #[body(form, lists = "indexed")] body: &Filter) -> Result<Value>;

    /// Sends form comma.
    #[post("/form-comma")]
    async fn form_comma(&self, #[body(form, lists = "comma")] body: &Filter) -> Result<Value>;

    /// Sends text.
    #[post("/text")]
    async fn text(&self, #[body(text)] body: &str) -> Result<Value>;

    /// Sends csv.
    #[post("/csv")]
    async fn csv(&self, #[body(text, content_type = "text/csv")] body: &str) -> Result<Value>;

    /// Sends xml.
    #[post("/xml")]
    async fn xml(&self, #[body(xml)] body: &str) -> Result<Value>;

    /// Sends bytes.
    #[post("/bytes")]
    async fn bytes(&self, #[body(bytes)] body: Upload) -> Result<Value>;

    /// Sends parts.
    #[post("/parts")]
    async fn parts(&self, #[part] purpose: &str, #[part] file: Upload) -> Result<Value>;

    /// Sends part kind.
    #[post("/part-kind")]
    async fn part_kind(&self, #[part(content_type = "text/csv")] rows: &str) -> Result<Value>;

    /// Sends part list.
    #[post("/part-list")]
    async fn part_list(&self, #[part("label")] labels: &[String]) -> Result<Value>;

    /// Sends picture.
    #[post("/picture")]
    async fn picture(&self, #[body(bytes, content_type = "image/png")] body: Upload) -> Result<Value>;

    /// Sends no body.
    #[post("/no-body")]
    async fn no_body(&self, body: Option<&Filter>) -> Result<Value>;

    /// Sends delete.
    #[delete("/delete", body)]
    async fn delete(&self, body: &Filter) -> Result<Value>;

    /// Sends ranges.
    #[get("/ranges/{from}-{to}")]
    async fn ranges(&self, from: u32, to: u32) -> Result<Value>;

    /// Sends renamed.
    #[get("/renamed")]
    async fn renamed(&self, #[query("per-page")] size: u32) -> Result<Value>;

    /// Sends cookie name.
    #[get("/cookie-name")]
    async fn cookie_name(&self, #[cookie("sid")] session: &str) -> Result<Value>;
}

#[tokio::test]
async fn each_line_of_the_table_matches_the_request() {
    let source = include_str!("reference.rs");
    let (_, methods) = source.split_once("pub trait Wire {").unwrap();
    let methods = methods.split("\n}\n").next().unwrap().split(";\n").filter(|method| method.contains("async fn"));
    let plain = |text: &str| text.split_whitespace().collect::<String>().replace(",)", ")");
    let methods: Vec<String> = methods.map(plain).collect();
    let both = Both::new(|url| WireClient::builder().base_uri(url).build().unwrap().into_capability()).await;
    let table = table::<3>(include_str!("../../naftiko-macros/docs/verb.md"), "| in the trait");
    assert_eq!(table.len(), methods.len());
    let operations: Vec<String> = both.of_trait.operations().iter().map(|own| own.name().to_owned()).collect();
    for (([line, arguments, request], method), operation) in table.iter().zip(&methods).zip(&operations) {
        assert!(method.contains(&plain(line)), "{line} is not in the trait of this test: {method}");
        let arguments = serde_json::from_str(arguments).unwrap();
        let seen = both.request(operation, arguments).await;
        assert_eq!(seen.trim_end(), request, "{line}");
    }
}

#[tokio::test]
async fn the_typed_client_sends_the_request_of_each_line() {
    let upstream = Upstream::start().await;
    for method in ["GET", "POST", "DELETE"] {
        for path in ["/{any}", "/{any}/{any}", "/{any}/{any}/{any}"] {
            upstream.answer(method, path, Answer::json(200, Value::Null));
        }
    }
    let client = WireClient::builder().base_uri(upstream.url()).build().unwrap();
    let mut seen = Vec::new();
    macro_rules! calls {
        ($($method:ident($($argument:expr),*);)*) => {$(
            client.$method($($argument),*).await.unwrap();
            seen.push((stringify!($method), shown(upstream.requests().last().unwrap()).trim_end().to_owned()));
        )*};
    }
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let both = texts(&["a", "b"]);
    let filter = |min: Option<u32>, tags: &[&str]| Filter { min, tags: texts(tags), of: None };
    calls! {
        plain("x y");
        rest("src/a b.rs");
        part("a");
        constant();
        header();
        query(Some(2));
        default(30);
        list(&both);
        comma(&both);
        space(&both);
        pipe(&both);
        brackets(&both);
        indexed(&both);
        members(&filter(Some(1), &["a"]));
        deep(&filter(Some(1), &["a"]));
        argument("x");
        header_list(&both);
        header_map(&BTreeMap::from([("owner".to_owned(), "me".to_owned())]));
        cookie("s");
        json(&filter(Some(1), &["a"]));
        json_kind(&filter(Some(1), &[]));
        form(&filter(Some(1), &["a", "b"]));
        form_brackets(&Filter { of: Some(Whole { min: 1 }), ..filter(None, &["a"]) });
        form_indexed(&filter(None, &["a"]));
        form_comma(&filter(None, &["a", "b"]));
        text("say \"hi\"");
        csv("a,b");
        xml("<a/>");
        bytes(Upload::from("hi").typed("image/png"));
        parts("x", Upload::from("hi").named("a.txt"));
        part_kind("a,b");
        part_list(&both);
        picture(Upload::from("hi"));
        no_body(None);
        delete(&filter(Some(1), &[]));
        ranges(1, 2);
        renamed(2);
        cookie_name("s");
    }
    let table = table::<3>(include_str!("../../naftiko-macros/docs/verb.md"), "| in the trait");
    assert_eq!(seen.len(), table.len());
    for ((method, request), [line, _, expected]) in seen.iter().zip(&table) {
        assert_eq!(request, expected, "{method}: {line}");
    }
}

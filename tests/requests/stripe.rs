//! The example `stripe`: with its client, over REST and MCP, and with its document.

#[allow(dead_code, reason = "it is a separate program")]
#[path = "../../examples/stripe.rs"]
mod example;

use super::Both;
use example::{Address, NewPayment, Range, Shipping, Stripe, StripeClient};
use naftiko::{Upload, Value};
use serde_json::json;
use std::collections::BTreeMap;

const HEADERS: &str = "\nauthorization: Bearer sk_test\nstripe-version: 2024-10-28";

fn client(url: &str) -> StripeClient {
    let builder = StripeClient::builder().base_uri_of("stripe", url).base_uri_of("stripe-files", url);
    builder.bind("STRIPE_KEY", "sk_test").build().unwrap()
}

async fn both() -> Both {
    Both::of(
        |url| client(url).into_capability(),
        Some(include_str!("../../examples/stripe.naftiko.yaml")),
        &[("env.STRIPE_KEY", "sk_test")],
        json!({ "id": "x", "status": "succeeded", "data": [], "has_more": false }),
    )
    .await
}

fn payment() -> Value {
    json!({
        "amount": 1000, "currency": "eur", "payment_method_types": ["card", "sepa_debit"],
        "shipping": { "name": "Ada", "address": { "line1": "Main St. 1" } },
        "metadata": { "order": "7 & 8" }, "expand": ["customer", "latest_charge"],
    })
}

const FORM: &str = "amount=1000&currency=eur&expand%5B%5D=customer&expand%5B%5D=latest_charge&metadata%5Border%5D=7+%26+8\
    &payment_method_types%5B%5D=card&payment_method_types%5B%5D=sepa_debit&shipping%5Baddress%5D%5Bline1%5D=Main+St.+1\
    &shipping%5Bname%5D=Ada";

#[tokio::test]
async fn a_payment_is_a_nested_form() {
    let both = both().await;
    let wanted =
        "POST /payment_intents\nauthorization: Bearer sk_test\ncontent-type: application/x-www-form-urlencoded\n\
        idempotency-key: k-1\nstripe-version: 2024-10-28\n\n"
            .to_owned()
            + FORM;
    let arguments = json!({ "Idempotency-Key": "k-1", "body": payment() });
    assert_eq!(both.request("create-payment", arguments).await, wanted);
    let rest = |http: &reqwest::Client, url: &str| {
        http.post(format!("{url}/v1/payment_intents")).header("idempotency-key", "k-1").json(&payment())
    };
    assert_eq!(both.rest(rest).await, wanted);
    let new = NewPayment {
        amount: 1000,
        currency: "eur".into(),
        payment_method_types: vec!["card".into(), "sepa_debit".into()],
        shipping: Some(Shipping { name: "Ada".into(), address: Address { line1: "Main St. 1".into(), country: None } }),
        metadata: BTreeMap::from([("order".into(), "7 & 8".into())]),
        expand: vec!["customer".into(), "latest_charge".into()],
    };
    let by_client = client(both.upstream.url()).create_payment(Some("k-1"), &new).await.unwrap();
    assert_eq!(by_client.status, "succeeded");
    assert_eq!(super::shown(both.upstream.requests().last().unwrap()), wanted);
}

#[tokio::test]
async fn lists_and_ranges_are_in_brackets() {
    let both = both().await;
    let wanted = format!("GET /payment_intents/pi_1?expand%5B%5D=customer&expand%5B%5D=invoice{HEADERS}");
    let arguments = json!({ "id": "pi_1", "expand": ["customer", "invoice"] });
    assert_eq!(both.request("read-payment", arguments).await, wanted);
    let by_rest = "v1/payment_intents/pi_1?expand[]=customer&expand[]=invoice";
    assert_eq!(both.rest(|http, url| http.get(format!("{url}/{by_rest}"))).await, wanted);
    let expand = ["customer".to_owned(), "invoice".to_owned()];
    client(both.upstream.url()).read_payment("pi_1", Some(&expand)).await.unwrap();
    assert_eq!(super::shown(both.upstream.requests().last().unwrap()), wanted);

    let wanted = format!("GET /payment_intents?created%5Bgte%5D=1&created%5Blt%5D=9&limit=10{HEADERS}");
    let arguments = json!({ "created": { "gte": 1, "lt": 9 }, "limit": 10 });
    assert_eq!(both.request("list-payments", arguments).await, wanted);
    let by_rest = "v1/payment_intents?created[gte]=1&created[lt]=9&limit=10";
    assert_eq!(both.rest(|http, url| http.get(format!("{url}/{by_rest}"))).await, wanted);
    client(both.upstream.url()).list_payments(Some(&Range { gte: Some(1), lt: Some(9) }), 10).await.unwrap();
    assert_eq!(super::shown(both.upstream.requests().last().unwrap()), wanted);
}

#[tokio::test]
async fn a_file_is_a_part() {
    let both = both().await;
    let wanted = "POST /files\nauthorization: Bearer sk_test\ncontent-type: multipart/form-data; boundary=B\n\n\
        --B\nContent-Disposition: form-data; name=\"purpose\"\n\ndispute_evidence\n\
        --B\nContent-Disposition: form-data; name=\"file\"; filename=\"r.pdf\"\nContent-Type: application/pdf\n\n%PDF\n\
        --B--\n";
    let file = json!({ "data": "JVBERg==", "filename": "r.pdf", "mimeType": "application/pdf" });
    let arguments = json!({ "purpose": "dispute_evidence", "file": file });
    assert_eq!(both.request("hand-in", arguments).await, wanted);
    let rest = |http: &reqwest::Client, url: &str| {
        let file = "; filename=\"r.pdf\"\r\nContent-Type: application/pdf";
        let parts = [("purpose", "", "dispute_evidence"), ("file", file, "%PDF")];
        super::files::multipart(http, &format!("{url}/v1/files"), &parts)
    };
    assert_eq!(both.rest(rest).await, wanted);
    let file = Upload::from("%PDF").named("r.pdf").typed("application/pdf");
    client(both.upstream.url()).hand_in("dispute_evidence", file).await.unwrap();
    assert_eq!(super::shown(both.upstream.requests().last().unwrap()), wanted);
}

#[tokio::test]
async fn the_document_is_the_one_that_the_trait_exports() {
    let exported = client("https://stripe.example").into_capability().document().to_yaml().unwrap();
    if std::env::var_os("NAFTIKO_WRITE").is_some() {
        std::fs::write("examples/stripe.naftiko.yaml", &exported).unwrap();
    }
    assert_eq!(
        exported,
        include_str!("../../examples/stripe.naftiko.yaml"),
        "the file is out of date; run this test with NAFTIKO_WRITE=1 to update it"
    );
}

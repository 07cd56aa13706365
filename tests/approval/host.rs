//! Calls that the host, the program that serves them, approves: their client cannot ask anybody, or the host decides alone.

use super::support::{Books, Client, HostOnly, Ledger, OtherLedger, PAID, Yielding, assert_refused, text, token};
use naftiko::http::StatusCode;
use naftiko::store::MemoryStore;
use naftiko::{Capability, Limits};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn ledger() -> (Books, Capability) {
    let books = Books::default();
    (books.clone(), Ledger::into_capability(books))
}

/// Returns the arguments of a payment, with a token.
fn with(token: &str) -> Value {
    json!({ "invoice": "i-1", "amount": 5, "approval": token })
}

#[tokio::test]
async fn a_call_runs_once_after_the_host_has_approved_it() {
    let (books, capability) = ledger();
    let client = Client::of(&capability).await;
    let mut requests = capability.approvals().requests();
    let first = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await;
    let given = token(&first);
    let facts = json!({
        "token": given, "argument": "approval", "expiresIn": 600, "tool": "pay",
        "arguments": { "invoice": "i-1", "amount": 5 }, "request": "POST /payments/{invoice}",
    });
    assert_eq!(first["_meta"]["io.naftiko/approval"], facts);
    assert!(text(&first).contains(r#"`pay` (POST /payments/{invoice}) with {"invoice":"i-1","amount":5}"#), "{first}");
    let (announced, call) = requests.next().await.unwrap();
    assert_eq!((announced.as_str(), call.tool()), (given.as_str(), "pay"));

    // A token that nobody has approved does not run the call, and neither does another value of `approval`.
    assert_eq!(token(&client.legacy("pay", with(&given)).await), given);
    for value in [json!(true), json!(1)] {
        let claimed = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5, "approval": value })).await;
        assert_refused(&claimed, "expected the token of an approved call");
    }
    let claimed = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5, "confirm": true })).await;
    assert_refused(&claimed, "unknown argument `confirm`");
    // Null is the same as no token.
    let new = client.legacy("pay", json!({ "invoice": "i-1", "amount": 5, "approval": null })).await;
    assert_ne!(token(&new), given);
    assert_eq!(books.changes(), 0);

    let call = capability.approvals().approve(&given).await.unwrap();
    assert_eq!((call.arguments(), call.caller()), (r#"{"amount":5,"invoice":"i-1"}"#, None));
    // The same arguments in another order, and escaped differently, are the same call.
    let arguments = format!(r#"{{"approval":"{given}", "amount":5,"invoice":"\u0069-1"}}"#);
    let done = client.legacy("pay", serde_json::from_str(&arguments).unwrap()).await;
    assert_eq!((&done["isError"], text(&done), books.changes()), (&json!(false), PAID, 1));

    let replayed = client.legacy("pay", with(&given)).await;
    assert_refused(&replayed, "the approval is not valid");
    let gone = capability.approvals().approve(&given).await.unwrap_err();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn nobody_is_asked_to_approve_a_call_whose_arguments_have_the_wrong_type() {
    let (books, capability) = ledger();
    let client = Client::of(&capability).await;
    let mut requests = capability.approvals().requests();
    let arguments = [
        (json!({ "invoice": 1, "amount": 5 }), "`/invoice`: expected a string, found an integer"),
        (json!({ "invoice": "i-1", "amount": "5" }), "`/amount`: expected an integer, found a string"),
        (json!({ "invoice": "i-1", "amount": 0.5 }), "`/amount`: expected an integer, found a number"),
        (json!({ "invoice": null, "amount": 5 }), "`/invoice`: expected a string, found null"),
    ];
    for (arguments, message) in arguments {
        assert_refused(&client.legacy("pay", arguments).await, message);
    }
    // An integer may be written as a float.
    let first = token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": 5.0 })).await);
    token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": u64::MAX })).await);
    assert_eq!(requests.next().await.unwrap().0, first);
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn a_token_is_valid_only_for_its_call() {
    let (books, capability) = ledger();
    let ada = Client::of(&capability).await.user("ada");
    let given = token(&ada.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
    let call = capability.approvals().approve(&given).await.unwrap();
    assert_eq!(call.caller(), Some("ada"));
    let not_valid = "the approval is not valid";
    for amount in [json!(6), json!(50)] {
        let other = json!({ "invoice": "i-1", "amount": amount, "approval": given });
        assert_refused(&ada.legacy("pay", other).await, not_valid);
    }
    assert_refused(&ada.legacy("delete", json!({ "id": 5, "approval": given })).await, not_valid);
    assert_refused(&ada.user("bob").legacy("pay", with(&given)).await, not_valid);
    let nobody = Client { user: None, ..ada.user("ada") };
    assert_refused(&nobody.legacy("pay", with(&given)).await, not_valid);
    for altered in [format!("{given}A"), given[1..].to_owned(), "A".repeat(given.len()), String::new(), "é".repeat(43)]
    {
        assert_refused(&ada.legacy("pay", with(&altered)).await, not_valid);
    }
    assert_eq!(books.changes(), 0);
    // None of these calls used up the approval.
    assert_eq!(text(&ada.legacy("pay", with(&given)).await), PAID);
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn a_token_is_not_valid_for_the_same_tool_of_another_capability() {
    let (store, books, others) = (Arc::new(MemoryStore::default()), Books::default(), Books::default());
    let capability = Ledger::into_capability(books.clone()).with_store(store.clone());
    let client = Client::of(&capability).await;
    let other = Client::of(&OtherLedger::into_capability(others.clone()).with_store(store)).await;
    let given = token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
    capability.approvals().approve(&given).await.unwrap();
    assert_refused(&other.legacy("pay", with(&given)).await, "the approval is not valid");
    assert_eq!((text(&client.legacy("pay", with(&given)).await), books.changes(), others.changes()), (PAID, 1, 0));
}

#[tokio::test]
async fn one_caller_cannot_fill_the_store_with_calls_that_wait() {
    let (books, capability) = ledger();
    let client = Client::of(&capability).await;
    let ada = client.user("ada");
    for length in [1 << 20, 1 << 16, 1 << 12, 1] {
        let call = json!({ "invoice": "i".repeat(length), "amount": 5 });
        let refused = loop {
            let answer = ada.legacy("pay", call.clone()).await;
            if answer["_meta"]["io.naftiko/approval"].is_null() {
                break answer;
            }
        };
        assert_refused(&refused, "that wait for approval");
    }
    token(&client.user("bob").legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn a_huge_limit_of_waiting_calls_does_not_take_all_memory() {
    let limits = Limits { approvals: usize::MAX, ..Limits::default() };
    let client = Client::of(&Ledger::into_capability(Books::default()).with_limits(limits)).await;
    token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
}

#[tokio::test]
async fn a_call_that_no_longer_waits_makes_room_for_another_one() {
    let books = Books::default();
    let limits = Limits { approvals: 2, ..Limits::default() };
    let capability = Ledger::into_capability(books.clone()).with_limits(limits);
    let client = Client::of(&capability).await;
    let (ada, bob) = (client.user("ada"), client.user("bob"));
    let call = async |client: &Client| client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await;
    let (first, second) = (token(&call(&ada).await), token(&call(&ada).await));
    let too_many = "this caller has 2 calls that wait for approval";
    assert_refused(&call(&ada).await, too_many);
    token(&call(&bob).await);
    capability.approvals().refuse(&first).await.unwrap();
    token(&call(&ada).await);
    assert_refused(&call(&ada).await, too_many);
    capability.approvals().approve(&second).await.unwrap();
    assert_eq!(text(&ada.legacy("pay", with(&second)).await), PAID);
    token(&call(&ada).await);
    assert_refused(&call(&ada).await, too_many);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(600)).await;
    tokio::time::resume();
    token(&call(&ada).await);
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn a_token_expires() {
    let (books, capability) = ledger();
    let client = Client::of(&capability).await;
    let given = token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
    capability.approvals().approve(&given).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(600)).await;
    tokio::time::resume();
    assert_refused(&client.legacy("pay", with(&given)).await, "the approval is not valid");
    assert_eq!(books.changes(), 0);
    assert!(capability.approvals().pending(&given).await.unwrap().is_none());
}

#[tokio::test]
async fn only_one_of_many_concurrent_calls_runs() {
    let books = Books::default();
    let capability = Ledger::into_capability(books.clone()).with_store(Yielding::default());
    let client = Client::of(&capability).await;
    let given = token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
    capability.approvals().approve(&given).await.unwrap();
    let calls = (0..32).map(|_| client.legacy("pay", with(&given)));
    let results = futures_util::future::join_all(calls).await;
    assert_eq!(results.iter().filter(|result| result["isError"] == false).count(), 1);
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn the_host_can_refuse_even_what_it_has_approved() {
    let (books, capability) = ledger();
    let client = Client::of(&capability).await;
    let given = token(&client.legacy("pay", json!({ "invoice": "i-1", "amount": 5 })).await);
    capability.approvals().approve(&given).await.unwrap();
    capability.approvals().refuse(&given).await.unwrap();
    assert_refused(&client.legacy("pay", with(&given)).await, "the approval is not valid");
    assert_eq!(capability.approvals().refuse(&given).await.unwrap_err().status(), StatusCode::NOT_FOUND);
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn rest_needs_no_approval() {
    let (books, capability) = ledger();
    let client = Client::of(&capability).await;
    let answer = client.http.delete(format!("{}/invoices/7", client.url)).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn a_host_that_decides_alone_is_asked_for_every_client() {
    let books = Books::default();
    let capability = HostOnly::into_capability(books.clone());
    let client = Client::of(&capability).await;
    // This client could ask its user. With `tool_list = "search"`, the tool is called through `call`.
    let call = async |arguments: Value| {
        let params = json!({ "name": "call", "arguments": { "name": "pay", "arguments": arguments } });
        client.modern(params).await["result"].take()
    };
    let given = token(&call(json!({ "amount": 5 })).await);
    capability.approvals().approve(&given).await.unwrap();
    assert_eq!(text(&call(json!({ "amount": 5, "approval": given })).await), PAID);
    assert_refused(&call(json!({ "amount": 5, "approval": given })).await, "the approval is not valid");
    assert_eq!(books.changes(), 1);
    let described = client.legacy("describe", json!({ "name": "pay" })).await;
    assert!(text(&described).contains("once it has been approved"), "{described}");
}

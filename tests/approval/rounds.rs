//! Approval for clients of the MCP revision 2026-07-28: they ask their user, and then repeat the call with the reply.

use super::support::{Books, Client, ClientOnly, Ledger, OtherLedger, PAID, Yielding, assert_refused, text};
use serde_json::{Value, json};
use std::time::Duration;

const QUESTION: &str = "io.naftiko/approval";

fn pay(amount: u64) -> Value {
    json!({ "name": "pay", "arguments": { "invoice": "i-1", "amount": amount } })
}

/// Repeats a call with the reply of a person.
fn reply(mut call: Value, first: &Value, action: &str) -> Value {
    call["requestState"] = first["result"]["requestState"].clone();
    call["inputResponses"] = json!({ QUESTION: { "action": action, "content": {} } });
    call
}

async fn client(books: &Books) -> Client {
    Client::of(&Ledger::into_capability(books.clone()).with_store(Yielding::default())).await
}

#[tokio::test]
async fn a_call_runs_once_after_the_user_has_accepted_it() {
    let books = Books::default();
    let client = client(&books).await;
    let first = client.modern(pay(5)).await;
    assert_eq!(first["result"]["resultType"], "input_required", "{first}");
    let question = &first["result"]["inputRequests"][QUESTION];
    assert_eq!(question["method"], "elicitation/create");
    let message = r#"Run `pay` (POST /payments/{invoice}) with {"invoice":"i-1","amount":5}?"#;
    assert_eq!(question["params"]["message"], message);
    assert_eq!(books.changes(), 0);

    let accepted = reply(pay(5), &first, "accept");
    let calls = (0..16).map(|_| client.modern(accepted.clone()));
    let results = futures_util::future::join_all(calls).await;
    let done: Vec<&Value> = results.iter().filter(|answer| answer["result"]["isError"] == false).collect();
    assert_eq!((done.len(), text(&done[0]["result"]), books.changes()), (1, PAID, 1));
    assert_refused(&client.modern(accepted).await["result"], "the approval is not valid");
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn a_call_that_the_user_does_not_accept_does_not_run_later_either() {
    let books = Books::default();
    let client = client(&books).await;
    for (action, why) in [("decline", "the user declined"), ("cancel", "the user closed the question")] {
        let first = client.modern(pay(5)).await;
        assert_refused(&client.modern(reply(pay(5), &first, action)).await["result"], why);
        let changed = client.modern(reply(pay(5), &first, "accept")).await;
        assert_refused(&changed["result"], "the approval is not valid");
    }
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn a_state_is_not_valid_for_the_same_tool_of_another_capability() {
    let (books, others) = (Books::default(), Books::default());
    let client = client(&books).await;
    let other = Client::of(&OtherLedger::into_capability(others.clone())).await;
    let first = client.modern(pay(5)).await;
    let refused = other.modern(reply(pay(5), &first, "accept")).await;
    let message = refused["error"]["message"].as_str().unwrap_or_else(|| panic!("{refused}"));
    assert!(message.starts_with("the `requestState` cannot be used"), "{refused}");
    let done = client.modern(reply(pay(5), &first, "accept")).await;
    assert_eq!((text(&done["result"]), books.changes(), others.changes()), (PAID, 1, 0));
}

#[tokio::test]
async fn an_answer_that_nobody_was_asked_for_is_not_an_approval() {
    let books = Books::default();
    let client = client(&books).await;
    let mut early = pay(5);
    early["inputResponses"] = json!({ QUESTION: { "action": "accept" } });
    let first = client.modern(early).await;
    assert_eq!(first["result"]["resultType"], "input_required", "{first}");
    // Without a reply, the user is asked again.
    let mut silent = pay(5);
    silent["requestState"] = first["result"]["requestState"].clone();
    let second = client.modern(silent).await;
    assert_eq!(second["result"]["resultType"], "input_required", "{second}");
    assert_eq!(books.changes(), 0);
    let late = client.modern(reply(pay(5), &first, "accept")).await;
    assert_refused(&late["result"], "the approval is not valid");
    assert_eq!(text(&client.modern(reply(pay(5), &second, "accept")).await["result"]), PAID);
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn an_acceptance_is_valid_only_for_its_call() {
    let books = Books::default();
    let client = client(&books).await.user("ada");
    let first = client.modern(pay(5)).await;
    let other = client.modern(reply(pay(6), &first, "accept")).await;
    assert_eq!(other["error"]["code"], -32602, "{other}");
    let other = client.user("bob").modern(reply(pay(5), &first, "accept")).await;
    assert_eq!(other["error"]["code"], -32602, "{other}");
    let mut altered = reply(pay(5), &first, "accept");
    let state = altered["requestState"].as_str().unwrap();
    altered["requestState"] = json!(format!("{state}x"));
    assert_eq!(client.modern(altered).await["error"]["code"], -32602);
    assert_eq!(books.changes(), 0);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(600)).await;
    tokio::time::resume();
    let expired = client.modern(reply(pay(5), &first, "accept")).await;
    assert_refused(&expired["result"], "the approval is not valid");
    assert_eq!(books.changes(), 0);
}

#[tokio::test]
async fn a_method_that_asks_needs_one_approval_and_runs_once() {
    let books = Books::default();
    let client = client(&books).await;
    let call = json!({ "name": "close", "arguments": { "approval": 3 } });
    let first = client.modern(call.clone()).await;
    let second = client.modern(reply(call.clone(), &first, "accept")).await;
    assert_eq!(second["result"]["inputRequests"]["input-1"]["params"]["message"], "Round up?", "{second}");
    let mut third = call.clone();
    third["requestState"] = second["result"]["requestState"].clone();
    third["inputResponses"] = json!({ "input-1": { "action": "accept", "content": { "up": true } } });
    let calls = (0..8).map(|_| client.modern(third.clone()));
    let results = futures_util::future::join_all(calls).await;
    let done: Vec<&Value> = results.iter().filter(|answer| answer["result"]["isError"] == false).collect();
    assert_eq!((done.len(), text(&done[0]["result"])), (1, "closed 3, up: true"), "{results:?}");
    // The first approval is used up as well.
    let replayed = client.modern(reply(call, &first, "accept")).await;
    assert_refused(&replayed["result"], "the approval is not valid");
    assert_eq!(books.changes(), 1);
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_refused_if_nobody_else_may_approve() {
    let books = Books::default();
    let client = Client::of(&ClientOnly::into_capability(books.clone())).await;
    let why = "this client cannot ask one";
    assert_refused(&client.legacy("pay", json!({ "amount": 5 })).await, why);
    let params = json!({ "name": "pay", "arguments": { "amount": 5 } });
    assert_refused(&client.modern_with(params.clone(), json!({})).await["result"], why);
    assert_refused(&client.legacy("pay", json!({ "amount": 5, "approval": "x" })).await, "unknown argument");
    let first = client.modern(params.clone()).await;
    assert_eq!(text(&client.modern(reply(params, &first, "accept")).await["result"]), PAID);
    assert_eq!(books.changes(), 1);
}

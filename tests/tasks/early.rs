//! Questions that a method asks before it waits for anything else: the client answers them before the task begins (2026-07-28).

use super::support::{Client, Jobs, Workshop, is, with_tasks};
use naftiko::Limits;
use serde_json::{Value, json};

/// Returns a workshop whose callers can have only one running task.
async fn workshop() -> (Workshop, Client) {
    let workshop = Workshop::default();
    let limits = Limits { tasks: 1, ..Limits::default() };
    let client = Client::of(&Jobs::into_capability(workshop.clone()).with_limits(limits)).await;
    (workshop, client)
}

fn wide(wide: u32) -> Value {
    json!({ "action": "accept", "content": { "wide": wide } })
}

/// Returns the call that answers the only question of a result.
fn answering(tool: &str, asked: &Value, answer: &Value) -> Value {
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    assert!(result["taskId"].is_null() && result["requestState"].is_string(), "{asked}");
    let names: Vec<_> = result["inputRequests"].as_object().unwrap().keys().collect();
    let [name] = names[..] else { panic!("{asked}") };
    json!({ "name": tool, "requestState": result["requestState"], "inputResponses": { name: answer } })
}

#[tokio::test]
async fn a_task_begins_once_its_first_question_is_answered() {
    let (workshop, client) = workshop().await;
    let mut asked = json!({});
    // A call that only asks leaves no task behind, and does not count as a running task.
    for runs in 1..=3 {
        asked = client.modern("tools/call", json!({ "name": "cut" })).await;
        assert_eq!(client.legacy("tasks/list", json!({})).await["result"]["tasks"], json!([]));
        assert_eq!(workshop.runs(), runs);
    }
    let task = client.modern("tools/call", answering("cut", &asked, &wide(40))).await;
    let result = &task["result"];
    assert_eq!((&result["resultType"], &result["status"]), (&json!("task"), &json!("working")), "{task}");
    assert!(result["requestState"].is_null() && result["inputRequests"].is_null(), "{task}");
    workshop.gate.add_permits(1);
    // The method has waited, so the task asks the second question, and the method continues.
    let id = &result["taskId"];
    let asked = client.modern_until(id, is("input_required")).await;
    assert_eq!(asked["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["input-2"], "{asked}");
    let update = json!({ "taskId": id, "inputResponses": { "input-2": wide(2) } });
    client.modern("tasks/update", update).await;
    let done = client.modern_until(id, is("completed")).await;
    assert_eq!((&done["result"]["structuredContent"]["result"], workshop.runs()), (&json!(42), 4), "{done}");
}

#[tokio::test]
async fn a_call_that_needs_approval_is_approved_once_and_asks_before_its_task() {
    let (workshop, client) = workshop().await;
    let approval = client.modern("tools/call", json!({ "name": "buy" })).await;
    let approved = answering("buy", &approval, &json!({ "action": "accept" }));
    let asked = client.modern("tools/call", approved).await;
    assert!(asked.to_string().contains("How wide?"), "{asked}");
    let task = client.modern("tools/call", answering("buy", &asked, &wide(3))).await;
    assert_eq!(task["result"]["resultType"], "task", "{task}");
    let done = client.modern_until(&task["result"]["taskId"], is("completed")).await;
    assert_eq!((&done["result"]["structuredContent"]["result"], workshop.runs()), (&json!(3), 1), "{done}");
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_gets_a_task() {
    let (workshop, client) = workshop().await;
    let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let text = client.modern_text("tools/call", json!({ "name": "cut" }), &capabilities).await;
    let modern: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(modern["result"]["resultType"], "task", "{text}");
    let done = client.modern_until(&modern["result"]["taskId"], is("completed")).await;
    assert_eq!(done["result"]["isError"], true, "{done}");
    let legacy = client.legacy_task("cut", json!({})).await;
    client.legacy_until(&legacy["taskId"], is("failed")).await;
    assert_eq!(workshop.runs(), 2);
}

#[tokio::test]
async fn a_method_that_asks_again_with_the_same_name_gets_another_answer() {
    let (workshop, client) = workshop().await;
    let without_tasks = json!({ "elicitation": {} });
    for capabilities in [&with_tasks(), &without_tasks] {
        let call = async |params| -> Value {
            serde_json::from_str(&client.modern_text("tools/call", params, capabilities).await).unwrap()
        };
        let mut asked = call(json!({ "name": "insist" })).await;
        for (name, next) in [("size", 1), ("size-1", 2), ("size-2", 3)] {
            assert!(asked["result"]["inputRequests"][name].is_object(), "{asked}");
            asked = call(answering("insist", &asked, &wide(next))).await;
        }
        let done = call(answering("insist", &asked, &wide(10))).await;
        let done = match &done["result"]["taskId"] {
            Value::Null => done["result"].clone(),
            id => client.modern_until(id, is("completed")).await["result"].take(),
        };
        assert_eq!(done["structuredContent"]["result"], 10, "{done}");
    }
    assert_eq!(workshop.runs(), 10);
}

#[tokio::test]
async fn what_a_client_sends_back_is_valid_once_for_its_caller_and_its_tool() {
    let (workshop, client) = workshop().await;
    let approval = client.modern("tools/call", json!({ "name": "buy" })).await;
    let approved = answering("buy", &approval, &json!({ "action": "accept" }));
    let asked = client.modern("tools/call", approved.clone()).await;
    let answered = answering("buy", &asked, &wide(3));
    let other_tool = json!({ "name": "cut", "requestState": answered["requestState"], "inputResponses": {} });
    for refused in [
        client.user("eve").modern("tools/call", answered.clone()).await,
        client.anonymous().modern("tools/call", answered.clone()).await,
        client.modern("tools/call", other_tool).await,
    ] {
        assert!(refused["error"]["message"].as_str().unwrap().contains("`requestState`"), "{refused}");
    }
    // A client can forge neither answers nor an approval.
    let invented = json!({ "io.naftiko/approval": { "action": "accept" }, "input-1": wide(3) });
    let unasked = client.modern("tools/call", json!({ "name": "buy", "inputResponses": invented })).await;
    assert_eq!(unasked["result"]["resultType"], "input_required", "{unasked}");
    let task = client.modern("tools/call", answered.clone()).await;
    client.modern_until(&task["result"]["taskId"], is("completed")).await;
    for spent in [answered, approved] {
        let again = client.modern("tools/call", spent).await;
        assert_eq!(again["result"]["isError"], true, "{again}");
    }
    assert_eq!(workshop.runs(), 1);
    // The method also gets an answer that is not an acceptance.
    let asked = client.modern("tools/call", json!({ "name": "cut" })).await;
    let task = client.modern("tools/call", answering("cut", &asked, &json!({ "action": "decline" }))).await;
    assert_eq!(task["result"]["resultType"], "task", "{task}");
    assert_eq!(workshop.runs(), 3);
}

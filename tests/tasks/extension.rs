//! Tasks of the revision 2026-07-28: an extension (SEP-2663).

use super::support::{Client, Jobs, LONG, Workshop, is, with_tasks};
use serde_json::{Value, json};

async fn workshop() -> (Workshop, Client) {
    let workshop = Workshop::default();
    let client = Client::of(&Jobs::into_capability(workshop.clone())).await;
    (workshop, client)
}

#[tokio::test]
async fn a_client_with_the_extension_gets_a_task_and_its_result() {
    let (workshop, client) = workshop().await;
    let found = client.modern("server/discover", json!({})).await;
    let capabilities = &found["result"]["capabilities"];
    assert_eq!(capabilities["extensions"]["io.modelcontextprotocol/tasks"], json!({}), "{found}");
    assert!(capabilities["tasks"].is_null(), "{found}");
    let task = client.modern_task("compute", json!({})).await;
    assert_eq!((&task["ttlMs"], &task["pollIntervalMs"]), (&json!(3_600_000), &json!(1000)), "{task}");
    assert!(task["result"].is_null() && task["status"] == "working", "{task}");
    client.modern_until(&task["taskId"], is("completed")).await;
    let text = client.modern_text("tasks/get", json!({ "taskId": task["taskId"] }), &with_tasks()).await;
    assert!(text.contains(&format!(r#""structuredContent":{{"result":{LONG}}}"#)), "{text}");
    assert!(text.contains(r#""resultType":"complete""#) && !text.contains("related-task"), "{text}");
    assert_eq!(workshop.runs(), 1);
    for method in ["tasks/result", "tasks/list"] {
        let answer = client.modern(method, json!({ "taskId": task["taskId"] })).await;
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }
}

#[tokio::test]
async fn a_client_without_the_extension_waits_or_is_refused() {
    let (workshop, client) = workshop().await;
    let call = async |name: &str| -> Value {
        let params = json!({ "name": name, "arguments": { "text": "it" } });
        let params = if name == "hold" { params } else { json!({ "name": name }) };
        serde_json::from_str(&client.modern_text("tools/call", params, &json!({})).await).unwrap()
    };
    let answer = call("compute").await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    let answer = call("hold").await;
    assert_eq!(answer["error"]["code"], -32021, "{answer}");
    let needed = &answer["error"]["data"]["requiredCapabilities"]["extensions"];
    assert!(needed["io.modelcontextprotocol/tasks"].is_object(), "{answer}");
    let answer = client.modern_text("tasks/get", json!({ "taskId": "x" }), &json!({})).await;
    assert!(answer.contains("-32021"), "{answer}");
    // `task`, a parameter of the revision 2025-11-25, has no effect here.
    let greeting = json!({ "name": "greet", "arguments": { "name": "x" }, "task": { "ttl": 1 } });
    let answer = client.modern("tools/call", greeting).await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    assert_eq!(workshop.runs(), 2);
}

#[tokio::test]
async fn a_tools_error_completes_the_task_and_a_panic_fails_it() {
    let (_, client) = workshop().await;
    let task = client.modern_task("fail", json!({})).await;
    let done = client.modern_until(&task["taskId"], is("completed")).await;
    assert_eq!(done["result"]["isError"], true, "{done}");
    let task = client.modern_task("crash", json!({})).await;
    let done = client.modern_until(&task["taskId"], is("failed")).await;
    assert_eq!(done["error"]["code"], -32603, "{done}");
    assert!(done["result"].is_null() && !done.to_string().contains("tooth"), "{done}");
}

#[tokio::test]
async fn a_cancelled_task_stops_and_stays_cancelled() {
    let (workshop, client) = workshop().await;
    let task = client.modern_task("hold", json!({ "text": "it" })).await;
    let id = &task["taskId"];
    client.modern_until(id, |task| task["statusMessage"] == "holding (1 of 2)").await;
    for _ in 0..2 {
        let answer = client.modern("tasks/cancel", json!({ "taskId": id })).await;
        assert_eq!(answer["result"], json!({ "resultType": "complete" }), "{answer}");
    }
    while workshop.dropped() == 0 {
        tokio::task::yield_now().await;
    }
    workshop.gate.add_permits(1);
    client.modern_until(id, is("cancelled")).await;
    assert_eq!((workshop.runs(), workshop.gate.available_permits()), (1, 1));
    let answer = client.modern("tasks/cancel", json!({ "taskId": "x" })).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[tokio::test]
async fn questions_are_answered_in_any_order_and_the_method_goes_on() {
    let (workshop, client) = workshop().await;
    let task = client.modern_task("measure", json!({})).await;
    let id = &task["taskId"];
    let both = |task: &Value| task["inputRequests"].as_object().is_some_and(|asked| asked.len() == 2);
    let asked = client.modern_until(id, both).await;
    assert_eq!(asked["status"], "input_required", "{asked}");
    assert_eq!(asked["inputRequests"]["one"]["method"], "elicitation/create", "{asked}");
    let reply = |wide: u32| json!({ "action": "accept", "content": { "wide": wide } });
    let update = async |answers: Value| {
        let answer = client.modern("tasks/update", json!({ "taskId": id, "inputResponses": answers })).await;
        assert_eq!(answer["result"], json!({ "resultType": "complete" }), "{answer}");
    };
    update(json!({ "unknown": reply(1), "other": reply(2) })).await;
    let asked = client.modern("tasks/get", json!({ "taskId": id })).await;
    assert_eq!(asked["result"]["status"], "input_required", "{asked}");
    assert_eq!(asked["result"]["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["one"], "{asked}");
    // Only the first answer to a question counts.
    update(json!({ "other": reply(100) })).await;
    update(json!({ "one": reply(40) })).await;
    let done = client.modern_until(id, is("completed")).await;
    assert_eq!(done["result"]["structuredContent"]["result"], 42, "{done}");
    assert_eq!(workshop.runs(), 1);
}

#[tokio::test]
async fn a_task_that_no_longer_waits_for_an_answer_is_working() {
    let (workshop, client) = workshop().await;
    let task = client.modern_task("hurry", json!({})).await;
    let id = &task["taskId"];
    client.modern_until(id, is("input_required")).await;
    workshop.gate.add_permits(1);
    let working = client.modern_until(id, is("working")).await;
    assert!(working["inputRequests"].is_null(), "{working}");
    // The answer comes too late.
    let late =
        json!({ "taskId": id, "inputResponses": { "input-1": { "action": "accept", "content": { "wide": 1 } } } });
    let answer = client.modern("tasks/update", late).await;
    assert_eq!(answer["result"], json!({ "resultType": "complete" }), "{answer}");
    workshop.gate.add_permits(1);
    let done = client.modern_until(id, is("completed")).await;
    assert_eq!(done["result"]["content"][0]["text"], "without an answer", "{done}");
}

#[tokio::test]
async fn a_person_approves_a_call_before_it_becomes_a_task() {
    let (workshop, client) = workshop().await;
    let asked = client.modern("tools/call", json!({ "name": "pay", "arguments": {} })).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let name = asked["result"]["inputRequests"].as_object().unwrap().keys().next().unwrap().clone();
    let mut repeated = json!({ "name": "pay", "arguments": {}, "requestState": asked["result"]["requestState"] });
    repeated["inputResponses"] = json!({ name: { "action": "accept" } });
    assert_eq!(workshop.runs(), 0);
    let task = client.modern("tools/call", repeated).await;
    assert_eq!(task["result"]["resultType"], "task", "{task}");
    let done = client.modern_until(&task["result"]["taskId"], is("completed")).await;
    assert_eq!((&done["result"]["structuredContent"]["result"], workshop.runs()), (&json!(1), 1), "{done}");
}

#[tokio::test]
async fn invalid_params_are_refused_with_the_reason_in_both_revisions() {
    let (_, client) = workshop().await;
    let answers = [
        (client.modern("tasks/get", json!({})).await, "tasks/get", "missing field `taskId`"),
        (
            client.modern("tasks/update", json!({ "taskId": "x" })).await,
            "tasks/update",
            "missing field `inputResponses`",
        ),
        (client.modern("tasks/cancel", json!({ "taskId": 5 })).await, "tasks/cancel", "expected a string"),
        (client.legacy("tasks/get", Value::Null).await, "tasks/get", "missing field `taskId`"),
        (
            client.legacy("tools/call", json!({ "name": "compute", "task": "x" })).await,
            "tools/call",
            "expected an object",
        ),
    ];
    for (answer, method, reason) in answers {
        let (code, message) = (&answer["error"]["code"], answer["error"]["message"].as_str().unwrap());
        assert_eq!(code, -32602, "{answer}");
        assert!(
            message.starts_with(&format!("invalid params for `{method}`: ")) && message.contains(reason),
            "{answer}"
        );
    }
}

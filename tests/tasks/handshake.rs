//! Tasks of the revision 2025-11-25, without sessions.

use super::support::{Client, CountingStore, Jobs, LONG, Workshop, is};
use naftiko::Limits;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

async fn workshop() -> (Workshop, Client) {
    let workshop = Workshop::default();
    let client = Client::of(&Jobs::into_capability(workshop.clone())).await;
    (workshop, client)
}

#[tokio::test]
async fn clients_learn_which_tools_run_as_tasks() {
    let (_, client) = workshop().await;
    let hello = |version| json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let answer = client.legacy("initialize", hello("2025-11-25")).await;
    let tasks = json!({ "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } });
    assert_eq!(answer["result"]["capabilities"]["tasks"], tasks, "{answer}");
    assert!(answer["result"]["capabilities"]["extensions"].is_null(), "{answer}");
    // Anonymous callers cannot list tasks, since they would see each other's tasks.
    let answer = client.anonymous().legacy("initialize", hello("2025-11-25")).await;
    assert!(answer["result"]["capabilities"]["tasks"]["list"].is_null(), "{answer}");
    let answer = client.legacy("initialize", hello("2025-06-18")).await;
    assert!(answer["result"]["capabilities"]["tasks"].is_null(), "{answer}");
    let answer = client.legacy("tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().unwrap();
    let support = |name| tools.iter().find(|tool| tool["name"] == name).unwrap()["execution"]["taskSupport"].clone();
    assert_eq!((support("compute"), support("hold")), (json!("optional"), json!("required")));
    assert!(support("greet").is_null());
}

#[tokio::test]
async fn a_call_runs_once_and_its_result_waits_for_the_client() {
    let (workshop, client) = workshop().await;
    let task = client.legacy_task("compute", json!({})).await;
    assert_eq!((&task["ttl"], &task["pollInterval"]), (&json!(60_000), &json!(1000)), "{task}");
    assert!(task["createdAt"].as_str().unwrap().ends_with('Z'), "{task}");
    let id = &task["taskId"];
    let done = client.legacy_until(id, is("completed")).await;
    assert_eq!(done["taskId"], *id);
    for _ in 0..2 {
        let text = client.legacy_text("tasks/result", json!({ "taskId": id })).await;
        assert!(text.contains(&format!(r#""structuredContent":{{"result":{LONG}}}"#)), "{text}");
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let related = &answer["result"]["_meta"]["io.modelcontextprotocol/related-task"];
        assert_eq!((&related["taskId"], &answer["result"]["isError"]), (id, &json!(false)), "{text}");
        assert!(answer["result"]["resultType"].is_null(), "{text}");
    }
    assert_eq!(workshop.runs(), 1);
}

#[tokio::test]
async fn the_result_is_sent_when_the_task_ends() {
    let (workshop, store) = (Workshop::default(), Arc::new(CountingStore::default()));
    let client = Client::of(&Jobs::into_capability(workshop.clone()).with_store(store.clone())).await;
    let task = client.legacy_task("hold", json!({ "text": "it" })).await;
    let id = task["taskId"].clone();
    let note = |task: &serde_json::Value| task["statusMessage"] == "holding (1 of 2)" && task["status"] == "working";
    client.legacy_until(&id, note).await;
    let before = store.heads();
    let waiting = tokio::spawn({
        let (client, id) = (client.clone(), id.clone());
        async move { client.legacy("tasks/result", json!({ "taskId": id })).await }
    });
    // The server reads the head of the task, and then waits for its end.
    while store.heads() == before {
        tokio::task::yield_now().await;
    }
    workshop.gate.add_permits(1);
    let answer = waiting.await.unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "held it", "{answer}");
    let listed = client.legacy("tasks/list", json!({})).await;
    assert_eq!(listed["result"]["tasks"][0]["taskId"], id, "{listed}");
    assert_eq!(listed["result"]["tasks"][0]["status"], "completed", "{listed}");
    // All tasks are on one page.
    let other = client.legacy("tasks/list", json!({ "cursor": "other" })).await;
    assert_eq!(other["error"]["message"], "there is only one page; remove `cursor`", "{other}");
}

#[tokio::test]
async fn a_cancelled_task_stops() {
    let (workshop, client) = workshop().await;
    let task = client.legacy_task("hold", json!({ "text": "it" })).await;
    let id = &task["taskId"];
    client.legacy_until(id, |task| task["statusMessage"].is_string()).await;
    let answer = client.legacy("tasks/cancel", json!({ "taskId": id })).await;
    assert_eq!(answer["result"]["status"], "cancelled", "{answer}");
    while workshop.dropped() == 0 {
        tokio::task::yield_now().await;
    }
    workshop.gate.add_permits(1);
    let answer = client.legacy("tasks/result", json!({ "taskId": id })).await;
    assert_eq!(answer["error"]["message"], "the task was cancelled", "{answer}");
    let answer = client.legacy("tasks/cancel", json!({ "taskId": id })).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!((workshop.runs(), workshop.gate.available_permits()), (1, 1));
}

#[tokio::test]
async fn a_tools_error_fails_the_task_and_is_its_result() {
    let (_, client) = workshop().await;
    let task = client.legacy_task("fail", json!({})).await;
    client.legacy_until(&task["taskId"], is("failed")).await;
    let answer = client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let task = client.legacy_task("crash", json!({})).await;
    client.legacy_until(&task["taskId"], is("failed")).await;
    let answer = client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    assert!(!answer.to_string().contains("tooth"), "{answer}");
}

#[tokio::test]
async fn the_task_of_another_caller_is_unknown() {
    let (workshop, client) = workshop().await;
    let task = client.legacy_task("hold", json!({ "text": "it" })).await;
    let id = &task["taskId"];
    for other in [client.user("eve"), client.anonymous(), client.without_scopes()] {
        for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
            let answer = other.legacy(method, json!({ "taskId": id })).await;
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            let unknown = client.legacy(method, json!({ "taskId": "x" })).await;
            assert_eq!(answer["error"]["message"], unknown["error"]["message"]);
        }
        for method in ["tasks/get", "tasks/cancel"] {
            let answer = other.modern(method, json!({ "taskId": id })).await;
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
        }
    }
    assert_eq!(client.user("eve").legacy("tasks/list", json!({})).await["result"]["tasks"], json!([]));
    let answer = client.anonymous().legacy("tasks/list", json!({})).await;
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    assert_eq!(client.legacy("tasks/get", json!({ "taskId": id })).await["result"]["status"], "working");
    assert_eq!(workshop.dropped(), 0);
}

#[tokio::test]
async fn a_tool_runs_as_it_declares() {
    let (workshop, client) = workshop().await;
    let answer = client.legacy("tools/call", json!({ "name": "hold", "arguments": { "text": "it" } })).await;
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    assert_eq!(answer["error"]["message"], "the tool `hold` only runs as a task: call it with `task`");
    let answer =
        client.legacy("tools/call", json!({ "name": "greet", "arguments": { "name": "x" }, "task": {} })).await;
    assert_eq!(answer["error"]["message"], "the tool `greet` cannot run as a task: remove `task`");
    assert_eq!(workshop.runs(), 0);
    let answer = client.legacy("tools/call", json!({ "name": "compute" })).await;
    assert!(answer["result"]["content"].is_array(), "{answer}");
}

#[tokio::test]
async fn a_task_ends_with_its_lifetime_and_tasks_are_bounded() {
    let workshop = Workshop::default();
    let limits = Limits { task: Duration::from_secs(1), tasks: 2, task_result: 1000, ..Limits::default() };
    let client = Client::of(&Jobs::into_capability(workshop.clone()).with_limits(limits)).await;
    let written = client.legacy_task("write", json!({ "length": 1001 })).await;
    let failed = client.legacy_until(&written["taskId"], is("failed")).await;
    assert!(failed["statusMessage"].as_str().unwrap().contains("at most 1000"), "{failed}");
    let task = client.legacy_task("hold", json!({ "text": "it" })).await;
    assert_eq!(task["ttl"], 1000, "{task}");
    client.legacy_task("hold", json!({ "text": "it" })).await;
    let refused = client.legacy("tools/call", json!({ "name": "compute", "task": {} })).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("this caller has 2 running tasks"), "{refused}");
    client.user("eve").legacy_task("compute", json!({})).await;
    let answer = client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(answer.to_string().contains("took longer than 1 s"), "{answer}");
    client.legacy_until(&client.legacy_task("compute", json!({})).await["taskId"], is("completed")).await;
    assert_eq!(workshop.runs(), 4);
}

#[tokio::test]
async fn a_caller_can_run_more_than_32_tasks_one_after_another() {
    let (workshop, client) = workshop().await;
    let first = client.legacy_task("compute", json!({})).await;
    for _ in 0..40 {
        client.legacy_until(&client.legacy_task("compute", json!({})).await["taskId"], is("completed")).await;
    }
    assert_eq!(workshop.runs(), 41);
    client.legacy_until(&first["taskId"], is("completed")).await;
    let listed = client.legacy("tasks/list", json!({})).await;
    assert_eq!(listed["result"]["tasks"].as_array().unwrap().len(), 41, "{listed}");
    assert_eq!(listed["result"]["tasks"][0]["taskId"], first["taskId"], "{listed}");
}

#[tokio::test]
async fn huge_limits_do_not_take_all_memory() {
    let limits = Limits { tasks: usize::MAX, ended_tasks: usize::MAX, ..Limits::default() };
    let client = Client::of(&Jobs::into_capability(Workshop::default()).with_limits(limits)).await;
    let task = client.legacy_task("compute", json!({})).await;
    client.legacy_until(&task["taskId"], is("completed")).await;
    let listed = client.legacy("tasks/list", json!({})).await;
    assert_eq!(listed["result"]["tasks"][0]["taskId"], task["taskId"], "{listed}");
}

#[tokio::test]
async fn the_results_of_a_caller_are_bounded() {
    let limits = Limits { ended_tasks: 2, ..Limits::default() };
    let client = Client::of(&Jobs::into_capability(Workshop::default()).with_limits(limits)).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let task = client.legacy_task("compute", json!({})).await;
        client.legacy_until(&task["taskId"], is("completed")).await;
        // Waits for the result, so that the tasks end in this order.
        client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
        ids.push(task["taskId"].clone());
    }
    let mut answer = client.legacy("tasks/get", json!({ "taskId": ids[0] })).await;
    while answer["error"].is_null() {
        answer = client.legacy("tasks/get", json!({ "taskId": ids[0] })).await;
    }
    assert!(answer["error"]["message"].as_str().unwrap().contains("newer results have replaced it"), "{answer}");
    for id in &ids[1..] {
        client.legacy_until(id, is("completed")).await;
    }
}

#[tokio::test]
async fn a_call_that_needs_approval_becomes_a_task_with_its_result() {
    let workshop = Workshop::default();
    let capability = Jobs::into_capability(workshop.clone());
    let client = Client::of(&capability).await;
    let task = client.legacy_task("pay", json!({})).await;
    let answer = client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
    let token = answer["result"]["_meta"]["io.naftiko/approval"]["token"].as_str().unwrap().to_owned();
    assert_eq!(workshop.runs(), 0);
    capability.approvals().approve(&token).await.unwrap();
    let task = client.legacy_task("pay", json!({ "approval": token })).await;
    let answer = client.legacy("tasks/result", json!({ "taskId": task["taskId"] })).await;
    assert_eq!(answer["result"]["structuredContent"]["result"], 1, "{answer}");
}

#[tokio::test]
async fn a_stream_is_read_for_the_lifetime_of_its_task() {
    let workshop = Workshop::default();
    let operation = Duration::from_millis(20);
    let limits = Limits { operation, ..Limits::default() };
    let client = Client::of(&Jobs::into_capability(workshop.clone()).with_limits(limits)).await;
    let task = client.legacy_task("tell", json!({})).await;
    let id = &task["taskId"];
    let told = client.legacy_until(id, |task| task["statusMessage"].is_string()).await;
    // An item can be long, so the message about the task has only its beginning.
    let message = told["statusMessage"].as_str().unwrap();
    assert!(message.starts_with("\"éé") && message.ends_with("é…") && message.len() < 1100, "{message}");
    // Longer than the time limit of other operations.
    tokio::time::pause();
    tokio::time::advance(operation * 2).await;
    tokio::time::resume();
    assert_eq!(client.legacy("tasks/get", json!({ "taskId": id })).await["result"]["status"], "working");
    workshop.gate.add_permits(1);
    let answer = client.legacy("tasks/result", json!({ "taskId": id })).await;
    assert_eq!(answer["result"]["structuredContent"]["result"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["result"]["content"].as_array().unwrap().len(), 1, "{answer}");
}

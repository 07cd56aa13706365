//! The task messages of the revision 2025-11-25, which rmcp no longer supports: they pass through rmcp as custom
//! requests with a prefixed method name.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The prefix of the methods' names.
const PREFIX: &str = "naftiko/2025-11-25/";

/// The revision that has these messages.
const REVISION: &str = "2025-11-25";

/// The methods about tasks.
const METHODS: [&str; 4] = ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"];

/// The method of a tool call. The call has to run as a task if its params have `task`.
const CALL: &str = "tools/call";

/// Returns a method without the prefix, if it has the prefix.
pub(in super::super) fn method(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)
}

/// Returns whether a message of the revision 2025-11-25 is about tasks: a call with `task`, or a task method.
pub(in super::super) fn is_about_tasks(message: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
        #[serde(default)]
        params: Option<Params>,
    }

    #[derive(Deserialize)]
    struct Params {
        #[serde(default)]
        task: Option<IgnoredAny>,
        #[serde(default, rename = "_meta")]
        meta: Option<Meta>,
    }

    #[derive(Deserialize)]
    struct Meta {
        #[serde(default, rename = "io.modelcontextprotocol/protocolVersion")]
        version: Option<IgnoredAny>,
    }

    let Ok(request) = serde_json::from_slice::<Request<'_>>(message) else { return false };
    let params = request.params.unwrap_or(Params { task: None, meta: None });
    let is_about_tasks = METHODS.contains(&&*request.method) || (request.method == CALL && params.task.is_some());
    is_about_tasks && params.meta.is_none_or(|meta| meta.version.is_none())
}

/// Adds the prefix to the method of a message, so that it passes through rmcp.
pub(in super::super) fn add_prefix(message: &mut Value) {
    if let Some(Value::String(method)) = message.get_mut("method") {
        method.insert_str(0, PREFIX);
    }
}

/// Returns a message with the prefixed method and without arguments, which are passed on separately as raw JSON.
pub(in super::super) fn with_prefixed_method(message: &Bytes) -> Bytes {
    let Ok(mut value) = serde_json::from_slice::<Value>(message) else { return message.clone() };
    if let Some(params) = value.get_mut("params").and_then(Value::as_object_mut) {
        params.remove("arguments");
    }
    add_prefix(&mut value);
    value.to_string().into()
}

/// Adds the tasks to the capabilities in the answer to `initialize`, if the client speaks the revision that has them.
/// `lists` is whether the client may list its tasks.
pub(in super::super) fn with_capability(answer: Bytes, lists: bool) -> Bytes {
    let Ok(mut message) = serde_json::from_slice::<Value>(&answer) else { return answer };
    let Some(result) = message.get_mut("result").filter(|result| result["protocolVersion"] == REVISION) else {
        return answer;
    };
    let mut tasks = Map::new();
    if lists {
        tasks.insert("list".to_owned(), json!({}));
    }
    tasks.insert("cancel".to_owned(), json!({}));
    tasks.insert("requests".to_owned(), json!({ "tools": { "call": {} } }));
    if let Some(Value::Object(capabilities)) = result.get_mut("capabilities") {
        capabilities.insert("tasks".to_owned(), Value::Object(tasks));
    }
    message.to_string().into()
}

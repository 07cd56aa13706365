//! Tasks as clients see them, in both revisions of the protocol.

use super::records::{TaskOutcome, TaskState};
use super::running::BEAT;
use crate::utc::Utc;
use rmcp::ErrorData;
use rmcp::model::{DetailedTask, JsonObject, Task, TaskPayload, TaskStatus};
use serde_json::{Value, json};

/// The key of `_meta` that names the task of a result, and of a request or notification of the server (2025-11-25).
pub(in super::super) const RELATED: &str = "io.modelcontextprotocol/related-task";

impl TaskState {
    /// Returns whether the tool itself answered with an error.
    fn is_tool_error(&self) -> bool {
        self.result().is_some_and(|result| result.get("isError") == Some(&Value::Bool(true)))
    }

    /// Returns the result of the call.
    fn result(&self) -> Option<JsonObject> {
        match &self.end.as_ref()?.outcome {
            TaskOutcome::Result(result) => serde_json::from_str(result.get()).ok(),
            _ => None,
        }
    }

    /// Returns the status of the task, in the terms of the extension.
    fn status(&self) -> TaskStatus {
        match self.end.as_ref().map(|end| &end.outcome) {
            Some(TaskOutcome::Result(_)) => TaskStatus::Completed,
            Some(TaskOutcome::Error(_)) => TaskStatus::Failed,
            Some(TaskOutcome::Cancelled) => TaskStatus::Cancelled,
            None if !self.questions.requests.is_empty() => TaskStatus::InputRequired,
            None => TaskStatus::Working,
        }
    }

    /// Returns the message about the task.
    fn message(&self) -> Option<&str> {
        match self.end.as_ref().map(|end| &end.outcome) {
            Some(TaskOutcome::Error(error)) => Some(&error.message),
            Some(TaskOutcome::Cancelled) => Some("cancelled by the client"),
            Some(TaskOutcome::Result(_)) => None,
            None => Some(self.note.text.as_str()).filter(|text| !text.is_empty()),
        }
    }

    /// Returns when the task last changed, in milliseconds since 1970.
    fn updated(&self) -> u64 {
        let end = self.end.as_ref().map_or(0, |end| end.at);
        self.head.created.max(self.note.at).max(self.questions.at).max(end)
    }

    pub(in super::super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Returns the task in the form of the revision 2025-11-25.
    pub(in super::super) fn to_2025_11_25(&self) -> Value {
        let status = match self.status() {
            // A tool's error is a failure of the task, too.
            TaskStatus::Completed if self.is_tool_error() => TaskStatus::Failed,
            status => status,
        };
        let mut task = json!({
            "taskId": self.id,
            "status": status,
            "createdAt": timestamp(self.head.created),
            "lastUpdatedAt": timestamp(self.updated()),
            "ttl": self.head.lifetime,
            "pollInterval": poll_interval(),
        });
        if let Some(message) = self.message() {
            task["statusMessage"] = json!(message);
        }
        task
    }

    /// Returns the result of the call in the form of the revision 2025-11-25.
    pub(in super::super) fn result_2025_11_25(&self) -> Result<Value, ErrorData> {
        match self.end.as_ref().map(|end| &end.outcome) {
            Some(TaskOutcome::Error(error)) => Err(error.clone()),
            Some(TaskOutcome::Result(_)) => {
                let mut result = self.result().unwrap_or_default();
                result.remove("resultType");
                let meta = result.entry("_meta").or_insert_with(|| json!({}));
                if let Value::Object(meta) = meta {
                    meta.insert(RELATED.to_owned(), json!({ "taskId": self.id }));
                }
                Ok(Value::Object(result))
            }
            _ => Err(ErrorData::internal_error("the task was cancelled", None)),
        }
    }

    /// Returns the task in the form of the extension (SEP-2663).
    pub(in super::super) fn task(&self) -> Task {
        let mut task = Task::new(&self.id, self.status(), timestamp(self.head.created), timestamp(self.updated()));
        task.status_message = self.message().map(str::to_owned);
        task.ttl_ms = Some(self.head.lifetime);
        task.poll_interval_ms = Some(poll_interval());
        task
    }

    /// Returns the task with its questions, its result or its error, in the form of the extension.
    pub(in super::super) fn detailed(&self) -> DetailedTask {
        let payload = match self.end.as_ref().map(|end| &end.outcome) {
            Some(TaskOutcome::Result(_)) => TaskPayload::Completed { result: self.result().unwrap_or_default() },
            Some(TaskOutcome::Error(error)) => match serde_json::to_value(error) {
                Ok(Value::Object(error)) => TaskPayload::Failed { error },
                _ => TaskPayload::Failed { error: JsonObject::new() },
            },
            Some(TaskOutcome::Cancelled) => TaskPayload::Cancelled,
            None if self.questions.requests.is_empty() => TaskPayload::Working,
            None => {
                let requests = json!(self.questions.requests);
                // This program wrote the requests, so they can be parsed.
                let input_requests = serde_json::from_value(requests).unwrap_or_default();
                TaskPayload::InputRequired { input_requests }
            }
        };
        DetailedTask::new(self.task(), payload)
    }
}

/// Returns the interval at which clients should ask for a task, in milliseconds.
fn poll_interval() -> u64 {
    u64::try_from(BEAT.as_millis()).unwrap_or(u64::MAX)
}

/// Writes a time in UTC (RFC 3339), from milliseconds since 1970.
fn timestamp(milliseconds: u64) -> String {
    let Utc { year, month, day, hour, minute, second } = Utc::from_unix_seconds(milliseconds / 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", milliseconds % 1000)
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn times_are_written_in_utc() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (4_102_444_799_001, "2099-12-31T23:59:59.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(timestamp(milliseconds), text);
        }
    }
}

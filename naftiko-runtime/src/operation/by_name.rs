//! Calls by name, from Rust. The arguments are checked like those of any other caller.

use super::call::{in_time, time_limit, unanswered, with_budget};
use super::capability::Capability;
use super::exposed_operation::Operation;
use super::unknown::unknown_operation;
use super::{Content, Context, OwnedArgument};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::CallBudget;
use crate::numbers;
use crate::schema::{self, Fault, json_location};
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use std::sync::Arc;

/// Returns the result of a call as JSON; a file becomes a base64 string.
async fn json_of(content: Content, call_budget: &CallBudget) -> Result<Bytes> {
    match content {
        Content::Empty => Ok(Bytes::from_static(b"null")),
        Content::Json(json) => Ok(json),
        Content::Raw(raw) => raw.bytes().await,
        Content::Items(items) => items.into_array(call_budget.clone()).bytes().await,
        Content::Download(file) => Ok(super::base64::base64_json(&file.bytes().await?).into()),
    }
}

impl Capability {
    /// Calls an operation by the name of its method, of the operation, or of one of its tools, with the arguments in a
    /// JSON object. The arguments are checked like those of any other caller, so this is also useful in tests. A file is returned as a
    /// base64 string.
    ///
    /// # Errors
    /// Returns an error if the capability does not have the operation, an argument does not match its schema, the
    /// operation fails, or its answer contains a number that a `Value` cannot store exactly, such as an integer beyond
    /// 64 bits or a decimal with more than 17 digits.
    pub async fn call(&self, operation: &str, arguments: Value) -> Result<Value> {
        let found = self.find(operation)?;
        let answer = async {
            let json = self.json_of_call(found, found.bind(arguments)?).await?;
            if let Some(at) = numbers::first_inexact(&json) {
                let place = json_location::of_offset(&json, at);
                let message =
                    format!("a `Value` cannot store the number at {place}; use `call_json`, which returns text");
                return Err(Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message));
            }
            serde_json::from_slice(&json).map_err(Error::internal)
        };
        answer.await.map_err(|error: Error| error.with_operation_name(operation))
    }

    /// Calls an operation like [`call`](Self::call), with JSON text as input and output: integers of any size keep
    /// their digits, and a duplicate member is rejected. An answer that is not JSON is returned as a base64 string.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON or has a duplicate member, and the errors of [`call`](Self::call), except for those
    /// about numbers.
    pub async fn call_json(&self, operation: &str, arguments: &str) -> Result<String> {
        let found = self.find(operation)?;
        let answer = async {
            schema::strict(arguments.as_bytes()).map_err(|fault| match fault {
                Fault::Twice(pointer) => schema::duplicate_member(pointer),
                Fault::Syntax(error) => schema::arguments_not_json(&error),
            })?;
            let given = found.bind_json(Some(&Bytes::copy_from_slice(arguments.as_bytes())))?;
            let json = self.json_of_call(found, given).await?;
            String::from_utf8(json.into()).map_err(Error::internal)
        };
        answer.await.map_err(|error: Error| error.with_operation_name(operation))
    }

    async fn json_of_call(&self, operation: &Arc<Operation>, given: Vec<OwnedArgument>) -> Result<Bytes> {
        let context = Context::none();
        let limit = time_limit(self, &context);
        let (output, call_budget) = with_budget(self, operation, given, context).await?;
        let answer = in_time(operation, json_of(output.content, &call_budget), limit).await;
        answer.map_err(|error| unanswered(operation, error))
    }

    fn find(&self, name: &str) -> Result<&Arc<Operation>> {
        let all = || self.operations().iter().map(Arc::as_ref);
        self.operation(name).ok_or_else(|| Error::argument("", unknown_operation(name, all())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::operation::Download;

    #[tokio::test]
    async fn a_file_is_a_base64_string() {
        for (bytes, expected) in [(&b""[..], "\"\""), (&[0xff, 0xfe, 0xfd, 0x3f], "\"//79Pw==\"")] {
            let file = Box::new(Download::new("image/png", bytes.to_vec()));
            assert_eq!(json_of(Content::Download(file), &CallBudget::default()).await.unwrap(), expected);
        }
    }
}

//! Decodes, shapes and encodes the bytes of an answer. Long work runs on another thread.

use super::answer;
use super::context::ClientContext;
use super::failure;
use super::ready::ReadyCall;
use super::upstream_call::UpstreamCall;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{self, Budget, CompiledShaping, Unshaped};
use crate::limits::{CallBudget, memory};
use crate::numbers;
use crate::operation::{Download, Items, RawJson};
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use naftiko_spec::lower::Format;
use serde_json::Value;
use std::sync::Arc;

/// The body of an answer.
pub(crate) enum AnswerBody {
    /// Nothing, or a body that is not used.
    Nothing,
    /// JSON that has not been parsed yet.
    Json(Bytes),
    /// JSON that is passed on without being parsed.
    Raw(RawJson),
    /// A body in another format that is passed on without being parsed.
    File(Box<Download>),
    /// A stream of items.
    Items(Items),
    /// A value.
    Value(Value),
}

/// Returns the error of an answer whose numbers cannot be represented exactly.
pub(crate) fn inexact(why: &str) -> Error {
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, format!("the answer cannot be passed on: {why}"))
}

/// A reader of an answer that has arrived.
pub(super) struct AnswerReader {
    context: Arc<ClientContext>,
    upstream_call: Arc<UpstreamCall>,
    format: Format,
    output: Option<Arc<CompiledShaping>>,
    content_type: Option<HeaderValue>,
    bytes: Bytes,
    as_text: bool,
    call_budget: CallBudget,
}

impl AnswerReader {
    pub(super) fn new(
        context: &Arc<ClientContext>,
        call: &ReadyCall,
        (bytes, content_type): (Bytes, Option<&HeaderValue>),
        call_budget: &CallBudget,
    ) -> Self {
        Self {
            context: context.clone(),
            upstream_call: call.upstream_call.clone(),
            format: call.format,
            output: call.output.clone(),
            content_type: content_type.cloned(),
            bytes,
            as_text: false,
            call_budget: call_budget.clone(),
        }
    }

    /// Converts the answer to the call's result: JSON text, or a value.
    ///
    /// # Errors
    /// Returns an error if the answer cannot be read, or exceeds the memory budget.
    pub(super) async fn body(mut self, as_text: bool) -> Result<AnswerBody> {
        self.as_text = as_text;
        formats::on_blocking_thread(self.bytes.len(), move || self.convert()).await
    }

    /// Parses the answer as JSON, ignoring the call's output settings.
    ///
    /// # Errors
    /// Returns an error if the answer is not JSON, or exceeds the memory budget.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents use it"))]
    pub(super) async fn value(self) -> Result<Value> {
        formats::on_blocking_thread(self.bytes.len(), move || self.parse()).await
    }

    /// Returns the whole answer as a value, whatever its format.
    ///
    /// # Errors
    /// Returns an error if the answer cannot be read, or exceeds the memory budget.
    pub(super) async fn decoded(self) -> Result<Value> {
        let size = self.bytes.len();
        formats::on_blocking_thread(size, move || if self.format.is_json() { self.parse() } else { self.decode() })
            .await
    }

    fn convert(&self) -> Result<AnswerBody> {
        // A large list is shaped item by item, which takes less memory than its whole value.
        if self.as_text
            && self.format.is_json()
            && self.bytes.len() >= formats::LARGE
            && let Some(json) = self.output.as_ref().and_then(|output| output.each(&self.bytes, &self.call_budget))
        {
            return json.map(|json| AnswerBody::Json(json.into())).map_err(|why| match why {
                Unshaped::NotJson(why) => self.unreadable(&why),
                Unshaped::Refused(error) => error,
                Unshaped::Mismatch(why) => failure::mismatch(&self.upstream_call, &why),
                Unshaped::Inexact(why) => inexact(&why),
            });
        }
        let mut value = if self.format.is_json() { self.parse()? } else { self.decode()? };
        if let Some(output) = &self.output {
            value = output.apply(value).map_err(|why| failure::mismatch(&self.upstream_call, &why))?;
        }
        if !self.as_text {
            return Ok(AnswerBody::Value(value));
        }
        let json = match &self.output {
            Some(output) => numbers::json(&output.in_order(&value)),
            None => numbers::json(&value),
        };
        Ok(AnswerBody::Json(json.map_err(|why| inexact(&why.to_string()))?.into()))
    }

    /// Parses a JSON answer into a value.
    fn parse(&self) -> Result<Value> {
        memory::json_fits(&self.bytes).map_err(|why| self.complaint(&why).too_large())?;
        // Half of the reserved memory is for the result.
        self.call_budget.reserve(memory::json_cost(&self.bytes).saturating_mul(2))?;
        numbers::remember_numbers(&self.bytes);
        serde_json::from_slice(&self.bytes).map_err(|why| self.unreadable(&why))
    }

    /// Decodes an answer in a format other than JSON into a value.
    fn decode(&self) -> Result<Value> {
        let expected = self.bytes.len().saturating_mul(16);
        self.call_budget.reserve(expected)?;
        let mut budget = Budget::default();
        let content_type = self.content_type.as_ref().and_then(|value| value.to_str().ok());
        let decoded = formats::decode(self.format, &self.bytes, content_type, &mut budget);
        let mut value = decoded.map_err(|why| self.complaint(&why))?;
        // Small rows take much more memory than their text. Half of the reserved memory is for the result.
        self.call_budget.reserve(budget.used().saturating_mul(2).saturating_sub(expected))?;
        // Some secrets become visible only when the answer is decoded, so they are masked afterwards.
        self.context.answers.mask_value(&mut value);
        Ok(value)
    }

    /// Describes an answer that a decoder rejected.
    fn complaint(&self, why: &str) -> Error {
        /// How much of a decoder's message is quoted, in characters.
        const MAX_QUOTED: usize = 200;

        let why: String = self.context.errors.mask_text(why).chars().take(MAX_QUOTED).collect();
        let word = self.format.word();
        failure::bad_answer(&self.upstream_call, &format!("sent an answer that cannot be read as `{word}`: {why}"))
    }

    fn unreadable(&self, why: &serde_json::Error) -> Error {
        answer::unreadable(&self.context, &self.upstream_call, &self.bytes, self.content_type.as_ref(), why)
    }
}

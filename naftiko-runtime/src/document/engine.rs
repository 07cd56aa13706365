//! [`Operations`] over a document that is ready: each call of an operation is what the document says of it.

use super::answer;
use super::answer::Answer;
use super::forward::Forwarder;
use super::load::{Names, ReadyCall};
use super::request::Making;
use super::results::Results;
use super::scope::{self, Scope};
use super::steps::{self, ReadyStep};
use crate::consume::answer::open;
use crate::consume::exchange::Line;
use crate::consume::failure;
use crate::consume::upstream::CredentialPlace;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::CompiledShaping;
use crate::numbers;
use crate::operation::{Arguments, BoxFuture, Forward, Operations, Output, Want, no_operation};
use http::StatusCode;
use naftiko_spec::lower::Source;
use serde_json::Value;
use std::sync::Arc;

/// A document that is ready to be called.
pub(super) struct Engine {
    pub(super) line: Arc<Line>,
    pub(super) names: Names,
    pub(super) operations: Vec<ReadyOperation>,
    pub(super) forwards: Vec<(usize, String, Arc<Forwarder>)>,
}

/// An operation that is ready to be called.
pub(super) struct ReadyOperation {
    /// The names of its arguments.
    pub(super) arguments: Vec<String>,
    /// Whether it is a tool, and not a route.
    pub(super) is_tool: bool,
    pub(super) work: ReadyWork,
}

/// What it does.
pub(super) enum ReadyWork {
    Call { call: Box<ReadyCall>, output: Option<Box<CompiledShaping>> },
    Steps { steps: Vec<ReadyStep>, output: Source },
    Constant(Source),
}

/// What sources of one call of an operation are looked up in.
pub(super) struct Given<'a> {
    pub(super) arguments: &'a [scope::Argument<'a>],
    /// The arguments' names.
    pub(super) argument_names: &'a [&'a str],
}

impl Engine {
    /// The routes whose requests go on as they are.
    pub(super) fn forwards(&self) -> impl Iterator<Item = (usize, String, Arc<dyn Forward>)> {
        self.forwards.iter().map(|(expose, prefix, forward)| {
            let forward: Arc<dyn Forward> = forward.clone();
            (*expose, prefix.clone(), forward)
        })
    }

    async fn run(&self, operation: &ReadyOperation, want: Want, arguments: &Arguments) -> Result<Output> {
        let values = scope::arguments(arguments)?;
        let argument_names: Vec<&str> = operation.arguments.iter().map(String::as_str).collect();
        let given = Given { arguments: &values, argument_names: &argument_names };
        match &operation.work {
            ReadyWork::Call { call, output: None } => Ok(match self.send(call, &given, None, true).await? {
                Answer::Nothing => Output::Empty,
                Answer::Raw(raw) => Output::Raw(raw),
                Answer::Media(media) => Output::Media(media),
                Answer::Value(value) => encoded(&value, want)?,
            }),
            ReadyWork::Call { call, output: Some(shaping) } => {
                let value = match self.send(call, &given, None, false).await? {
                    // A tool with an output schema always has structured content.
                    Answer::Nothing if operation.is_tool => Value::Null,
                    Answer::Nothing => return Ok(Output::Empty),
                    Answer::Value(value) => value,
                    // Bytes have no parts.
                    Answer::Media(media) => return Ok(Output::Media(media)),
                    Answer::Raw(raw) => return Ok(Output::Raw(raw)),
                };
                let shaped = shaping.apply(value).map_err(|why| failure::bad_answer(&call.exchange, &why))?;
                encoded(&shaped, want)
            }
            ReadyWork::Steps { steps, output } => {
                let results = steps::run(self, steps, &given).await?;
                let scope = self.scope(&given, Some(&results), None);
                let output = encoded(scope.value(output).as_deref().unwrap_or(&Value::Null), want)?;
                within_reach(&results)?;
                Ok(output)
            }
            ReadyWork::Constant(source) => {
                let scope = self.scope(&given, None, None);
                encoded(scope.value(source).as_deref().unwrap_or(&Value::Null), want)
            }
        }
    }

    /// Where the sources of a call are looked up.
    pub(super) fn scope<'a>(
        &'a self,
        given: &Given<'a>,
        results: Option<&'a Results>,
        call: Option<&'a ReadyCall>,
    ) -> Scope<'a> {
        let credential = call.and_then(|call| call.exchange.upstream.credential.as_ref());
        Scope {
            names: &self.names,
            arguments: given.arguments,
            results,
            credential: credential.and_then(|credential| match &credential.place {
                CredentialPlace::Wherever(value) => Some(value),
                _ => None,
            }),
            sensitive: call.map_or(&[], |call| call.call.sensitive.as_slice()),
            shown: call.is_some() && self.line.dry_run.is_some(),
        }
    }

    /// Makes a call and takes its answer; `as_it_is` leaves JSON and bytes unread.
    pub(super) async fn send(
        &self,
        call: &ReadyCall,
        given: &Given<'_>,
        results: Option<&Results>,
        as_it_is: bool,
    ) -> Result<Answer> {
        let prepared = {
            let making = Making::new(call, self.scope(given, results, Some(call)), given.argument_names);
            if let Some(dry_run) = &self.line.dry_run {
                let request = making.describe()?;
                let masked = self.line.errors.mask_text(&request).into_owned();
                return Err(dry_run.record(masked).in_operation(&call.exchange.name));
            }
            let request = making.request()?;
            if let Some(results) = results {
                within_reach(results)?;
            }
            request
        };
        let opened = open(&self.line, &call.exchange, prepared).await?;
        answer::take(&self.line, &call.exchange, call.call.format, opened, as_it_is).await
    }
}

impl Operations for Engine {
    fn call<'a>(
        &'a self,
        operation: usize,
        want: Want,
        arguments: &'a Arguments,
    ) -> Result<BoxFuture<'a, Result<Output>>> {
        match self.operations.get(operation) {
            Some(operation) => Ok(Box::pin(self.run(operation, want, arguments))),
            None => no_operation(operation),
        }
    }
}

/// A value as it is wanted.
fn encoded(value: &Value, want: Want) -> Result<Output> {
    match want {
        Want::Json => Ok(Output::Json(numbers::json(value).map_err(Error::internal)?.into())),
        Want::Structured => Ok(Output::Structured { text: numbers::text(value), value: value.clone() }),
    }
}

/// What was looked for in the results of steps was found in time.
pub(super) fn within_reach(results: &Results) -> Result<()> {
    if !results.overrun() {
        return Ok(());
    }
    let message = "the steps gave more than can be looked through";
    Err(Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message))
}

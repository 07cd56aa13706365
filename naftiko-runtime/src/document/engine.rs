//! Implements [`Operations`] for a prepared document.

use super::forward::Forwarder;
use super::steps::{self, ReadyStep, StepInputs};
use crate::consume::DocumentOperations;
use crate::consume::context::ClientContext;
use crate::consume::engine::{self, AnswerOptions, UpstreamAnswer};
use crate::consume::failure;
use crate::consume::reading::{AnswerBody, inexact};
use crate::consume::ready::ReadyCall;
use crate::consume::source::{Inputs, ReadySource, Scope};
use crate::error::{Error, Result};
use crate::formats::InOrder;
use crate::numbers;
use crate::operation::{ArgumentValue, Arguments, BoxFuture, Content, Operations, Output, Shape, no_operation};
use crate::operation::{Forwarded, Operation};
use crate::schema;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A document that is ready to be called.
pub(super) struct Engine {
    pub(super) context: Arc<ClientContext>,
    pub(super) operations: Vec<ReadyOperation>,
    /// The forward routes: the index of the adapter in `exposes`, the prefix, and the forwarder.
    pub(super) forwards: Vec<(usize, String, Arc<Forwarder>)>,
}

/// An operation that is ready to be called.
pub(super) struct ReadyOperation {
    /// The operation as adapters see it.
    pub(super) operation: Arc<Operation>,
    /// Whether the operation is exposed only as a tool, not as a route.
    pub(super) is_tool: bool,
    pub(super) work: ReadyWork,
}

/// The work of an operation.
pub(super) enum ReadyWork {
    Call(Arc<ReadyCall>),
    Steps { steps: Vec<ReadyStep>, output: Arc<ReadySource> },
    Constant(ReadySource),
}

impl Engine {
    /// Runs the operation, and returns an error if a text template has rounded a number.
    async fn run(&self, operation: &ReadyOperation, arguments: &Arguments) -> Result<Output> {
        let output = self.run_unchecked(operation, arguments).await?;
        match numbers::check_rounded() {
            Ok(()) => Ok(output),
            // Only arguments can be in a constant result.
            Err(why) if matches!(operation.work, ReadyWork::Constant(_)) => {
                let error = Error::argument("", format!("the arguments cannot be returned: {why}"));
                Err(error.in_operation(operation.operation.name()))
            }
            Err(why) => Err(inexact(why)),
        }
    }

    /// Runs the operation without checking for rounded numbers.
    async fn run_unchecked(&self, operation: &ReadyOperation, arguments: &Arguments) -> Result<Output> {
        let (given, values) = typed(arguments)?;
        let inputs = Inputs { given: &given, values: &values, results: None, context: Some(arguments.context()) };
        match &operation.work {
            ReadyWork::Call(call) => {
                // Without output parameters, JSON is passed on unchanged; only its syntax is checked.
                let shape = if call.output.is_none() { Shape::Raw } else { Shape::Value };
                let wanted = AnswerOptions {
                    shape,
                    as_text: true,
                    checked: true,
                    head: false,
                    pages: true,
                    call_budget: arguments.call_budget(),
                };
                let answer = self.send(call, inputs, wanted).await?;
                let (status, headers, next) = (Some(answer.status), Output::boxed(answer.headers), answer.next);
                let fresh = answer.fresh;
                let content = match answer.body {
                    AnswerBody::Nothing => match &call.output {
                        // A tool with an output schema always has structured content.
                        Some(output) if operation.is_tool => {
                            let shaped = output.apply(Value::Null);
                            let shaped = shaped.map_err(|why| failure::mismatch(&call.upstream_call, &why))?;
                            encoded(&output.in_order(&shaped))?
                        }
                        _ => Content::Empty,
                    },
                    AnswerBody::Json(json) => Content::Json(json),
                    AnswerBody::Raw(raw) => Content::Raw(raw),
                    AnswerBody::File(file) => Content::Download(file),
                    AnswerBody::Items(items) => Content::Items(items),
                    AnswerBody::Value(value) => match &call.output {
                        Some(output) => encoded(&output.in_order(&value))?,
                        None => encoded(&value)?,
                    },
                };
                Ok(Output { status, headers, next, fresh, ..content.into() })
            }
            ReadyWork::Steps { steps, output } => {
                let call_budget = arguments.call_budget();
                let source = output.clone();
                let construct = move |inputs: Inputs<'_>| constructed(&source, inputs);
                let content = steps::run(&self.context, steps, StepInputs::new(inputs), call_budget, construct).await?;
                Ok(content.into())
            }
            ReadyWork::Constant(source) => Ok(constructed(source, inputs)?.into()),
        }
    }

    /// Sends a call and reads its answer.
    pub(super) async fn send(
        &self,
        call: &ReadyCall,
        inputs: Inputs<'_>,
        wanted: AnswerOptions<'_>,
    ) -> Result<Box<UpstreamAnswer>> {
        let prepared = engine::prepare(&self.context, call, inputs)?;
        engine::send(&self.context, call, prepared, wanted).await
    }
}

/// The arguments of a call: as given, and converted according to their schemas.
type Typed<'a> = (Vec<ArgumentValue<'a>>, Vec<Option<Cow<'a, Value>>>);

/// Converts the arguments of a call according to their schemas.
///
/// # Errors
/// Returns an error if an argument is missing or invalid.
fn typed(arguments: &Arguments) -> Result<Typed<'_>> {
    let operation = arguments.operation();
    let inputs = operation.inputs.iter().enumerate();
    let typed = inputs.map(|(index, input)| {
        let given = arguments.given(index);
        if input.argument.required && matches!(given, ArgumentValue::Absent) {
            return Err(schema::missing(&input.argument.name));
        }
        if input.argument.file {
            let file = arguments.opt_file(index)?;
            return Ok((ArgumentValue::opt_upload(file), None));
        }
        let value = schema::untyped(input, given)?;
        let value = value.or_else(|| operation.default_of(index).map(Cow::Borrowed));
        // Null for an optional argument means absence.
        let given = if value.is_some() { given.borrowed() } else { ArgumentValue::Absent };
        Ok((given, value))
    });
    typed.collect::<Result<_>>().map_err(|error: Error| error.in_operation(operation.name()))
}

impl Operations for Engine {
    fn call<'a>(&'a self, operation: usize, arguments: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        match self.operations.get(operation) {
            Some(operation) => Ok(Box::pin(self.run(operation, arguments))),
            None => no_operation(operation),
        }
    }

    fn check(&self, operation: usize, arguments: &Arguments) -> Result<()> {
        let Some(ReadyWork::Call(call)) = self.operations.get(operation).map(|operation| &operation.work) else {
            return Ok(());
        };
        // A dry run would record the request.
        if self.context.dry_run.is_some() {
            return Ok(());
        }
        let (given, values) = typed(arguments)?;
        let inputs = Inputs { given: &given, values: &values, results: None, context: Some(arguments.context()) };
        engine::prepare(&self.context, call, inputs).map(drop)
    }
}

impl DocumentOperations for Engine {
    fn operation(&self, number: usize) -> Option<&Arc<Operation>> {
        self.operations.get(number).map(|operation| &operation.operation)
    }

    fn forwards(&self) -> Vec<Forwarded> {
        let forwarded = |(expose, prefix, forward): &(usize, String, Arc<Forwarder>)| Forwarded {
            expose: *expose,
            prefix: prefix.clone(),
            forward: forward.clone(),
        };
        self.forwards.iter().map(forwarded).collect()
    }
}

/// Returns the value of a source, with members in the order of the source.
fn constructed(source: &ReadySource, inputs: Inputs<'_>) -> Result<Content> {
    encoded(&InOrder(source, &Scope::of(inputs).value(source).unwrap_or_default()))
}

/// Converts a value to JSON.
fn encoded(value: &impl Serialize) -> Result<Content> {
    let json = numbers::json(value).map_err(|why| inexact(&why.to_string()))?;
    Ok(Content::Json(json.into()))
}

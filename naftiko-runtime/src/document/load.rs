//! Prepares a document. All problems are reported at once.

use super::engine::{Engine, ReadyOperation, ReadyWork};
use super::forward::ReadyForward;
use super::steps::{Lookup, ReadyStep, ReadyStepWork};
use crate::consume::context::ClientContext;
use crate::consume::ready::{Loader, ReadyCall};
use crate::formats::CompiledOutputs;
use crate::operation::from_document;
use crate::schema::bad_pattern;
use naftiko_spec::lower::{Call, Lowered, LoweredOperation, LoweredStep, StepWork, Work};
use std::sync::Arc;

/// A prepared document, without its client context.
pub(super) struct PreparedDocument {
    operations: Vec<ReadyOperation>,
    forwards: Vec<ReadyForward>,
}

impl PreparedDocument {
    /// Prepares the operations and forwards of a document.
    pub(super) fn new(loader: &mut Loader<'_, '_>, lowered: Lowered) -> Self {
        for operation in &lowered.operations {
            operation.work.calls().for_each(|call| loader.expect(call));
        }
        let effects = from_document::effects(&lowered.operations);
        let operations = lowered.operations.into_iter().enumerate();
        let operations = operations.filter_map(|(number, lowered)| operation(loader, number, lowered, &effects));
        Self {
            operations: operations.collect(),
            forwards: lowered.forwards.iter().filter_map(|route| ReadyForward::new(loader, route)).collect(),
        }
    }

    /// Adds the client context that sends the requests.
    pub(super) fn with_context(self, context: Arc<ClientContext>) -> Engine {
        let forwards = self.forwards.into_iter().map(|forward| forward.with_context(context.clone())).collect();
        Engine { operations: self.operations, forwards, context }
    }
}

/// Prepares the operation with the index `number`, and reports its faults to the resolver. Returns `None` if a request of the
/// operation cannot be prepared. `effects` is the result of [`from_document::effects`].
fn operation(
    loader: &mut Loader<'_, '_>,
    number: usize,
    lowered: LoweredOperation,
    effects: &[(usize, String)],
) -> Option<ReadyOperation> {
    for (argument, schema) in lowered.fragment.arguments.iter().zip(&lowered.schemas) {
        if bad_pattern(schema).is_some() {
            let (name, argument) = (&lowered.fragment.name, &argument.name);
            let message = format!("`{name}`: the pattern of `{argument}` is not a regular expression");
            loader.resolver.report(message);
        }
    }
    let (adapted, work) = from_document::adapted(number, lowered, effects);
    let fragment = &adapted.fragment;
    let name = fragment.name.as_str();
    let arguments: Arc<[String]> = fragment.arguments.iter().map(|argument| argument.name.clone()).collect();
    let mut prepare = |loader: &mut Loader<'_, '_>, call: Call| loader.call(call, name, &arguments);
    let work = match work {
        Work::Call { call } => ReadyWork::Call(prepare(loader, *call)?),
        Work::Steps { steps, output } => {
            let output = Arc::new(loader.source(output, name));
            let steps: Vec<_> = steps.into_iter().map(|lowered| step(loader, name, lowered, &mut prepare)).collect();
            ReadyWork::Steps { steps: steps.into_iter().collect::<Option<_>>()?, output }
        }
        Work::Constant(source) => ReadyWork::Constant(loader.source(source, name)),
    };
    let is_tool = !fragment.tools.is_empty() && fragment.routes.is_empty();
    Some(ReadyOperation { operation: Arc::new(adapted), is_tool, work })
}

/// Prepares a step of an operation, as [`operation`] does. `prepare` prepares a call.
fn step<'a, 's>(
    loader: &mut Loader<'a, 's>,
    operation: &str,
    step: LoweredStep,
    prepare: &mut impl FnMut(&mut Loader<'a, 's>, Call) -> Option<Arc<ReadyCall>>,
) -> Option<ReadyStep> {
    let work = match step.work {
        StepWork::Call(call) => {
            let outputs = CompiledOutputs::new(&call.outputs, call.format).unwrap_or_else(|why| {
                loader.resolver.report(format!("the output of `{operation}`: {why}"));
                CompiledOutputs::default()
            });
            ReadyStepWork::Call(prepare(loader, *call)?, Arc::new(outputs))
        }
        StepWork::Lookup { table, part, declared, key, value, members } => ReadyStepWork::Lookup(Arc::new(Lookup {
            table: loader.json_path(&table, operation),
            part: part.map(|part| loader.json_path(&part, operation)),
            declared,
            key,
            value: loader.source(value, operation),
            members,
        })),
    };
    Some(ReadyStep { name: step.name, work })
}

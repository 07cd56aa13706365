//! The operations of a document behind a generated client: a trait that is filled from one.

use super::engine::Engine;
use super::settings::Settings;
use crate::consume::exchange::Line;
use crate::error::Result;
use crate::operation::from_document;
use crate::operation::{Arguments, Given, Operations, Output, Want, no_operation};
use crate::operation::{Forwarded, Operation};
use naftiko_spec::lower::Lowered;
use naftiko_spec::model::Document;
use std::sync::Arc;

/// A document that a client calls the operations of, by their numbers.
pub(crate) struct Filled {
    engine: Arc<Engine>,
    operations: Vec<Arc<Operation>>,
}

impl Filled {
    /// Makes a document ready; what its upstreams answer is noted for the definition of that number.
    pub(crate) fn load(
        document: &Document,
        lowered: Lowered,
        client: crate::consume::builder::Settings,
        definition: usize,
    ) -> Result<Self> {
        let operations = from_document::operations(&lowered).into_iter().map(Arc::new).collect();
        let engine = Engine::load(document, lowered, Settings { client, dry_run: None }, definition)?;
        Ok(Self { engine: Arc::new(engine), operations })
    }

    /// What it calls by.
    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.engine.line
    }

    /// How many operations it has: their numbers are below that.
    pub(crate) fn count(&self) -> usize {
        self.operations.len()
    }

    /// Calls an operation.
    pub(crate) fn call(
        &self,
        number: usize,
        given: Result<Vec<Given>>,
    ) -> impl Future<Output = (String, Result<Output>)> + Send + use<> {
        let engine = self.engine.clone();
        let operation = self.operations.get(number).cloned();
        async move {
            let Some(operation) = operation else {
                let nothing: Result<Output> = no_operation(number).and(Ok(Output::Empty));
                return (String::new(), nothing);
            };
            let name = operation.name().to_owned();
            let result = match given {
                Ok(given) => {
                    let arguments = Arguments::new(operation, given);
                    match engine.call(number, Want::Json, &arguments) {
                        Ok(called) => called.await,
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error),
            };
            (name, result)
        }
    }

    /// The routes whose requests go on as they are.
    pub(crate) fn forwards(&self) -> Vec<Forwarded> {
        let forwards = self.engine.forwards();
        forwards.map(|(expose, prefix, forward)| Forwarded { expose, prefix, forward }).collect()
    }
}

//! A document served without Rust: [`Operations`](crate::operation::Operations) over what `naftiko_spec::lower` worked out.
//!
//! ```
//! use naftiko_runtime::document::{self, Settings};
//! use naftiko_runtime::spec::{lower, model::Document};
//!
//! # fn load(document: Document) -> naftiko_runtime::Result<naftiko_runtime::Capability> {
//! let (lowered, _) = lower::lower(&document);
//! let settings = Settings::default().upstream("github", "http://127.0.0.1:9000").folder("capabilities");
//! document::capability(document, lowered, settings)
//! # }
//! ```

mod answer;
mod body;
mod check;
mod engine;
mod forward;
mod load;
mod path;
mod request;
mod results;
mod scope;
mod settings;
mod steps;

pub use crate::consume::overrides::DryRun;
pub use settings::Settings;

use crate::capability::{Capability, Forwarded, Operation, OutputType};
use crate::error::Result;
use crate::operation::{Arguments, BoxFuture, Operations, Output, Shape, Want};
use engine::Engine;
use naftiko_spec::fragment::Draft;
use naftiko_spec::lower::{Format, Lowered, LoweredOperation, Work};
use naftiko_spec::model::{Document, Expose};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The capability that a document is, ready to be called.
///
/// Variables are resolved, and files that binds name are read, now.
///
/// # Errors
/// If a variable is missing, or something cannot be done as the document says it. One error names everything.
pub fn capability(document: Document, lowered: Lowered, settings: Settings) -> Result<Capability> {
    let (id, operations, draft) = (next_id(), operations(&lowered), draft(&document, &lowered));
    let operations = operations.into_iter().map(|operation| Arc::new(operation.of_definition(id))).collect();
    let engine = Arc::new(Engine::load(&document, lowered, settings, id)?);
    let forwards = engine.forwards().map(|(expose, prefix, forward)| Forwarded { expose, prefix, forward }).collect();
    Ok(Capability::of_document(document, Arc::new(draft), operations, engine, forwards))
}

/// The same capability, to be described and not to be called: it needs no variable.
#[must_use]
pub fn described(document: Document, lowered: &Lowered) -> Capability {
    struct Nothing;

    impl Operations for Nothing {
        fn call<'a>(
            &'a self,
            operation: usize,
            _want: Want,
            _arguments: &'a Arguments,
        ) -> Result<BoxFuture<'a, Result<Output>>> {
            crate::operation::no_operation(operation)
        }
    }

    let operations = operations(lowered).into_iter().map(Arc::new).collect();
    let draft = Arc::new(draft(&document, lowered));
    Capability::of_document(document, draft, operations, Arc::new(Nothing), Vec::new())
}

/// A number that no other document has, and no definition either: those have addresses.
fn next_id() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// The operations as adapters see them.
fn operations(lowered: &Lowered) -> Vec<Operation> {
    lowered.operations.iter().enumerate().map(|(index, operation)| adapted(index, operation)).collect()
}

fn adapted(index: usize, operation: &LoweredOperation) -> Operation {
    let fragment = operation.fragment.clone();
    // The schema of an argument that may be given several times is that of one value.
    let of_one = |(at, schema): (usize, &Value)| {
        let many = fragment.arguments.get(at).is_some_and(|argument| argument.many);
        let list = schema.get("type").and_then(Value::as_str) == Some("array");
        if many && list { schema.get("items").cloned().unwrap_or_else(|| json!({})) } else { schema.clone() }
    };
    let mut schemas: Vec<Value> = operation.schemas.iter().enumerate().map(of_one).collect();
    schemas.resize(fragment.arguments.len(), json!({}));
    let shape = shape(&operation.work);
    let schema = if shape == Shape::Value { operation.output.clone() } else { json!({}) };
    let name = fragment.name.clone();
    Operation::new(0, index, &name, fragment, schemas, OutputType { shape, schema })
}

/// Whether an answer is passed on as it is.
fn shape(work: &Work) -> Shape {
    match work {
        Work::Call { call, output } => match (call.format, output) {
            (Format::Binary, _) | (Format::Json, None) => Shape::Raw,
            (Format::Json, Some(output)) if engine::is_whole(output, &call.outputs) => Shape::Raw,
            _ => Shape::Value,
        },
        Work::Steps { .. } | Work::Constant(_) => Shape::Value,
    }
}

/// What `OpenAPI` is made of: the document without its operations, and the operations.
fn draft(document: &Document, lowered: &Lowered) -> Draft {
    let mut head = document.clone();
    let capability = &mut head.capability;
    capability.consumes.append(&mut head.consumes);
    for consume in &mut capability.consumes {
        consume.resources.clear();
    }
    for expose in &mut capability.exposes {
        match expose {
            Expose::Rest(rest) => rest.resources.clear(),
            Expose::Mcp(mcp) => mcp.tools.clear(),
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
    Draft { head, fragments: lowered.operations.iter().map(|operation| operation.fragment.clone()).collect() }
}

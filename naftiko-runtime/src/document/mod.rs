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
mod filled;
mod forward;
mod load;
mod path;
mod request;
mod results;
mod scope;
mod settings;
mod steps;

pub use crate::consume::overrides::DryRun;
pub(crate) use filled::Filled;
pub use settings::Settings;

use crate::adapted::{draft, operations};
use crate::capability::{Capability, Forwarded};
use crate::error::Result;
use crate::operation::{Arguments, BoxFuture, Operations, Output, Want};
use engine::Engine;
use naftiko_spec::lower::Lowered;
use naftiko_spec::model::Document;
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

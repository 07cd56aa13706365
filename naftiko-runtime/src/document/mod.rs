//! Serves a document without Rust: [`Operations`](crate::operation::Operations) over the plans of `naftiko_spec::lower`.
//!
//! ```
//! use naftiko_runtime::document::{self, Settings};
//!
//! # fn load() -> naftiko_runtime::Result<naftiko_runtime::Capability> {
//! let settings = Settings::default().upstream("github", "http://127.0.0.1:9000");
//! document::open("github.naftiko.yaml", settings)
//! # }
//! ```
//!
//! The result is a [`Capability`], as for a trait: a router and an MCP service for your axum server.

mod engine;
mod forward;
mod load;
mod results;
mod settings;
mod steps;

pub use crate::setup::DryRun;
pub use settings::Settings;

use crate::consume::{DocumentOperations, LoadDocument};
use crate::error::{Error, Result};
use crate::operation::Capability;
use crate::operation::NotCallable;
use crate::operation::from_document::operations;
use load::Loaded;
use naftiko_spec::Policy;
use naftiko_spec::load::LARGEST;
use naftiko_spec::lower::Lowered;
use naftiko_spec::model::Document;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Opens a document's file as a capability that is ready to be called. Relative `location`s of binds are relative to the file's
/// folder, unless the settings name another folder.
///
/// Repairs, and operations that are left out because they cannot be lowered, are reported with their locations as `tracing`
/// warnings.
///
/// # Errors
/// If the file cannot be read, is not a document, or would not do what it says: one error reports every mistake, with line and
/// column. If a variable is missing, or something in the document is not supported.
pub fn open(path: impl AsRef<Path>, settings: Settings) -> Result<Capability> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let text = text(path).map_err(|why| Error::configuration(format!("the document {name} cannot be read: {why}")))?;
    let loaded = naftiko_spec::load::load(&text, &Policy::default()).map_err(|refused| {
        let all: Vec<String> = refused.diagnostics.iter().map(|found| found.show(&name, &text)).collect();
        Error::configuration(format!("{name} cannot be served:\n{}", all.join("\n")))
    })?;
    for found in loaded.to_report() {
        let place = found.location.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
        tracing::warn!("{name}{place}: {}: {}", found.rule, found.message);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    capability(loaded.document, loaded.lowered, settings.or_folder(folder))
}

/// Returns the text of a file, or the reason why it cannot be read.
fn text(path: &Path) -> std::result::Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    // One byte more, to know whether there is more.
    file.take(LARGEST as u64 + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() > LARGEST { Err(format!("it is larger than {} MiB", LARGEST >> 20)) } else { Ok(text) }
}

/// Makes the capability of a document, ready to be called.
///
/// Variables are resolved, and files that binds name are read, when this is called.
///
/// # Errors
/// If a variable is missing, or something in the document is not supported. One error names everything.
#[allow(clippy::needless_pass_by_value, reason = "as in `open`: settings are for one capability")]
pub fn capability(document: Document, lowered: Lowered, settings: Settings) -> Result<Capability> {
    let (loaded, context) = settings.client.connect(&document, |loader| Loaded::new(loader, lowered))?;
    let engine = Arc::new(loaded.over(context));
    let operations = engine.operations.iter().map(|operation| operation.operation.clone()).collect();
    let forwards = engine.forwards();
    Ok(Capability::of_document(document, operations, engine, forwards))
}

/// Prepares the operations of a document that fills a trait.
pub(crate) const LOAD: LoadDocument = LoadDocument(|loader, lowered| {
    let loaded = Loaded::new(loader, lowered);
    Box::new(|context| Arc::new(loaded.over(context)))
});

/// Makes the capability of a document to be described and not called: it needs no variable.
#[must_use]
pub fn described(document: Document, lowered: &Lowered) -> Capability {
    let operations = operations(lowered).into_iter().map(Arc::new).collect();
    Capability::of_document(document, operations, Arc::new(NotCallable), Vec::new())
}
/// Returns the inputs whose `pattern` is not a regular expression: the location of each route or tool, and the name of its input.
#[must_use]
pub fn bad_patterns(lowered: &Lowered) -> Vec<(&str, &str)> {
    let mut bad = Vec::new();
    for operation in &lowered.operations {
        for (argument, schema) in operation.fragment.arguments.iter().zip(&operation.schemas) {
            if crate::schema::bad_pattern(schema).is_some() {
                bad.push((operation.at.as_str(), argument.name.as_str()));
            }
        }
    }
    bad
}

//! Serves a document without a Rust trait: its [`Operations`](crate::operation::Operations) run the plans of `naftiko_spec::lower`.
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

use crate::consume::builder::{Connected, LoadAgain};
use crate::consume::locations::Locations;
use crate::consume::{DocumentOperations, LoadDocument};
use crate::error::{Error, Result};
use crate::location::bounded_text;
use crate::operation::from_document::operations;
use crate::operation::{Capability, Forwarded, NotCallable, OfferedFiles, skills};
use load::PreparedDocument;
use naftiko_spec::Policy;
use naftiko_spec::load::MAX_BYTES;
use naftiko_spec::lower::Lowered;
use naftiko_spec::model::Document;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Opens a document's file as a capability that is ready to be called. Relative `location`s are resolved against the file's
/// folder, unless the settings specify another folder.
///
/// `tracing` warnings report two things with their locations: the repairs, except those of severity info, and the parts that are left
/// out because they cannot be served.
///
/// # Errors
/// Returns an error if the file cannot be read, is not a valid document, or would misbehave if it were served: one error lists
/// every such mistake with its line and column. It also returns the errors of [`capability`].
pub fn open(path: impl AsRef<Path>, settings: Settings) -> Result<Capability> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let text = text(path).map_err(|why| Error::configuration(format!("the document {name} cannot be read: {why}")))?;
    let loaded = naftiko_spec::load::load(&text, &Policy::default()).map_err(|refused| {
        let all: Vec<String> = refused.diagnostics.iter().map(|found| found.show(&name, &text)).collect();
        Error::configuration(format!("{name} cannot be served:\n{}", all.join("\n")))
    })?;
    for found in loaded.reportable() {
        let place = found.location.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
        tracing::warn!("{name}{place}: {}: {}", found.rule, found.message);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    capability(loaded.document, loaded.lowered, settings.or_folder(folder))
}

/// Returns the text of a file, or the reason why it cannot be read.
fn text(path: &Path) -> std::result::Result<String, String> {
    let text = File::open(path).and_then(|file| bounded_text(file, MAX_BYTES as u64));
    text.map_err(|error| error.to_string())?.ok_or_else(|| format!("it is larger than {} MiB", MAX_BYTES >> 20))
}

/// Creates the capability of a document, ready to be called.
///
/// Variables are resolved, and the files of binds are read, during this call.
///
/// # Errors
/// Returns an error if a variable is missing, a feature of the document is not supported, or a file of an MCP resource or prompt
/// cannot be found. One error lists all problems with variables and features, another one all problems with files.
#[allow(clippy::needless_pass_by_value, reason = "as in `open`: settings are for one capability")]
pub fn capability(document: Document, lowered: Lowered, settings: Settings) -> Result<Capability> {
    // If values can change, the document is prepared again after each change, from a copy.
    let copy = if settings.may_change(&document) { Some((document.clone(), lowered.clone())) } else { None };
    let again = || {
        let (document, lowered) = copy.unwrap_or_default();
        let prepare: LoadAgain = Box::new(move |loader| drop(PreparedDocument::new(loader, lowered.clone())));
        (document, prepare)
    };
    let connected = settings.client.connect(&document, |loader| PreparedDocument::new(loader, lowered), again)?;
    let Connected { loaded, context, store } = connected;
    let engine = Arc::new(loaded.with_context(context));
    let operations = engine.operations.iter().map(|operation| operation.operation.clone()).collect();
    let forwards = engine.forwards();
    let locations = Locations::below(settings.client.folder.as_deref(), settings.client.confined);
    let find = |location: &str| {
        let found = locations.file(location);
        if let (Some(run), Err(why)) = (&settings.client.setup.dry_run, &found) {
            run.record_unreadable(location, why.clone());
        }
        found
    };
    let files = OfferedFiles::find(&document, find, skills(&document, find));
    // The capability's limit of the size of files is set later, so it is not checked here.
    files.check(&document, usize::MAX)?;
    let capability = Capability::of_document(document, operations, engine, forwards).with_files(files);
    Ok(capability.with_caller_values(settings.client.caller_values(&store)))
}

/// Prepares the operations of a document that implements a trait.
pub(crate) const LOAD: LoadDocument = LoadDocument(|loader, lowered| {
    let loaded = PreparedDocument::new(loader, lowered);
    Box::new(|context| Arc::new(loaded.with_context(context)))
});

/// Creates the capability of a document for descriptions only, not for calls; it needs no variables.
#[must_use]
pub fn described(document: Document, lowered: &Lowered) -> Capability {
    let operations = operations(lowered).into_iter().map(Arc::new).collect();
    Capability::of_document(document, operations, Arc::new(NotCallable), Forwarded::described(lowered))
}

/// Returns the inputs whose `pattern` is not a regular expression: the location of each route or tool, the input's name, and
/// the pattern.
#[must_use]
pub fn bad_patterns(lowered: &Lowered) -> Vec<(&str, &str, &str)> {
    let mut bad = Vec::new();
    for operation in &lowered.operations {
        for (argument, schema) in operation.fragment.arguments.iter().zip(&operation.schemas) {
            if let Some(pattern) = crate::schema::bad_pattern(schema) {
                bad.push((operation.at.as_str(), argument.name.as_str(), pattern));
            }
        }
    }
    bad
}

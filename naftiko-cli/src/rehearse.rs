//! What keeps a document from being started, found without starting it.

use crate::source::folder;
use naftiko_runtime::document::{self, DryRun, Settings};
use naftiko_spec::lower::Lowered;
use naftiko_spec::rules::{invalid_pattern, not_startable};
use naftiko_spec::{Diagnostic, Document};

/// Finds what keeps a document from being started, whatever its variables are.
pub(crate) fn rehearse(name: &str, mut document: Document, lowered: Lowered) -> Option<Diagnostic> {
    // Files with values need not be here, as the values themselves need not.
    for bind in document.binds.iter_mut().chain(&mut document.capability.binds) {
        bind.location = None;
    }
    let settings = Settings::default().folder(folder(name)).dry_run(DryRun::default());
    let error = document::capability(document, lowered, settings).err()?;
    Some(not_startable(error.to_string()))
}

/// Finds inputs whose pattern is not a regular expression.
pub(crate) fn patterns(lowered: &Lowered) -> impl Iterator<Item = Diagnostic> {
    document::bad_patterns(lowered).into_iter().map(|(at, name)| invalid_pattern(at, name))
}

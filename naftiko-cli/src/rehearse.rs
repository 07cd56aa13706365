//! Finds the reasons why `serve` would fail to start a document, without starting it.

use crate::source::{Permissions, folder};
use naftiko_runtime::document::{self, DryRun, Settings};
use naftiko_spec::rules::{invalid_pattern, not_startable};
use naftiko_spec::{Diagnostic, Loaded, Severity};

/// Returns the reasons why `serve` would fail to start a document, regardless of environment variables.
pub(crate) fn rehearse(name: &str, loaded: &Loaded, permissions: Permissions) -> Vec<Diagnostic> {
    let Loaded { document, lowered, diagnostics, places, .. } = loaded;
    let bad = document::bad_patterns(lowered).into_iter();
    let mut found: Vec<Diagnostic> = bad.map(|(at, name)| invalid_pattern(at, name)).collect();
    let record = DryRun::reading_files();
    let settings = Settings::default().folder(folder(name)).dry_run(record.clone());
    let settings = permissions.apply(settings);
    let error = document::capability(document.clone(), lowered.clone(), settings).err();
    let binds = [("/capability", &document.capability.binds), ("", &document.binds)];
    for (location, why) in record.unreadable() {
        let of = |(list, binds): (&str, &Vec<naftiko_spec::model::Bind>)| {
            let index = binds.iter().position(|bind| bind.location.as_ref() == Some(&location))?;
            Some(format!("{list}/binds/{index}/location"))
        };
        let at = binds.into_iter().find_map(of).unwrap_or_default();
        // A rule may have reported this location already.
        if diagnostics.iter().all(|found| found.at != at) {
            found.push(Diagnostic { at, ..not_startable(why) });
        }
    }
    for found in &mut found {
        found.location = places.of(&found.at);
    }
    // If there are other errors, this one may only follow from them.
    let is_known = diagnostics.iter().chain(&found).any(|found| found.severity == Severity::Error);
    found.extend(error.filter(|_| !is_known).map(|error| not_startable(error.to_string())));
    found
}

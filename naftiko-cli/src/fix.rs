//! Converts the fixes of diagnostics to help texts that mention the command's options.

use naftiko_spec::{Diagnostic, Fix};

/// Returns what to do about a diagnostic, as a sentence.
pub(crate) fn help(found: &Diagnostic) -> Option<String> {
    found.fix.as_ref().map(|fix| fix.render(&with_option))
}

/// Returns the text of a fix that an option of the command offers as well.
fn with_option(fix: &Fix) -> Option<String> {
    let option = match fix {
        Fix::Port => "`serve --port NAMESPACE=0` uses any free port",
        Fix::Address => "`serve --address` overrides it",
        Fix::Proxy(_) => "`--upstream NAMESPACE=URL` sends the calls of an API to another URL",
        Fix::InRust(_) => "`#[capability(document = \"…\")]` fills a trait from the document",
        _ => return None,
    };
    Some(format!("{fix}; {option}"))
}

//! Converts the fixes of diagnostics to help texts that mention the command's options.

use naftiko_spec::{Diagnostic, Fix};

/// Returns the help text of a diagnostic, or `None` if it has no fix.
pub(crate) fn help(found: &Diagnostic) -> Option<String> {
    found.fix.as_ref().map(|fix| fix.render(&with_option))
}

/// Returns the text of a fix together with an alternative that leaves the document unchanged; `None` without an alternative.
fn with_option(fix: &Fix) -> Option<String> {
    let option = match fix {
        Fix::Port => "`serve --port NAMESPACE=0` uses any free port",
        Fix::Address => "`serve --address` overrides it",
        Fix::Proxy(_) => "`--upstream NAMESPACE=URL` sends the calls of an API to another URL",
        Fix::InRust(_) => {
            let how = "a method with a body in a trait with `#[capability(document = \"…\")]`, which takes the other \
                       operations from the document";
            return Some(format!("{fix}: {how}"));
        }
        _ => return None,
    };
    Some(format!("{fix}; {option}"))
}

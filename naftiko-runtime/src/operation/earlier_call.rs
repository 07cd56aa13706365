//! Remembers which call of an operation's body has taken effect: if the operation fails afterwards, repeating it doubles the effect.

use super::exposed_operation::Operation;
use crate::error::{Error, ErrorKind, Result};
use std::cell::RefCell;

tokio::task_local! {
    /// The last call of the running body that has taken effect, or else the last one that may have.
    static LAST: RefCell<Option<EarlierCall>>;
}

/// A call whose effect would be doubled by repeating it.
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client calls an API"))]
struct EarlierCall {
    name: String,
    /// Whether it is certain that the call has taken effect.
    is_certain: bool,
}

/// Remembers that the running body has called an operation of an API, and that repeating the call would double its effect. `is_certain`
/// is whether the call has taken effect; otherwise, it failed in a way that does not show whether it has.
#[cfg(feature = "client")]
pub(crate) fn remember(api: &str, operation: &str, is_certain: bool) {
    let replaced = |last: &EarlierCall| is_certain || !last.is_certain;
    // Outside a body, nothing is remembered.
    let _ = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        if last.as_ref().is_none_or(replaced) {
            *last = Some(EarlierCall { name: format!("{api}.{operation}"), is_certain });
        }
    });
}

/// Runs the body of an operation. If the body fails after a call that has taken effect, the error names that call.
///
/// # Errors
/// Returns the error of the body.
pub(super) async fn remembering<T>(operation: &Operation, body: impl Future<Output = Result<T>>) -> Result<T> {
    if operation.is_repeatable() || declares_repeatable(operation) {
        return body.await;
    }
    let noting = async {
        body.await.map_err(|error| match LAST.with(RefCell::take) {
            Some(call) => after(error, &call),
            None => error,
        })
    };
    LAST.scope(RefCell::new(None), noting).await
}

/// Returns whether the hints of a tool of the operation declare that a second call has no further effect.
fn declares_repeatable(operation: &Operation) -> bool {
    let mut hints = operation.fragment.tools.iter().filter_map(|part| part.tool.hints);
    hints.any(|hints| hints.reads() || hints.idempotent == Some(true))
}

/// Adds a call that has taken effect to an error of an API. The body's own errors are left as they are: only the body knows what it has
/// undone. A call that may have taken effect is added only to an error that asks callers to call again.
fn after(error: Error, EarlierCall { name, is_certain }: &EarlierCall) -> Error {
    match error.kind() {
        ErrorKind::Throttled | ErrorKind::Unreachable if !is_certain => {
            error.after_effect(&format!("`{name}` may have taken effect"))
        }
        _ if !is_certain => error,
        ErrorKind::Throttled
        | ErrorKind::Unreachable
        | ErrorKind::Upstream
        | ErrorKind::Credential
        | ErrorKind::BadAnswer
        | ErrorKind::Timeout => error.after_effect(&format!("`{name}` has taken effect")),
        _ => error,
    }
}

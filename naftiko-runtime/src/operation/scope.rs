//! Which operation a task is answering, so that the client can say which status the upstream answered it with.

use crate::numbers::remembering;
use std::cell::Cell;
use std::sync::Arc;

use super::capability::Operation;

tokio::task_local! {
    static CURRENT: Current;
}

struct Current {
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client asks"))]
    operation: Arc<Operation>,
    status: Cell<Option<u16>>,
}

/// Runs the future of an operation, and says which status its own upstream call was answered with, if it made one.
///
/// It is lost across `spawn`; then the declared status stands.
pub(crate) async fn scoped<T>(operation: Arc<Operation>, future: impl Future<Output = T>) -> (T, Option<u16>) {
    CURRENT
        .scope(Current { operation, status: Cell::new(None) }, async {
            let output = remembering(future).await;
            let status = CURRENT.with(|current| current.status.get());
            (output, status)
        })
        .await
}

/// The operation `index` of the definition at `definition` was answered with `status`.
#[cfg(feature = "client")]
pub(crate) fn note_status(definition: usize, index: usize, status: u16) {
    // Outside of an adapter there is nobody to tell.
    let _ = CURRENT.try_with(|current| {
        if current.operation.definition == definition && current.operation.index == index {
            current.status.set(Some(status));
        }
    });
}

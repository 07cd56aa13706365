//! The thread on which secrets are read. It has its own Tokio runtime, since a program may have no runtime when it builds a client. At
//! startup, the caller's thread waits for the secrets, and reads files itself. Later reads do not block the program's runtime.

use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};

/// Returns the runtime of the thread. The thread is started at the first use and runs until the program ends.
///
/// # Errors
/// Returns an error if the system does not start a thread.
pub(super) fn runtime() -> Result<&'static Handle, String> {
    static RUNTIME: OnceLock<Result<Handle, String>> = OnceLock::new();
    let start = || {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new().name("naftiko-secrets".to_owned());
        let drive = move || runtime.block_on(std::future::pending::<()>());
        thread.spawn(drive).map(|_| handle).map_err(|error| error.to_string())
    };
    let runtime = RUNTIME.get_or_init(start).as_ref();
    runtime.map_err(|error| format!("the thread that reads secrets cannot be started: {error}"))
}

/// Runs a future on the thread, and waits for it.
///
/// # Errors
/// Returns an error if the thread cannot be started, or if the future panics or is not ready within the time limit.
pub(super) fn wait<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
    limit: Duration,
) -> Result<T, String> {
    let (send, receive) = mpsc::channel();
    let task = runtime()?.spawn(async move {
        // After the time limit, nobody receives the result.
        let _ = send.send(future.await);
    });
    receive.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => {
            task.abort();
            format!("no answer within {limit:?}")
        }
        mpsc::RecvTimeoutError::Disconnected => "the source of secrets panicked".to_owned(),
    })
}

//! The signals that end a program: SIGTERM and Ctrl-C.

use crate::error::{Error, Result};

/// A listener for the signals. While the listener exists, a signal does not terminate the process directly; on Unix, not even after
/// the listener is dropped.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Starts listening.
    pub(super) fn new() -> Result<Self> {
        let failed = |error| Error::configuration("the signal handlers cannot be set up").because(error);
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
            })
        }
        #[cfg(windows)]
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c().map_err(failed)? })
    }

    /// Waits for the next signal, and returns the exit code of a process that the signal terminates.
    pub(super) async fn next(&mut self) -> i32 {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            130
        }
    }
}

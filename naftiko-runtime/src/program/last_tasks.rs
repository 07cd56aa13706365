//! The tasks that still run when a program ends.

#[cfg(feature = "mcp")]
use crate::operation::{BackgroundWork, ProgramShutdown};

/// The tasks of a program that is shutting down. Tasks that wait for a caller end, since callers can no longer answer.
pub(super) struct LastTasks(#[cfg(feature = "mcp")] ProgramShutdown);

#[cfg(feature = "mcp")]
impl LastTasks {
    pub(super) fn begin() -> Self {
        Self(ProgramShutdown::begin())
    }

    /// Returns the number of running tasks.
    pub(super) fn count() -> usize {
        BackgroundWork::count()
    }

    /// Waits until all tasks have ended.
    pub(super) async fn ended(self) {
        let running = BackgroundWork::count();
        if running > 0 {
            tracing::info!(tasks = running, "stopping after the running tasks have ended");
        }
        BackgroundWork::ended().await;
        drop(self.0);
    }
}

#[cfg(not(feature = "mcp"))]
impl LastTasks {
    pub(super) fn begin() -> Self {
        Self()
    }

    pub(super) fn count() -> usize {
        0
    }

    #[allow(clippy::unused_async, reason = "the same signature as with the feature")]
    pub(super) async fn ended(self) {}
}

//! Background work, which outlives the request that began it. Before a program exits, it waits for this work, up to a
//! time limit.

use std::sync::LazyLock;
use tokio::sync::watch;

/// How many pieces of background work run in this process.
static RUNNING: LazyLock<watch::Sender<usize>> = LazyLock::new(watch::Sender::default);

/// How many programs (each a `run`) are shutting down in this process.
static ENDING: LazyLock<watch::Sender<usize>> = LazyLock::new(watch::Sender::default);

/// A guard for one piece of background work, which counts as running until the guard is dropped.
pub(crate) struct BackgroundWork(());

impl BackgroundWork {
    pub(crate) fn begin() -> Self {
        RUNNING.send_modify(|running| *running += 1);
        Self(())
    }

    /// Returns how many pieces of background work run in this process.
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "only programs report it"))]
    pub(crate) fn count() -> usize {
        *RUNNING.borrow()
    }

    /// Waits until no background work is left in this process.
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "only programs wait for it"))]
    pub(crate) async fn ended() {
        // This cannot fail: the sender is static.
        let _ = RUNNING.subscribe().wait_for(|running| *running == 0).await;
    }
}

impl Drop for BackgroundWork {
    fn drop(&mut self) {
        RUNNING.send_modify(|running| *running = running.saturating_sub(1));
    }
}

/// A guard for the shutdown of a program. While the guard exists, callers cannot reach the program, so work that waits
/// for a caller has to end.
pub(crate) struct ProgramShutdown(());

impl ProgramShutdown {
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "only programs end"))]
    pub(crate) fn begin() -> Self {
        ENDING.send_modify(|ending| *ending += 1);
        Self(())
    }

    /// Waits until a program in this process begins to shut down.
    pub(crate) async fn begun() {
        // This cannot fail: the sender is static.
        let _ = ENDING.subscribe().wait_for(|ending| *ending > 0).await;
    }
}

impl Drop for ProgramShutdown {
    fn drop(&mut self) {
        ENDING.send_modify(|ending| *ending = ending.saturating_sub(1));
    }
}

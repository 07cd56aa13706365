//! Work that outlives the request that began it: a program ends only once this work has ended, or its time is over.

use std::sync::LazyLock;
use tokio::sync::watch;

/// How many pieces of such work run in this process.
static RUNNING: LazyLock<watch::Sender<usize>> = LazyLock::new(watch::Sender::default);

/// Work in the background, until it is dropped.
pub(crate) struct BackgroundWork(());

impl BackgroundWork {
    pub(crate) fn begin() -> Self {
        RUNNING.send_modify(|running| *running += 1);
        Self(())
    }

    /// Waits until none is left in this process.
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

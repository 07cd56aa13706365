//! The signal that a test's upstream was dropped.

use tokio::sync::watch;

/// A signal that the upstream was dropped.
#[derive(Clone)]
pub(super) struct Closed(pub(super) watch::Receiver<()>);

impl Closed {
    /// Waits until the upstream is dropped.
    pub(super) async fn wait(&mut self) {
        // Nothing is ever sent: this ends when the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}

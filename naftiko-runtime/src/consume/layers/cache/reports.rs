//! Reports writes to the resources of an API to the store that replicas share: each report gives a path a new version.
//! The reports outlive a change of the API's credentials.

use super::unreported::{NotedWrite, UnreportedWrites};
use crate::consume::layers::request_key::RequestDigest;
use crate::consume::layers::retry::random;
use crate::digest::hex;
use crate::store::SharedStore;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long a version is kept: longer than any answer. An answer whose path has no version is not used.
pub(super) const VERSION_LIFETIME: Duration = Duration::from_secs(48 * 3600);

/// The length of a version, in bytes.
pub(super) const VERSION: usize = 16;

/// How long to wait before a write is reported again.
const RETRY: Duration = Duration::from_secs(1);

/// How many writes are reported again at the same time.
const AT_ONCE: usize = 32;

/// Reports the writes to the paths of an API.
pub(crate) struct WriteReports {
    /// A handle whose failures are tracked separately from those of answers: writes are reported even while the store
    /// accepts no answers, for example because they are too large or the store is full.
    store: SharedStore,
    unreported: UnreportedWrites,
}

impl WriteReports {
    /// Creates the reports to a store.
    pub(crate) fn new(store: &SharedStore) -> Self {
        Self { store: store.apart("invalidating cached answers"), unreported: UnreportedWrites::default() }
    }

    /// Returns whether an answer of the resource may be older than a write that the store does not know.
    pub(super) fn concerns(&self, resource: &RequestDigest) -> bool {
        self.unreported.concerns(resource)
    }

    /// Makes the answers of resources unusable: in this process at once, on all replicas when the returned task has ended, or later if
    /// the store cannot be used. The task runs in `runtime`, since a request can be dropped on a thread without one.
    pub(super) fn change(
        self: &Arc<Self>,
        resources: &[RequestDigest],
        runtime: Option<&Handle>,
    ) -> Option<JoinHandle<()>> {
        let (reports, writes) = (self.clone(), self.unreported.note(resources));
        Some(runtime?.spawn(async move {
            if !reports.report(&writes).await {
                reports.report_later();
            }
        }))
    }

    /// Gives the written resources new versions, so that no replica uses stored answers of them. Returns whether the
    /// store has all new versions.
    async fn report(&self, writes: &[NotedWrite]) -> bool {
        let renewed = join_all(writes.iter().map(|(resource, _)| self.renew(resource))).await;
        for (write, is_reported) in writes.iter().zip(&renewed) {
            self.unreported.end(write, *is_reported);
        }
        renewed.into_iter().all(|is_reported| is_reported)
    }

    /// Gives a resource a new version; returns whether the store has it.
    async fn renew(&self, resource: &RequestDigest) -> bool {
        let Some(version) = random::<VERSION>() else { return false };
        let name = name("version", resource);
        let renewed = self.store.ask(|store| {
            Box::pin(async {
                let put = store.put(&name, version.to_vec(), VERSION_LIFETIME).await;
                if put.is_err() {
                    // A full store may still remove the old version. The write stays noted until the store has a new
                    // version.
                    let _ = store.take(&name).await;
                }
                put
            })
        });
        renewed.await.is_some()
    }

    /// Reports the noted writes in the background, until the store knows all of them. A write is given up after
    /// [`LONGEST`](super::unreported::LONGEST): then no replica has an answer that is older than the write.
    fn report_later(self: &Arc<Self>) {
        let reports = Arc::downgrade(self);
        self.unreported.begin_reporter(|| {
            tokio::spawn(async move {
                loop {
                    sleep(RETRY).await;
                    let Some(reports) = reports.upgrade() else { return };
                    for writes in reports.unreported.all().chunks(AT_ONCE) {
                        if !reports.report(writes).await {
                            break;
                        }
                    }
                    if reports.unreported.end_reporter() {
                        return;
                    }
                }
            })
        });
    }
}

/// Returns the name of an answer or a version in the store.
pub(super) fn name(kind: &str, digest: &RequestDigest) -> String {
    format!("naftiko:{kind}:{}", hex(digest))
}

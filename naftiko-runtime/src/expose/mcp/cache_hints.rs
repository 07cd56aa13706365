//! How long clients may keep lists and resources (SEP-2549): a hint of the revision 2026-07-28, which older ones do not have.

use rmcp::model::{
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, ListToolsResult,
    ReadResourceResult,
};
use std::time::Duration;

/// How long a list is fresh that is fixed while the program runs: a new version of the program may have another one.
pub(super) const LISTED: Duration = Duration::from_secs(300);

/// A result with hints for caches.
pub(super) trait CacheableResult: Sized {
    fn hint(&mut self) -> &mut Option<u64>;

    /// Sets how long it is fresh, for clients of the newest revision.
    fn fresh(mut self, is_modern: bool, fresh: Duration) -> Self {
        *self.hint() = is_modern.then(|| milliseconds(fresh));
        self
    }
}

macro_rules! cacheable {
    ($($result:ty),* $(,)?) => {$(
        impl CacheableResult for $result {
            fn hint(&mut self) -> &mut Option<u64> {
                &mut self.ttl_ms
            }
        }
    )*};
}

cacheable! {
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, ListToolsResult,
    ReadResourceResult,
}

/// Returns a duration in milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

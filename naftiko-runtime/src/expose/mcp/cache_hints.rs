//! Cache hints: how long clients may cache lists and resources (SEP-2549). Only the revision 2026-07-28 has them.

use rmcp::model::{
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, ListToolsResult,
    ReadResourceResult,
};
use std::time::Duration;

/// How long clients may cache a list that does not change while the program runs. A new version of the program may have
/// another list.
pub(super) const LIST_LIFETIME: Duration = Duration::from_secs(300);

/// A result with hints for caches.
pub(super) trait CacheableResult: Sized {
    /// Returns the member of the result that has the hint, in milliseconds.
    fn hint(&mut self) -> &mut Option<u64>;

    /// Sets how long the client may cache the result, if the client speaks the revision 2026-07-28.
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

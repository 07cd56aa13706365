//! Whether a request may have had an effect on the resources of its API.

use super::fault::Failure;
use http::Response;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An extension of a request with an effect, shared by all its attempts: whether an attempt before the last one may have had the
/// effect. The answer to the last attempt does not show this: the API may refuse it because of what an earlier one did.
#[derive(Debug, Clone, Default)]
pub(crate) struct EarlierEffect(Arc<AtomicBool>);

impl EarlierEffect {
    /// Notes that an attempt which is followed by another one may have had the effect.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether an earlier attempt may have had the effect.
    pub(crate) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns whether the attempt with this result may have had an effect. It had none if a layer did not send it, or if the API refused
/// it with a 4xx status other than 404, 408 and 410.
pub(crate) fn may_have_effect<B>(attempt: &Result<Response<B>, Failure>) -> bool {
    match attempt {
        // 404 and 410: the resource may be gone, so its cached answers must be invalidated. 408: the request may have had its effect.
        Ok(response) => !response.status().is_client_error() || matches!(response.status().as_u16(), 404 | 408 | 410),
        Err(Failure::Rejected(error)) => !error.is_unsent(),
        Err(_) => true,
    }
}

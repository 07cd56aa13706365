//! The deadline of a request: the deadline of its call, or the latest deadline of the calls that share it.

use crate::consume::outgoing::Outgoing;
use http::Request;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// An extension of a request: the deadline of its call, or the latest deadline of the calls that wait for its answer. A further call
/// can join them and move the deadline, so don't store the result of [`at`](Self::at).
#[derive(Debug, Clone)]
pub(crate) enum Deadline {
    Own(Instant),
    Latest {
        /// The deadline of the call that began the request.
        first: Instant,
        latest: Arc<Mutex<Instant>>,
    },
}

impl Deadline {
    /// Returns the deadline of a request, if it has one.
    pub(crate) fn of(request: &Request<Outgoing>) -> Option<Self> {
        request.extensions().get().cloned()
    }

    /// Returns the deadline as it is now.
    pub(crate) fn at(&self) -> Instant {
        match self {
            Self::Own(at) => *at,
            Self::Latest { latest, .. } => *latest.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Returns the same deadline in a form that other calls can move.
    pub(super) fn movable(&self) -> Self {
        let at = self.at();
        Self::Latest { first: at, latest: Arc::new(Mutex::new(at)) }
    }

    /// Returns whether the call that began the request has no time left, even if others have.
    pub(super) fn is_over_for_first(&self) -> bool {
        let (Self::Own(first) | Self::Latest { first, .. }) = self;
        *first <= Instant::now()
    }

    /// Moves a movable deadline to the deadline of another call, if the other deadline is later.
    pub(super) fn move_to(&self, other: &Self) {
        if let Self::Latest { latest, .. } = self {
            let other = other.at();
            let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
            *latest = other.max(*latest);
        }
    }
}

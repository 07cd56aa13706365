//! What a program sets for the clients that are built while its factory runs: other upstreams, and no sending.

use crate::error::{Error, ErrorKind};
use http::StatusCode;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    static CURRENT: RefCell<Overrides> = const { RefCell::new(Overrides { upstreams: Vec::new(), dry_run: None }) };
}

/// What holds for every client that is built within [`with_overrides`], whatever its builder says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Namespaces of consumed APIs, and the base URI that each is called at.
    pub(crate) upstreams: Vec<(String, String)>,
    /// Calls are recorded here instead of being sent.
    pub(crate) dry_run: Option<DryRun>,
}

/// Where the requests of a dry run are recorded. Clones share the record.
#[derive(Clone, Default)]
pub(crate) struct DryRun(Arc<Mutex<Vec<String>>>);

impl DryRun {
    /// Records a request, and makes the error that the call ends with.
    pub(crate) fn record(&self, request: String) -> Error {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Error::of(ErrorKind::Internal, StatusCode::INTERNAL_SERVER_ERROR, "the request was recorded and not sent")
            .because(NotSent)
    }

    /// The requests so far, in order; each is the request as text, without a line break at its end.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DryRun({} requests)", self.requests().len())
    }
}

/// The cause of the error that a call ends with in a dry run.
#[derive(Debug)]
struct NotSent;

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is a dry run")
    }
}

impl std::error::Error for NotSent {}

/// Whether an error is the end of a call in a dry run, and no failure.
pub(crate) fn is_dry_run(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<NotSent>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Runs `f`; clients that are built on this thread while it runs are under `overrides`.
pub(crate) fn with_overrides<T>(overrides: Overrides, f: impl FnOnce() -> T) -> T {
    /// Puts the overrides back that were there before, also when `f` panics.
    struct Restore(Overrides);

    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(std::mem::take(&mut self.0));
        }
    }

    let _restore = Restore(CURRENT.replace(overrides));
    f()
}

/// The overrides that hold now.
pub(super) fn current() -> Overrides {
    CURRENT.with_borrow(Clone::clone)
}

/// The namespaces of the APIs that a definition consumes: the ones that an upstream can be overridden for.
pub(crate) fn namespaces(definition: &crate::capability::Definition) -> Vec<String> {
    definition.loaded().draft.head.capability.consumes.iter().map(|consume| consume.namespace.clone()).collect()
}

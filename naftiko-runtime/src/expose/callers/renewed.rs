//! The authentication of callers with secrets that can change while the program runs.

use super::Authenticator;
use super::values::Values;
use crate::error::Result;
use crate::operation::{BindValues, CallerValues, Renew};
use naftiko_spec::model::{Authentication, Document};
use std::sync::{Arc, PoisonError, RwLock};

/// An authenticator that is set up again when its secrets change. Only the new ones are then accepted.
pub(crate) struct RenewedAuthenticator {
    current: RwLock<Arc<Authenticator>>,
    how: Authentication,
    name: String,
    document: Document,
    values: CallerValues,
}

/// Sets up the authenticator of an adapter, which follows its secrets if they can change.
pub(super) fn of_document(
    how: &Authentication,
    name: &str,
    document: &Document,
    given: &CallerValues,
) -> Result<Authenticator> {
    let mut values = Values::new(Some(document), given);
    let first = Authenticator::of(how, name, &mut values)?;
    if !values.can_change {
        return Ok(first);
    }
    let stored: Arc<dyn BindValues> = values.stored();
    let renewed = Arc::new(RenewedAuthenticator {
        current: RwLock::new(Arc::new(first)),
        how: how.clone(),
        name: name.to_owned(),
        document: document.clone(),
        values: CallerValues { stored: Some(stored.clone()), ..given.clone() },
    });
    let follows: Arc<dyn Renew> = renewed.clone();
    stored.watch(Arc::downgrade(&follows));
    Ok(Authenticator::Renewed(renewed))
}

impl RenewedAuthenticator {
    /// Returns the authenticator with the current secrets.
    pub(super) fn current(&self) -> Arc<Authenticator> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Renew for RenewedAuthenticator {
    fn renew(&self) {
        match Authenticator::of(&self.how, &self.name, &mut Values::new(Some(&self.document), &self.values)) {
            Ok(renewed) => *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed),
            Err(error) => tracing::warn!(%error, "the changed secrets cannot be used; the previous ones stay in use"),
        }
    }
}

//! The authentication of callers with secrets that can change while the program runs.

use super::Authenticator;
use super::secret::Secret;
use super::values::VariableResolver;
use crate::error::Result;
use crate::operation::{BindValues, CallerValues, Renew};
use naftiko_spec::model::{Authentication, Document};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// An authenticator that is set up again when its secrets change. Then only the new secrets are accepted.
pub(crate) struct RenewedAuthenticator {
    current: RwLock<Arc<Authenticator>>,
    /// The digest of the resolved strings of `current`. Locked during a renewal, so that the last renewal uses the newest
    /// strings.
    digest: Mutex<Secret>,
    how: Authentication,
    name: String,
    document: Document,
    values: CallerValues,
}

/// Sets up the authenticator of an adapter. It is renewed when its secrets change.
pub(super) fn of_document(
    how: &Authentication,
    name: &str,
    document: &Document,
    given: &CallerValues,
) -> Result<Authenticator> {
    let mut values = VariableResolver::new(Some(document), given);
    let first = Authenticator::of(how, name, &mut values)?;
    if !values.can_change {
        return Ok(first);
    }
    let stored: Arc<dyn BindValues> = values.stored();
    let renewed = Arc::new(RenewedAuthenticator {
        current: RwLock::new(Arc::new(first)),
        digest: Mutex::new(Secret::new(values.texts())),
        how: how.clone(),
        name: name.to_owned(),
        document: document.clone(),
        values: CallerValues { stored: Some(stored.clone()), ..given.clone() },
    });
    let watcher: Arc<dyn Renew> = renewed.clone();
    stored.watch(Arc::downgrade(&watcher));
    // The values may have changed since they were read above.
    renewed.renew();
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
        let mut digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut values = VariableResolver::new(Some(&self.document), &self.values);
        match Authenticator::of(&self.how, &self.name, &mut values) {
            // Only other secrets of the program have changed: keep the authenticator, so that the keys of an issuer stay cached.
            Ok(_) if digest.is(values.texts()) => {}
            Ok(mut renewed) => {
                renewed.take_over(&self.current());
                *digest = Secret::new(values.texts());
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
            }
            Err(error) => tracing::warn!(%error, "the changed secrets cannot be used; the previous ones stay in use"),
        }
    }
}

#[cfg(all(test, feature = "document"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use http::Request;
    use http::header::AUTHORIZATION;
    use naftiko_spec::model::Bind;
    use std::sync::Weak;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A value that changes just before somebody watches it.
    #[derive(Default)]
    struct Changing(AtomicBool);

    impl BindValues for Changing {
        fn value(&self, _: &Bind, _: &str) -> Option<std::result::Result<Option<String>, String>> {
            Some(Ok(Some(if self.0.load(Ordering::SeqCst) { "new" } else { "old" }.to_owned())))
        }

        fn name(&self, _: &Bind, key: &str) -> String {
            key.to_owned()
        }

        fn watch(&self, _: Weak<dyn Renew>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_change_while_the_authenticator_is_set_up_is_not_lost() {
        let yaml = "naftiko: 1.0.0-alpha2\ninfo: { label: L, description: D. }\nbinds:\n- { namespace: vault, location: ., keys: { KEY: \
                    key } }\ncapability:\n  exposes: []\n";
        let document = Document::from_yaml(yaml).unwrap();
        let how = Authentication::Bearer { token: "{{vault.KEY}}".to_owned() };
        let values = CallerValues { stored: Some(Arc::new(Changing::default())), ..CallerValues::default() };
        let authenticator = of_document(&how, "adapter", &document, &values).unwrap();
        for (token, is_valid) in [("old", false), ("new", true)] {
            let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}")).body(()).unwrap();
            assert_eq!(authenticator.check(&mut request.into_parts().0).await.is_ok(), is_valid, "{token}");
        }
    }
}

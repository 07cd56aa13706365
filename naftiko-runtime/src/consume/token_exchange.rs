//! Exchanges the access tokens of callers for tokens of an API (RFC 8693), so that the API knows for whom a call is made.

use super::fault::Failure;
use super::layers::authentication::{Authenticated, Credentials, Refused};
use super::outgoing::Outgoing;
use super::token::TokenSource;
use super::transport::Transport;
use crate::error::Error;
use crate::operation::BoxFuture;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The maximum number of callers whose tokens are kept.
const MAX_CALLERS: usize = 1024;

/// The tokens of an API for each caller.
pub(crate) struct TokenExchange {
    source: TokenSource,
    /// By the hash of the caller's token.
    callers: Mutex<HashMap<[u8; 32], KnownCaller>>,
    next_number: AtomicU64,
}

/// A caller whose token has been exchanged.
struct KnownCaller {
    /// The number of the caller, in the order of their first calls. The caller with the lowest number is forgotten
    /// first.
    number: u64,
    source: Arc<TokenSource>,
}

impl TokenExchange {
    pub(super) fn new(source: TokenSource) -> Self {
        Self { source, callers: Mutex::default(), next_number: AtomicU64::default() }
    }

    /// Returns the source of tokens for the caller whose own token is `token`.
    fn of_caller(&self, token: &str) -> Arc<TokenSource> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |callers: &HashMap<_, _>| callers.len() >= MAX_CALLERS && !callers.contains_key(&hash);
        if is_full(&callers) {
            callers.retain(|_, known| !known.source.is_expired());
        }
        if is_full(&callers) {
            let oldest = callers.iter().min_by_key(|(_, known)| known.number).map(|(hash, _)| *hash);
            oldest.and_then(|oldest| callers.remove(&oldest));
        }
        let number = || self.next_number.fetch_add(1, Ordering::Relaxed);
        let source = || Arc::new(self.source.for_subject(SecretString::from(token)));
        callers.entry(hash).or_insert_with(|| KnownCaller { number: number(), source: source() }).source.clone()
    }
}

/// Returns the token in a caller's `Authorization` (RFC 6750, section 2.1).
fn bearer(value: Option<&HeaderValue>) -> Option<&str> {
    let (scheme, token) = value?.to_str().ok()?.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

impl Credentials for TokenExchange {
    fn add(
        self: Arc<Self>,
        request: Request<Outgoing>,
        refused: Option<Refused>,
        transport: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        let source = bearer(request.headers().get(AUTHORIZATION)).map(|token| self.of_caller(token));
        Box::pin(async move {
            let Some(source) = source else {
                let namespace = self.source.namespace();
                let message = format!(
                    "expected a bearer token in the caller's `Authorization`, which is exchanged for a token of `{namespace}`"
                );
                return Err(Failure::Rejected(Error::argument("", message).unsent()));
            };
            source.add(request, refused, transport).await
        })
    }

    fn use_callers_credential(&self) -> bool {
        true
    }

    fn on_unrepeatable(&self, refused: &Refused) -> bool {
        let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        callers.values().any(|known| known.source.forget(refused))
    }
}

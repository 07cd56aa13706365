//! Access tokens, and the state that a new source of tokens takes over from the old one when secrets change.

use super::layers::authentication::Secrets;
use http::{HeaderMap, HeaderValue, Uri};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex, RwLock};
use tokio::time::Instant;

/// An access token.
pub(crate) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(super) header: HeaderValue,
    pub(super) secrets: Arc<Secrets>,
    /// When it has to be renewed, and when it expires; `None` if the server does not specify it.
    pub(super) lifetime: Option<(Instant, Instant)>,
}

impl Token {
    pub(super) fn is_fresh(&self) -> bool {
        self.lifetime.is_none_or(|(renewal, _)| Instant::now() < renewal)
    }

    pub(super) fn is_valid(&self) -> bool {
        self.lifetime.is_none_or(|(_, end)| Instant::now() < end)
    }
}

/// The settings with which the tokens of a source were fetched: the URL, the headers, the fields, and the first refresh token.
type TokenSettings = (Uri, HeaderMap, Vec<(String, SecretString)>, Option<SecretString>);

/// The tokens of a source. If secrets of the program change, the new source takes over the tokens that can still be
/// used (see `with_tokens_of`).
#[derive(Clone)]
pub(crate) struct TokenState {
    fetched_with: Arc<TokenSettings>,
    /// The refresh token, which the server may replace.
    pub(super) refresh: Option<Arc<Mutex<SecretString>>>,
    pub(super) current: Arc<RwLock<Option<Arc<Token>>>>,
    /// Held by the call that fetches a token. Contains the time before which a token that is still valid is not renewed, because a
    /// renewal has failed.
    pub(super) fetching: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl TokenState {
    pub(super) fn new(
        url: &Uri,
        headers: &HeaderMap,
        fields: &[(String, SecretString)],
        refresh: Option<SecretString>,
    ) -> Self {
        Self {
            fetched_with: Arc::new((url.clone(), headers.clone(), fields.to_vec(), refresh.clone())),
            refresh: refresh.map(|token| Arc::new(Mutex::new(token))),
            current: Arc::default(),
            fetching: Arc::default(),
        }
    }

    /// Takes over the tokens of an earlier source: its refresh token, which the server may have replaced, and, if the headers and the
    /// fields are the same, its access token. Takes over nothing if the URL or the first refresh token differs.
    pub(super) fn with_tokens_of(self, earlier: &Self) -> Self {
        let (url, headers, fields, refresh) = &*self.fetched_with;
        let (old_url, old_headers, old_fields, old_refresh) = &*earlier.fetched_with;
        let text = |secret: &Option<SecretString>| secret.as_ref().map(|text| text.expose_secret().to_owned());
        if url != old_url || text(refresh) != text(old_refresh) {
            return self;
        }
        let is_same_field = |((name, value), (old, before)): (&(String, SecretString), &(String, SecretString))| {
            name == old && value.expose_secret() == before.expose_secret()
        };
        let is_same = headers == old_headers && fields.len() == old_fields.len();
        let is_same = is_same && fields.iter().zip(old_fields).all(is_same_field);
        let current = if is_same { earlier.current.clone() } else { self.current };
        let (refresh, fetching) = (earlier.refresh.clone(), earlier.fetching.clone());
        Self { fetched_with: self.fetched_with, refresh, current, fetching }
    }
}

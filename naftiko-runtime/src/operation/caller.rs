//! What an adapter knows about the caller of an operation after authentication.

use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// The authenticated caller of an operation. [`Context::caller`](super::Context::caller) returns it.
///
/// A `Caller` does not contain the credential. An axum server that authenticates callers in its own layer can put a `Caller`
/// into the extensions of the request: the adapters then check that this caller has the scopes that a method needs.
///
/// ```
/// use naftiko_runtime::Caller;
///
/// let caller = Caller::new("ada").with_scopes(["tokens:read"]);
/// assert_eq!(caller.subject(), Some("ada"));
/// assert!(caller.has_scope("tokens:read") && !caller.has_scope("tokens:write"));
/// ```
#[derive(Clone, PartialEq)]
pub struct Caller(Arc<Identity>);

#[derive(Clone, PartialEq)]
struct Identity {
    subject: Option<String>,
    /// The scopes; `None` for a caller that has every scope.
    scopes: Option<Vec<String>>,
    claims: Map<String, Value>,
}

impl Caller {
    /// Creates a caller with the given name and no scopes.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self(Arc::new(Identity { subject: Some(subject.into()), scopes: Some(Vec::new()), claims: Map::new() }))
    }

    /// Creates a caller that has every scope, for a caller who sent the fixed credential of an adapter.
    #[cfg_attr(
        not(any(feature = "rest", feature = "mcp")),
        allow(dead_code, reason = "only adapters authenticate callers")
    )]
    pub(crate) fn trusted(subject: Option<String>) -> Self {
        Self(Arc::new(Identity { subject, scopes: None, claims: Map::new() }))
    }

    /// Sets its scopes (RFC 6749, section 3.3).
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Arc::make_mut(&mut self.0).scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the claims of its token (RFC 7519, section 4).
    #[must_use]
    pub fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        Arc::make_mut(&mut self.0).claims = claims;
        self
    }

    /// Returns its name: the `sub` or `client_id` of its token, or the user name of basic or digest authentication; `None` for a
    /// caller that sent an adapter's fixed bearer token or API key.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// Returns the scopes that the caller was granted. Returns no scopes for a caller that sent the fixed credential of an
    /// adapter, although that caller has every scope: to check a scope, use [`has_scope`](Self::has_scope).
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scopes.iter().flatten().map(String::as_str)
    }

    /// Returns whether the caller may call methods that need that scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|own| own == scope))
    }

    /// Returns the claims of its token; they are empty for callers without a token from an authorization server.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.0.claims
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("subject", &self.0.subject)
            .field("scopes", &self.0.scopes)
            .finish_non_exhaustive()
    }
}

//! The authentication of a capability's callers, if the program configures it, and the values of variables in
//! `authentication`.

use naftiko_spec::model::{Authentication, Bind, Placement};
use std::fmt;
use std::sync::{Arc, Weak};

/// The authentication of a capability's callers, for
/// [`Capability::with_authentication`](super::Capability::with_authentication). It corresponds to `authentication` of
/// an adapter in a trait or a document, with values instead of variables.
///
/// ```
/// # fn authenticated(capability: naftiko_runtime::Capability, token: String) -> naftiko_runtime::Capability {
/// use naftiko_runtime::CallerAuthentication;
///
/// capability.with_authentication(CallerAuthentication::bearer(token))
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct CallerAuthentication {
    pub(crate) scheme: Authentication,
}

impl CallerAuthentication {
    /// Creates authentication with `Authorization: Bearer TOKEN` (RFC 6750).
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self { scheme: Authentication::Bearer { token: token.into() } }
    }

    /// Creates authentication with an API key in a header.
    #[must_use]
    pub fn apikey(header: impl Into<String>, value: impl Into<String>) -> Self {
        let scheme = Authentication::Apikey { key: header.into(), value: value.into(), placement: Placement::Header };
        Self { scheme }
    }

    /// Creates authentication with a user name and a password in `Authorization: Basic …` (RFC 7617).
    #[must_use]
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { scheme: Authentication::Basic { username: username.into(), password: password.into() } }
    }

    /// Creates authentication with HTTP Digest, with SHA-256 and `qop=auth` (RFC 7616): clients send a digest of the
    /// password, not the password. A process rejects replayed requests. Replicas do not share nonces, so a client
    /// that switches replicas is challenged again: use a proxy with sticky sessions.
    #[must_use]
    pub fn digest(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { scheme: Authentication::Digest { username: username.into(), password: password.into() } }
    }
}

impl fmt::Debug for CallerAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallerAuthentication({})", self.scheme.word())
    }
}

/// The values of binds that do not come from the environment.
#[cfg_attr(
    not(all(feature = "client", any(feature = "rest", feature = "mcp"))),
    allow(dead_code, reason = "only the client reads them, for adapters")
)]
pub(crate) trait BindValues: Send + Sync {
    /// Returns the value of a bind's key: `Some(Ok(None))` if the value is missing or empty, `Some(Err(…))` with the reason if the value
    /// cannot be read, and `None` for a bind that reads the environment.
    fn value(&self, bind: &Bind, key: &str) -> Option<Result<Option<String>, String>>;

    /// Returns the name of a bind's key for messages.
    fn name(&self, bind: &Bind, key: &str) -> String;

    /// Renews `dependent` after each change of a value.
    fn watch(&self, dependent: Weak<dyn Renew>);
}

/// A value derived from other values, which can change.
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads values that change"))]
pub(crate) trait Renew: Send + Sync {
    /// Derives the value again from the current values. If that fails, the old value stays in use, and the reason is logged.
    fn renew(&self);
}

/// The sources of the variables in `authentication`, besides the environment.
#[doc(hidden)]
#[derive(Clone, Default)]
#[cfg_attr(
    not(any(feature = "rest", feature = "mcp")),
    allow(dead_code, reason = "only adapters authenticate callers")
)]
pub struct CallerValues {
    /// The values that the program sets, by `NAME` or `namespace.NAME`.
    pub(crate) binds: Vec<(String, String)>,
    /// The values of files and other sources; `None` if no client has read any.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads them"))]
    pub(crate) stored: Option<Arc<dyn BindValues>>,
    /// Whether hosts named in an issuer's metadata may have private addresses.
    #[cfg_attr(not(feature = "oauth"), allow(dead_code, reason = "only access tokens have issuers"))]
    pub(crate) allows_private: bool,
}

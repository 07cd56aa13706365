//! Authenticates the caller of each request to an adapter, before the request is handled.
//!
//! The credential is removed from the request, so that no operation or log line gets it. An upstream gets it only if the document
//! declares the header of the credential as a caller header: caller headers are copied before the credential is removed. Operations
//! only get the [`Caller`].

mod challenge;
mod digest;
mod fixed;
mod header;
mod metadata;
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(feature = "client")]
mod renewed;
mod secret;
mod values;

pub(crate) use challenge::Challenge;

use crate::error::{Error, Result};
use crate::operation::{Caller, CallerValues, Capability};
use fixed::SharedCredential;
use header::quoted;
use http::HeaderValue;
use http::request::Parts;
use naftiko_spec::model::{Authentication, Document, Expose, ResourceServer};
#[cfg(feature = "client")]
use std::sync::Arc;
use values::VariableResolver;

/// The authentication of an adapter's callers.
pub(crate) enum Authenticator {
    /// Everybody may call.
    Open,
    /// All callers have the same credential.
    Fixed(SharedCredential),
    /// Each caller has an access token.
    #[cfg(feature = "oauth")]
    OAuth(Box<oauth::OAuth>),
    /// An authenticator whose secrets can change.
    #[cfg(feature = "client")]
    Renewed(Arc<renewed::RenewedAuthenticator>),
    /// Nobody may call: the authentication could not be set up, and the log has the reason.
    Broken,
}

impl Authenticator {
    /// Sets up the authenticator of the adapter with the index `expose` in `exposes`, or, for `None`, of an adapter
    /// that is not in the document. The authentication that the program sets takes precedence over the document's,
    /// except on a control port.
    ///
    /// # Errors
    /// Returns an error that lists the variables without a value, and any other problems.
    pub(crate) fn new(capability: &Capability, expose: Option<usize>) -> Result<Self> {
        let (document, values) = (capability.document(), capability.caller_values());
        let adapter = expose.and_then(|expose| document.capability.exposes.get(expose));
        let is_control = matches!(adapter, Some(Expose::Control(_)));
        let name = match adapter.map(Expose::namespace) {
            Some("") if is_control => "control",
            Some(name) => name,
            None => document.info.label.as_str(),
        };
        if let Some(authentication) = capability.authentication().filter(|_| !is_control) {
            return Self::of(&authentication.scheme, name, &mut VariableResolver::new(None, values));
        }
        match adapter.and_then(Expose::authentication) {
            Some(how) => Self::of_document(how, name, document, values),
            None => Ok(Self::Open),
        }
    }

    #[cfg(feature = "client")]
    fn of_document(how: &Authentication, name: &str, document: &Document, values: &CallerValues) -> Result<Self> {
        renewed::of_document(how, name, document, values)
    }

    #[cfg(not(feature = "client"))]
    fn of_document(how: &Authentication, name: &str, document: &Document, values: &CallerValues) -> Result<Self> {
        Self::of(how, name, &mut VariableResolver::new(Some(document), values))
    }

    /// Returns whether everybody may call.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST has no authentication layer then"))]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Sets up the authenticator of an adapter; if that fails, logs why, and returns
    /// [`Self::Broken`], which refuses every caller.
    pub(crate) fn or_broken(capability: &Capability, expose: Option<usize>) -> Self {
        Self::new(capability, expose).unwrap_or_else(|error| {
            tracing::error!(%error, "nobody can call this adapter");
            Self::Broken
        })
    }

    /// Sets up an authenticator. Returns an error with the problems of `values`, or if callers cannot authenticate in the way `how`.
    fn of(how: &Authentication, name: &str, values: &mut VariableResolver<'_>) -> Result<Self> {
        let made = match how.resource_server() {
            Some(Ok(server)) => Self::oauth(&server, name, values),
            Some(Err(why)) => {
                values.add_problem(why);
                None
            }
            None => SharedCredential::new(how, name, values).map(Self::Fixed),
        };
        let mut problems = values.take_problems();
        if let (Some(made), true) = (made, problems.is_empty()) {
            return Ok(made);
        }
        if problems.is_empty() {
            problems.push(format!("authentication by `{}` is not supported for callers", how.word()));
        }
        let problems = problems.join("\n  ");
        Err(Error::configuration(format!("cannot set up the authentication of the callers of `{name}`:\n  {problems}")))
    }

    #[cfg(feature = "oauth")]
    fn oauth(how: &ResourceServer<'_>, name: &str, values: &mut VariableResolver<'_>) -> Option<Self> {
        oauth::OAuth::new(how, name, values).map(|oauth| Self::OAuth(Box::new(oauth)))
    }

    #[cfg(not(feature = "oauth"))]
    fn oauth(_: &ResourceServer<'_>, _: &str, values: &mut VariableResolver<'_>) -> Option<Self> {
        values.add_problem(
            "this program was built without the feature `oauth`, which `oauth2` needs\n    help: add the feature to \
             Cargo.toml: `naftiko = { …, features = [\"oauth\"] }`",
        );
        None
    }

    /// Authenticates the caller of a request: replaces the credential with a [`Caller`] in the request's extensions.
    #[cfg_attr(not(feature = "oauth"), allow(clippy::unused_async, reason = "only `OAuth` awaits anything"))]
    pub(crate) async fn check(&self, parts: &mut Parts) -> std::result::Result<(), Challenge> {
        let caller = match self {
            // A layer of the embedding service may authenticate the callers.
            Self::Open => return Ok(()),
            Self::Fixed(fixed) => fixed.check(parts)?,
            #[cfg(feature = "oauth")]
            // In a box, so that the future of a request without OAuth stays small.
            Self::OAuth(oauth) => Box::pin(oauth.check(parts)).await?,
            #[cfg(feature = "client")]
            Self::Renewed(renewed) => return Box::pin(renewed.current().check(parts)).await,
            Self::Broken => return Err(Challenge::broken()),
        };
        parts.extensions.insert::<Caller>(caller);
        Ok(())
    }
}

impl Authenticator {
    /// Takes over the used nonces of an earlier authenticator of the adapter, if both use Digest.
    #[cfg(feature = "client")]
    fn take_over(&mut self, earlier: &Self) {
        if let (Self::Fixed(own), Self::Fixed(earlier)) = (self, earlier) {
            own.take_over(earlier);
        }
    }

    /// Checks that a caller has all of these scopes. Otherwise, returns a refusal with 403 that names them.
    pub(crate) fn permit(&self, scopes: &[String], caller: Option<&Caller>) -> std::result::Result<(), Challenge> {
        if has_scopes(scopes, caller) {
            return Ok(());
        }
        let named: Vec<_> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
        let noun = if scopes.len() == 1 { "scope" } else { "scopes" };
        let message = format!("the caller needs the {noun} {}", named.join(" and "));
        Err(Challenge::forbidden(message, self.insufficient(scopes)))
    }

    /// Returns the challenge for a caller that lacks scopes (RFC 6750, section 3.1).
    fn insufficient(&self, scopes: &[String]) -> HeaderValue {
        #[cfg(feature = "client")]
        if let Self::Renewed(renewed) = self {
            return renewed.current().insufficient(scopes);
        }
        let metadata = match self {
            #[cfg(feature = "oauth")]
            Self::OAuth(oauth) => format!(", resource_metadata={}", quoted(&oauth.metadata_url())),
            _ => String::new(),
        };
        let how = format!("Bearer error=\"insufficient_scope\", scope={}{metadata}", quoted(&scopes.join(" ")));
        HeaderValue::try_from(how).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

/// Returns whether a caller has all of these scopes; an unknown caller has none.
pub(crate) fn has_scopes(scopes: &[String], caller: Option<&Caller>) -> bool {
    scopes.iter().all(|scope| caller.is_some_and(|caller| caller.has_scope(scope)))
}

impl Capability {
    /// Checks that the callers of every adapter can be authenticated: for example, that each variable of `authentication` has a
    /// value. `serve` does this at startup. In a server of your own, do it before you mount the adapters: an adapter that
    /// cannot authenticate its callers answers each request with 500.
    ///
    /// # Errors
    /// Returns an error that lists the variables without a value, and any other problems.
    pub fn check_callers(&self) -> Result<()> {
        let exposes = 0..self.document().capability.exposes.len();
        let wrong: Vec<String> = exposes
            .filter_map(|expose| Authenticator::new(self, Some(expose)).err())
            .map(|error| error.to_string())
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(Error::configuration(wrong.join("\n"))) }
    }
}

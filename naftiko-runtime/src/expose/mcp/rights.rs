//! What a caller of an MCP adapter may see and use: everything whose scopes the caller has.

use crate::expose::callers::has_scopes;
use crate::operation::Caller;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;

/// The rights of a caller.
pub(super) enum Rights {
    /// Everything: the caller started this program.
    All,
    /// Everything that needs no scopes, or only scopes that this caller has.
    Of(Option<Caller>),
}

impl Rights {
    /// Returns the rights of the caller of a request. A caller over stdio has all rights.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        match context.extensions.get::<Parts>() {
            Some(head) => Self::Of(head.extensions.get().cloned()),
            None => Self::All,
        }
    }

    /// Returns whether the caller has all rights, or all of these scopes.
    pub(super) fn include(&self, scopes: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Of(caller) => has_scopes(scopes, caller.as_ref()),
        }
    }

    /// Returns the caller, if it is known.
    pub(super) fn caller(&self) -> Option<&Caller> {
        match self {
            Self::All => None,
            Self::Of(caller) => caller.as_ref(),
        }
    }

    /// Checks that the caller has these scopes.
    pub(super) fn check(&self, scopes: &[String]) -> Result<(), ErrorData> {
        if self.include(scopes) {
            return Ok(());
        }
        let noun = if scopes.len() == 1 { "scope" } else { "scopes" };
        let message = format!("the caller needs the {noun} `{}`", scopes.join("` and `"));
        Err(ErrorData::invalid_request(message, None))
    }
}

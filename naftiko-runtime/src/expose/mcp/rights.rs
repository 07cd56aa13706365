//! What a caller may see and use of an MCP adapter: whatever needs no scope that it lacks.

use super::resources::UriTarget;
use super::tools::Table;
use crate::expose::callers::has_scopes;
use crate::operation::Caller;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::RequestContext;
use serde::Deserialize;
use std::borrow::Cow;

/// What a caller may use.
pub(super) enum Rights {
    /// Everything: the caller started this program.
    All,
    /// What needs no scopes, or those of this caller.
    Of(Option<Caller>),
}

/// What a message is about.
#[derive(Deserialize)]
pub(super) struct Subject<'a> {
    #[serde(default)]
    pub(super) id: Option<RequestId>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Named<'a>,
}

#[derive(Default, Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    uri: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "ref")]
    reference: Option<Box<Named<'a>>>,
}

impl Rights {
    /// Those of the caller of a request: over stdin, everything.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        match context.extensions.get::<Parts>() {
            Some(head) => Self::Of(head.extensions.get().cloned()),
            None => Self::All,
        }
    }

    /// Whether they include what needs these scopes.
    pub(super) fn include(&self, scopes: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Of(caller) => has_scopes(scopes, caller.as_ref()),
        }
    }

    /// Refuses what needs other scopes.
    pub(super) fn check(&self, scopes: &[String]) -> Result<(), ErrorData> {
        if self.include(scopes) {
            return Ok(());
        }
        let message = format!("the caller needs the scope {}", scopes.join(" "));
        Err(ErrorData::invalid_request(message, None))
    }
}

impl Subject<'_> {
    /// Returns the scopes that it needs.
    pub(super) fn scopes<'t>(&self, table: &'t Table) -> &'t [String] {
        let params = self.params.reference.as_deref().unwrap_or(&self.params);
        match (&*self.method, &params.name, &params.uri) {
            ("tools/call", Some(name), _) => table.get(name).map_or(&[], |entry| &entry.scopes),
            ("prompts/get" | "completion/complete", Some(name), _) => {
                table.prompts.find(name).map_or(&[], |entry| &entry.prompt.scopes)
            }
            (_, _, Some(uri)) => match table.resources.find(uri) {
                Ok(found) => found.scopes(),
                Err(_) => table.resources.template(uri).map_or(&[], |entry| &entry.resource.scopes),
            },
            _ => &[],
        }
    }
}

impl<'a> UriTarget<'a> {
    /// Returns the scopes that its callers need.
    pub(super) fn scopes(&self) -> &'a [String] {
        match self {
            Self::Method(entry, _) => &entry.resource.scopes,
            Self::File(folder, _) => folder.scopes(),
        }
    }
}

//! The interface between implementations of operations and their callers.
//!
//! `#[capability]` implements [`Operations`] for every implementation of the user's trait, and adapters only depend on
//! [`Operations`]. Generated code uses the other types here: [`ArgumentCodec`] and [`ReturnCodec`] describe how a type
//! is sent, [`Arguments`] stores the values from a caller, [`run`] converts a method's future to an [`Output`].

mod answered;
#[cfg(feature = "mcp")]
mod approvals;
mod arguments;
mod authentication;
#[cfg(feature = "mcp")]
mod background;
mod base64;
mod block;
mod by_name;
mod by_status;
pub(crate) mod call;
mod caller;
mod caller_headers;
pub(crate) mod capability;
mod cast;
mod client_operations;
mod context;
mod declared;
mod decode;
mod defaults;
mod definition;
mod documented;
mod download;
pub(crate) mod earlier_call;
#[cfg(feature = "mcp")]
pub(crate) mod early_questions;
mod effects;
mod exposed_operation;
mod fallback;
mod files;
mod forwarded;
pub(crate) mod from_document;
mod generated_document;
mod input;
mod model_answer;
mod next_page;
mod outcome;
mod panic_guard;
mod publish;
mod raw;
mod relay;
mod ret;
mod returned;
mod skill;
#[cfg(feature = "document")]
mod skill_files;
mod stream;
mod text;
pub(crate) mod unknown;

pub use crate::schema::{
    ArgumentValue, Clearable, Declared, InputSchema, InputType, OutputType, OwnedArgument, ReturnType, Shape,
};
pub use answered::{Answered, Head};
#[cfg(feature = "mcp")]
pub(crate) use approvals::Redeemed;
#[cfg(feature = "mcp")]
pub use approvals::{ApprovalRequests, Approvals, PendingCall};
pub use arguments::Arguments;
#[cfg(feature = "client")]
pub(crate) use authentication::{BindValues, Renew};
pub use authentication::{CallerAuthentication, CallerValues};
#[cfg(feature = "mcp")]
pub(crate) use background::{BackgroundWork, ProgramShutdown};
#[cfg(any(feature = "client", feature = "mcp"))]
pub(crate) use base64::base64;
pub use block::{ContentBlock, EmbeddedResource, PromptMessage, Role};
pub use by_status::{
    ErrorByStatus, ErrorStatus, ErrorsOf, NoStatuses, OtherErrors, StatusVariant, has_status, others, refusal,
    refusal_with, refused_with,
};
pub use caller::Caller;
pub(crate) use caller_headers::CallerHeaders;
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use caller_headers::CopiedHeaders;
pub use capability::{Capability, Expose};
pub use client_operations::Consumed;
#[cfg(feature = "mcp")]
pub(crate) use context::{CallerSide, Change, ORDER, Question, QuestionKind, cannot_ask};
pub use context::{Context, LogLevel, Reply};
pub use definition::{Definition, Describe, OperationDefinition};
pub use documented::{AS_DOCUMENTED, AsDocumented, List};
pub use download::Download;
#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) use download::encoded;
pub use effects::{
    DELETE, GET, MethodEffects, NotStandard, OnlyStandard, POST, PUT, any_effect, effect_of, effects, hints,
    of_supertraits,
};
pub use exposed_operation::Operation;
#[cfg(feature = "document")]
pub(crate) use files::OfferedFiles;
#[cfg(feature = "mcp")]
pub(crate) use files::prompt_text;
pub use forwarded::Forwarded;
pub use input::{ArgumentCodec, STR, body, input, scalar, upload};
pub use next_page::NextPage;
pub use outcome::{Content, Output};
pub use raw::RawJson;
#[cfg(feature = "client")]
pub(crate) use raw::mismatch;
pub use relay::RelayArgument;
#[cfg(feature = "client")]
pub(crate) use ret::FromUpstream;
#[cfg(any(feature = "cli", feature = "document"))]
pub(crate) use ret::NotCallable;
pub use ret::{
    NotExamined, RelayReturn, ReturnCodec, Returns, SuccessOf, answer, binary, complete, no_operation, none_on, output,
    pages_in_json, picked, response_headers, run, streamed,
};
pub use returned::{Answer, Output as Outputs, Templated};
pub use skill::EmbeddedSkill;
#[cfg(feature = "mcp")]
pub(crate) use skill::SkillFolder;
#[cfg(feature = "document")]
pub(crate) use skill_files::skills;
#[cfg(any(feature = "client", all(test, feature = "mcp")))]
pub(crate) use stream::RawItem;
pub use stream::{Items, Stream};
pub use text::template_text;

use crate::error::Result;
use crate::limits::CallBudget;
use crate::telemetry::TraceContext;
use crate::upload::Upload;
use http::{HeaderMap, Method, StatusCode};
use std::pin::Pin;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Operations that adapters call by index.
///
/// `#[capability]` implements `Operations` for every implementation of the user's trait. Implement `Operations` yourself for a
/// capability that is only known at run time.
pub trait Operations: Send + Sync + 'static {
    /// Starts the operation with the given index.
    ///
    /// # Errors
    /// Returns an error if an argument cannot be decoded, or no operation has that index; nothing has been called in this case.
    fn call<'a>(&'a self, operation: usize, arguments: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>>;

    /// Checks, without calling the operation, that its arguments can be sent. Adapters do this before they ask a person to approve the
    /// call. By default, every argument can be sent.
    ///
    /// # Errors
    /// Returns an error if an argument cannot be sent.
    fn check(&self, operation: usize, arguments: &Arguments) -> Result<()> {
        let _ = (operation, arguments);
        Ok(())
    }
}

/// Forwards requests to a consumed API, for a `forward` route.
pub trait Forward: Send + Sync + 'static {
    /// Forwards a request.
    fn forward(&self, request: ForwardRequest) -> BoxFuture<'_, Result<ForwardAnswer>>;

    /// Returns whether the whole body must be read before the request is forwarded, for example because a signature covers it. By default,
    /// a body can be sent while it is read.
    fn needs_whole_body(&self) -> bool {
        false
    }
}

/// A request to forward.
#[derive(Debug, Clone)]
pub struct ForwardRequest {
    /// Its method.
    pub method: Method,
    /// The path of the route as callers see it. In references of the answer, such as `Location`, it replaces the API's base URI.
    pub prefix: String,
    /// Its path below the route's prefix, still percent-encoded.
    pub path: String,
    /// Its query, still percent-encoded.
    pub query: Option<String>,
    /// Its headers. Only `Accept`, `Content-Type`, `Content-Encoding` and the `trustedHeaders` of the route are forwarded.
    pub headers: HeaderMap,
    /// Its body: bytes, or a stream that is read while it is sent.
    pub body: Upload,
    /// The trace that the request belongs to.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) trace: Option<TraceContext>,
    /// The memory budget of the call.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) call_budget: CallBudget,
}

/// The answer to a forwarded request.
#[derive(Debug)]
pub struct ForwardAnswer {
    /// The upstream's own status.
    pub status: StatusCode,
    /// The upstream's headers that are passed on, with secrets masked.
    pub headers: HeaderMap,
    /// The upstream's body, if the answer has one.
    pub media: Option<Download>,
}

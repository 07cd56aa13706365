//! The runtime of [naftiko](https://docs.rs/naftiko), for the code that `#[capability]` generates. Use it through the `naftiko` crate.
//!
//! It has two independent halves: `consume` calls HTTP APIs, `expose` answers REST and MCP callers. The interface
//! between them is [`operation`], mainly the trait [`Operations`](operation::Operations).

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
pub mod consume;
mod digest;
#[cfg(feature = "document")]
pub mod document;
mod error;
mod expose;
#[cfg(any(feature = "client", feature = "formats"))]
mod formats;
mod limits;
mod location;
#[cfg(not(feature = "client"))]
mod no_client;
mod numbers;
pub mod operation;
#[cfg(feature = "cli")]
pub mod program;
mod schema;
#[cfg(any(feature = "client", feature = "cli"))]
mod setup;
#[cfg(any(feature = "client", feature = "mcp"))]
pub mod store;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod types;
mod upload;
#[cfg(any(feature = "client", feature = "mcp"))]
mod utc;

#[cfg(feature = "client")]
pub use consume::authenticate::{Authenticate, CredentialRequest};
#[cfg(feature = "client")]
pub use consume::secrets::{SecretSource, SecretValue};
#[cfg(feature = "client")]
pub use consume::{ClientBuilder, Pages};
pub use error::{Error, ErrorKind, Result, RetryAfter, UpstreamError};
#[cfg(feature = "mcp")]
pub use expose::mcp::McpService;
#[cfg(feature = "page")]
pub use expose::page::Page;
pub use http;
pub use limits::Limits;
pub use naftiko_spec as spec;
pub use operation::{
    Answer, Caller, CallerAuthentication, Capability, ContentBlock, Context, Download, EmbeddedResource, LogLevel,
    Outputs as Output, PromptMessage, RawJson, Reply, Role, Stream,
};
#[cfg(feature = "mcp")]
pub use operation::{ApprovalRequests, Approvals, PendingCall};
#[cfg(feature = "cli")]
pub use program::{Program, run};
#[cfg(any(feature = "client", feature = "cli"))]
pub use setup::Setup;
#[cfg(feature = "otlp")]
pub use telemetry::trace_with;
pub use types::{AnswerError, Argument, Input, OutputError, Scalar};
pub use upload::Upload;

/// The types for your own layers: see [`ClientBuilder::layer`].
#[cfg(feature = "client")]
pub mod layer {
    pub use crate::consume::layers::user::{ApiService, BoxError, OperationInfo, RequestBody, ResponseBody};
}

/// The items that generated code uses. They are not public API.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "client")]
    pub use crate::consume::{Client, ConnectClient, FromClient, LoadDocument, SharedClients, from_environment};
    /// `None`: preparing the operations of a document needs the feature `document`.
    #[cfg(all(feature = "client", not(feature = "document")))]
    pub const DOCUMENT: Option<LoadDocument> = None;
    /// Prepares the operations of a document.
    #[cfg(feature = "document")]
    pub const DOCUMENT: Option<LoadDocument> = Some(crate::document::LOAD);
    #[cfg(not(feature = "client"))]
    pub use crate::no_client::{Client, HasClient, without_client};
    /// Has a short name, since generated code uses it for each argument.
    pub use crate::operation::ArgumentValue as Arg;
    pub use crate::operation::{
        AS_DOCUMENTED, ArgumentCodec, ArgumentValue, Arguments, BoxFuture, List, Operations, Output, ReturnCodec,
        Returns, STR, Templated, answer, binary, body, complete, input, no_operation, none_on, output, pages_in_json,
        picked, response_headers, run, scalar, streamed, template_text, upload,
    };
    pub use crate::operation::{Consumed, Definition, Describe, EmbeddedSkill, Expose, OperationDefinition};
    pub use crate::operation::{
        DELETE, GET, MethodEffects, NotStandard, OnlyStandard, POST, PUT, any_effect, effect_of, effects, hints,
        of_supertraits,
    };
    pub use crate::operation::{
        ErrorByStatus, ErrorStatus, ErrorsOf, NoStatuses, NotExamined, OtherErrors, StatusVariant, SuccessOf,
        has_status, others, refusal, refusal_with, refused_with,
    };
    #[cfg(feature = "cli")]
    pub use crate::program::{Factory, Runnable, hosted};
    pub use crate::types::NotDyn;
    pub use naftiko_spec::model::Hints;
    pub use std::sync::Arc;

    pub use crate::{__client as client, __formats as formats, __no_client as no_client, __oauth as oauth};
}

/// The functions that the fuzz targets run. They are not public API.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod __fuzz {
    pub use crate::consume::fuzz::{answered, challenges, passed_on, target, unpacked, wait};
    pub use crate::formats::fuzz::{encode, formats, frames, jsonpath, multipart};
}

/// Expands to its tokens with the `client` feature, and to nothing without it: `#[capability]` does not know the features of
/// this crate.
#[cfg(feature = "client")]
#[doc(hidden)]
#[macro_export]
macro_rules! __client {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Expands to nothing with the `client` feature, and to its tokens without it.
#[cfg(feature = "client")]
#[doc(hidden)]
#[macro_export]
macro_rules! __no_client {
    ($($tokens:tt)*) => {};
}

/// Expands to nothing with the `client` feature, and to its tokens without it.
#[cfg(not(feature = "client"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __no_client {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Expands to its tokens with the `client` feature, and to nothing without it: `#[capability]` does not know the features of
/// this crate.
#[cfg(not(feature = "client"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __client {
    ($($tokens:tt)*) => {};
}

/// Expands to nothing with the `formats` feature, and to a compile error without it.
#[cfg(feature = "formats")]
#[doc(hidden)]
#[macro_export]
macro_rules! __formats {
    () => {};
}

/// Expands to nothing with the `formats` feature, and to a compile error without it.
#[cfg(not(feature = "formats"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __formats {
    () => {
        ::core::compile_error!(
            "answers in this format require the feature `formats` of `naftiko`\n\
             help: enable it in Cargo.toml: `naftiko = { …, features = [\"formats\"] }`"
        );
    };
}

/// Expands to nothing with the `oauth` feature, and to a compile error without it.
#[cfg(feature = "oauth")]
#[doc(hidden)]
#[macro_export]
macro_rules! __oauth {
    () => {};
}

/// Expands to nothing with the `oauth` feature, and to a compile error without it.
#[cfg(not(feature = "oauth"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __oauth {
    () => {
        ::core::compile_error!(
            "`oauth2` of an adapter requires the feature `oauth` of `naftiko`\n\
             help: enable it in Cargo.toml: `naftiko = { …, features = [\"oauth\"] }`"
        );
    };
}

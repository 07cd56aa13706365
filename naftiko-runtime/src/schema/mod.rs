//! JSON Schemas: generated from types in a form that real clients accept, published, and enforced.

mod argument_errors;
mod bind;
mod check;
#[cfg(any(feature = "mcp", test))]
mod client;
mod explain;
#[cfg(feature = "rest")]
mod form;
mod generate;
mod integers;
pub(crate) mod json_location;
mod layers;
mod lists;
mod messages;
mod nulls;
mod order;
mod parse;
mod pointer;
mod publish;
mod question;
mod refine;
#[cfg(feature = "mcp")]
mod root;
#[cfg(feature = "client")]
mod single;
mod strict;
mod subschemas;
mod tidy;
mod types;
#[cfg(any(feature = "rest", feature = "mcp"))]
mod unknown;
#[cfg(feature = "document")]
mod untyped;
mod validator;

#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use argument_errors::body_not_json;
#[cfg(feature = "rest")]
pub(crate) use argument_errors::not_json;
#[cfg(any(feature = "client", feature = "rest", feature = "mcp"))]
pub(crate) use argument_errors::unknown;
pub(crate) use argument_errors::{arguments_not_json, duplicate_member, missing, nearest};
pub(crate) use bind::{bind, bind_json};
pub(crate) use check::{check, check_types};
pub(crate) use explain::explain;
#[cfg(feature = "rest")]
pub(crate) use form::{is_list_at, typed};
pub(crate) use generate::{
    for_argument, of_errors, of_errors_named, of_input, of_input_named, of_output, of_output_named, output_order,
};
pub(crate) use integers::{with_integers, with_integers_of};
#[cfg(any(feature = "client", feature = "mcp"))]
pub(crate) use messages::kind_of;
pub(crate) use messages::without_rust_types;
pub(crate) use nulls::{declares_null, without_absent};
pub(crate) use order::Order;
#[cfg(feature = "mcp")]
pub(crate) use order::Ordered;
#[cfg(any(feature = "client", feature = "rest", feature = "mcp"))]
pub(crate) use pointer::pointer;
#[cfg(any(feature = "mcp", test))]
pub(crate) use publish::{is_object, mcp_output_schema, tool_input_schema};
pub(crate) use question::{of_question, question_fault, question_order, reply_fault};
pub(crate) use refine::refined;
#[cfg(feature = "mcp")]
pub(crate) use root::RootKeywords;
#[cfg(feature = "client")]
pub(crate) use single::with_lists_of;
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use strict::Members;
#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) use strict::strict_of_parsed;
pub(crate) use strict::{Fault, strict};
pub(crate) use types::StatusType;
pub use types::{
    ArgumentValue, Clearable, Declared, InputSchema, InputType, OutputType, OwnedArgument, ReturnType, Shape,
};
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use unknown::no_unknown_members;
#[cfg(feature = "document")]
pub(crate) use untyped::untyped;
pub(crate) use validator::SchemaValidator;
#[cfg(feature = "document")]
pub(crate) use validator::bad_pattern;

#[cfg(test)]
mod tests;

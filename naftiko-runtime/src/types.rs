//! Requirements on the types of a trait, with one trait per position, so that an unsuitable type causes a single,
//! helpful error.

use crate::error::Error;
use crate::upload::Upload;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

/// Prevents a capability's trait from being used as `dyn`, since each implementation has its own future types. The compiler's error shows
/// the constant, which names the alternatives.
pub trait NotDyn {
    #[doc(hidden)]
    const HELP: &'static str = "use `impl Trait` or a `naftiko::Capability` instead of `dyn Trait`";
}

impl<T: ?Sized> NotDyn for T {}

/// Required of an argument of an orchestration, which comes from a caller and is not passed on.
///
/// Implemented for every type that derives `serde::Deserialize` and `schemars::JsonSchema`, has no borrowed data, and can be
/// shared between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an operation",
    label = "callers cannot send this type",
    note = "derive what callers need: `#[derive(serde::Deserialize, schemars::JsonSchema)]`; it must own its data and be `Send + Sync`",
    note = "for a type of another crate, define a wrapper type that derives them"
)]
pub trait Input: DeserializeOwned + JsonSchema + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + Sync> Input for T {}

/// Required of a body, which comes from callers and is sent to the upstream.
///
/// Implemented for every type that derives `serde::Serialize`, `serde::Deserialize` and `schemars::JsonSchema`, has no borrowed
/// data, and can be shared between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a call and sent to an API",
    label = "this type cannot be sent from callers to the upstream",
    note = "derive what both sides need: `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]`; it must own its data and be `Send + Sync`",
    note = "for a type of another crate, define a wrapper type that derives them"
)]
pub trait Argument: Serialize + DeserializeOwned + JsonSchema + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + Sync> Argument for T {}

/// Required of an argument of `#[body(bytes)]`, and of an argument that is declared as a file.
///
/// Implemented only for [`Upload`](crate::Upload).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a file",
    label = "a file is a `naftiko::Upload`",
    note = "take a `naftiko::Upload` by value; `bytes.into()` creates one from bytes"
)]
pub trait File: From<Upload> + JsonSchema + Send + Sync {}

impl File for Upload {}

/// Required of an argument in a path, a query, a header or a cookie: it is a single string.
///
/// Implemented for every type with serde and `schemars::JsonSchema` that is parsed by `FromStr` and written by `Display`: strings,
/// numbers, flags, addresses; UUIDs, URLs and dates with the features of `schemars` for them (`uuid1`, `url2`, `chrono04`, `jiff02`).
/// For your own enum or newtype, implement `Scalar`:
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(rename_all = "snake_case")]
/// enum Order {
///     Newest,
///     Oldest,
/// }
///
/// impl naftiko_runtime::Scalar for Order {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent in a path, a query, a header or a cookie",
    label = "this is not a scalar",
    note = "to send it as the JSON body, name the argument `body`, or write `#[body]` before it",
    note = "for a struct or a map in the query or in headers, write `#[query(style = \"members\")]`, `#[query(style = \"deep\")]` or `#[header(\"X-Meta-\", style = \"members\")]`; elsewhere, take each field as a separate argument",
    note = "for your own enum or newtype that serde writes as a string or a number: `impl naftiko::Scalar for {Self} {{}}`",
    note = "for a type of another crate with `FromStr` and `Display`, enable its crate's `serde` feature and schemars' feature for it: for uuid, `serde` of uuid and `uuid1` of schemars",
    note = "for any other type of another crate, define such a newtype"
)]
pub trait Scalar: Serialize + DeserializeOwned + JsonSchema + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + Sync + FromStr + Display> Scalar for T {}

/// Required of the error of an orchestration: [`Error`](crate::Error), or your own error that converts into one.
///
/// Implemented for every type with `Into<naftiko::Error>`, which `From<YourError> for naftiko::Error` provides.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an operation",
    label = "this error cannot be sent to callers",
    note = "define what callers see: `impl From<{Self}> for naftiko::Error`",
    note = "for an error of another crate, define a wrapper type, or convert it to a `naftiko::Error` with `map_err`"
)]
pub trait OutputError: Into<Error> + Send {}

#[diagnostic::do_not_recommend]
impl<E: Into<Error> + Send> OutputError for E {}

/// Required of the error of a consumed operation: [`Error`](crate::Error), or your own error that converts from and into one.
///
/// Implemented for every type with `Into<naftiko::Error>` and `From<naftiko::Error>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a request to an API",
    label = "this error cannot be converted from and to `naftiko::Error`",
    note = "convert failed requests to it: `impl From<naftiko::Error> for {Self}`",
    note = "define what callers see: `impl From<{Self}> for naftiko::Error`",
    note = "for an error of another crate, define a wrapper type"
)]
pub trait AnswerError: Into<Error> + From<Error> + Send {}

#[diagnostic::do_not_recommend]
impl<E: Into<Error> + From<Error> + Send> AnswerError for E {}

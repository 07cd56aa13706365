//! What a call can end with instead of an answer, in words: which API, what happened, what to do. No secret, no data, and no
//! URL but the path that moved. Whoever prints the error names the operation.

use super::coding;
use super::context::Exchange;
use super::transport::Failure;
use crate::error::{Error, ErrorKind};
use http::StatusCode;

/// The answer cannot be used.
pub(crate) fn bad_answer(exchange: &Exchange, what: &str) -> Error {
    let message = format!("`{}` {what}", exchange.upstream.namespace);
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message).in_operation(&exchange.name)
}

/// The answer is larger than allowed.
pub(crate) fn too_large(exchange: &Exchange, limit: usize) -> Error {
    bad_answer(exchange, &format!("answered with more than {limit} bytes, the limit of the client (`max_answer`)"))
}

/// The answer cannot be unpacked.
pub(crate) fn packed(exchange: &Exchange, failed: coding::Failed, limit: usize) -> Error {
    match failed {
        coding::Failed::TooLarge => too_large(exchange, limit),
        coding::Failed::Malformed => {
            bad_answer(exchange, "gave an answer that cannot be decoded as its Content-Encoding declares")
        }
    }
}

/// The answer, all of it, did not come in time.
pub(crate) fn too_slow(exchange: &Exchange) -> Error {
    timeout(exchange, format!("`{}` took longer than {:?}", exchange.upstream.namespace, exchange.timeout))
}

/// Returns the error of a request that was not answered, or not to the end.
pub(crate) fn broken(exchange: &Exchange, failure: Failure) -> Error {
    let (namespace, name) = (&exchange.upstream.namespace, &exchange.name);
    match failure {
        Failure::ConnectTimeout(cause) => {
            timeout(exchange, format!("connecting to `{namespace}` took too long")).because(cause)
        }
        Failure::Connect(cause) => {
            if let Some(code) = descriptors(cause.as_ref()) {
                let message = format!(
                    "`{namespace}` cannot be reached: this process has no file descriptors left (error {code}); raise \
                     its limit (`ulimit -n`)"
                );
                let error = Error::of(ErrorKind::Unreachable, StatusCode::SERVICE_UNAVAILABLE, message);
                return error.in_operation(name).because(cause);
            }
            let message = format!(
                "`{namespace}` cannot be reached: check its base URI, and whether it runs and can be reached from here"
            );
            Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message).in_operation(name).because(cause)
        }
        Failure::Timeout(cause) => timeout(exchange, format!("`{namespace}` took too long")).because(cause),
        Failure::Redirect(cause) => bad_answer(exchange, "answered with redirects that do not end").because(cause),
        Failure::Closed(cause) => bad_answer(exchange, "closed the connection without an answer").because(cause),
        Failure::Malformed(cause) => bad_answer(exchange, "sent an answer that is not valid HTTP").because(cause),
        Failure::Broken(cause) => bad_answer(exchange, "broke off in the middle of its answer").because(cause),
    }
}

/// The error of a process or a system without file descriptors (`EMFILE`, `ENFILE`), if that is a cause.
fn descriptors(cause: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let causes = std::iter::successors(Some(cause), |cause| cause.source());
    let codes = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>()?.raw_os_error());
    codes.into_iter().find(|code| matches!(code, 23 | 24))
}

fn timeout(exchange: &Exchange, message: String) -> Error {
    Error::of(ErrorKind::Timeout, StatusCode::GATEWAY_TIMEOUT, message).in_operation(&exchange.name)
}

//! The messages of failed calls: which API failed, what happened, and what to do. They contain no secrets, no data, and
//! no URL except the source and the target of a redirect. Each error contains the operation's name.

use super::coding;
use super::fault::{self, CertificateFault, Failure};
use super::network::{HOW_TO_ALLOW, is_only_private};
use super::upstream_call::UpstreamCall;
use super::watched_body::reset_reason;
use crate::error::{Error, ErrorKind};
use http::StatusCode;
use std::error::Error as _;
use std::time::Duration;

/// Describes an answer that cannot be used.
#[cold]
pub(crate) fn bad_answer(upstream_call: &UpstreamCall, what: &str) -> Error {
    // `http` writes this after a status code without a name.
    let what = what.replacen(" <unknown status code>", "", 1);
    let message = format!("`{}` {what}", upstream_call.upstream.namespace);
    let error = Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message).in_operation(&upstream_call.name);
    error.of_api(&upstream_call.upstream.namespace)
}

/// Describes an answer that does not match the declared output of the call.
#[cold]
pub(crate) fn mismatch(upstream_call: &UpstreamCall, why: &str) -> Error {
    bad_answer(upstream_call, &format!("sent an unexpected answer: {why}"))
}

/// Describes an answer that is larger than allowed.
#[cold]
pub(crate) fn too_large(upstream_call: &UpstreamCall, limit: usize) -> Error {
    let what = format!("answered with more than {limit} bytes, the limit of the client (`max_answer`)");
    bad_answer(upstream_call, &what).too_large()
}

/// Describes an answer that is not a stream of items.
#[cold]
pub(crate) fn not_a_stream(upstream_call: &UpstreamCall, named: &str) -> Error {
    let what = format!(
        "answered with {named} where a stream of items was expected (`application/x-ndjson` or `text/event-stream`): \
         check its base URI"
    );
    bad_answer(upstream_call, &what)
}

/// Describes an item of a stream that is larger than allowed.
#[cold]
pub(crate) fn large_item(upstream_call: &UpstreamCall, limit: usize) -> Error {
    let what = format!("sent an item of more than {limit} bytes, the limit of the client (`max_answer`)");
    bad_answer(upstream_call, &what).too_large()
}

/// Describes a stream that sent nothing for too long.
#[cold]
pub(crate) fn silent(upstream_call: &UpstreamCall, idle: Duration) -> Error {
    let namespace = &upstream_call.upstream.namespace;
    let message = format!("`{namespace}` sent nothing for {idle:?}, the limit within a stream (`stream_idle`)");
    timeout(upstream_call, message)
}

/// Describes an answer whose content coding cannot be decoded.
#[cold]
pub(crate) fn undecodable(upstream_call: &UpstreamCall, failed: coding::DecodeError, limit: usize) -> Error {
    match failed {
        coding::DecodeError::TooLarge => too_large(upstream_call, limit),
        coding::DecodeError::Malformed => {
            bad_answer(upstream_call, "sent an answer that does not match its Content-Encoding")
        }
        coding::DecodeError::Truncated => bad_answer(upstream_call, "sent a compressed answer that ends early"),
        #[cfg(feature = "compression")]
        coding::DecodeError::NoMemory => {
            let message =
                format!("there is no memory to decode the answer from `{}`", upstream_call.upstream.namespace);
            Error::internal(message).in_operation(&upstream_call.name)
        }
    }
}

/// Describes an answer that did not arrive completely within the time limit.
#[cold]
pub(crate) fn too_slow(upstream_call: &UpstreamCall) -> Error {
    timeout(
        upstream_call,
        format!(
            "the call to `{}` took longer than {:?}, its time limit (`timeout`)",
            upstream_call.upstream.namespace, upstream_call.timeout
        ),
    )
}

/// Describes an answer that its reader did not read within the time limit.
#[cold]
pub(crate) fn read_too_slowly(upstream_call: &UpstreamCall) -> Error {
    let (namespace, limit) = (&upstream_call.upstream.namespace, upstream_call.timeout);
    timeout(upstream_call, format!("the answer from `{namespace}` was not read within {limit:?}"))
}

/// Describes a request that was not answered, or not completely.
#[cold]
pub(crate) fn broken(upstream_call: &UpstreamCall, failure: Failure) -> Error {
    let (namespace, name) = (&upstream_call.upstream.namespace, &upstream_call.name);
    if let Some((kind, message)) = failure.source().and_then(fault::of_tls).and_then(|error| tls(namespace, error)) {
        return Error::of(kind, StatusCode::BAD_GATEWAY, message).in_operation(name).because(failure);
    }
    match failure {
        Failure::ConnectTimeout(cause) => {
            let through = fault::proxy_variable(cause.as_ref())
                .map_or_else(String::new, |variable| format!(" through the proxy of {variable}"));
            timeout(upstream_call, format!("connecting to `{namespace}`{through} took too long")).because(cause)
        }
        Failure::Connect(cause) => {
            if let Some(code) = out_of_descriptors(cause.as_ref()) {
                let who = match code {
                    23 => "the system has no file descriptors left (error 23); raise the system's limit",
                    _ => "this process has no file descriptors left (error 24); raise its limit (`ulimit -n`)",
                };
                let message = format!("`{namespace}` cannot be reached: {who}");
                let error = Error::of(ErrorKind::Unreachable, StatusCode::SERVICE_UNAVAILABLE, message);
                return error.in_operation(name).because(cause);
            }
            if is_only_private(cause.as_ref()) {
                let message =
                    format!("`{namespace}` cannot be called: its host has only private addresses; {HOW_TO_ALLOW}");
                let error = Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message);
                return error.in_operation(name).lasting().unsent();
            }
            let message = match fault::proxy_variable(cause.as_ref()) {
                Some(variable) => return behind_proxy(upstream_call, variable).because(cause),
                None => format!(
                    "`{namespace}` cannot be reached: check its base URI, and whether it runs and can be reached from here"
                ),
            };
            Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message).in_operation(name).because(cause)
        }
        Failure::File(error) | Failure::Rejected(error) => error.in_operation(name),
        Failure::Layer(cause) => Error::internal(cause).in_operation(name),
        Failure::Timeout(cause) => timeout(upstream_call, format!("`{namespace}` took too long")).because(cause),
        Failure::Redirect(cause) => bad_answer(upstream_call, "redirected too often").because(cause),
        Failure::Closed(cause) | Failure::Stale(cause) => {
            bad_answer(upstream_call, &ended(cause.as_ref(), "without an answer")).because(cause)
        }
        Failure::Malformed(cause) if fault::is_large_head(cause.as_ref()) => {
            let what = "sent an answer whose head is larger than the client reads: more than 100 headers, or more than 400 KiB";
            bad_answer(upstream_call, what).because(cause)
        }
        Failure::Malformed(cause) => bad_answer(upstream_call, "sent an answer that is not valid HTTP").because(cause),
        Failure::Broken(cause) => {
            bad_answer(upstream_call, &ended(cause.as_ref(), "in the middle of its answer")).because(cause)
        }
    }
}

/// Describes a connection that failed because of a certificate; `None` for other errors of TLS.
fn tls(namespace: &str, error: &rustls::Error) -> Option<(ErrorKind, String)> {
    use rustls::AlertDescription as Alert;
    let (kind, why) = match error {
        rustls::Error::AlertReceived(Alert::CertificateRequired) => {
            (ErrorKind::Credential, "requires a client certificate: set `certificate` and `key` in its `tls`")
        }
        rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            // The certificate's CA has the name of a trusted CA, but another key.
            | Alert::DecryptError,
        ) => (
            ErrorKind::Credential,
            "refused the client certificate, or requires one: check `certificate` and `key` in its `tls`",
        ),
        other => {
            let why = match CertificateFault::of(other)? {
                CertificateFault::Expired => "cannot be called: its certificate has expired",
                CertificateFault::NotYetValid => {
                    "cannot be called: its certificate is not valid yet; check the clock of this machine"
                }
                CertificateFault::Revoked => "cannot be called: its certificate has been revoked",
                CertificateFault::OtherHost => {
                    "cannot be called: its certificate is for another host; check its base URI"
                }
                CertificateFault::Untrusted => {
                    "cannot be called: its certificate is not trusted; if it was issued by a private CA, set `ca` in its `tls`"
                }
            };
            (ErrorKind::Unreachable, why)
        }
    };
    Some((kind, format!("`{namespace}` {why}")))
}

/// Describes how an API ended a request before the answer was complete: over HTTP/2, the API may reset one stream of a connection.
fn ended(cause: &(dyn std::error::Error + 'static), when: &str) -> String {
    match reset_reason(cause) {
        Some(reason) => format!("reset the HTTP/2 stream {when}: {}", reason.description()),
        None => format!("closed the connection {when}"),
    }
}

/// Describes an API that cannot be reached through the proxy that a variable configures.
#[cold]
pub(super) fn behind_proxy(upstream_call: &UpstreamCall, variable: &str) -> Error {
    let message = format!(
        "`{}` cannot be reached through the proxy of {variable}: check the proxy's address and credentials, and whether it runs and \
         allows this host",
        upstream_call.upstream.namespace
    );
    Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message).in_operation(&upstream_call.name)
}

/// Returns the error code if the process or the system has run out of file descriptors (`EMFILE`, `ENFILE`).
fn out_of_descriptors(cause: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let mut codes = fault::chain(cause).filter_map(|cause| cause.downcast_ref::<std::io::Error>()?.raw_os_error());
    codes.find(|code| matches!(code, 23 | 24))
}

#[cold]
fn timeout(upstream_call: &UpstreamCall, message: String) -> Error {
    let error = Error::of(ErrorKind::Timeout, StatusCode::GATEWAY_TIMEOUT, message).in_operation(&upstream_call.name);
    error.of_api(&upstream_call.upstream.namespace)
}

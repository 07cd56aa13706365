//! The failures of requests that got no answer, or only a part of one.

use crate::error::Error;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

/// A boxed error, for example of a request without an answer.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The reason why an answer did not arrive, or arrived only in part.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Connecting exceeded the time limit.
    ConnectTimeout(BoxError),
    /// Connecting failed.
    Connect(BoxError),
    /// The time limit of an attempt, or a time limit of the user's HTTP client, was exceeded.
    Timeout(BoxError),
    /// The user's client followed too many redirects.
    #[cfg_attr(not(feature = "reqwest"), allow(dead_code, reason = "only the user's client follows them"))]
    Redirect(BoxError),
    /// The connection closed before the first byte of the answer.
    Closed(BoxError),
    /// A reused connection closed before the first byte of the answer: the peer may have closed it before the request arrived.
    Stale(BoxError),
    /// The connection broke in the middle of the answer.
    Broken(BoxError),
    /// The answer is not valid HTTP.
    Malformed(BoxError),
    /// A file in the request body could not be read to its end.
    File(Error),
    /// A layer refused the call.
    Rejected(Error),
    /// A layer of the user failed.
    Layer(BoxError),
}

/// A proxy, as messages name it.
#[derive(Debug, Clone)]
pub(super) struct ProxyName {
    /// The variable of the environment that configures it.
    pub(super) variable: &'static str,
    /// Its address without a user name and password.
    pub(super) address: String,
}

/// The error of a connection that a proxy did not open.
#[derive(Debug)]
pub(super) struct ProxyError {
    pub(super) proxy: ProxyName,
    pub(super) cause: BoxError,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy `{}` did not open a connection", self.proxy.address)
    }
}

impl StdError for ProxyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.cause.as_ref())
    }
}

/// Returns the name of the variable that configures the proxy which did not open a connection; `None` if no proxy caused the error.
pub(super) fn proxy_variable(cause: &(dyn StdError + 'static)) -> Option<&'static str> {
    chain(cause).find_map(<dyn StdError>::downcast_ref::<ProxyError>).map(|error| error.proxy.variable)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::ConnectTimeout(cause) | Self::Connect(cause) = self
            && let Some(variable) = proxy_variable(cause.as_ref())
        {
            return write!(f, "the proxy of {variable} did not open a connection");
        }
        f.write_str(match self {
            Self::ConnectTimeout(_) => "connecting took too long",
            Self::Connect(_) => "connecting failed",
            Self::Timeout(_) => "the answer took too long",
            Self::Redirect(_) => "there were too many redirects",
            Self::Closed(_) | Self::Stale(_) => "the connection closed before an answer arrived",
            Self::Broken(_) => "the connection broke in the middle of the answer",
            Self::Malformed(_) => "the answer is not valid HTTP",
            Self::File(_) => "a file could not be read",
            Self::Rejected(error) => return error.fmt(f),
            Self::Layer(error) => return error.fmt(f),
        })
    }
}

impl Failure {
    /// Returns the failure of an attempt that follows an attempt which may have had an effect: if a layer refused the later attempt, the
    /// error no longer says that nothing was sent.
    pub(crate) fn after_effect(self) -> Self {
        match self {
            Self::Rejected(error) => Self::Rejected(error.sent()),
            other => other,
        }
    }

    /// Returns the kind of the failure, as metrics name it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::ConnectTimeout(_) => "connect_timeout",
            Self::Connect(_) => "connect",
            Self::Timeout(_) => "timeout",
            Self::Redirect(_) => "redirects",
            Self::Closed(_) | Self::Stale(_) => "closed",
            Self::Broken(_) => "broken",
            Self::Malformed(_) => "malformed",
            Self::File(_) => "file",
            Self::Rejected(_) | Self::Layer(_) => crate::telemetry::OTHER,
        }
    }

    /// Copies a failure for another call that waited for the same answer; the copy has the same causes.
    pub(crate) fn shared(failure: &Arc<Self>) -> Self {
        let cause = || Box::new(SharedCause(failure.clone()));
        match &**failure {
            Self::ConnectTimeout(_) => Self::ConnectTimeout(cause()),
            Self::Connect(_) => Self::Connect(cause()),
            Self::Timeout(_) => Self::Timeout(cause()),
            Self::Redirect(_) => Self::Redirect(cause()),
            Self::Closed(_) => Self::Closed(cause()),
            Self::Stale(_) => Self::Stale(cause()),
            Self::Broken(_) => Self::Broken(cause()),
            Self::Malformed(_) => Self::Malformed(cause()),
            Self::File(error) => Self::File(error.copied()),
            Self::Rejected(error) => Self::Rejected(error.copied()),
            Self::Layer(_) => Self::Layer(cause()),
        }
    }
}

/// The cause of a failure that several calls share.
#[derive(Debug)]
struct SharedCause(Arc<Failure>);

impl fmt::Display for SharedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SharedCause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::ConnectTimeout(cause)
            | Self::Connect(cause)
            | Self::Timeout(cause)
            | Self::Redirect(cause)
            | Self::Closed(cause)
            | Self::Stale(cause)
            | Self::Broken(cause)
            | Self::Malformed(cause) => Some(cause.as_ref()),
            Self::File(error) | Self::Rejected(error) => error.source(),
            Self::Layer(error) => error.source(),
        }
    }
}

/// Returns the error of a file in the request body, if that error made the request fail.
pub(super) fn of_file(error: &(dyn StdError + 'static)) -> Option<Failure> {
    // Only a file of the request body adds an error of this type to the errors of hyper and reqwest.
    let own = chain(error).find_map(<dyn StdError>::downcast_ref::<Error>)?;
    let mut error = Error::of(own.kind(), own.status(), own.to_string());
    if let Some(cause) = own.source() {
        error = error.because(cause.to_string());
    }
    Some(Failure::File(error))
}

/// Returns why the body of an answer could not be read: it is larger than its limit, or incomplete.
pub(super) fn why_unread(error: &(dyn StdError + Send + Sync + 'static), limit: &str) -> String {
    if error.is::<http_body_util::LengthLimitError>() {
        format!("is larger than {limit}")
    } else {
        "is incomplete".to_owned()
    }
}

/// Iterates over an error and its causes.
pub(super) fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// Returns the TLS error among an error and its causes.
pub(crate) fn of_tls<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    /// An I/O error contains another error, but does not name it as its cause.
    fn contained<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
        let inside = || contained(error.downcast_ref::<io::Error>()?.get_ref()?);
        error.downcast_ref::<rustls::Error>().or_else(inside)
    }
    chain(error).find_map(contained)
}

/// The reason why the certificate of a server is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateFault {
    Expired,
    NotYetValid,
    Revoked,
    OtherHost,
    Untrusted,
}

impl CertificateFault {
    /// Returns the fault that a TLS error is about; `None` for any other error.
    pub(crate) fn of(error: &rustls::Error) -> Option<Self> {
        use rustls::CertificateError as Wrong;
        let rustls::Error::InvalidCertificate(wrong) = error else { return None };
        Some(match wrong {
            Wrong::Expired | Wrong::ExpiredContext { .. } => Self::Expired,
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => Self::NotYetValid,
            Wrong::Revoked => Self::Revoked,
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => Self::OtherHost,
            _ => Self::Untrusted,
        })
    }
}

/// Returns whether the head of an answer is larger than hyper reads over HTTP/1.
pub(super) fn is_large_head(error: &(dyn StdError + 'static)) -> bool {
    // hyper's method for this requires its feature `server`, which a client does not need.
    let is_large = |error: &hyper::Error| error.is_parse() && error.to_string() == "message head is too large";
    chain(error).filter_map(<dyn StdError>::downcast_ref::<hyper::Error>).any(is_large)
}

/// Returns whether the answer is not valid HTTP: a bad status line, header or chunk.
pub(super) fn is_malformed(error: &(dyn StdError + 'static)) -> bool {
    // An error of TLS is also of the kind `InvalidData`.
    of_tls(error).is_none()
        && chain(error).any(|error| {
            error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
                || error.downcast_ref::<io::Error>().is_some_and(|error| {
                    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{CertificateError, Error};

    #[test]
    fn each_fault_of_a_certificate_is_recognized() {
        for (wrong, fault) in [
            (CertificateError::Expired, CertificateFault::Expired),
            (CertificateError::NotValidYet, CertificateFault::NotYetValid),
            (CertificateError::Revoked, CertificateFault::Revoked),
            (CertificateError::NotValidForName, CertificateFault::OtherHost),
            (CertificateError::UnknownIssuer, CertificateFault::Untrusted),
        ] {
            assert_eq!(CertificateFault::of(&Error::InvalidCertificate(wrong)), Some(fault));
        }
        assert_eq!(CertificateFault::of(&Error::DecryptError), None);
    }
}

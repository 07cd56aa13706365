//! Credentials that the user's own code adds to requests.

use super::encode::{self, LONGEST_URL};
use super::fault::Failure;
use super::layers::authentication::{Authenticated, Credentials, Refused, RequestSecrets, Secrets};
use super::layers::user::{BoxError, OperationInfo};
use super::outgoing::Outgoing;
use super::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::operation::BoxFuture;
use bytes::Bytes;
use http::header::COOKIE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use naftiko_spec::model::invalid_name;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Your own source of credentials for the requests to an API: a token from a vault, a signature, or a login that no scheme of
/// `authentication(…)` supports. It replaces the API's `authentication(…)`, whose variables are then not needed.
///
/// It is called before each attempt of a call, including retries, so cache what is slow to obtain. If the API answers 401, it is
/// called once more (then [`CredentialRequest::was_refused`] returns `true`), and the request is sent again, whatever its method: a
/// 401 means that the request had no effect (RFC 9110, section 15.5.2). No other answer causes this, and a request whose body is
/// read while it is sent is not sent again. It is not called for a request that already has an `Authorization` header, for example the
/// caller's.
///
/// A `cache` of the API stores each answer under its request as it was before credentials were added. If your choice of credentials
/// depends on anything but that request, don't use `cache` for the API.
///
/// The added credentials are masked in answers, errors and the log, like all other credentials.
///
/// # Errors
/// An error becomes an [`ErrorKind::Credential`](crate::ErrorKind::Credential) error with status 502, and the request is
/// not sent. Its text is never shown or logged, since it may contain a secret. Log what you need in your implementation.
///
/// ```
/// use naftiko_runtime::{Authenticate, CredentialRequest, http::HeaderValue, layer::BoxError};
///
/// struct Vault;
///
/// impl Vault {
///     async fn token(&self, renew: bool) -> Result<String, BoxError> {
///         Ok(if renew { "second" } else { "first" }.to_owned())
///     }
/// }
///
/// impl Authenticate for Vault {
///     async fn authenticate(&self, request: &mut CredentialRequest) -> Result<(), BoxError> {
///         let token = self.token(request.was_refused()).await?;
///         request.set_header("x-session", &token)?;
///         Ok(())
///     }
/// }
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// Adds credentials to a request.
    ///
    /// # Errors
    /// Returns an error if the credentials cannot be obtained; the call then fails.
    fn authenticate(&self, request: &mut CredentialRequest) -> impl Future<Output = Result<(), BoxError>> + Send;
}

impl<T: Authenticate> Authenticate for Arc<T> {
    fn authenticate(&self, request: &mut CredentialRequest) -> impl Future<Output = Result<(), BoxError>> + Send {
        T::authenticate(self, request)
    }
}

/// A request that is about to be sent, to which an [`Authenticate`] adds credentials.
pub struct CredentialRequest {
    request: Request<Outgoing>,
    info: Option<OperationInfo>,
    refused: Option<Refused>,
    secrets: Vec<SecretString>,
}

impl CredentialRequest {
    /// Returns the operation that the request is for.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.info.as_ref().map_or("", OperationInfo::operation)
    }

    /// Returns the namespace of the consumed API.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.info.as_ref().map_or("", OperationInfo::namespace)
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// Returns the whole URI.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.request.uri()
    }

    /// Returns the headers so far.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Returns the body; `None` if it contains a file that is read while it is sent.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        match self.request.body() {
            Outgoing::Whole(bytes) => Some(bytes),
            Outgoing::Pieces(..) => None,
        }
    }

    /// Returns whether the API has just refused the same request with 401: it did not accept the credentials that were
    /// added.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Returns the challenges of the 401 answer, if the API has just sent one (see [`was_refused`](Self::was_refused)): the values of its
    /// `WWW-Authenticate` headers (RFC 9110, section 11.6.1).
    pub fn challenges(&self) -> impl Iterator<Item = &HeaderValue> {
        self.refused.iter().flat_map(|refused| &refused.challenges)
    }

    /// Sets a header, whose value is masked in the answer to this request; in `Cookie`, the value of each cookie is masked. The part
    /// after a scheme (`Bearer …`) is also masked on its own, if it has at least 8 bytes.
    ///
    /// # Errors
    /// Returns an error if the name or the value is not valid in a header.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let not_a_name = |_| Error::internal(invalid_name("header", name));
        let name: HeaderName = name.parse().map_err(not_a_name)?;
        let not_a_value =
            |_| Error::internal(format!("the value for the header `{name}` contains a control character"));
        let mut header = HeaderValue::from_str(value).map_err(not_a_value)?;
        header.set_sensitive(true);
        if name == COOKIE {
            for pair in value.split(';') {
                self.mask(pair.split_once('=').map_or(pair, |(_, value)| value).trim());
            }
        } else {
            self.mask(value);
        }
        self.request.headers_mut().insert(name, header);
        Ok(())
    }

    /// Appends a parameter to the query, encoded; its value is masked in the answer to this request.
    ///
    /// # Errors
    /// Returns an error if the URL becomes too long.
    pub fn push_query(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let invalid =
            || Error::internal(format!("the URL is too long with the credential: the limit is {LONGEST_URL} bytes"));
        let uri = self.request.uri();
        let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let separator = if uri.query().is_some() { '&' } else { '?' };
        let target = format!("{target}{separator}{}={}", encode::value(name), encode::value(value));
        let mut parts = uri.clone().into_parts();
        if uri.to_string().len() + name.len() + value.len() > LONGEST_URL {
            return Err(invalid());
        }
        parts.path_and_query = Some(target.parse().map_err(|_| invalid())?);
        *self.request.uri_mut() = Uri::from_parts(parts).map_err(|_| invalid())?;
        self.mask(value);
        Ok(())
    }

    /// Masks a string in the API's answer to this request. Use it for a part of an added credential that is a secret
    /// itself.
    pub fn mask(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(secret.into());
        }
    }
}

impl fmt::Debug for CredentialRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialRequest")
            .field("operation", &self.operation())
            .field("was_refused", &self.was_refused())
            .finish_non_exhaustive()
    }
}

/// The adapter from [`Authenticate`] to [`Credentials`], which our own layers call.
pub(crate) struct UserCredentials<A> {
    user: A,
    /// The secrets of the last request; most requests have the same ones.
    last: Mutex<Option<Arc<Secrets>>>,
}

impl<A> UserCredentials<A> {
    pub(crate) fn new(user: A) -> Self {
        Self { user, last: Mutex::new(None) }
    }

    /// Returns the secrets of a request, shared with the last request if they are the same.
    fn shared(&self, texts: Vec<SecretString>) -> Arc<Secrets> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &&mut Arc<Secrets>| {
            let pairs = || known.texts.iter().zip(&texts);
            known.texts.len() == texts.len() && pairs().all(|(a, b)| a.expose_secret() == b.expose_secret())
        };
        match last.as_mut().filter(same) {
            Some(known) => known.clone(),
            None => last.insert(Arc::new(Secrets::new(texts))).clone(),
        }
    }
}

impl<A: Authenticate> Credentials for UserCredentials<A> {
    fn are_custom(&self) -> bool {
        true
    }

    fn need_whole_body(&self) -> bool {
        true
    }

    fn add(
        self: Arc<Self>,
        request: Request<Outgoing>,
        refused: Option<Refused>,
        _: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        Box::pin(async move {
            let info = request.extensions().get::<OperationInfo>().cloned();
            let mut asked = CredentialRequest { request, info, refused, secrets: Vec::new() };
            if self.user.authenticate(&mut asked).await.is_err() {
                let message = format!("the credential of `{}` could not be obtained", asked.namespace());
                let error = Error::of(ErrorKind::Credential, StatusCode::BAD_GATEWAY, message);
                return Err(Failure::Rejected(error.unsent()));
            }
            let CredentialRequest { request, secrets, .. } = asked;
            let carried = (!secrets.is_empty()).then(|| RequestSecrets(self.shared(secrets)));
            Ok(Some((request, carried)))
        })
    }
}

//! Authentication with credentials that are created for each attempt: if the API refuses them, they are renewed.

use super::around::{Around, InnerService, Layered};
use super::{Deadline, SingleAttempt};
use crate::consume::context::ClientContext;
use crate::consume::effect::EarlierEffect;
use crate::consume::fault::Failure;
use crate::consume::outgoing::{Outgoing, try_clone};
use crate::consume::transport::{Incoming, Transport};
use crate::error::Error;
use crate::operation::BoxFuture;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use secrecy::SecretString;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::timeout_at;
use tower_layer::Layer;
use tower_service::Service;

/// The secrets of a credential, and the client context that masks them.
pub(crate) struct Secrets {
    pub(crate) texts: Vec<SecretString>,
    /// The last context that `masked` built, with the number of the context it was built from.
    masking: Mutex<Option<(u64, Arc<ClientContext>)>>,
}

impl Secrets {
    /// Creates the secrets from the strings that must be masked.
    pub(crate) fn new(texts: Vec<SecretString>) -> Self {
        Self { texts, masking: Mutex::default() }
    }

    /// Returns the context of a call with these secrets, which masks them.
    pub(crate) fn masked(&self, context: &ClientContext) -> Arc<ClientContext> {
        let mut masking = self.masking.lock().unwrap_or_else(PoisonError::into_inner);
        match masking.as_ref().filter(|(number, _)| *number == context.number) {
            Some((_, masking)) => masking.clone(),
            None => masking.insert((context.number, Arc::new(context.with_secrets(&self.texts)))).1.clone(),
        }
    }
}

/// An extension of an answer: the secrets that only its request contained.
#[derive(Clone)]
pub(crate) struct RequestSecrets(pub(crate) Arc<Secrets>);

/// A request that the API refused with 401, before it had an effect (RFC 9110, section 15.5.2).
pub(crate) struct Refused {
    /// The secrets of the request.
    pub(crate) secrets: Option<RequestSecrets>,
    /// The `Authorization` header of the request.
    pub(crate) authorization: Option<HeaderValue>,
    /// The values of `WWW-Authenticate`.
    pub(crate) challenges: Vec<HeaderValue>,
}

/// A request with credentials, and their secrets; `None` if the source has no credentials other than the refused ones.
pub(crate) type Authenticated = Option<(Request<Outgoing>, Option<RequestSecrets>)>;

/// A source of credentials for requests.
pub(crate) trait Credentials: Send + Sync {
    /// Adds credentials to a request. `refused` describes an earlier attempt that the API has refused, if there was one.
    ///
    /// # Errors
    /// Returns a failure if the credentials cannot be obtained or added.
    fn add(
        self: Arc<Self>,
        request: Request<Outgoing>,
        refused: Option<Refused>,
        transport: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>>;

    /// Returns whether the credentials are made from the caller's credential, which is then in the request.
    fn use_callers_credential(&self) -> bool {
        false
    }

    /// Returns whether the credentials come from the user's own code, so that naftiko cannot tell whose they are.
    fn are_custom(&self) -> bool {
        false
    }

    /// Returns whether the credentials of a request may depend on its whole body, which then cannot be a stream.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    fn need_whole_body(&self) -> bool {
        false
    }

    /// Reports that the API has refused a request that cannot be sent again. Returns whether the next request gets other credentials.
    fn on_unrepeatable(&self, _refused: &Refused) -> bool {
        false
    }

    /// Returns whether a request that was refused with renewed credentials is sent again: the API has refused only their form, such as
    /// an old nonce, and not the secret.
    fn may_repeat(&self, _refused: &Refused) -> bool {
        false
    }

    /// Returns why no credential can be created that the API accepts, although the API has not refused the secret;
    /// otherwise `None`. The text follows the name of the API in messages.
    fn why_unanswered(&self, _refused: &Refused) -> Option<String> {
        None
    }

    /// Reports that the API has refused a request even with renewed credentials.
    fn on_rejected(&self, _refused: &Refused) {}

    /// Reports that the API has accepted the credentials of a request, with its `Authorization` header.
    fn on_accepted(&self, _authorization: Option<&HeaderValue>) {}
}

/// The maximum number of times that a refused request is sent again.
const MAX_REPEATS: usize = 4;

/// A response extension: why a 401 is not about a rejected credential.
#[derive(Clone)]
pub(crate) enum UnauthorizedReason {
    /// The request could not be sent again, but the next request has other credentials.
    Renewed,
    /// No credential could be created that the API accepts. The text follows the name of the API in messages.
    Unanswered(String),
}

/// A layer that adds credentials to requests.
#[derive(Clone)]
pub(crate) struct AuthenticationLayer {
    pub(crate) credentials: Arc<dyn Credentials>,
    /// The transport for fetching tokens.
    pub(crate) transport: Arc<Transport>,
}

impl<S> Layer<S> for AuthenticationLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for AuthenticationLayer {
    async fn around<S: InnerService>(
        self,
        inner: S,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        send(self, inner, request).await
    }
}

/// An answer to a request with credentials.
struct Sent {
    response: Response<Incoming>,
    secrets: Option<RequestSecrets>,
    authorization: Option<HeaderValue>,
}

impl Sent {
    /// Describes the request of an answer that refuses it.
    fn refused(&self) -> Refused {
        let challenges = self.response.headers().get_all(WWW_AUTHENTICATE).iter().cloned().collect();
        Refused { secrets: self.secrets.clone(), authorization: self.authorization.clone(), challenges }
    }
}

impl AuthenticationLayer {
    /// Adds credentials to a request.
    async fn add(&self, request: Request<Outgoing>, refused: Option<Refused>) -> Result<Authenticated, Failure> {
        self.credentials.clone().add(request, refused, self.transport.clone()).await
    }

    /// Makes one attempt: sends a request with credentials. `copy` is the request without them.
    ///
    /// Retries an idempotent request once if the API closed a reused connection before it answered (RFC 9110, section 9.2.2). The
    /// retry has new credentials, since some are valid for one request only: an HMAC contains a nonce, a digest contains a count.
    async fn attempt<S>(
        &self,
        inner: &mut S,
        authenticated: (Request<Outgoing>, Option<RequestSecrets>),
        copy: Option<&Request<Outgoing>>,
    ) -> Result<Sent, Failure>
    where
        S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
    {
        let failure = match send_once(inner, authenticated, false).await {
            Err(failure @ Failure::Stale(_)) => failure,
            sent => return sent,
        };
        let Some(copy) = copy.filter(|copy| copy.method().is_idempotent()).and_then(try_clone) else {
            return Err(failure);
        };
        // The API may have closed the connection after the request had its effect.
        if let Some(effect) = copy.extensions().get::<EarlierEffect>() {
            effect.note();
        }
        let Some(authenticated) = self.add(copy, None).await.map_err(Failure::after_effect)? else {
            return Err(failure);
        };
        send_once(inner, authenticated, true).await.map_err(Failure::after_effect)
    }
}

async fn send_once<S>(
    inner: &mut S,
    (mut request, secrets): (Request<Outgoing>, Option<RequestSecrets>),
    fresh: bool,
) -> Result<Sent, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    request.extensions_mut().insert(SingleAttempt { fresh });
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let response = inner.call(request).await?;
    Ok(Sent { response, secrets, authorization })
}

/// Sends a request with credentials, and again with renewed ones if the API refuses them: once, or up to [`MAX_REPEATS`] times while the
/// API refuses only their form ([`Credentials::may_repeat`]).
async fn send<S>(
    layer: AuthenticationLayer,
    mut inner: S,
    request: Request<Outgoing>,
) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    // The caller's credential replaces the capability's.
    if request.headers().contains_key(AUTHORIZATION) && !layer.credentials.use_callers_credential() {
        return inner.call(request).await;
    }
    // A refused request has had no effect, so it is sent again whatever its method is, unless its body is a stream.
    let (original, deadline) = (try_clone(&request), Deadline::of(&request));
    let Some(authenticated) = layer.add(request, None).await? else {
        return Err(Failure::Rejected(Error::internal(
            "the credential source returned no credentials for the first attempt",
        )));
    };
    let mut sent = layer.attempt(&mut inner, authenticated, original.as_ref()).await?;
    let (credentials, mut repeats) = (&layer.credentials, 0);
    let unauthorized_reason = loop {
        if sent.response.status() != StatusCode::UNAUTHORIZED {
            credentials.on_accepted(sent.authorization.as_ref());
            break None;
        }
        let refused = sent.refused();
        let unanswered = credentials.why_unanswered(&refused).map(UnauthorizedReason::Unanswered);
        let Some(copy) = original.as_ref().and_then(try_clone) else {
            break if credentials.on_unrepeatable(&refused) { Some(UnauthorizedReason::Renewed) } else { unanswered };
        };
        if repeats > 0 && (repeats >= MAX_REPEATS || !credentials.may_repeat(&refused)) {
            credentials.on_rejected(&refused);
            break unanswered;
        }
        let Some(authenticated) = layer.add(copy, Some(refused)).await? else { break unanswered };
        if let Some(deadline) = &deadline {
            // Reads the rest of the answer if it is short, so that its connection can be reused.
            let _ = timeout_at(deadline.at(), sent.response.into_body().skip()).await;
        }
        sent = layer.attempt(&mut inner, authenticated, original.as_ref()).await?;
        repeats += 1;
    };
    let Sent { mut response, secrets, .. } = sent;
    if let Some(secrets) = secrets {
        response.extensions_mut().insert(secrets);
    }
    if let Some(unauthorized_reason) = unauthorized_reason {
        response.extensions_mut().insert(unauthorized_reason);
    }
    Ok(response)
}

//! Authentication by tokens that are fetched: each try carries the current one; one that the API refuses is renewed once.

use super::Sent;
use crate::consume::outgoing::Outgoing;
use crate::consume::token::{Token, TokenSource};
use crate::consume::transport::{Failure, Incoming, Transport, again};
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// The token that a request carried; among the extensions of its answer.
#[derive(Clone)]
pub(crate) struct Carried(pub(crate) Arc<Token>);

/// Puts tokens into requests.
#[derive(Clone)]
pub(crate) struct AuthenticationLayer {
    pub(crate) tokens: Arc<TokenSource>,
    /// What tokens are fetched over.
    pub(crate) transport: Arc<Transport>,
}

impl<S> Layer<S> for AuthenticationLayer {
    type Service = Authentication<S>;

    fn layer(&self, inner: S) -> Authentication<S> {
        Authentication { inner, layer: self.clone() }
    }
}

/// The service of [`AuthenticationLayer`].
#[derive(Clone)]
pub(crate) struct Authentication<S> {
    inner: S,
    layer: AuthenticationLayer,
}

/// Sends a request with a token.
async fn send<S>(
    AuthenticationLayer { tokens, transport }: AuthenticationLayer,
    mut inner: S,
    mut request: Request<Outgoing>,
) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    // The caller's own stands in for the capability's.
    if request.headers().contains_key(AUTHORIZATION) {
        return inner.call(request).await;
    }
    let mut token = tokens.token(&transport, None).await?;
    // A refused request has had no effect, so that any can be sent again.
    let next = again(&request);
    request.headers_mut().insert(AUTHORIZATION, token.header());
    let mut response = inner.call(request).await?;
    if let Some(mut next) = next.filter(|_| response.status() == StatusCode::UNAUTHORIZED) {
        token = tokens.token(&transport, Some(&token)).await?;
        next.headers_mut().insert(AUTHORIZATION, token.header());
        response = inner.call(next).await?;
    }
    response.extensions_mut().insert(Carried(token));
    Ok(response)
}

impl<S> Service<Request<Outgoing>> for Authentication<S>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = Sent;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Outgoing>) -> Sent {
        Box::pin(send(self.layer.clone(), self.inner.clone(), request))
    }
}

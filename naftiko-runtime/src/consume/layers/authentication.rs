//! Authentication by fetched access tokens: each try carries the current token, and a refused token is renewed once.

use super::ResponseFuture;
use crate::consume::outgoing::Outgoing;
use crate::consume::token::{Token, TokenSource};
use crate::consume::transport::{Failure, Incoming, Transport, again};
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// An extension of an answer: the token that its request carried.
#[derive(Clone)]
pub(crate) struct CarriedToken(pub(crate) Arc<Token>);

/// A layer that adds tokens to requests.
#[derive(Clone)]
pub(crate) struct AuthenticationLayer {
    pub(crate) tokens: Arc<TokenSource>,
    /// The transport for fetching tokens.
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
    // The caller's credential replaces the capability's.
    if request.headers().contains_key(AUTHORIZATION) {
        return inner.call(request).await;
    }
    let mut token = tokens.token(&transport, None).await?;
    // A refused request has had no effect, so every request can be sent again.
    let next = again(&request);
    request.headers_mut().insert(AUTHORIZATION, token.header());
    let mut response = inner.call(request).await?;
    if let Some(mut next) = next.filter(|_| response.status() == StatusCode::UNAUTHORIZED) {
        token = tokens.token(&transport, Some(&token)).await?;
        next.headers_mut().insert(AUTHORIZATION, token.header());
        response = inner.call(next).await?;
    }
    response.extensions_mut().insert(CarriedToken(token));
    Ok(response)
}

impl<S> Service<Request<Outgoing>> for Authentication<S>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        Box::pin(send(self.layer.clone(), self.inner.clone(), request))
    }
}

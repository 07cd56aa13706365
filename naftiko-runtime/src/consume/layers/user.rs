//! Layers of the user, and the types of requests, answers and failures that they see.

use super::{ResponseFuture, Stack};
pub use crate::consume::fault::BoxError;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::error::Error;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// The operation of a request. Every request that your own layers see has it among its extensions.
///
/// ```
/// # use naftiko_runtime::{http, layer::{OperationInfo, RequestBody}};
/// # fn name(request: &http::Request<RequestBody>) -> Option<String> {
/// let info = request.extensions().get::<OperationInfo>()?;
/// Some(format!("{}.{}", info.namespace(), info.operation()))
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OperationInfo {
    capability: Arc<str>,
    namespace: Arc<str>,
    operation: Arc<str>,
}

impl OperationInfo {
    pub(super) fn new(capability: Arc<str>, namespace: Arc<str>, operation: &str) -> Self {
        Self { capability, namespace, operation: operation.into() }
    }

    /// Returns the label of the capability.
    #[must_use]
    pub fn capability(&self) -> &str {
        &self.capability
    }

    /// Returns the namespace of the consumed API.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the name of the consumed operation.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

/// The body of a request to an API.
pub struct RequestBody(Outgoing);

impl RequestBody {
    /// Returns the whole body; `None` if it is read while it is sent: a file, or the body of a forwarded request.
    #[must_use]
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Outgoing::Whole(bytes) => Some(bytes),
            Outgoing::Pieces(..) => None,
        }
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(bytes.into())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll_frame(cx)).map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// The body of an API's answer, as a stream.
pub struct ResponseBody(Incoming);

impl ResponseBody {
    /// Creates a body from any other body.
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Incoming::Other(body.map_err(|error| failure(error.into())).boxed()))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll_frame(cx)).map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").finish_non_exhaustive()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

/// The service that your own layer wraps: everything between your layer and the API.
///
/// If your layer returns an error of this service, the call fails with that error. An [`Error`](crate::Error) of your own becomes the
/// error of the call. Any other error becomes an internal error, whose cause is logged.
#[derive(Clone)]
pub struct ApiService(Stack);

impl fmt::Debug for ApiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiService").finish_non_exhaustive()
    }
}

impl Service<Request<RequestBody>> for ApiService {
    type Response = Response<ResponseBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let sent = self.0.call(request.map(|body| body.0));
        Box::pin(async move { Ok(sent.await?.map(ResponseBody)) })
    }
}

/// A type-erased layer of the user.
#[derive(Clone)]
pub(crate) struct UserLayer(Arc<dyn Fn(Stack) -> Stack + Send + Sync>);

impl UserLayer {
    /// Erases the type of a layer.
    pub(crate) fn new<L, B>(layer: L) -> Self
    where
        L: Layer<ApiService> + Send + Sync + 'static,
        L::Service: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<RequestBody>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<RequestBody>>>::Future: Send,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Arc::new(move |stack| Stack::new(ErasedService(layer.layer(ApiService(stack))))))
    }

    /// Wraps the layer around a stack.
    pub(super) fn around(&self, stack: Stack) -> Stack {
        (self.0)(stack)
    }
}

/// A user's layer as a service with our own request and answer types.
#[derive(Clone)]
struct ErasedService<S>(S);

impl<S, B> Service<Request<Outgoing>> for ErasedService<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(cx).map_err(|error| failure(error.into()))
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        let sent = self.0.call(request.map(RequestBody));
        Box::pin(async move {
            let response = sent.await.map_err(|error| failure(error.into()))?;
            Ok(response.map(|body| ResponseBody::new(body).0))
        })
    }
}

/// Converts an error of a user's layer.
fn failure(error: BoxError) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => *failure,
        Err(error) => error.downcast::<Error>().map_or_else(Failure::Layer, |error| Failure::Rejected(*error)),
    }
}

//! Coalescing: identical reads in flight make one request to the API.
//!
//! Reads are identical if they belong to the same operation and their requests have the same key (`request_key.rs`). The request
//! runs in a task of its own, so a caller that goes away does not fail the other calls; the task ends when no call waits for it.
//! The layers below use the latest deadline of the waiting calls, so a call with little time left does not fail the other calls
//! either. No call joins once the deadline of the call that began the request has passed.
//!
//! An answer is shared when it has arrived completely, up to a size. An answer that must not be shared goes to one caller, and each of
//! the other callers sends its own request. These are answers with `no-store` or cookies, streams, partial and larger answers, answers
//! without a marked end, and answers that vary with a header that is not part of the key.

use super::around::{Around, InnerService, Layered};
use super::request_key::{EffectGuard, KeyMaker, RequestDigest, is_keyed_in_flight, is_read, varies};
use super::{Deadline, FlightBegan};
use crate::consume::fault::Failure;
use crate::consume::layers::cache::{Directives, has_marked_end};
use crate::consume::outgoing::{Outgoing, try_clone};
use crate::consume::transport::Incoming;
use crate::error::Error;
use crate::telemetry::SentFor;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RANGE, SET_COOKIE};
use http::response::Parts;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument, Span};

/// Media types of bodies that have no end, or whose pieces must be passed on as they arrive.
const STREAMS: [&str; 5] = [
    "text/event-stream",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "multipart/x-mixed-replace",
];

/// The requests of an API that are in flight.
pub(crate) struct Flights {
    keys: KeyMaker,
    state: Mutex<FlightStates>,
    /// The newest flights of the API. Requests that have begun with earlier secrets use older flights.
    newest: Arc<Mutex<Weak<Flights>>>,
}

#[derive(Default)]
struct FlightStates {
    in_flight: HashMap<RequestDigest, FlightEntry>,
    /// The number of the next flight.
    next: u64,
}

/// A request in flight that others can join.
struct FlightEntry {
    number: u64,
    resource: RequestDigest,
    flight: Weak<Flight>,
}

/// A request in flight, held by the calls that wait for it.
struct Flight {
    flights: Arc<Flights>,
    key: RequestDigest,
    number: u64,
    result: watch::Receiver<Option<Arc<FlightResult>>>,
    /// The latest deadline of the waiting calls.
    deadline: Option<Deadline>,
    task: OnceLock<AbortHandle>,
}

/// The part of a flight that its task owns. When the task ends, for any reason, no more calls can join the flight.
struct FlightTask {
    flights: Arc<Flights>,
    key: RequestDigest,
    number: u64,
    sender: watch::Sender<Option<Arc<FlightResult>>>,
}

impl FlightTask {
    /// Ends the flight with a result for the calls that wait.
    fn end(&self, result: FlightResult) {
        self.flights.leave(&self.key, self.number);
        // Without receivers, the flight has already been dropped.
        let _ = self.sender.send(Some(Arc::new(result)));
    }
}

impl Drop for FlightTask {
    fn drop(&mut self) {
        self.flights.leave(&self.key, self.number);
        if std::thread::panicking() {
            let error = Error::internal("the task of a shared request panicked");
            self.end(FlightResult::Failed(Arc::new(Failure::Rejected(error))));
        }
    }
}

/// The result of a request that several calls wait for.
enum FlightResult {
    /// An answer that all waiting calls get.
    Shared(Box<Parts>, Bytes),
    /// An answer that only the first waiting call gets.
    Single(Mutex<Option<Response<Incoming>>>),
    Failed(Arc<Failure>),
}

impl Flights {
    /// Creates the flights of an API; `None` if the system provides no random numbers for their keys.
    pub(crate) fn new() -> Option<Self> {
        Some(Self { keys: KeyMaker::new()?, state: Mutex::default(), newest: Arc::default() })
    }

    /// Creates the flights of requests with changed secrets. A write that began with the earlier secrets still keeps calls from joining
    /// outdated reads among the new flights.
    pub(crate) fn renewed(&self) -> Arc<Self> {
        let (keys, newest) = (self.keys.clone(), self.newest.clone());
        let renewed = Arc::new(Self { keys, state: Mutex::default(), newest });
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&renewed);
        renewed
    }

    fn state(&self) -> MutexGuard<'_, FlightStates> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a flight, so that nobody joins it.
    fn leave(&self, key: &RequestDigest, number: u64) {
        let mut state = self.state();
        if state.in_flight.get(key).is_some_and(|in_flight| in_flight.number == number) {
            state.in_flight.remove(key);
        }
    }

    /// Prevents calls from joining reads of resources that have changed: their answers may be older than the change.
    fn change(&self, resources: &[RequestDigest]) {
        let close = |flights: &Self| {
            flights.state().in_flight.retain(|_, in_flight| !resources.contains(&in_flight.resource));
        };
        close(self);
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(newest) = newest {
            close(&newest);
        }
    }

    /// Joins a request in flight, or begins one.
    fn join<S>(
        self: &Arc<Self>,
        (operation, largest): (&str, usize),
        mut inner: S,
        mut request: Request<Outgoing>,
    ) -> Arc<Flight>
    where
        S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Send + 'static,
        S::Future: Send,
    {
        let key = self.keys.of_flight(operation, &request);
        let resource = self.keys.of_resource(request.uri());
        let mut state = self.state();
        let known = state.in_flight.get(&key).and_then(|in_flight| in_flight.flight.upgrade());
        // A request whose first caller has given up may hang. The calls that already wait for it have their own
        // deadlines.
        let is_joinable = |flight: &&Arc<Flight>| !flight.deadline.as_ref().is_some_and(Deadline::is_over_for_first);
        if let Some(flight) = known.as_ref().filter(is_joinable) {
            SentFor::cache(request.extensions(), "coalesced");
            if let Some((latest, own)) = flight.deadline.as_ref().zip(Deadline::of(&request)) {
                latest.move_to(&own);
            }
            return flight.clone();
        }
        let number = state.next;
        state.next += 1;
        let (sender, result) = watch::channel(None);
        let task = FlightTask { flights: self.clone(), key, number, sender };
        let began = FlightBegan(Instant::now());
        let deadline = Deadline::of(&request).map(|deadline| deadline.movable());
        if let Some(deadline) = &deadline {
            request.extensions_mut().insert(deadline.clone());
        }
        let task = async move {
            let result = read_shared(inner.call(request).await, largest, began).await;
            task.end(result);
        };
        let flight = Arc::new(Flight { flights: self.clone(), key, number, result, deadline, task: OnceLock::new() });
        state.in_flight.insert(key, FlightEntry { number, resource, flight: Arc::downgrade(&flight) });
        // The state is unlocked first: a runtime that shuts down drops the task at once, and dropping the task locks the state. Dropping
        // the last handle of a flight also locks it, and `known` may be the last one by now.
        drop(state);
        drop(known);
        let task = tokio::spawn(task.instrument(Span::current())).abort_handle();
        flight.task.get_or_init(|| task);
        flight
    }

    /// Returns the number of flights that can be joined.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight.len()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
        self.flights.leave(&self.key, self.number);
    }
}

impl Flight {
    /// Waits for the end of the request; `None` if this caller must send its own request.
    async fn result(&self) -> Option<Result<Response<Incoming>, Failure>> {
        let mut result = self.result.clone();
        let result = result.wait_for(Option::is_some).await.map(|result| result.clone());
        // Without a result, the task of the flight was cancelled: the runtime in which the task ran has shut down.
        let result = result.ok().flatten()?;
        match &*result {
            FlightResult::Failed(failure) => Some(Err(Failure::shared(failure))),
            FlightResult::Single(response) => response.lock().unwrap_or_else(PoisonError::into_inner).take().map(Ok),
            FlightResult::Shared(parts, bytes) => {
                let body = Full::new(bytes.clone()).map_err(|never| match never {}).boxed();
                Some(Ok(Response::from_parts((**parts).clone(), Incoming::Other(body))))
            }
        }
    }
}

/// Reads an answer to its end, if it can be shared.
async fn read_shared(answer: Result<Response<Incoming>, Failure>, largest: usize, began: FlightBegan) -> FlightResult {
    let single = |response| FlightResult::Single(Mutex::new(Some(response)));
    let response = match answer {
        Err(failure) => return FlightResult::Failed(Arc::new(failure)),
        Ok(response) if !is_shareable(&response, largest) => return single(response),
        Ok(response) => response,
    };
    let (mut parts, mut body) = response.into_parts();
    parts.extensions.insert(began);
    let (mut pieces, mut length) = (VecDeque::new(), 0_usize);
    while !body.is_end_stream() {
        match body.next().await {
            Err(failure) => return FlightResult::Failed(Arc::new(failure)),
            Ok(None) => break,
            Ok(Some(piece)) => {
                length = length.saturating_add(piece.len());
                pieces.push_back(piece);
            }
        }
        if length > largest {
            return single(Response::from_parts(parts, Incoming::Other(PrefixedBody { pieces, rest: body }.boxed())));
        }
    }
    let bytes = match pieces.len() {
        1 => pieces.pop_front().unwrap_or_default(),
        _ => pieces.make_contiguous().concat().into(),
    };
    FlightResult::Shared(Box::new(parts), bytes)
}

/// Returns whether an answer may be used for all calls that wait for it.
fn is_shareable(response: &Response<Incoming>, largest: usize) -> bool {
    let headers = response.headers();
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    response.status() != StatusCode::PARTIAL_CONTENT
        && response.body().size_hint().lower() <= largest as u64
        && !STREAMS.iter().any(|stream| stream.eq_ignore_ascii_case(media_type))
        && !headers.contains_key(SET_COOKIE)
        && has_marked_end(response)
        && varies(headers).is_some_and(|names| names.iter().all(is_keyed_in_flight))
        && !Directives::of(headers).has("no-store")
}

/// A body whose first pieces have been read.
struct PrefixedBody {
    pieces: VecDeque<Bytes>,
    rest: Incoming,
}

impl Body for PrefixedBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let read: usize = self.pieces.iter().map(Bytes::len).sum();
        self.rest.size_hint().exact().map_or_else(SizeHint::new, |left| SizeHint::with_exact(left + read as u64))
    }
}

/// A layer that turns several identical requests into one. Layers of the same API share its flights.
#[derive(Clone)]
pub(crate) struct CoalescingLayer {
    flights: Arc<Flights>,
    operation: Arc<str>,
    /// The largest answer that is shared, in bytes; `None` if no read is shared, and writes only end the sharing of
    /// reads.
    largest: Option<usize>,
}

impl CoalescingLayer {
    /// Creates the layer of an operation.
    pub(crate) fn new(flights: Arc<Flights>, operation: &str, largest: Option<usize>) -> Self {
        Self { flights, operation: operation.into(), largest }
    }
}

impl<S> Layer<S> for CoalescingLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for CoalescingLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        let flights = &self.flights;
        if !request.method().is_safe() {
            let effect = EffectGuard::begin(&flights.keys, &mut request, |resources| flights.change(resources));
            let answer = inner.call(request).await;
            effect.end(&answer);
            return answer;
        }
        let is_joinable =
            is_read(request.method()) && request.body().is_end_stream() && !request.headers().contains_key(RANGE);
        let copy = try_clone(&request).filter(|_| is_joinable);
        if let Some((largest, copy)) = self.largest.zip(copy) {
            let flight = flights.join((&self.operation, largest), inner.clone(), copy);
            if let Some(answer) = flight.result().await {
                return answer;
            }
        }
        inner.call(request).await
    }
}

//! The cache (RFC 9111): answers to GET and HEAD are kept as long as the API says, and validated afterwards.
//!
//! It is a private cache for each credential: its keys cover the whole request except trace headers and cache directives
//! ([`KeyMaker`]), so an answer is never used for another credential, be it the capability's or a caller's, and `private` answers are
//! kept too. Only complete answers are kept, up to a size. A lifetime is never guessed: without `max-age` or `Expires`, an answer with
//! a validator is validated each time. Range requests, and requests with the caller's own conditions, bypass the cache.
//!
//! Replicas with a store share their answers ([`shared`]); without a store, answers are in memory ([`store`]).
//!
//! A request with an effect makes the stored answers of its path unusable, for all queries and credentials. Answers to reads that began
//! before the end of that request are not used for later requests.

mod body;
mod freshness;
mod reports;
mod shared;
mod store;
mod stored;
mod unreported;

pub(crate) use freshness::{Directives, remaining_freshness};
pub(crate) use reports::WriteReports;
pub(crate) use shared::SharedAnswers;
pub(crate) use store::AnswerStore;
pub(crate) use stored::has_marked_end;
#[cfg(test)]
pub(crate) use unreported::MAX_NOTED_WRITES;

use super::request_key::{EffectGuard, RequestDigest, is_read};
use super::{Deadline, FlightBegan};
use crate::consume::fault::Failure;
use crate::consume::layers::around::{Around, InnerService, Layered};
use crate::consume::outgoing::{Outgoing, try_clone};
use crate::consume::transport::Incoming;
use crate::error::{Error, ErrorKind};
use crate::telemetry::SentFor;
use body::KeptBody;
use freshness::{AnswerTimes, RequestDirectives, Usability};
use http::header::SET_COOKIE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use store::{PendingRead, Place};
use stored::{Stored, StoredHead};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument, Span};

/// The time that is left for a validation in the background, or for the report of a write, if its call has no deadline.
const BACKGROUND: Duration = Duration::from_secs(30);

/// A call stops waiting for a validation at most this long before its deadline, and gets the stale answer.
const MARGIN: Duration = Duration::from_secs(1);

/// A layer that answers from a cache. Layers with the same store share its answers.
#[derive(Clone)]
pub(crate) struct CacheLayer {
    store: Arc<AnswerStore>,
    /// The largest answer that is kept, in bytes; `None` if no answer is kept, and writes only invalidate stored
    /// answers.
    largest: Option<usize>,
}

impl CacheLayer {
    /// Creates a layer.
    pub(crate) fn new(store: Arc<AnswerStore>, largest: Option<usize>) -> Self {
        Self { store, largest }
    }
}

/// The time at which a request is sent.
struct SentAt(Instant);

impl SentAt {
    fn now() -> Self {
        Self(Instant::now())
    }

    /// Returns the times of an answer that arrives now. If several calls share the answer, its request may have been sent before this
    /// call began.
    fn answer_times(&self, response: &Response<Incoming>) -> AnswerTimes {
        let sent = response.extensions().get().map_or(self.0, |FlightBegan(began)| self.0.min(*began));
        AnswerTimes { delay: Instant::now().saturating_duration_since(sent), arrived: SystemTime::now() }
    }
}

/// Answers a read, from the cache if possible.
async fn read<S>(
    (store, largest): (Arc<AnswerStore>, usize),
    mut inner: S,
    mut request: Request<Outgoing>,
) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    let requested = RequestDirectives::of(request.headers());
    if requested.no_store || !stored::is_plain(&request) {
        return inner.call(request).await;
    }
    let (place, stored) = store.find(&request).await;
    if let Place::Shared(place) = &place {
        request.extensions_mut().insert(place.version());
    }
    let stored = stored.filter(|stored| stored.is_selected(&store.keys, request.headers()));
    let Some(stored) = stored else {
        SentFor::cache(request.extensions(), "miss");
        if requested.only_if_cached {
            return Err(not_kept());
        }
        return fetch((&store, largest), &mut inner, request, &place).await;
    };
    match stored.freshness().usable(&requested, stored.kept_for()) {
        Usability::Fresh => {
            SentFor::cache(request.extensions(), "hit");
            Ok(stored.answer())
        }
        _ if requested.only_if_cached => Err(not_kept()),
        Usability::StaleWhileRevalidate => {
            SentFor::cache(request.extensions(), "hit");
            if let Some(revalidation) = Revalidation::begin(&stored, place) {
                let revalidated = revalidate((store, largest), inner, request, revalidation);
                tokio::spawn(revalidated.instrument(Span::current()));
            }
            Ok(stored.answer())
        }
        Usability::MustValidate { if_error } => {
            validate((&store, largest), inner, request, &place, &stored, if_error).await
        }
    }
}

/// Returns the error of a request with `only-if-cached` for which no usable answer is kept (RFC 9111, section 5.2.1.7). It is not an
/// error of the API, which was not asked.
fn not_kept() -> Failure {
    let message = "the cache has no usable answer, and the request allows no other (`Cache-Control: only-if-cached`)";
    Failure::Rejected(Error::of(ErrorKind::Argument, StatusCode::GATEWAY_TIMEOUT, message).unsent())
}

/// Gets an answer from the API, and keeps it if that is allowed.
async fn fetch<S>(
    (store, largest): (&Arc<AnswerStore>, usize),
    inner: &mut S,
    request: Request<Outgoing>,
    place: &Place,
) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    let (reading, headers) = (store.begin(place, request.uri()), request.headers().clone());
    let begun = SentAt::now();
    let response = inner.call(request).await?;
    let times = begun.answer_times(&response);
    Ok(keep(store, largest, reading, &headers, response, times))
}

/// Returns an answer that is stored once its body has been read to its end, if storing it is allowed.
fn keep(
    store: &AnswerStore,
    largest: usize,
    reading: PendingRead,
    request: &HeaderMap,
    response: Response<Incoming>,
    times: AnswerTimes,
) -> Response<Incoming> {
    let fits = response.body().size_hint().lower() <= largest as u64;
    let Some(head) = StoredHead::of(&store.keys, request, &response, times).filter(|_| fits) else {
        let status = response.status();
        // The stored answer is outdated, although the new one cannot be stored. Other statuses may be temporary errors.
        if status.is_success() || status.is_redirection() || matches!(status.as_u16(), 404 | 410) {
            reading.forget();
        }
        return response;
    };
    response.map(|body| Incoming::Other(KeptBody::new(body, head, reading, largest).boxed()))
}

/// Validates a stored answer (RFC 9111, section 4.3). If that fails and `if_error` is set, returns the stored answer.
async fn validate<S>(
    (store, largest): (&Arc<AnswerStore>, usize),
    mut inner: S,
    request: Request<Outgoing>,
    place: &Place,
    stored: &Stored,
    if_error: bool,
) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    let headers = request.headers().clone();
    let Some(mut conditional) = try_clone(&request) else { return inner.call(request).await };
    let is_conditional = stored.add_validators(conditional.headers_mut());
    let (reading, begun) = (store.begin(place, request.uri()), SentAt::now());
    let deadline = Deadline::of(&request).filter(|_| if_error).map(|deadline| {
        let at = deadline.at();
        let left = at.saturating_duration_since(begun.0);
        at - MARGIN.min(left / 10)
    });
    let sent = inner.call(conditional);
    let answer = match deadline {
        Some(at) => timeout_at(at, sent).await.unwrap_or_else(|late| Err(Failure::Timeout(late.into()))),
        None => sent.await,
    };
    let has_failed = match &answer {
        Ok(response) => matches!(response.status().as_u16(), 500 | 502 | 503 | 504),
        Err(_) => true,
    };
    if has_failed && if_error {
        SentFor::cache(request.extensions(), "hit");
        return Ok(stored.answer());
    }
    let response = answer?;
    let times = begun.answer_times(&response);
    if response.status() != StatusCode::NOT_MODIFIED || !is_conditional {
        SentFor::cache(request.extensions(), "miss");
        return Ok(keep(store, largest, reading, &headers, response, times));
    }
    if let Some(validated) = stored.validated(&store.keys, &headers, &response, times) {
        let validated = Arc::new(validated);
        reading.keep(validated.clone());
        SentFor::cache(request.extensions(), "revalidated");
        let mut answer = validated.answer();
        for cookie in response.headers().get_all(SET_COOKIE) {
            answer.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        return Ok(answer);
    }
    // The 304 is about another answer, or forbids keeping this one.
    SentFor::cache(request.extensions(), "miss");
    reading.forget();
    fetch((store, largest), &mut inner, request, place).await
}

/// A stored answer that is marked as being validated in the background, and its place. Dropping this removes the mark.
struct Revalidation(Arc<Stored>, Place);

impl Revalidation {
    /// Marks an answer as being validated; `None` if it already is.
    fn begin(stored: &Arc<Stored>, place: Place) -> Option<Self> {
        let begins = match &place {
            Place::Shared(place) => place.begin_revalidation(),
            Place::Memory(_) | Place::Nowhere => stored.begin_revalidation(),
        };
        begins.then(|| Self(stored.clone(), place))
    }
}

impl Drop for Revalidation {
    fn drop(&mut self) {
        match &self.1 {
            Place::Shared(place) => place.end_revalidation(),
            Place::Memory(_) | Place::Nowhere => self.0.end_revalidation(),
        }
    }
}

/// Validates a stored answer in the background.
async fn revalidate<S>(
    (store, largest): (Arc<AnswerStore>, usize),
    inner: S,
    request: Request<Outgoing>,
    revalidation: Revalidation,
) where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    let Revalidation(stored, place) = &revalidation;
    let deadline = Deadline::of(&request).map_or_else(|| Instant::now() + BACKGROUND, |deadline| deadline.at());
    let validated = async {
        let answer = validate((&store, largest), inner, request, place, stored, false).await;
        let Ok(mut body) = answer.map(Response::into_body) else { return };
        // An answer is kept once it has been read.
        let mut read = 0_usize;
        while let Ok(Some(piece)) = body.next().await {
            read = read.saturating_add(piece.len());
            if read > largest {
                break;
            }
        }
    };
    // The result is not needed: after a failed validation, the next use of the answer starts another one.
    let _: Result<(), _> = timeout_at(deadline, validated).await;
}

impl<S> Layer<S> for CacheLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for CacheLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        let Self { store, largest } = self;
        match largest {
            Some(largest) if is_read(request.method()) => read((store, largest), inner, request).await,
            _ if request.method().is_safe() => inner.call(request).await,
            _ => {
                let (mut change, deadline) = (None, Deadline::of(&request));
                // The request runs in a runtime, but it may be dropped on a thread without a runtime.
                let runtime = Handle::try_current().ok();
                let changed = |resources: &[RequestDigest]| change = store.change(resources, runtime.as_ref());
                let effect = EffectGuard::begin(&store.keys, &mut request, changed);
                let answer = inner.call(request).await;
                effect.end(&answer);
                if let Some(change) = change {
                    // Waits, so that the caller's next read sees the change on any replica. If the store is so slow that the call would
                    // be late, the task of the change continues without this call.
                    let now = Instant::now();
                    let left = deadline.map(|deadline| deadline.at().saturating_duration_since(now));
                    let _ = timeout_at(now + left.unwrap_or(BACKGROUND) / 2, change).await;
                }
                answer
            }
        }
    }
}

//! A stored answer: whether an answer may be stored, what is kept of it, and how it answers later requests.

use super::freshness::{AnswerTimes, Freshness};
use crate::consume::layers::authentication::{RequestSecrets, Secrets};
use crate::consume::layers::request_key::{KeyMaker, RequestDigest, is_keyed, varies};
use crate::consume::outgoing::Outgoing;
use crate::consume::reference::Followed;
use crate::consume::transport::Incoming;
use bytes::Bytes;
use http::header::{
    AGE, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, RANGE,
    SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The minimum memory of a cache entry besides the bytes of its answer, in bytes.
const OVERHEAD: usize = 512;

/// How much longer a shared store keeps an answer with a validator, after it can no longer be used without a
/// validation.
const VALIDATED: Duration = Duration::from_secs(3600);

/// How far the clocks of two replicas may differ.
const SKEW: Duration = Duration::from_secs(5);

/// How far the wall clock may be ahead of the monotonic clock before an age is taken from the wall clock.
const ADJUSTED: Duration = Duration::from_secs(1);

/// Headers with which a request asks for a range, or sets its own conditions.
const CONDITIONS: [HeaderName; 6] = [RANGE, IF_RANGE, IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE];

/// Headers of a connection, which are not kept (RFC 9110, section 7.6.1).
const CONNECTION_HEADERS: [HeaderName; 7] =
    [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// Headers that describe the kept body, which a 304 does not change (RFC 9111, section 3.2).
const BODY_HEADERS: [HeaderName; 4] = [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE];

/// Returns whether a request asks for the whole of a resource as it is, so that a stored answer can answer it.
pub(crate) fn is_plain(request: &Request<Outgoing>) -> bool {
    request.body().is_end_stream() && !CONDITIONS.iter().any(|name| request.headers().contains_key(name))
}

/// Returns whether the end of a body is marked, so that a truncated body is detected.
pub(crate) fn has_marked_end(response: &Response<Incoming>) -> bool {
    response.body().size_hint().exact().is_some()
        || ends_with_chunk(response.headers())
        || response.version() >= Version::HTTP_2
}

/// Returns whether the last transfer coding is `chunked`. With any other, the body ends with the connection (RFC 9112, section 6.3).
fn ends_with_chunk(headers: &HeaderMap) -> bool {
    let last = headers.get_all(TRANSFER_ENCODING).iter().next_back().and_then(|line| line.to_str().ok());
    last.and_then(|line| line.rsplit(',').next()).is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"))
}

/// The head of an answer that may be kept: all that is needed to answer later requests, except the body.
pub(crate) struct StoredHead {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) freshness: Freshness,
    /// When the answer arrived, from which its age is counted: on the monotonic clock, which may stop while the machine sleeps, and on
    /// the wall clock.
    at: (Instant, SystemTime),
    /// The request headers that `Vary` names and the key does not cover, each with the hash of its values.
    varied: Vec<(HeaderName, RequestDigest)>,
    /// The secrets of the request, which the answer may repeat.
    secrets: Option<CarriedSecrets>,
}

/// The secrets of a request as strings, without their searcher, which takes far more memory.
#[derive(Clone)]
struct CarriedSecrets {
    texts: Vec<SecretString>,
    /// The secrets with their searcher, as long as a request is using it.
    shared: Weak<Secrets>,
}

impl CarriedSecrets {
    fn of(response: &Response<Incoming>) -> Option<Self> {
        let RequestSecrets(secrets) = response.extensions().get()?;
        Some(Self { texts: secrets.texts.clone(), shared: Arc::downgrade(secrets) })
    }

    fn secrets(&self) -> RequestSecrets {
        RequestSecrets(self.shared.upgrade().unwrap_or_else(|| Arc::new(Secrets::new(self.texts.clone()))))
    }

    fn weight(&self) -> usize {
        self.texts.iter().map(|text| text.expose_secret().len() + 64).sum()
    }
}

impl StoredHead {
    /// Returns the head of an answer; `None` if the answer must not be kept, or if keeping it would be useless.
    pub(super) fn of(
        keys: &KeyMaker,
        request: &HeaderMap,
        response: &Response<Incoming>,
        times: AnswerTimes,
    ) -> Option<Self> {
        let headers = response.headers();
        // After a redirect, the headers describe how long the target's answer is fresh, not how long the redirect is
        // valid.
        let is_redirected = response.extensions().get::<Followed>().is_some();
        // A cookie is only for the request whose answer sets it.
        if is_redirected || !is_kept(response.status()) || headers.contains_key(SET_COOKIE) || !has_marked_end(response)
        {
            return None;
        }
        let freshness = Freshness::of(headers, times)?;
        if !freshness.is_usable() && !has_validator(headers) {
            return None;
        }
        Some(Self {
            status: response.status(),
            headers: end_to_end_headers(headers),
            freshness,
            at: (Instant::now(), times.arrived),
            varied: varied(keys, request, headers)?,
            secrets: CarriedSecrets::of(response),
        })
    }
}

/// The head of an answer in a shared store.
#[derive(Serialize, Deserialize)]
struct WrittenHead {
    status: u16,
    /// Names, values, and whether they are sensitive.
    headers: Vec<(String, String, bool)>,
    freshness: Freshness,
    /// When the answer arrived, as the time since the beginning of 1970.
    arrived: Duration,
    varied: Vec<(String, RequestDigest)>,
    /// The secrets of its request.
    secrets: Vec<String>,
}

impl StoredHead {
    /// Splits the bytes of an answer into its head and its body. Returns `None` if the bytes are not an answer, or if the answer arrived
    /// more than [`SKEW`] in the future by this machine's clock.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (head, body) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let head: WrittenHead = serde_json::from_slice(head).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value, is_sensitive) in head.headers {
            let mut value = HeaderValue::try_from(value).ok()?;
            value.set_sensitive(is_sensitive);
            headers.append(HeaderName::try_from(name).ok()?, value);
        }
        let arrived = SystemTime::UNIX_EPOCH.checked_add(head.arrived)?;
        let kept = match SystemTime::now().duration_since(arrived) {
            Ok(kept) => kept,
            // The answer of a replica whose clock is ahead: its age is unknown.
            Err(ahead) if ahead.duration() > SKEW => return None,
            Err(_) => Duration::ZERO,
        };
        let now = Instant::now();
        let varied = head.varied.into_iter().map(|(name, digest)| Some((HeaderName::try_from(name).ok()?, digest)));
        let texts: Vec<_> = head.secrets.into_iter().map(SecretString::from).collect();
        let head = Self {
            status: StatusCode::from_u16(head.status).ok()?,
            headers,
            freshness: head.freshness,
            at: (now.checked_sub(kept).unwrap_or(now), arrived),
            varied: varied.collect::<Option<_>>()?,
            secrets: (!texts.is_empty()).then(|| CarriedSecrets { texts, shared: Weak::new() }),
        };
        Some((head, body))
    }
}

/// Returns the headers of a request that the `Vary` of an answer names and the key does not cover, each with the hash of its values.
/// Returns `None` if the answer is for this request only (for example `Vary: *`).
fn varied(keys: &KeyMaker, request: &HeaderMap, answer: &HeaderMap) -> Option<Vec<(HeaderName, RequestDigest)>> {
    let names = varies(answer)?.into_iter().filter(|name| !is_keyed(name));
    Some(names.map(|name| (name.clone(), keys.of_values(request, &name))).collect())
}

/// Returns whether answers with this status are kept: some of those that RFC 9110, section 15.1, allows. Of the errors, only 404 and 410
/// are kept: the others may be temporary.
fn is_kept(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 404 | 410)
}

fn has_validator(headers: &HeaderMap) -> bool {
    headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED)
}

/// Returns the headers of an answer without `Age` and the headers of its connection. Values are copied, since they can be small parts of
/// a large buffer, which they would keep in memory.
fn end_to_end_headers(headers: &HeaderMap) -> HeaderMap {
    let listed: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let is_end_to_end = !CONNECTION_HEADERS.contains(name)
            && name != "keep-alive"
            && !listed.iter().any(|listed| name.as_str() == listed);
        if is_end_to_end
            && name != AGE
            && let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes())
        {
            copy.set_sensitive(value.is_sensitive());
            kept.append(name, copy);
        }
    }
    kept
}

/// A stored answer.
pub(crate) struct Stored {
    head: StoredHead,
    body: Bytes,
    /// Whether the answer is being validated in the background.
    revalidates: AtomicBool,
}

impl Stored {
    /// Creates an answer from its head and its whole body.
    pub(super) fn new(head: StoredHead, body: Bytes) -> Self {
        Self { head, body, revalidates: AtomicBool::new(false) }
    }

    /// Returns the memory that the answer takes in the cache, in bytes.
    pub(super) fn weight(&self) -> usize {
        let headers = self.head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
        let secrets = self.head.secrets.as_ref().map_or(0, CarriedSecrets::weight);
        OVERHEAD + self.body.len() + headers.sum::<usize>() + secrets
    }

    pub(super) fn freshness(&self) -> &Freshness {
        &self.head.freshness
    }

    /// Returns how long the answer has been kept. A wall clock that was set back does not make the answer younger.
    pub(super) fn kept_for(&self) -> Duration {
        let (monotonic, wall) = self.head.at;
        let by_wall = SystemTime::now().duration_since(wall).unwrap_or_default();
        let kept = Instant::now().saturating_duration_since(monotonic);
        // The wall clock is adjusted now and then, by less than `ADJUSTED`.
        if by_wall > kept.saturating_add(ADJUSTED) { by_wall } else { kept }
    }

    /// Returns whether a request agrees with the one that the answer was stored for, in the headers that `Vary` names and the key does not
    /// contain.
    pub(super) fn is_selected(&self, keys: &KeyMaker, request: &HeaderMap) -> bool {
        self.head.varied.iter().all(|(name, digest)| keys.of_values(request, name) == *digest)
    }

    /// Marks the answer as being validated in the background; returns `false` if it is already marked.
    pub(super) fn begin_revalidation(&self) -> bool {
        !self.revalidates.swap(true, Ordering::Relaxed)
    }

    /// Removes the mark of [`begin_revalidation`](Self::begin_revalidation).
    pub(super) fn end_revalidation(&self) {
        self.revalidates.store(false, Ordering::Relaxed);
    }

    /// Returns how long a shared store should keep the answer; `None` if the answer can no longer be used.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        let validated = if has_validator(&self.head.headers) { VALIDATED } else { Duration::ZERO };
        let left = self.head.freshness.unvalidated_lifetime().saturating_sub(self.kept_for()).saturating_add(validated);
        Some(left).filter(|left| !left.is_zero())
    }

    /// Returns the answer as bytes: the length of the head, the head in JSON, and the body; `None` if a header is not UTF-8.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let StoredHead { status, headers, freshness, at: (_, arrived), varied, secrets } = &self.head;
        let headers = headers.iter().map(|(name, value)| {
            let text = str::from_utf8(value.as_bytes()).ok()?.to_owned();
            Some((name.to_string(), text, value.is_sensitive()))
        });
        let secrets = secrets.iter().flat_map(|secrets| &secrets.texts);
        let head = WrittenHead {
            status: status.as_u16(),
            headers: headers.collect::<Option<_>>()?,
            freshness: *freshness,
            arrived: arrived.duration_since(SystemTime::UNIX_EPOCH).ok()?,
            varied: varied.iter().map(|(name, digest)| (name.to_string(), *digest)).collect(),
            secrets: secrets.map(|text| text.expose_secret().to_owned()).collect(),
        };
        let head = serde_json::to_vec(&head).ok()?;
        let length = u32::try_from(head.len()).ok()?;
        Some([&length.to_le_bytes(), head.as_slice(), &self.body].concat())
    }

    /// Returns the stored answer as a response to a request, with its `Age`.
    pub(super) fn answer(&self) -> Response<Incoming> {
        let body = Full::new(self.body.clone()).map_err(|never| match never {}).boxed();
        let mut response = Response::new(Incoming::Other(body));
        *response.status_mut() = self.head.status;
        response.headers_mut().clone_from(&self.head.headers);
        let age = self.head.freshness.initial_age.saturating_add(self.kept_for());
        response.headers_mut().insert(AGE, HeaderValue::from(age.as_secs()));
        if let Some(secrets) = &self.head.secrets {
            response.extensions_mut().insert(secrets.secrets());
        }
        response
    }

    /// Adds the validators of the answer to the headers of a request; returns whether there are any.
    pub(super) fn add_validators(&self, headers: &mut HeaderMap) -> bool {
        for (validator, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(value) = self.head.headers.get(validator) {
                headers.insert(condition, value.clone());
            }
        }
        has_validator(&self.head.headers)
    }

    /// Returns the answer with the headers of a 304 (`response`) that confirms its validators; `None` if the 304 is about another answer,
    /// or forbids keeping this one.
    pub(super) fn validated(
        &self,
        keys: &KeyMaker,
        request: &HeaderMap,
        response: &Response<Incoming>,
        times: AnswerTimes,
    ) -> Option<Self> {
        let new = response.headers();
        let text = |headers: &HeaderMap| Some(opaque_tag(headers.get(ETAG)?).to_owned());
        let is_same = match (text(&self.head.headers), text(new)) {
            (Some(old), Some(new)) => old == new,
            (None, Some(_)) => false,
            // Without an entity tag, a 304 confirms the validators that were sent, unless its date differs.
            (_, None) => new.get(LAST_MODIFIED).is_none_or(|date| self.head.headers.get(LAST_MODIFIED) == Some(date)),
        };
        if !is_same || response.extensions().get::<Followed>().is_some() {
            return None;
        }
        let mut headers = self.head.headers.clone();
        let new = end_to_end_headers(new);
        // A cookie is only for the request whose answer sets it.
        for name in new.keys().filter(|name| !BODY_HEADERS.contains(name) && *name != SET_COOKIE) {
            headers.remove(name);
            for value in new.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        let mut dated = headers.clone();
        dated.extend(response.headers().get(AGE).map(|age| (AGE, age.clone())));
        let head = StoredHead {
            status: self.head.status,
            freshness: Freshness::of(&dated, times)?,
            varied: varied(keys, request, &headers)?,
            headers,
            at: (Instant::now(), times.arrived),
            secrets: CarriedSecrets::of(response).or_else(|| self.head.secrets.clone()),
        };
        Some(Self::new(head, self.body.clone()))
    }
}

/// Returns an entity tag without the mark of a weak one (RFC 9110, section 8.8.3.2).
fn opaque_tag(tag: &HeaderValue) -> &[u8] {
    let tag = tag.as_bytes().trim_ascii();
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::consume::layers::cache::freshness::{RequestDirectives, Usability};

    /// Returns an answer that is fresh for a minute, and arrived at the time `at`.
    fn arrived(at: SystemTime) -> Stored {
        let body = Full::default().map_err(|never| match never {});
        let mut response = Response::new(Incoming::Other(body.boxed()));
        response.headers_mut().insert("cache-control", HeaderValue::from_static("max-age=60"));
        let times = AnswerTimes { delay: Duration::ZERO, arrived: at };
        let head = StoredHead::of(&KeyMaker::new().unwrap(), &HeaderMap::new(), &response, times);
        Stored::new(head.unwrap(), Bytes::new())
    }

    #[test]
    fn the_answer_of_another_replica_has_its_age_unless_that_is_unknown() {
        let (minute, now) = (Duration::from_secs(60), SystemTime::now());
        let read = |at| {
            let bytes = arrived(at).to_bytes().unwrap();
            let (head, body) = StoredHead::of_bytes(&bytes)?;
            Some(Stored::new(head, Bytes::copy_from_slice(body)))
        };
        let age = |at| read(at).map(|stored| stored.answer().headers()["age"].to_str().unwrap().to_owned());
        assert_eq!(age(now).as_deref(), Some("0"));
        assert_eq!(age(now - minute / 2).as_deref(), Some("30"));
        assert_eq!(age(now + Duration::from_secs(2)).as_deref(), Some("0"));
        assert_eq!(age(now + minute), None);
        let left = |at| read(at).unwrap().lifetime().map(|left| left.as_secs());
        assert_eq!((left(now - minute / 2), left(now - minute)), (Some(29), None));
        let bytes = arrived(now).to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert!(StoredHead::of_bytes(&bytes[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn time_in_which_the_machine_sleeps_counts_and_a_clock_that_is_set_back_does_not() {
        let usable = |stored: &Stored| stored.freshness().usable(&RequestDirectives::default(), stored.kept_for());
        let (minute, now) = (Duration::from_secs(60), SystemTime::now());
        assert_eq!(usable(&arrived(now)), Usability::Fresh);
        assert_eq!(usable(&arrived(now - minute)), Usability::MustValidate { if_error: false });
        let mut old = arrived(now + minute);
        assert_eq!(usable(&old), Usability::Fresh);
        old.head.at.0 = Instant::now().checked_sub(minute).unwrap();
        assert_eq!(usable(&old), Usability::MustValidate { if_error: false });
    }
}

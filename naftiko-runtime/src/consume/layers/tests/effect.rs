//! Tests of writes that need several attempts: stored answers of their path become unusable if any attempt may have
//! taken effect.

use super::cache::{LARGEST, answer, request};
use super::paused;
use crate::consume::fault::Failure;
use crate::consume::layers::authentication::{Authenticated, AuthenticationLayer, Credentials, Refused};
use crate::consume::layers::cache::{AnswerStore, CacheLayer};
use crate::consume::layers::coalescing::{CoalescingLayer, Flights};
use crate::consume::layers::retry::RetryLayer;
use crate::consume::outgoing::Outgoing;
use crate::consume::tls::Certificates;
use crate::consume::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::operation::BoxFuture;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use naftiko_spec::model::{Milliseconds, Retry};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{Layer, Service, service_fn};

/// The API's reaction to an attempt of a write.
#[derive(Debug, Clone, Copy)]
enum Attempt {
    Answers(u16),
    /// Closes a reused connection.
    Closes,
}

/// Credentials for this number of write attempts, and for all reads.
struct LimitedCredentials(AtomicUsize);

impl Credentials for LimitedCredentials {
    fn add(
        self: Arc<Self>,
        request: Request<Outgoing>,
        _: Option<Refused>,
        _: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        let taken = |left: usize| left.checked_sub(1);
        let has_credential =
            request.method().is_safe() || self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok();
        Box::pin(async move {
            if has_credential {
                return Ok(Some((request, None)));
            }
            let error = Error::of(ErrorKind::Credential, StatusCode::BAD_GATEWAY, "there are no credentials");
            Err(Failure::Rejected(error.unsent()))
        })
    }
}

/// Returns whether a stored answer is still used after a write to its path, and the number of attempts that the API saw.
fn is_kept_after(write: &[Attempt], credentials: usize) -> (bool, usize) {
    let (is_kept, attempts, _) = after(write, credentials);
    (is_kept, attempts)
}

/// Returns the results of `is_kept_after`, and whether the write failed with an error that says that nothing was sent.
fn after(write: &[Attempt], credentials: usize) -> (bool, usize, bool) {
    paused(async {
        let (reads, attempts) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
        let (script, seen) = (write.to_owned(), attempts.clone());
        let api = service_fn(move |request: Request<Outgoing>| {
            let answer = if request.method().is_safe() {
                let body = reads.fetch_add(1, Ordering::Relaxed).to_string();
                Ok(answer(200, &[("cache-control", "max-age=60")], &body))
            } else {
                let mut seen = seen.lock().unwrap();
                *seen += 1;
                match script[*seen - 1] {
                    Attempt::Answers(status) => Ok(answer(status, &[], "")),
                    Attempt::Closes => Err(Failure::Stale("closed".into())),
                }
            };
            async { answer }
        });
        let transport = Transport::new(Duration::from_secs(1), Certificates::default(), false).unwrap();
        let (credentials, transport) = (Arc::new(LimitedCredentials(credentials.into())), Arc::new(transport));
        let retry = Retry { tries: 2, backoff: Some(Milliseconds(1)), max_backoff: None, idempotency_key: None };
        let api =
            RetryLayer::new(&retry, Arc::default()).layer(AuthenticationLayer { credentials, transport }.layer(api));
        let flights = Arc::new(Flights::new().unwrap());
        let api = CoalescingLayer::new(flights, "write", Some(LARGEST)).layer(api);
        let api = CacheLayer::new(Arc::new(AnswerStore::new(1 << 20).unwrap()), Some(LARGEST)).layer(api);
        let send = |method| {
            let mut api = api.clone();
            async move { api.call(request(method, "/r", &[])).await }
        };
        let read = async || send(Method::GET).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        for _ in 0..2 {
            assert_eq!(read().await, "0");
        }
        let written = send(Method::PUT).await;
        let is_unsent = matches!(&written, Err(Failure::Rejected(error)) if error.is_unsent());
        (read().await == "0", *attempts.lock().unwrap(), is_unsent)
    })
}

#[test]
fn an_earlier_attempt_counts_however_the_last_one_ends() {
    use Attempt::{Answers, Closes};
    for (write, credentials) in [
        // The second attempt gets no credential.
        (&[Answers(503)][..], 1),
        (&[Closes], 1),
        // The second attempt is refused, perhaps because of what the first one did.
        (&[Answers(503), Answers(412)], 2),
        (&[Answers(408), Answers(409)], 2),
        (&[Closes, Answers(412)], 2),
    ] {
        assert_eq!(is_kept_after(write, credentials), (false, write.len()), "{write:?}");
    }
}

#[test]
fn a_write_without_an_effect_removes_no_answers() {
    use Attempt::Answers;
    for (write, credentials) in
        [(&[][..], 0), (&[Answers(412)], 1), (&[Answers(429)], 1), (&[Answers(429), Answers(412)], 2)]
    {
        assert_eq!(is_kept_after(write, credentials), (true, write.len()), "{write:?}");
    }
}

#[test]
fn an_error_says_that_nothing_was_sent_only_if_no_attempt_may_have_had_an_effect() {
    use Attempt::{Answers, Closes};
    for (write, is_unsent) in [(&[][..], true), (&[Answers(429)], true), (&[Answers(503)], false), (&[Closes], false)] {
        assert_eq!(after(write, write.len()).2, is_unsent, "{write:?}");
    }
}

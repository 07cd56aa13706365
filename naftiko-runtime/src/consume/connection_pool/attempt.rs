//! Attempts to connect: how many are made for the waiting requests, and which requests get the connections.

use super::super::fault::Failure;
use super::origins::Waiting;
use super::{Connection, ConnectionPool};
use http::Uri;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long requests wait for a shareable connection from another request's attempt before each makes its own attempt.
/// TCP retransmits a lost SYN after this time (RFC 6298, section 2).
const SHARING_LIMIT: Duration = Duration::from_secs(1);

/// How many streams an HTTP/2 connection is expected to have: the minimum that RFC 9113, section 6.5.2, recommends.
const USUAL_STREAMS: usize = 100;

impl ConnectionPool {
    /// Waits for a new connection, or for one that another request has finished with, whichever is first. If `fresh` is set, waits for a
    /// new connection only.
    pub(super) async fn connect(&self, uri: &Uri, fresh: bool) -> Result<Connection, Failure> {
        if fresh {
            let opened = self.open(uri).await?;
            let Some(own) = opened.share() else { return Ok(opened) };
            self.put(uri, opened);
            return Ok(own);
        }
        // If an attempt is aborted, the requests that relied on it make their own.
        for alone in [false, true] {
            let (sender, receiver) = oneshot::channel();
            let (number, has_attempt) = {
                let mut origins = self.origins();
                // Another request may have finished in the meantime.
                if let Some(kept) = origins.take(uri) {
                    return Ok(kept);
                }
                origins.last_number += 1;
                let (number, now) = (origins.last_number, origins.round);
                let origin = origins.entry(uri);
                origin.waiting.push_back(Waiting { number, sender, has_attempt: alone });
                let has_attempt = alone || origin.needs_attempt();
                if let Some(own) = origin.waiting.back_mut().filter(|_| has_attempt) {
                    own.has_attempt = true;
                    origin.attempts += 1;
                }
                origin.serve(now);
                self.start_sweeping(origins);
                (number, has_attempt)
            };
            if has_attempt {
                self.attempt(uri, number);
            }
            if let Ok(connected) = receiver.await {
                return connected;
            }
        }
        Err(Failure::Connect("the attempt to connect was aborted".into()))
    }

    /// Begins an attempt to connect.
    fn attempt(&self, uri: &Uri, number: u64) {
        // A task of its own: if the request is cancelled or gets another connection, later requests use the new connection.
        tokio::spawn(Attempt { pool: self.clone(), uri: uri.clone(), number, is_counted: true, is_over: false }.run());
    }

    /// Begins attempts for the waiting requests of an origin: one for each request that has none if `each` is set, and
    /// otherwise only as many as are needed.
    pub(super) fn connect_more(&self, uri: &Uri, each: bool) {
        let numbers = self.origins().get(uri).map(|origin| origin.new_attempts(each));
        for number in numbers.into_iter().flatten() {
            self.attempt(uri, number);
        }
    }
}

/// An attempt to connect.
pub(super) struct Attempt {
    pub(super) pool: ConnectionPool,
    pub(super) uri: Uri,
    /// The number of the request that the attempt is made for.
    pub(super) number: u64,
    /// Whether it is counted in [`Origin::attempts`](super::origins::Origin::attempts): other requests rely on it.
    pub(super) is_counted: bool,
    pub(super) is_over: bool,
}

impl Attempt {
    /// Connects, and gives the connection or its streams to the requests that wait. Begins further attempts if the connection cannot serve
    /// all of them.
    async fn run(mut self) {
        let (pool, uri) = (self.pool.clone(), self.uri.clone());
        let mut opening = pin!(pool.open(&uri));
        let opened = if let Ok(opened) = timeout(SHARING_LIMIT, &mut opening).await {
            opened
        } else {
            self.uncount();
            pool.connect_more(&uri, true);
            opening.await
        };
        let streams = opened.as_ref().ok().and_then(Connection::streams).cloned();
        self.finish(opened);
        let mut each = true;
        if let Some(streams) = streams {
            // The peer's SETTINGS contain the number of requests that the connection can serve at a time.
            each = timeout(SHARING_LIMIT, streams.settled()).await.is_err();
            let mut origins = self.pool.origins();
            origins.serve(&self.uri);
            let is_known = !each && streams.limit() > 0;
            if let Some(origin) = origins.get(&self.uri).filter(|origin| is_known && !origin.only_http1) {
                origin.served = Some(streams.limit());
            }
        }
        self.end();
        self.pool.connect_more(&self.uri, each);
    }

    /// Gives the result to the request that the attempt was made for, if it still waits.
    pub(super) fn finish(&self, opened: Result<Connection, Failure>) {
        let mut origins = self.pool.origins();
        let now = origins.round;
        let origin = origins.entry(&self.uri);
        let own = origin.waiting.iter().position(|waiting| waiting.number == self.number);
        let own = own.and_then(|own| origin.waiting.remove(own));
        if let Ok(connection) = &opened
            && !origin.only_http1
        {
            let is_shared = connection.streams().is_some();
            origin.served = if is_shared { origin.served.or(Some(USUAL_STREAMS)) } else { Some(1) };
        }
        match (own, opened) {
            (Some(own), Ok(connection)) => match connection.share() {
                Some(shared) => {
                    let _ = own.sender.send(Ok(shared));
                    origins.put(&self.uri, connection);
                }
                None => {
                    if let Err(Ok(unclaimed)) = own.sender.send(Ok(connection)) {
                        origins.put(&self.uri, unclaimed);
                    }
                }
            },
            (None, Ok(connection)) => origins.put(&self.uri, connection),
            (Some(own), Err(failure)) => {
                // If another HTTP/2 connection is open, the request waits for one of its streams instead of failing.
                let _ = own.sender.send(origin.queue(now).ok_or(failure));
            }
            (None, Err(_)) => {}
        }
        self.pool.start_sweeping(origins);
    }

    /// Stops counting the attempt, and marks it as finished, so that dropping it is not an abort.
    fn end(&mut self) {
        self.is_over = true;
        self.uncount();
    }

    /// Stops counting the attempt, so that no other request relies on it.
    fn uncount(&mut self) {
        if !std::mem::replace(&mut self.is_counted, false) {
            return;
        }
        if let Some(origin) = self.pool.origins().get(&self.uri) {
            origin.attempts = origin.attempts.saturating_sub(1);
        }
    }
}

impl Drop for Attempt {
    /// If the attempt was aborted, for example because its runtime has shut down, drops the senders of the requests
    /// that rely on it, so that they make their own attempts.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.end();
        if let Some(origin) = self.pool.origins().get(&self.uri) {
            origin.waiting.retain(|waiting| waiting.has_attempt && waiting.number != self.number);
        }
    }
}

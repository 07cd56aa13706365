//! The connections by origin: which one a request gets, and which ones are closed.

use super::super::fault::Failure;
use super::Connection;
use http::Uri;
use http::uri::{Authority, Scheme};
use std::collections::{HashMap, VecDeque};
use tokio::sync::oneshot;

/// While the pool has at most this many `https` origins, it remembers those that speak HTTP/1.1 even when they have no
/// connection: requests to them need not wait for a first connection to negotiate the protocol.
const MAX_REMEMBERED: usize = 1000;

/// How many sweeps an unused connection survives. A sweep runs every 30 seconds, so the connection is closed after 90 to 120 seconds.
pub(super) const UNUSED_ROUNDS: u32 = 3;

/// All origins of a connection pool, with their connections.
#[derive(Default)]
pub(super) struct Origins {
    /// The origins with the scheme `http`, by authority (`host:port`).
    pub(super) http: HashMap<String, Origin>,
    /// The origins with the scheme `https`, by authority.
    pub(super) https: HashMap<String, Origin>,
    /// The number of sweeps so far; it wraps around. A sweep closes unused connections.
    pub(super) round: u32,
    /// Whether a background task is running the sweeps.
    pub(super) is_swept: bool,
    /// The number of the last request that had to wait.
    pub(super) last_number: u64,
}

/// The connections to one origin.
#[derive(Default)]
pub(super) struct Origin {
    /// HTTP/1.1 connections without a request, each with the round in which it was put here; the last one was used most recently.
    pub(super) idle: Vec<(Connection, u32)>,
    /// HTTP/2 connections, each with the round in which it was last used.
    pub(super) multiplexed: Vec<(Connection, u32)>,
    /// The requests that wait for a connection; the first one has waited longest.
    pub(super) waiting: VecDeque<Waiting>,
    /// The number of attempts to connect that requests wait for. An attempt counts for at most a second.
    pub(super) attempts: usize,
    /// How many requests a new connection is expected to serve at a time, if known: 1 over HTTP/1.1.
    pub(super) served: Option<usize>,
    /// Whether the peer has asked for HTTP/1.1 in place of HTTP/2.
    pub(super) only_http1: bool,
}

/// A request that waits for a connection.
pub(super) struct Waiting {
    pub(super) number: u64,
    pub(super) sender: oneshot::Sender<Result<Connection, Failure>>,
    /// Whether an attempt to connect was made for this request.
    pub(super) has_attempt: bool,
}

impl Origins {
    fn of_scheme(&mut self, uri: &Uri) -> &mut HashMap<String, Origin> {
        if uri.scheme() == Some(&Scheme::HTTPS) { &mut self.https } else { &mut self.http }
    }

    /// Returns the origin of a URI, if it is known.
    pub(super) fn get(&mut self, uri: &Uri) -> Option<&mut Origin> {
        self.of_scheme(uri).get_mut(uri.authority()?.as_str())
    }

    /// Returns the origin of a URI. Creates an origin that is not known yet.
    pub(super) fn entry(&mut self, uri: &Uri) -> &mut Origin {
        let authority = uri.authority().map_or("", Authority::as_str);
        // HTTP/2 is negotiated only over TLS.
        let served = (uri.scheme() != Some(&Scheme::HTTPS)).then_some(1);
        self.of_scheme(uri).entry(authority.to_owned()).or_insert_with(|| Origin { served, ..Origin::default() })
    }

    /// Records that an origin wants requests over HTTP/1.1. Its HTTP/2 connections get no more requests.
    pub(super) fn use_http1(&mut self, uri: &Uri) {
        let origin = self.entry(uri);
        (origin.only_http1, origin.served) = (true, Some(1));
        origin.multiplexed.clear();
    }

    /// Takes a connection that is ready for a request.
    pub(super) fn take(&mut self, uri: &Uri) -> Option<Connection> {
        let now = self.round;
        let origin = self.get(uri)?;
        if let Some(shared) = origin.share(now) {
            return Some(shared);
        }
        while let Some((connection, _)) = origin.idle.pop() {
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    /// Gives a connection to the requests that have waited longest, or keeps it.
    pub(super) fn put(&mut self, uri: &Uri, mut connection: Connection) {
        let now = self.round;
        connection.is_reused = true;
        if self.get(uri).is_none() {
            // `entry` allocates the key, so it is called only for a new origin.
            self.entry(uri);
        }
        let Some(origin) = self.get(uri) else { return };
        if connection.streams().is_some() {
            origin.put_multiplexed(connection, now);
            return;
        }
        while let Some(waiting) = origin.waiting.pop_front() {
            match waiting.sender.send(Ok(connection)) {
                Err(Ok(unclaimed)) => connection = unclaimed,
                _ => return,
            }
        }
        origin.idle.push((connection, now));
    }

    /// Gives the free streams of an origin's connections to the requests that wait.
    pub(super) fn serve(&mut self, uri: &Uri) {
        let now = self.round;
        if let Some(origin) = self.get(uri) {
            origin.serve(now);
        }
    }

    /// Closes the connections that have been unused for more than [`UNUSED_ROUNDS`]. Returns whether a connection or a waiting request
    /// is left.
    pub(super) fn sweep(&mut self) -> bool {
        self.round = self.round.wrapping_add(1);
        let now = self.round;
        let is_current = |(connection, used): &mut (Connection, u32)| {
            // Open calls keep a connection, unless its peer allows no streams: such calls may wait forever.
            if connection.streams().is_some_and(|streams| streams.open() > 0 && streams.limit() > 0) {
                *used = now;
            }
            connection.is_ready() && now.wrapping_sub(*used) <= UNUSED_ROUNDS
        };
        let mut is_used = false;
        for (origins, remembered) in [(&mut self.http, 0), (&mut self.https, MAX_REMEMBERED)] {
            let is_remembered = origins.len() <= remembered;
            origins.retain(|_, origin| {
                origin.idle.retain_mut(is_current);
                origin.multiplexed.retain_mut(is_current);
                origin.waiting.retain(|waiting| !waiting.sender.is_closed());
                let is_empty = origin.idle.is_empty() && origin.multiplexed.is_empty() && origin.waiting.is_empty();
                is_used |= !is_empty;
                !is_empty || origin.attempts > 0 || (is_remembered && origin.served == Some(1))
            });
        }
        is_used
    }
}

impl Origin {
    /// Opens a call on the HTTP/2 connection with the most open calls that has a free stream, so that other connections become unused and
    /// are closed. Returns `None` if no stream is free.
    pub(super) fn share(&mut self, now: u32) -> Option<Connection> {
        self.multiplexed.retain(|(connection, _)| connection.is_ready());
        let open = |kept: &(Connection, u32)| kept.0.streams().map_or(0, |streams| streams.open());
        let with_room = self.multiplexed.iter_mut().filter(|kept| kept.0.has_room());
        let (connection, used) = with_room.max_by_key(|kept| open(kept))?;
        *used = now;
        connection.share()
    }

    /// Opens a call on the HTTP/2 connection with the fewest open calls; `None` if no HTTP/2 connection is ready. If all streams are in
    /// use, the call waits for a stream.
    pub(super) fn queue(&mut self, now: u32) -> Option<Connection> {
        let ready = self.multiplexed.iter_mut().filter(|kept| kept.0.is_ready());
        let (connection, used) = ready.min_by_key(|kept| kept.0.streams().map_or(0, |streams| streams.open()))?;
        *used = now;
        connection.share()
    }

    /// Keeps an HTTP/2 connection, unless another one has room and no request waits, or the origin wants HTTP/1.1.
    fn put_multiplexed(&mut self, connection: Connection, now: u32) {
        self.serve(now);
        if self.only_http1 || (self.waiting.is_empty() && self.has_room()) {
            return;
        }
        self.multiplexed.push((connection, now));
        self.serve(now);
    }

    /// Gives free streams to the requests that wait.
    pub(super) fn serve(&mut self, now: u32) {
        loop {
            while let Some(waiting) = self.waiting.front() {
                if waiting.sender.is_closed() {
                    self.waiting.pop_front();
                    continue;
                }
                let Some(shared) = self.share(now) else { break };
                if let Some(waiting) = self.waiting.pop_front() {
                    let _ = waiting.sender.send(Ok(shared));
                }
            }
            if self.waiting.is_empty() {
                return;
            }
            for (connection, _) in &self.multiplexed {
                if let Some(streams) = connection.streams() {
                    streams.want();
                }
            }
            // A call that ended before `want` has notified nobody, so its stream may be free now.
            if !self.has_room() {
                return;
            }
        }
    }

    /// Returns whether an HTTP/2 connection has a free stream.
    fn has_room(&self) -> bool {
        self.multiplexed.iter().any(|(connection, _)| connection.is_ready() && connection.has_room())
    }

    /// Returns whether the attempts under way may be too few for the waiting requests. Over HTTP/1.1, each request needs its own attempt.
    /// As long as the protocol of the origin is unknown, all requests wait for the first attempt.
    pub(super) fn needs_attempt(&self) -> bool {
        match self.served {
            None => self.attempts == 0,
            Some(1) => true,
            Some(served) => self.waiting.len() > self.attempts.saturating_mul(served),
        }
    }

    /// Counts new attempts for waiting requests that have none: for all of them if `each` is set, and otherwise only as
    /// many as are needed. Returns the numbers of the requests; the caller begins the attempts.
    pub(super) fn new_attempts(&mut self, each: bool) -> Vec<u64> {
        self.waiting.retain(|waiting| !waiting.sender.is_closed());
        let mut numbers = Vec::new();
        for index in 0..self.waiting.len() {
            if self.waiting[index].has_attempt {
                continue;
            }
            if !each && !self.needs_attempt() {
                break;
            }
            self.attempts += 1;
            self.waiting[index].has_attempt = true;
            numbers.push(self.waiting[index].number);
        }
        numbers
    }
}

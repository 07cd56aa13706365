//! Time limits for slow clients: clients that send nothing, clients that do not read their answers, and clients that read them too
//! slowly. (hyper limits the time for the head of a request; the adapters limit the time for its body.)

use pin_project_lite::pin_project;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A timer that runs while there is no progress; it costs nothing otherwise.
struct StallTimer {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl StallTimer {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: None }
    }

    /// Stops the timer, since there was progress.
    fn stop(&mut self) {
        self.sleep = None;
    }

    /// Polls the timer while there is no progress; ready once the limit is exceeded.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(sleep.as_mut().poll(cx));
        sleep.as_mut().reset(Instant::now() + limit);
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

/// A timer for the total time for which writes are blocked. The time for which no write is blocked is subtracted again: a client that
/// reads a long stream as it arrives may block a write now and then.
struct BlockedTimer {
    limit: Duration,
    /// How long earlier writes were blocked.
    blocked: Duration,
    /// When the current write became blocked or, while no write is blocked, when the last blocked write succeeded.
    since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl BlockedTimer {
    fn new(limit: Duration) -> Self {
        Self { limit, blocked: Duration::ZERO, since: None, sleep: None }
    }

    /// Forgets how long writes were blocked: an answer to another request begins.
    fn restart(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Stops the timer, since a write has succeeded.
    fn stop(&mut self) {
        if self.sleep.take().is_some()
            && let Some(since) = self.since.replace(Instant::now())
        {
            self.blocked += since.elapsed();
        }
    }

    /// Polls the timer while a write is blocked; ready once the limit is exceeded.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let (limit, blocked, since) = (self.limit, &mut self.blocked, &mut self.since);
        let sleep = self.sleep.get_or_insert_with(|| {
            let now = Instant::now();
            *blocked = blocked.saturating_sub(since.replace(now).map_or(Duration::ZERO, |free| now - free));
            Box::pin(sleep(limit.saturating_sub(*blocked)))
        });
        ready!(sleep.as_mut().poll(cx));
        sleep.as_mut().reset(Instant::now() + limit);
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

/// The time limits for a client.
#[derive(Clone, Copy)]
pub(super) struct ClientTimeouts {
    /// How long a new connection can send nothing.
    pub(super) silence: Duration,
    /// How long the client can pause while it reads an answer.
    pub(super) pause: Duration,
    /// How long the writes of one answer can be blocked in total.
    pub(super) answer: Duration,
}

pin_project! {
    /// A connection that fails when its peer exceeds a time limit.
    pub(super) struct TimedStream<S> {
        #[pin]
        stream: S,
        peer: SocketAddr,
        // Whether the last bytes came from the peer.
        heard: Arc<AtomicBool>,
        // Runs until the client has sent its first bytes.
        silence: Option<StallTimer>,
        pause: StallTimer,
        answer: BlockedTimer,
    }
}

impl<S> TimedStream<S> {
    pub(super) fn new(stream: S, peer: SocketAddr, heard: Arc<AtomicBool>, timeouts: ClientTimeouts) -> Self {
        Self {
            stream,
            peer,
            heard,
            silence: Some(StallTimer::new(timeouts.silence)),
            pause: StallTimer::new(timeouts.pause),
            answer: BlockedTimer::new(timeouts.answer),
        }
    }
}

/// Updates the timers after a write: a successful write stops both. Returns an error when a timer expires.
fn attempt<T>(
    (pause, answer, peer): (&mut StallTimer, &mut BlockedTimer, &SocketAddr),
    cx: &mut Context<'_>,
    poll: Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    if poll.is_ready() {
        pause.stop();
        answer.stop();
        return poll;
    }
    let (error, limit, why) = match answer.poll(cx) {
        Poll::Ready(error) => (error, answer.limit, "the client read the answer too slowly"),
        Poll::Pending => (ready!(pause.poll(cx)), pause.limit, "the client stopped reading"),
    };
    tracing::warn!(%peer, ?limit, "an answer was cut off: {why}");
    Poll::Ready(Err(error))
}

impl<S: AsyncRead> AsyncRead for TimedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        let poll = this.stream.poll_read(cx, buffer);
        if buffer.filled().len() > before {
            // The bytes belong to a request, so the next answer gets the whole time. Over HTTP/1, hyper reads at most once while an answer is
            // sent, so a client that keeps sending does not extend the time of that answer.
            *this.silence = None;
            this.heard.store(true, Relaxed);
            this.answer.restart();
        } else if poll.is_pending()
            && let Some(silence) = this.silence
        {
            return silence.poll(cx).map(Err);
        }
        poll
    }
}

impl<S: AsyncWrite> AsyncWrite for TimedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let poll = this.stream.poll_write(cx, bytes);
        this.heard.store(false, Relaxed);
        attempt((this.pause, this.answer, this.peer), cx, poll)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let poll = this.stream.poll_write_vectored(cx, slices);
        this.heard.store(false, Relaxed);
        attempt((this.pause, this.answer, this.peer), cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let poll = this.stream.poll_flush(cx);
        if poll.is_ready() {
            // TCP flushes at once, whether or not the client reads.
            return poll;
        }
        attempt((this.pause, this.answer, this.peer), cx, poll)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const SOON: Duration = Duration::from_millis(20);
    const LATE: Duration = Duration::from_secs(60);

    fn stream(ours: tokio::io::DuplexStream, timeouts: ClientTimeouts) -> TimedStream<tokio::io::DuplexStream> {
        TimedStream::new(ours, ([192, 0, 2, 7], 80).into(), Arc::default(), timeouts)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_fails_if_it_never_sends_but_may_pause_after_its_first_bytes() {
        let timeouts = ClientTimeouts { silence: SOON, pause: LATE, answer: LATE };
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut silent = stream(ours, timeouts);
        assert_eq!(silent.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (ours, mut other) = tokio::io::duplex(8);
        let mut talking = stream(ours, timeouts);
        other.write_all(b"GET").await.unwrap();
        talking.read_exact(&mut [0; 3]).await.unwrap();
        let read = tokio::time::timeout(SOON * 5, talking.read_u8()).await;
        assert!(read.is_err(), "it must still be open");
        drop(theirs.shutdown().await);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_read_too_slowly_fails_in_the_end() {
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut slow = stream(ours, ClientTimeouts { silence: LATE, pause: LATE, answer: SOON });
        let reader = tokio::spawn(async move {
            // Each byte is progress, so only the limit for the whole answer ends this.
            while theirs.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let written = async {
            loop {
                slow.write_all(&[7; 64]).await?;
            }
        };
        let error: io::Error = match written.await {
            Ok(never) => never,
            Err(error) => error,
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(slow);
        reader.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_client_reads_it_lasts_longer_than_the_limit_of_an_answer() {
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut stream = stream(ours, ClientTimeouts { silence: LATE, pause: LATE, answer: SOON });
        let reader = tokio::spawn(async move {
            let mut read = 0;
            while let Ok(burst @ 1..) = theirs.read(&mut [0; 64]).await {
                read += burst;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            read
        });
        let (mut blocked, bursts) = (Duration::ZERO, 20);
        for _ in 0..bursts {
            // More than the connection buffers, so that each burst blocks.
            let began = Instant::now();
            stream.write_all(&[7; 32]).await.unwrap();
            blocked += began.elapsed();
            tokio::time::sleep(SOON).await;
        }
        assert!(blocked > SOON, "{blocked:?}");
        drop(stream);
        assert_eq!(reader.await.unwrap(), bursts * 32);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_read_fails() {
        let (ours, theirs) = tokio::io::duplex(8);
        let mut stream = stream(ours, ClientTimeouts { silence: LATE, pause: SOON, answer: LATE });
        stream.write_all(b"8 bytes.").await.unwrap();
        assert_eq!(stream.write_all(b"more").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(theirs);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_logged() {
        for (pause, answer, why) in [(SOON, LATE, "stopped reading"), (LATE, SOON, "read the answer too slowly")] {
            let (mut log, writer) = io::pipe().unwrap();
            let subscriber = tracing_subscriber::fmt().with_writer(move || writer.try_clone().unwrap()).finish();
            let guard = tracing::subscriber::set_default(subscriber);
            // The first event in the process may be on the thread of another test, which has no subscriber.
            for _ in 0..2 {
                let (ours, _theirs) = tokio::io::duplex(8);
                stream(ours, ClientTimeouts { silence: LATE, pause, answer }).write_all(&[7; 64]).await.unwrap_err();
                tracing::callsite::rebuild_interest_cache();
            }
            drop(guard);
            let mut lines = String::new();
            io::Read::read_to_string(&mut log, &mut lines).unwrap();
            assert!(lines.contains("192.0.2.7:80") && lines.contains(why), "{lines}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_read_arrives() {
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut stream = stream(ours, ClientTimeouts { silence: LATE, pause: LATE, answer: LATE });
        let reader = tokio::spawn(async move {
            let mut taken = Vec::new();
            theirs.read_to_end(&mut taken).await.map(|_| taken)
        });
        stream.write_all(&[7; 1000]).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(reader.await.unwrap().unwrap(), [7; 1000]);
    }
}

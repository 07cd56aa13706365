//! How long a client is waited for that does not take its answer. (How long a request may take to come is up to hyper for its
//! head and to the adapters for its body.)

use pin_project_lite::pin_project;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A clock that runs while nothing moves. It costs nothing while something does.
struct Clock {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: None }
    }

    /// Something moved.
    fn stop(&mut self) {
        self.sleep = None;
    }

    /// Nothing moved; ready when that was so for too long.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(sleep.as_mut().poll(cx));
        sleep.as_mut().reset(Instant::now() + limit);
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

pin_project! {
    /// A connection that fails when its peer does not take what is written for too long.
    pub(super) struct PatientStream<S> {
        #[pin]
        stream: S,
        clock: Clock,
    }
}

impl<S> PatientStream<S> {
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, clock: Clock::new(limit) }
    }
}

/// What an attempt to write came to: the clock stops as soon as one does not have to wait.
fn attempt<T>(clock: &mut Clock, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    match poll {
        Poll::Ready(result) => {
            clock.stop();
            Poll::Ready(result)
        }
        Poll::Pending => clock.poll(cx).map(Err),
    }
}

impl<S: AsyncRead> AsyncRead for PatientStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite> AsyncWrite for PatientStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let poll = this.stream.poll_write(cx, bytes);
        attempt(this.clock, cx, poll)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let poll = this.stream.poll_write_vectored(cx, slices);
        attempt(this.clock, cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let poll = this.stream.poll_flush(cx);
        attempt(this.clock, cx, poll)
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

    #[tokio::test]
    async fn an_answer_that_is_not_taken_fails() {
        let (ours, theirs) = tokio::io::duplex(8);
        let mut stream = PatientStream::new(ours, SOON);
        stream.write_all(b"8 bytes.").await.unwrap();
        assert_eq!(stream.write_all(b"more").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(theirs);
    }

    #[tokio::test]
    async fn an_answer_that_is_taken_comes_through() {
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut stream = PatientStream::new(ours, Duration::from_secs(60));
        let reader = tokio::spawn(async move {
            let mut taken = Vec::new();
            theirs.read_to_end(&mut taken).await.map(|_| taken)
        });
        stream.write_all(&[7; 1000]).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(reader.await.unwrap().unwrap(), [7; 1000]);
    }
}

//! MCP over standard input and output, or any other pair of pipes: one JSON message per line.

use super::client_state::ClientState;
use super::pipes::Pipes;
use super::service::McpService;
use crate::error::{Error, Result};
use http::StatusCode;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

impl McpService {
    /// Serves this adapter over standard input and output, until the client closes the standard input. Don't print anything else to
    /// standard output in the meantime; log to standard error.
    ///
    /// # Errors
    /// Returns an error if the handshake fails.
    pub async fn serve_stdio(&self) -> Result<()> {
        let (input, output) = rmcp::transport::stdio_pipes();
        self.serve_pipes(input, output).await
    }

    /// Serves this adapter over a pair of pipes, until `input` ends. A line that is not a message, or longer than the
    /// limit for request bodies, is answered with a JSON-RPC error; blank lines are skipped, and so are notifications and responses
    /// before the first request.
    ///
    /// # Errors
    /// Returns an error if the handshake fails.
    pub async fn serve_pipes(
        &self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Result<()> {
        // The sender lives as long as the call, and never sends.
        let (_never, stop) = watch::channel(false);
        self.serve_pipes_until(input, output, stop).await
    }

    /// Serves this adapter over standard input and output, until the client closes the standard input or `stop` becomes
    /// true. After `stop`, it reads nothing more, answers the calls in flight, and returns.
    ///
    /// # Errors
    /// Returns an error if the handshake fails.
    pub async fn serve_stdio_until(&self, stop: watch::Receiver<bool>) -> Result<()> {
        let (input, output) = rmcp::transport::stdio_pipes();
        self.serve_pipes_until(input, output, stop).await
    }

    /// Serves this adapter over a pair of pipes, until `input` ends or `stop` becomes true. After `stop`, it reads
    /// nothing more, answers the calls in flight, and returns.
    ///
    /// # Errors
    /// Returns an error if the handshake fails.
    pub async fn serve_pipes_until(
        &self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
        stop: watch::Receiver<bool>,
    ) -> Result<()> {
        let transport = Pipes::new(input, output, self.adapter.clone(), stop);
        let session = match rmcp::serve_server(ClientState::of_pipes(self.adapter.clone()), transport).await {
            Ok(session) => session,
            // The client disconnected before its first message.
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => return Ok(()),
            Err(ServerInitializeError::InitializeFailed(error)) => {
                return Err(refused(&format!("`initialize` failed: {}", error.message)));
            }
            Err(error) => return Err(refused("the connection broke during the handshake").because(error)),
        };
        session.waiting().await.map(|_| ()).map_err(Error::internal)
    }
}

fn refused(message: &str) -> Error {
    Error::new(StatusCode::BAD_REQUEST, message)
}

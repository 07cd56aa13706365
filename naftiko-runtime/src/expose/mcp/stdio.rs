//! MCP over standard input and output, or any other pair of pipes: one JSON message a line.

use super::pipes::Pipes;
use super::service::McpService;
use super::session::Session;
use crate::error::{Error, Result};
use http::StatusCode;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, AsyncWrite};

impl McpService {
    /// Serves this adapter over standard input and output, until the client closes them. Nothing else may print to standard
    /// output meanwhile: log to standard error.
    ///
    /// # Errors
    /// If the client does not speak the protocol from the start.
    pub async fn serve_stdio(&self) -> Result<()> {
        let (input, output) = rmcp::transport::stdio_pipes();
        self.serve_pipes(input, output).await
    }

    /// Serves this adapter over any two pipes, until `input` ends. A line that is not a message, or longer than the limit on
    /// request bodies, is answered with a JSON-RPC error; blank lines are skipped.
    ///
    /// # Errors
    /// If the client does not speak the protocol from the start.
    pub async fn serve_pipes(
        &self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Result<()> {
        let limit = self.table.capability.limits().body;
        let transport = Pipes::new(input, output, limit);
        let session = match rmcp::serve_server(Session::kept(self.table.clone()), transport).await {
            Ok(session) => session,
            // The client has gone before it said anything.
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => return Ok(()),
            Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
                return Err(refused("the client did not begin with `initialize` or `server/discover`"));
            }
            Err(ServerInitializeError::InitializeFailed(error)) => {
                return Err(refused(&format!("`initialize` failed: {}", error.message)));
            }
            Err(error) => return Err(refused("the connection broke while it was opened").because(error)),
        };
        session.waiting().await.map(|_| ()).map_err(Error::internal)
    }
}

fn refused(message: &str) -> Error {
    Error::new(StatusCode::BAD_REQUEST, message)
}

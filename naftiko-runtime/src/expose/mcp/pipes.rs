//! The transport of MCP over pipes: one JSON-RPC message a line. What rmcp would drop or round is kept here.

use super::message::{RawArguments, ToolCall, check};
use super::refusal::Refusal;
use bytes::Bytes;
use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestMethod, ClientRequest, ConstString, ContentBlock, JsonRpcMessage, JsonRpcResponse, ServerResult,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::de::IgnoredAny;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;

/// Two pipes.
pub(super) struct Pipes<R, W> {
    input: BufReader<R>,
    output: Arc<Mutex<Option<W>>>,
    /// The line so far: a read may be called off in its midst.
    line: Vec<u8>,
    /// Longer lines are dropped.
    longest: usize,
    dropping: bool,
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Pipes<R, W> {
    pub(super) fn new(input: R, output: W, longest: usize) -> Self {
        let output = Arc::new(Mutex::new(Some(output)));
        Self { input: BufReader::new(input), output, line: Vec::new(), longest, dropping: false }
    }

    /// The next line; `None` at the end of the input.
    async fn line(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let piece = self.input.fill_buf().await?;
            if piece.is_empty() {
                return Ok(None);
            }
            let end = piece.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(piece.len(), |end| end + 1);
            self.dropping |= self.line.len() + length > self.longest;
            if self.dropping {
                self.line.clear();
            } else {
                self.line.extend_from_slice(&piece[..length]);
            }
            self.input.consume(length);
            if end.is_some() {
                if std::mem::take(&mut self.dropping) {
                    tracing::error!(longest = self.longest, "a message was longer than the limit, and was dropped");
                    continue;
                }
                return Ok(Some(std::mem::take(&mut self.line).into()));
            }
        }
    }
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Pipes<R, W> {
    type Error = io::Error;

    fn send(&mut self, message: TxJsonRpcMessage<RoleServer>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = self.output.clone();
        async move { write(&output, &written(message)?).await }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let line = match self.line().await {
                Ok(line) => line?,
                Err(error) => {
                    tracing::error!(%error, "the input cannot be read");
                    return None;
                }
            };
            match read(&line) {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(refusal) => {
                    let answer = serde_json::to_vec(&refusal.into_error()).ok()?;
                    let output = self.output.clone();
                    // A read may be called off; half an answer may not.
                    tokio::spawn(async move { write(&output, &answer).await });
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.lock().await.take();
        Ok(())
    }
}

async fn write<W: AsyncWrite + Unpin>(output: &Mutex<Option<W>>, message: &[u8]) -> io::Result<()> {
    let mut output = output.lock().await;
    let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
    output.write_all(&[message, b"\n"].concat()).await?;
    output.flush().await
}

/// Reads a line; `None` if there is nothing to answer.
fn read(line: &Bytes) -> Result<Option<RxJsonRpcMessage<RoleServer>>, Refusal> {
    // Whoever does not send JSON may be sent its own output: it gets no answer.
    if serde_json::from_slice::<IgnoredAny>(line).is_err() {
        if !line.trim_ascii().is_empty() {
            tracing::debug!("a line is not JSON, and was passed over");
        }
        return Ok(None);
    }
    let call = ToolCall::read(line)?;
    let id = check(line)?;
    let Some(call) = call else {
        return match serde_json::from_slice(line) {
            Ok(message) => Ok(Some(message)),
            // Nobody waits for an answer to a notification.
            Err(_) if id.is_none() => Ok(None),
            Err(error) => Err(Refusal::bad_request(rmcp::model::ErrorCode::INVALID_REQUEST, error.to_string()).to(id)),
        };
    };
    let arguments = call.arguments(line);
    let params = serde_json::json!({ "name": call.params.name, "_meta": call.params.meta.unwrap_or_default() });
    let message = serde_json::json!({
        "jsonrpc": "2.0", "id": call.id, "method": CallToolRequestMethod::VALUE, "params": params,
    });
    let message = serde_json::from_value(message)
        .map_err(|error| Refusal::bad_request(rmcp::model::ErrorCode::INVALID_PARAMS, error.to_string()).to(id))?;
    Ok(Some(with_arguments(message, arguments)))
}

fn with_arguments(mut message: RxJsonRpcMessage<RoleServer>, arguments: RawArguments) -> RxJsonRpcMessage<RoleServer> {
    if let JsonRpcMessage::Request(request) = &mut message
        && let ClientRequest::CallToolRequest(call) = &mut request.request
    {
        call.extensions.insert(arguments);
    }
    message
}

/// A message as it is written. Structured content is the text of a result once more: it is copied from there, since a parsed
/// number has lost digits.
fn written(mut message: TxJsonRpcMessage<RoleServer>) -> io::Result<Vec<u8>> {
    let mut structured = None;
    if let JsonRpcMessage::Response(JsonRpcResponse { result: ServerResult::CallToolResult(result), .. }) = &mut message
        && let [ContentBlock::Text(content)] = result.content.as_slice()
        && result.structured_content.take().is_some()
    {
        structured = Some(content.text.clone());
    }
    let mut line = serde_json::to_vec(&message)?;
    if let Some(json) = structured {
        // The result is the last member of the message.
        line.truncate(line.len() - 2);
        line.extend_from_slice(br#","structuredContent":"#);
        line.extend_from_slice(json.as_bytes());
        line.extend_from_slice(b"}}");
    }
    Ok(line)
}

//! The MCP transport over pipes, with one JSON-RPC message per line. It preserves data that rmcp would drop or round.

use super::adapter::McpAdapter;
use super::digits::restore_structured_content;
use super::message::{RawArguments, ToolCall, check_message, is_json_of, is_notification, is_response, message_id};
use super::refusal::{JsonRpcRefusal, explain, no_method_of};
use super::request_ids::{self, RequestIds};
use super::tasks::handshake;
use super::unanswered::{Unanswered, cancelled};
use super::{listed, question_order};
use bytes::Bytes;
use futures_util::future::{Either, select};
use naftiko_spec::model::StructuredContent;
use rmcp::RoleServer;
use rmcp::model::{
    ClientRequest, ConstString, ContentBlock, ErrorCode, ErrorData, GetMeta, InitializeResultMethod, JsonRpcError,
    JsonRpcMessage, JsonRpcResponse, PingRequestMethod, ProtocolVersion, RequestId, ServerNotification, ServerResult,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// How many bytes at the start of an overlong line are searched for its ID.
const ID_SEARCH_LENGTH: usize = 256;

/// The refusal of a first request that has no revision.
const NO_REVISION: &str = "expected `initialize` as the first request, or a request of 2026-07-28, whose `_meta` has \
     `io.modelcontextprotocol/protocolVersion` and `io.modelcontextprotocol/clientCapabilities`";

/// The era of the MCP revision of a connection, if its requests have shown it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    /// The client has not sent a request yet.
    Unknown,
    /// A request, such as `server/discover`, has named its revision, but the revision of the connection is still open: a client that
    /// also supports older revisions may continue with `initialize`.
    Probed,
    /// Up to 2025-11-25: the client has sent `initialize`.
    Handshake,
    /// Since 2026-07-28: each request names its revision. After the first such request, rmcp requires the revision in each request.
    PerRequest,
}

impl Era {
    /// Returns whether rmcp still waits for the first request.
    fn is_open(self) -> bool {
        matches!(self, Self::Unknown | Self::Probed)
    }
}

/// How long calls in flight may go on after the end of the input. rmcp would wait as long, but would drop the messages that the calls
/// send before their answers.
const AFTER_INPUT: Duration = Duration::from_secs(5);

/// A pair of pipes.
pub(super) struct Pipes<R, W> {
    input: BufReader<R>,
    output: Arc<Mutex<Option<W>>>,
    adapter: Arc<McpAdapter>,
    /// Becomes true when reading has to stop.
    stop: watch::Receiver<bool>,
    /// The requests that have not been answered.
    unanswered: Arc<Unanswered>,
    ids: RequestIds,
    /// The IDs of the questions that the client has not answered.
    questions: HashSet<RequestId>,
    /// The IDs of the client's subscriptions, which have no answer until they end.
    subscriptions: HashSet<RequestId>,
    /// When the input ended.
    ended: Option<Instant>,
    /// The line read so far, since a read can be cancelled before the end of the line.
    line: Vec<u8>,
    /// The maximum length of a line; longer lines are rejected.
    max_length: usize,
    /// Whether the line read so far is longer than `max_length`.
    too_long: bool,
    /// What is known about the revision of the connection.
    era: Era,
    /// The task that writes an error: a read can be cancelled, but an answer must not be cut off.
    refusing: Option<JoinHandle<io::Result<()>>>,
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Pipes<R, W> {
    pub(super) fn new(input: R, output: W, adapter: Arc<McpAdapter>, stop: watch::Receiver<bool>) -> Self {
        let max_length = adapter.capability.limits().body;
        let output = Arc::new(Mutex::new(Some(output)));
        Self {
            input: BufReader::new(input),
            output,
            adapter,
            stop,
            unanswered: Arc::default(),
            ids: RequestIds::default(),
            questions: HashSet::new(),
            subscriptions: HashSet::new(),
            ended: None,
            line: Vec::new(),
            max_length,
            too_long: false,
            era: Era::Unknown,
            refusing: None,
        }
    }

    /// Reads the next line, or the refusal of an overlong line; `None` at the end of the input.
    async fn line(&mut self) -> io::Result<Option<Result<Bytes, JsonRpcRefusal>>> {
        loop {
            let piece = self.input.fill_buf().await?;
            let (length, ends) = match piece.iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + 1, true),
                // The last line may have no line break.
                None => (piece.len(), piece.is_empty()),
            };
            if ends && length == 0 && self.line.is_empty() {
                return Ok(None);
            }
            // The line feed is not part of the message.
            let line_feed = usize::from(piece[..length].ends_with(b"\n"));
            self.too_long |= self.line.len() + length - line_feed > self.max_length;
            if !self.too_long {
                self.line.extend_from_slice(&piece[..length]);
            } else if self.line.len() < ID_SEARCH_LENGTH {
                self.line.extend_from_slice(&piece[..length.min(ID_SEARCH_LENGTH)]);
            } else {
                self.line.truncate(ID_SEARCH_LENGTH);
            }
            self.input.consume(length);
            if ends {
                let line = std::mem::take(&mut self.line);
                if !std::mem::take(&mut self.too_long) {
                    return Ok(Some(Ok(line.into())));
                }
                let message = format!("the message is longer than {} bytes", self.max_length);
                return Ok(Some(Err(
                    JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message).to(message_id(&line))
                )));
            }
        }
    }

    /// Records a request, or the end of a cancelled one. Returns `None` for a notification or a response before the first request:
    /// such a message was meant for an earlier process, and would make rmcp end this connection.
    fn record(
        &mut self,
        mut message: RxJsonRpcMessage<RoleServer>,
    ) -> Result<Option<RxJsonRpcMessage<RoleServer>>, JsonRpcRefusal> {
        if let JsonRpcMessage::Request(request) = &message {
            self.check_era(&request.request).map_err(|refusal| refusal.to(Some(request.id.clone())))?;
            let added = self.unanswered.add(&request.id);
            added.map_err(|error| JsonRpcRefusal::of(error).to(Some(request.id.clone())))?;
            if matches!(request.request, ClientRequest::SubscriptionsListenRequest(_)) {
                self.subscriptions.insert(request.id.clone());
            }
        } else if self.era.is_open() {
            return Ok(None);
        }
        if let JsonRpcMessage::Response(JsonRpcResponse { id, .. })
        | JsonRpcMessage::Error(JsonRpcError { id: Some(id), .. }) = &message
        {
            self.questions.remove(id);
        }
        if let Some(id) = cancelled(&message) {
            self.subscriptions.remove(&id);
            self.unanswered.remove(&id);
        }
        self.ids.received(&mut message);
        Ok(Some(message))
    }

    /// Records the revision of the connection. Refuses `ping` and `initialize` if the revision does not have them: rmcp would answer
    /// `initialize`, and then refuse the requests after it. Also refuses a first request without a revision.
    fn check_era(&mut self, request: &ClientRequest) -> Result<(), JsonRpcRefusal> {
        let meta = request.get_meta();
        let version = meta.protocol_version();
        let named = version.as_ref().map(ProtocolVersion::has_initialize);
        let is_complete = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
            && version.is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version));
        match request {
            ClientRequest::InitializeRequest(_) if self.era == Era::PerRequest => {
                return Err(JsonRpcRefusal::of(no_method_of(InitializeResultMethod::VALUE, false)));
            }
            ClientRequest::InitializeRequest(_) => self.era = Era::Handshake,
            ClientRequest::PingRequest(_) => {
                let has_ping = matches!(self.era, Era::Unknown | Era::Handshake);
                if !named.unwrap_or(has_ping) {
                    return Err(JsonRpcRefusal::of(no_method_of(PingRequestMethod::VALUE, false)));
                }
            }
            ClientRequest::DiscoverRequest(_) if is_complete && self.era == Era::Unknown => self.era = Era::Probed,
            _ if is_complete && self.era.is_open() => self.era = Era::PerRequest,
            _ if self.era == Era::Unknown && named.is_none() => {
                return Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_PARAMS, NO_REVISION));
            }
            _ if self.era == Era::Unknown => self.era = Era::Probed,
            _ => {}
        }
        Ok(())
    }

    /// Returns whether the input has ended, or reading has to stop.
    fn is_closing(&self) -> bool {
        self.ended.is_some() || *self.stop.borrow()
    }

    /// Returns a message that the client can no longer send, since nothing more is read: an error for an open question, or the end of a
    /// subscription. Without such a message, the calls in flight would wait forever.
    fn on_behalf_of_client(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        if let Some(id) = self.questions.iter().next().cloned() {
            self.questions.remove(&id);
            let error = ErrorData::internal_error("the connection ends, so this question cannot be answered", None);
            return Some(JsonRpcMessage::Error(JsonRpcError::new(Some(id), error)));
        }
        let id = self.subscriptions.iter().next().cloned()?;
        self.cancellation(&id)
    }

    /// Returns the cancellation of a request by the client.
    fn cancellation(&mut self, id: &RequestId) -> Option<RxJsonRpcMessage<RoleServer>> {
        let message = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
        self.record(serde_json::from_value(message).ok()?).ok()?
    }

    /// Waits until the last refusal has been written.
    async fn wait_for_refusal(&mut self) {
        if let Some(refusing) = &mut self.refusing {
            // The client may have disconnected.
            let _ = refusing.await;
            self.refusing = None;
        }
    }
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Pipes<R, W> {
    type Error = io::Error;

    fn send(
        &mut self,
        mut message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (output, adapter) = (self.output.clone(), self.adapter.clone());
        let mut is_unanswerable = false;
        if let JsonRpcMessage::Request(question) = &message {
            is_unanswerable = self.is_closing() || !self.questions.insert(question.id.clone());
        }
        if let JsonRpcMessage::Notification(notification) = &message
            && let ServerNotification::CancelledNotification(cancelled) = &notification.notification
            && let Some(id) = &cancelled.params.request_id
        {
            self.questions.remove(id);
        }
        explain(&mut message);
        let answered = self.ids.answered(&message);
        if let Some(id) = &answered {
            self.subscriptions.remove(id);
        }
        let answering = self.unanswered.answering(answered);
        request_ids::restore(&mut message);
        async move {
            let _answering = answering;
            if is_unanswerable {
                return Err(io::ErrorKind::NotConnected.into());
            }
            write(&output, &serialize(message, &adapter)?).await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            self.wait_for_refusal().await;
            if self.is_closing() {
                if let Some(message) = self.on_behalf_of_client() {
                    return Some(message);
                }
                let answered = self.unanswered.wait();
                let Some(ended) = self.ended else {
                    answered.await;
                    return None;
                };
                if timeout_at(ended + AFTER_INPUT, answered).await.is_ok() {
                    return None;
                }
                let late = self.unanswered.any()?;
                return self.cancellation(&late);
            }
            let mut stop = self.stop.clone();
            let line = match select(pin!(stopped(&mut stop)), pin!(self.line())).await {
                Either::Left(_) => continue,
                Either::Right((line, _)) => line,
            };
            let line = match line {
                Ok(Some(line)) => line,
                Ok(None) => {
                    self.ended = Some(Instant::now());
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, "the input cannot be read");
                    return None;
                }
            };
            let read = line.and_then(|line| read(&line, self.adapter.tasks.is_some()));
            match read.and_then(|message| message.map(|message| self.record(message)).transpose()) {
                Ok(Some(Some(message))) => return Some(message),
                Ok(_) => {}
                Err(refusal) => {
                    let (answer, output) = (refusal.into_message(), self.output.clone());
                    self.refusing = Some(tokio::spawn(async move { write(&output, &answer).await }));
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.wait_for_refusal().await;
        self.output.lock().await.take();
        Ok(())
    }
}

/// Waits until reading has to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // The sender was dropped, so reading never has to stop.
        std::future::pending::<()>().await;
    }
}

async fn write<W: AsyncWrite + Unpin>(output: &Mutex<Option<W>>, message: &[u8]) -> io::Result<()> {
    let mut output = output.lock().await;
    let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
    output.write_all(&[message, b"\n"].concat()).await?;
    output.flush().await
}

/// Parses a line; `None` if it is blank, an invalid response, or an invalid notification, which get no
/// answer. `has_tasks` is whether the adapter has tasks.
fn read(line: &Bytes, has_tasks: bool) -> Result<Option<RxJsonRpcMessage<RoleServer>>, JsonRpcRefusal> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let (call, id) = match ToolCall::read(line).and_then(|call| Ok((call, check_message(line)?))) {
        Ok(read) => read,
        Err(_) if is_response(line) || is_notification(line) => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let concerns_tasks = has_tasks && handshake::is_about_tasks(line);
    let Some(call) = call else {
        let prefixed = if concerns_tasks { handshake::with_prefixed_method(line) } else { line.clone() };
        return match serde_json::from_slice(&prefixed) {
            Ok(message) => Ok(Some(message)),
            // A notification gets no answer.
            Err(_) if id.is_none() => Ok(None),
            Err(error) => Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, error.to_string()).to(id)),
        };
    };
    let arguments = call.arguments(line);
    let message = without_arguments(line, concerns_tasks)
        .map_err(|error| JsonRpcRefusal::bad_request(ErrorCode::INVALID_PARAMS, error.to_string()).to(id))?;
    Ok(Some(with_arguments(message, arguments)))
}

/// Parses a call without its arguments. With `concerns_tasks`, its method gets the [prefix](handshake::add_prefix).
fn without_arguments(line: &[u8], concerns_tasks: bool) -> serde_json::Result<RxJsonRpcMessage<RoleServer>> {
    let mut message: Value = serde_json::from_slice(line)?;
    if concerns_tasks {
        handshake::add_prefix(&mut message);
    }
    if let Some(params) = message.get_mut("params").and_then(Value::as_object_mut) {
        params.remove("arguments");
    }
    serde_json::from_value(message)
}

/// Adds the raw arguments to the extensions of a call, where the handler finds them.
fn with_arguments(mut message: RxJsonRpcMessage<RoleServer>, arguments: RawArguments) -> RxJsonRpcMessage<RoleServer> {
    if let JsonRpcMessage::Request(request) = &mut message {
        match &mut request.request {
            ClientRequest::CallToolRequest(call) => drop(call.extensions.insert(arguments)),
            ClientRequest::CustomRequest(call) => drop(call.extensions.insert(arguments)),
            _ => {}
        }
    }
    message
}

/// Serializes a message. Structured content is copied from the text of the result, if both have the same values, since a parsed
/// number has lost digits.
fn serialize(mut message: TxJsonRpcMessage<RoleServer>, adapter: &McpAdapter) -> io::Result<Bytes> {
    if let JsonRpcMessage::Response(JsonRpcResponse { result: ServerResult::ListToolsResult(_), .. }) = &message {
        return Ok(listed::replace_tools(serde_json::to_vec(&message)?.into(), &adapter.listed));
    }
    if let (Some(_), JsonRpcMessage::Response(response)) = (&adapter.tasks, &message) {
        match response.result {
            ServerResult::InitializeResult(_) => {
                return Ok(handshake::with_capability(serde_json::to_vec(&message)?.into(), true));
            }
            ServerResult::GetTaskResult(_) | ServerResult::CustomResult(_) => {
                let only_structured = adapter.results == StructuredContent::Structured;
                let message = question_order::restore(serde_json::to_vec(&message)?.into());
                return Ok(restore_structured_content(message, only_structured));
            }
            _ => {}
        }
    }
    if !matches!(&message, JsonRpcMessage::Response(JsonRpcResponse { result: ServerResult::CallToolResult(_), .. })) {
        return Ok(question_order::restore(serde_json::to_vec(&message)?.into()));
    }
    let mut structured = None;
    if let JsonRpcMessage::Response(JsonRpcResponse { result: ServerResult::CallToolResult(result), .. }) = &mut message
        && let Some(value) = &result.structured_content
    {
        let leaves_text_out = adapter.results == StructuredContent::Structured && result.is_error != Some(true);
        // The blocks after the first one are notes, for example about the next page.
        let has_text = matches!(result.content.first(), Some(ContentBlock::Text(_)));
        if let Some(ContentBlock::Text(content)) = result.content.first()
            && is_json_of(&content.text, Some(value))
        {
            structured = Some(content.text.clone());
            result.structured_content = None;
        }
        if leaves_text_out && has_text {
            result.content.remove(0);
        }
    }
    let mut line = serde_json::to_vec(&message)?;
    if let Some(json) = structured {
        // The result is the last member of the message.
        line.truncate(line.len() - 2);
        line.extend_from_slice(br#","structuredContent":"#);
        line.extend_from_slice(json.as_bytes());
        line.extend_from_slice(b"}}");
    }
    Ok(line.into())
}

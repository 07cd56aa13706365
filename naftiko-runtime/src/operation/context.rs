//! The context of a call, for progress, log messages, cancellation and questions.

#[cfg(feature = "mcp")]
use super::early_questions::EarlyQuestions;
use super::model_answer::first_text;
use super::{BoxFuture, Caller, CallerHeaders};
use crate::error::{Error, Result};
use crate::schema;
use crate::telemetry::TraceContext;
use http::StatusCode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The context of a call. A method that has an argument `context: &naftiko::Context` gets the context; callers do not see this argument.
///
/// MCP clients get progress and log messages, and can be asked questions. Over REST and for callers in Rust, progress
/// and log messages are discarded, and a question is an error: [`Context::none`] is such a context.
///
/// ```
/// use naftiko_runtime::{Context, Result};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Confirmed {
///     /// Whether to continue.
///     sure: bool,
/// }
///
/// async fn delete_all(context: &Context, tokens: &[String]) -> Result<usize> {
///     if context.can_ask() {
///         let reply = context.ask::<Confirmed>("Delete all tokens?").await?;
///         if !reply.accepted().is_some_and(|reply| reply.sure) {
///             return Ok(0);
///         }
///     }
///     for (number, token) in tokens.iter().enumerate() {
///         context.progress(number as f64, Some(tokens.len() as f64), token).await;
///     }
///     Ok(tokens.len())
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(delete_all(&Context::none(), &["a".to_owned()]).await.unwrap(), 1);
/// # });
/// ```
#[derive(Clone, Default)]
pub struct Context {
    /// The connection to the caller; `None` if the caller gets no messages and cannot be asked.
    caller: Option<Arc<dyn CallerSide>>,
    /// The caller, if the adapter authenticates its callers.
    identity: Option<Caller>,
    /// The headers of the caller's request that are sent to APIs.
    headers: CallerHeaders,
    /// The trace that the call belongs to.
    trace: Option<TraceContext>,
    /// The time limit of this call, if it differs from the limit of operations.
    limit: Option<Duration>,
}

/// The reply of a person to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Reply<T> {
    /// The person answered.
    Accepted(T),
    /// The person refused to answer.
    Declined,
    /// The person dismissed the question.
    Cancelled,
}

impl<T> Reply<T> {
    /// Returns the answer, if there is one.
    pub fn accepted(self) -> Option<T> {
        match self {
            Self::Accepted(answer) => Some(answer),
            Self::Declined | Self::Cancelled => None,
        }
    }
}

/// The severity of a log message (RFC 5424).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Details for debugging.
    Debug,
    /// Normal events.
    Info,
    /// Normal but significant events.
    Notice,
    /// Conditions that may become errors.
    Warning,
    /// Errors.
    Error,
    /// Failure of a component.
    Critical,
    /// Somebody has to act immediately.
    Alert,
    /// The program cannot be used.
    Emergency,
}

/// The `_meta` key under which a question lists its members in their declared order. The MCP adapter removes the key.
pub(crate) const ORDER: &str = "io.naftiko/order";

/// The kinds of requests to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuestionKind {
    /// The reply of a person (MCP: elicitation).
    Reply,
    /// Text from the client's model (MCP: sampling).
    Text,
    /// The folders that the client works in (MCP: roots).
    Roots,
}

/// A question to the caller.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP clients are asked"))]
pub(crate) struct Question {
    /// The name that identifies the question. A question without a name is identified by its index among the questions of the call.
    pub(crate) name: Option<String>,
    pub(crate) wanted: QuestionKind,
    /// The parameters, in MCP's format.
    pub(crate) params: Value,
}

/// A change to a list or a resource, of which subscribed clients are notified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Tools,
    Prompts,
    Resources,
    Resource(String),
}

/// The connection to the caller of an operation, which an adapter provides.
pub(crate) trait CallerSide: Send + Sync {
    /// Reports progress to the caller.
    fn progress<'a>(&'a self, done: f64, total: Option<f64>, message: &'a str) -> BoxFuture<'a, ()>;
    /// Sends a log message to the caller.
    fn log(&self, level: LogLevel, data: Value) -> BoxFuture<'_, ()>;
    /// Returns whether the caller has cancelled the call.
    fn is_cancelled(&self) -> bool;
    /// Waits until the caller cancels the call.
    fn cancelled(&self) -> BoxFuture<'_, ()>;
    /// Returns whether the caller answers questions of this kind.
    fn can(&self, wanted: QuestionKind) -> bool;
    /// Asks the caller a question, and returns the answer in MCP's format.
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Value>>;
    /// Notifies subscribed clients of a change.
    fn changed(&self, change: Change);
    /// Returns the tracker of early questions, if the call asks its first questions before it becomes a task.
    #[cfg(feature = "mcp")]
    fn early_questions(&self) -> Option<Arc<EarlyQuestions>> {
        None
    }
}

impl Context {
    /// Creates a context whose caller gets no messages and cannot be asked.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Creates a context with a connection to its caller.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP clients want messages"))]
    pub(crate) fn of(caller: Arc<dyn CallerSide>) -> Self {
        Self { caller: Some(caller), ..Self::default() }
    }

    /// Returns the context with its caller.
    #[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters know callers"))]
    pub(crate) fn with_caller(mut self, caller: Option<Caller>) -> Self {
        self.identity = caller;
        self
    }

    /// Returns the context with the headers of the caller's request that are sent to APIs.
    #[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters know headers"))]
    pub(crate) fn with_headers(mut self, headers: Option<CallerHeaders>) -> Self {
        self.headers = headers.unwrap_or_default();
        self
    }

    /// Returns the context with the trace that the call belongs to.
    #[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters have callers"))]
    pub(crate) fn with_trace(mut self, trace: Option<TraceContext>) -> Self {
        self.trace = trace;
        self
    }

    /// Returns the trace that the call belongs to.
    pub(crate) fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// Returns the context with a time limit for this call, which replaces the limit of operations.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only tasks have their own time limit"))]
    pub(crate) fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Returns the time limit of this call, or `None` if the limit of operations applies.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Returns the headers of the caller's request that are sent to APIs.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only clients send them"))]
    pub(crate) fn headers(&self) -> &CallerHeaders {
        &self.headers
    }

    /// Returns the context with a caller's header, for calls in Rust. The method must have a context, and send the header to its API
    /// (`caller_header("Authorization")`). Adapters add the headers of their callers themselves.
    ///
    /// ```
    /// use naftiko_runtime::Context;
    ///
    /// let context = Context::none().with_caller_header("Authorization", "Bearer token")?;
    /// # Ok::<(), naftiko_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the name or the value is not valid in a header.
    pub fn with_caller_header(mut self, name: &str, value: &str) -> Result<Self> {
        self.headers.add(name, value)?;
        Ok(self)
    }

    /// Returns the caller, if the adapter authenticates its callers; `None` for callers in Rust and over stdin.
    ///
    /// ```
    /// use naftiko_runtime::{Caller, Context};
    ///
    /// fn who(context: &Context) -> &str {
    ///     context.caller().and_then(Caller::subject).unwrap_or("somebody")
    /// }
    /// assert_eq!(who(&Context::none()), "somebody");
    /// ```
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.identity.as_ref()
    }

    /// Reports progress to the caller: `done` of `total`, in any unit. MCP requires that progress increases, so nothing is
    /// reported if `done` has not increased. JSON cannot represent NaN and infinity: such a `done` is not reported, and such a `total` is
    /// omitted.
    pub async fn progress(&self, done: f64, total: Option<f64>, message: &str) {
        if let Some(caller) = self.caller.as_ref().filter(|_| done.is_finite()) {
            caller.progress(done, total.filter(|total| total.is_finite()), message).await;
        }
    }

    /// Sends a log message to the caller, if `level` is at least the one that the caller requested. The message must not contain a secret.
    pub async fn log(&self, level: LogLevel, message: impl Serialize + Send) {
        if let Some(caller) = &self.caller
            && let Ok(data) = serde_json::to_value(message)
        {
            caller.log(level, data).await;
        }
    }

    /// Returns whether the caller has cancelled the call.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.is_cancelled())
    }

    /// Waits until the caller cancels the call. Over REST and for callers in Rust, this never returns. A method needs this only to stop
    /// work that runs elsewhere: the method's own future is dropped anyway.
    pub async fn cancelled(&self) {
        match &self.caller {
            Some(caller) => caller.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Returns the `traceparent` of the call (W3C Trace Context), if the caller sent a valid one: in the header of its request, or over
    /// MCP in `_meta`, which takes precedence. Its version is 00, and flags that the specification does not define are removed.
    /// Requests to APIs that are made with this context belong to the same trace.
    #[must_use]
    pub fn trace_parent(&self) -> Option<&str> {
        self.trace.as_ref().map(TraceContext::parent)
    }

    /// Returns whether [`ask`](Self::ask) is supported by the caller.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.can(QuestionKind::Reply)
    }

    /// Returns whether [`sample`](Self::sample) is supported by the caller.
    #[must_use]
    pub fn can_sample(&self) -> bool {
        self.can(QuestionKind::Text)
    }

    /// Returns whether [`roots`](Self::roots) is supported by the caller.
    #[must_use]
    pub fn has_roots(&self) -> bool {
        self.can(QuestionKind::Roots)
    }

    fn can(&self, wanted: QuestionKind) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.can(wanted))
    }

    /// Asks the user of the client for a `T`: an object whose members are strings, numbers, booleans and choices.
    ///
    /// With the revision 2026-07-28 of MCP, the client sends the answer in a second call: the method then runs **from its start**, and
    /// this function returns the answer. So ask before you change anything.
    ///
    /// If the call runs as a task, this applies only to the questions that the method asks before it waits for anything
    /// else: the task begins after their answers. As soon as a method reports progress, calls an API or waits in
    /// another way, the call is a task. The task asks the later questions, and its method continues with the answer.
    /// With older revisions, the task asks all questions.
    ///
    /// # Errors
    /// Returns an error if the client does not support elicitation, if its answer does not match `T` or the schema of `T`, or if `T` is not
    /// such an object.
    pub async fn ask<T: DeserializeOwned + JsonSchema>(&self, message: &str) -> Result<Reply<T>> {
        self.ask_with(None, message).await
    }

    /// Asks like [`ask`](Self::ask), with a name for the question, which identifies the answer in the second call. Without names,
    /// questions are identified by their order, so a method that may ask different questions each time it runs needs names. A method
    /// that asks again with the same name gets another answer.
    ///
    /// # Errors
    /// Returns the errors of [`ask`](Self::ask).
    pub async fn ask_as<T: DeserializeOwned + JsonSchema>(&self, name: &str, message: &str) -> Result<Reply<T>> {
        self.ask_with(Some(name.to_owned()), message).await
    }

    async fn ask_with<T: DeserializeOwned + JsonSchema>(
        &self,
        name: Option<String>,
        message: &str,
    ) -> Result<Reply<T>> {
        #[derive(Deserialize)]
        struct ElicitationAnswer {
            action: String,
            #[serde(default)]
            content: Option<Value>,
        }

        let wanted = schema::of_question::<T>();
        if let Some(fault) = schema::question_fault(&wanted) {
            let name = std::any::type_name::<T>();
            return Err(Error::internal(format!("a user cannot be asked for a `{name}`: {fault}")));
        }
        let mut params = json!({ "message": message, "requestedSchema": &wanted });
        if let Some(names) = schema::question_order(&super::declared::declared::<T>(), &wanted) {
            params["_meta"] = json!({ ORDER: names });
        }
        let answer = self.question(Question { name, wanted: QuestionKind::Reply, params }).await?;
        let answer: ElicitationAnswer = serde_json::from_value(answer).map_err(|error| mismatch(&error))?;
        match answer.action.as_str() {
            "accept" => {
                let content = answer.content.unwrap_or_else(|| json!({}));
                let reply = T::deserialize(&content).map_err(|error| mismatch(&error))?;
                schema::reply_fault(&wanted, &content).map_or(Ok(Reply::Accepted(reply)), |why| Err(mismatch(why)))
            }
            "decline" => Ok(Reply::Declined),
            "cancel" => Ok(Reply::Cancelled),
            _ => Err(mismatch("the client's answer has no known `action`: expected `accept`, `decline` or `cancel`")),
        }
    }

    /// Asks the caller's model for text of at most `max_tokens` tokens. The revision 2026-07-28 of MCP deprecates this.
    ///
    /// # Errors
    /// Returns an error if the client does not support sampling, or its answer is not text.
    pub async fn sample(&self, prompt: &str, max_tokens: u32) -> Result<String> {
        self.sample_with(None, prompt, max_tokens).await
    }

    /// Asks like [`sample`](Self::sample), with a name for the question.
    ///
    /// # Errors
    /// Returns the errors of [`sample`](Self::sample).
    pub async fn sample_as(&self, name: &str, prompt: &str, max_tokens: u32) -> Result<String> {
        self.sample_with(Some(name.to_owned()), prompt, max_tokens).await
    }

    async fn sample_with(&self, name: Option<String>, prompt: &str, max_tokens: u32) -> Result<String> {
        let message = json!({ "role": "user", "content": { "type": "text", "text": prompt } });
        let params = json!({ "messages": [message], "maxTokens": max_tokens });
        let answer = self.question(Question { name, wanted: QuestionKind::Text, params }).await?;
        let text = first_text(&answer).map(str::to_owned);
        text.ok_or_else(|| mismatch("the client's model answered without text"))
    }

    /// Asks the caller for the URIs of the folders that it works in. The revision 2026-07-28 of MCP deprecates this.
    ///
    /// # Errors
    /// Returns an error if the client does not support roots, or its answer contains no list of roots.
    pub async fn roots(&self) -> Result<Vec<String>> {
        self.roots_with(None).await
    }

    /// Asks like [`roots`](Self::roots), with a name for the question.
    ///
    /// # Errors
    /// Returns the errors of [`roots`](Self::roots).
    pub async fn roots_as(&self, name: &str) -> Result<Vec<String>> {
        self.roots_with(Some(name.to_owned())).await
    }

    async fn roots_with(&self, name: Option<String>) -> Result<Vec<String>> {
        let answer = self.question(Question { name, wanted: QuestionKind::Roots, params: json!({}) }).await?;
        let roots = answer
            .get("roots")
            .and_then(Value::as_array)
            .ok_or_else(|| mismatch("the answer contains no list of roots"))?;
        Ok(roots.iter().filter_map(|root| root.get("uri")?.as_str().map(str::to_owned)).collect())
    }

    /// Returns the tracker of early questions, if the call asks its first questions before it becomes a task.
    #[cfg(feature = "mcp")]
    pub(super) fn early_questions(&self) -> Option<Arc<EarlyQuestions>> {
        self.caller.as_ref()?.early_questions()
    }

    async fn question(&self, question: Question) -> Result<Value> {
        match &self.caller {
            Some(caller) => caller.ask(question).await,
            None => Err(cannot_ask(question.wanted)),
        }
    }

    /// Notifies subscribed clients that the list of tools has changed.
    pub fn tools_changed(&self) {
        self.changed(Change::Tools);
    }

    /// Notifies subscribed clients that the list of prompts has changed.
    pub fn prompts_changed(&self) {
        self.changed(Change::Prompts);
    }

    /// Notifies subscribed clients that the list of resources has changed.
    pub fn resources_changed(&self) {
        self.changed(Change::Resources);
    }

    /// Notifies clients that have subscribed to the resource with this URI that its content has changed.
    pub fn resource_changed(&self, uri: &str) {
        self.changed(Change::Resource(uri.to_owned()));
    }

    fn changed(&self, change: Change) {
        if let Some(caller) = &self.caller {
            caller.changed(change);
        }
    }
}

/// Returns the error of a question that the caller does not support.
pub(crate) fn cannot_ask(wanted: QuestionKind) -> Error {
    let what = match wanted {
        QuestionKind::Reply => {
            "this operation asks the user a question, which this caller does not support; use an MCP client with elicitation"
        }
        QuestionKind::Text => {
            "this operation asks the caller's model for text, which this caller does not support; use an MCP client with sampling"
        }
        QuestionKind::Roots => {
            "this operation asks for the caller's folders, which this caller does not support; use an MCP client with roots"
        }
    };
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, what)
}

fn mismatch(why: impl fmt::Display) -> Error {
    let why = schema::without_rust_types(&why.to_string());
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the reply cannot be used: {why}"))
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.caller.is_some() { "Context(MCP)" } else { "Context(none)" })
    }
}

//! The rmcp handler of one MCP adapter, for revisions with and without `initialize`, over HTTP and over stdio.
#![allow(deprecated, reason = "clients of older revisions subscribe and set a log level")]

use super::approval;
use super::cache_hints::{CacheableResult, LIST_LIFETIME};
use super::caller::{CallApproval, McpCallerSide, Stopped, from_mcp};
use super::client_state::{ClientState, cancellable};
use super::measured::{MeasuredCall, begin_span, end_span, measured, note_trace};
use super::message::RawArguments;
use super::refusal::{no_method, no_method_of, refuse_cursor};
use super::request_state::{RequestState, bind_to_caller};
use super::revision::{self, OlderRevision};
use super::rights::Rights;
use super::task_requests::TaskRequest;
use super::tasks::{ToolResponse, handshake};
use super::trace::trace_of_context;
use super::{completion, outcome};
use crate::error::Error;
use crate::operation::{Caller as Identity, CallerHeaders, Context};
use crate::telemetry::{McpTarget, Stopwatch};
use futures_util::future::{Either, select};
use http::request::Parts;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, ConstString, CreateTaskResult, CustomRequest, CustomResult, GetPromptRequestMethod,
    GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult, GetTaskMethod, GetTaskParams,
    GetTaskResult, InitializeRequestParams, InitializeResult, InputRequiredResult, InputResponses,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod, ListResourceTemplatesResult,
    ListResourcesRequestMethod, ListResourcesResult, ListSkillsResult, ListToolsRequestMethod, ListToolsResult,
    PaginatedRequestParams, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestMethod,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerConfig, SetLevelRequestMethod,
    SetLevelRequestParams, SubscribeRequestMethod, SubscribeRequestParams, SubscriptionFilter, TASKS_EXTENSION_ID,
    Tool, UnsubscribeRequestMethod, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use std::fmt::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// The client's answers to the questions of this server, and the sealed state that came with the questions.
struct ClientAnswers {
    responses: Option<InputResponses>,
    state: Option<String>,
}

impl ServerHandler for ClientState {
    fn get_info(&self) -> ServerConfig {
        self.adapter.info.clone()
    }

    /// Answers `initialize`. Clients without a session are not offered features that need a session.
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let mut info = self.negotiate_initialize(&request)?;
        // In the revisions with `initialize`, tasks are part of the protocol, not an extension.
        if let Some(extensions) = &mut info.capabilities.extensions {
            extensions.remove(TASKS_EXTENSION_ID);
        }
        info.capabilities.extensions = info.capabilities.extensions.filter(|extensions| !extensions.is_empty());
        if !self.has_session() {
            let capabilities = &mut info.capabilities;
            if let Some(tools) = &mut capabilities.tools {
                tools.list_changed = None;
            }
            if let Some(prompts) = &mut capabilities.prompts {
                prompts.list_changed = None;
            }
            if let Some(resources) = &mut capabilities.resources {
                (resources.list_changed, resources.subscribe) = (None, None);
            }
        }
        Ok(info)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.has_session() && self.adapter.notifies_of_changes {
            self.adapter.changes.add(context.peer, self.settings.clone());
        }
    }

    /// Lists all tools on one page, since not every client follows cursors.
    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let watch = Stopwatch::start();
        let listed = refuse_cursor(request).map(|()| {
            ListToolsResult::with_all_items(self.adapter.tools_for(&Rights::of(&context)))
                .fresh(is_modern(&context), self.list_freshness())
        });
        measured(ListToolsRequestMethod::VALUE, watch, None, listed)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.adapter.get(name).map(|entry| entry.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (task, revision) = (TaskRequest::supported(&context), OlderRevision::of(&context));
        Ok(match self.measured_call(request, task, context).await? {
            ToolResponse::Result(result) => revision::result_for(revision, result).into(),
            ToolResponse::Asks(asks) => asks.into(),
            ToolResponse::Task(state) => CallToolResponse::Task(CreateTaskResult::new(state.task())),
        })
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let watch = Stopwatch::start();
        measured(GetTaskMethod::VALUE, watch, None, self.task(request, &context).await)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.answered_task(request, &context).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.cancelled_task(request, &context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.require_resources(ListResourcesRequestMethod::VALUE)?;
        refuse_cursor(request)?;
        let fresh = if self.adapter.resources.can_change() { Duration::ZERO } else { self.list_freshness() };
        let listed = self.adapter.clone().list_resources(Rights::of(&context)).await?;
        Ok(ListResourcesResult::with_all_items(listed).fresh(is_modern(&context), fresh))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.require_resources(ListResourceTemplatesRequestMethod::VALUE)?;
        refuse_cursor(request)?;
        Ok(ListResourceTemplatesResult::with_all_items(self.adapter.resources.templates(&Rights::of(&context)))
            .fresh(is_modern(&context), self.list_freshness()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (span, watch) =
            (begin_span(ReadResourceRequestMethod::VALUE, McpTarget::None, &mut context), Stopwatch::start());
        let read = self.read(request, &context).await;
        let read = measured(ReadResourceRequestMethod::VALUE, watch, span.trace(), read);
        logged(ReadResourceRequestMethod::VALUE, end_span(span, read))
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        refuse_cursor(request)?;
        Ok(ListSkillsResult::with_all_items(self.adapter.resources.skills.list())
            .fresh(is_modern(&context), LIST_LIFETIME))
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        self.adapter.resources.skills.get(&request.uri).cloned().map(GetSkillResult::new)
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        refuse_cursor(Some(PaginatedRequestParams::default().with_cursor(request.cursor)))?;
        let children = self.adapter.resources.skills.folder(&request.uri)?.to_vec();
        Ok(ReadResourceDirectoryResult::with_all_items(children).fresh(is_modern(&context), LIST_LIFETIME))
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.require_prompts(ListPromptsRequestMethod::VALUE)?;
        refuse_cursor(request)?;
        Ok(ListPromptsResult::with_all_items(self.adapter.prompts.list(&Rights::of(&context)))
            .fresh(is_modern(&context), self.list_freshness()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let target = McpTarget::Prompt(self.adapter.prompts.known(&request.name));
        let (span, watch) = (begin_span(GetPromptRequestMethod::VALUE, target, &mut context), Stopwatch::start());
        let prompt = self.prompt(request, &context).await;
        let prompt = measured(GetPromptRequestMethod::VALUE, watch, span.trace(), prompt);
        logged(GetPromptRequestMethod::VALUE, end_span(span, prompt))
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        if self.adapter.info.capabilities.completions.is_none() {
            return Err(no_method(CompleteRequestMethod::VALUE));
        }
        cancellable(completion::complete(&self.adapter, request, &Rights::of(&context)), &context).await?
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if self.adapter.info.capabilities.logging.is_none() || is_modern(&context) {
            return Err(no_method_of(SetLevelRequestMethod::VALUE, !is_modern(&context)));
        }
        self.settings.set_level(from_mcp(request.level)).await.map_err(|error| unsettled(&error))
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.require_subscriptions(SubscribeRequestMethod::VALUE)?;
        Rights::of(&context).check(self.adapter.resources.find(&request.uri)?.scopes())?;
        if self.settings.subscribe(request.uri).await.map_err(|error| unsettled(&error))? {
            return Ok(());
        }
        Err(ErrorData::invalid_params("this session has too many subscriptions: end one of them", None))
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.require_subscriptions(UnsubscribeRequestMethod::VALUE)?;
        self.settings.unsubscribe(&request.uri).await.map_err(|error| unsettled(&error))
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let supported = || requested.supported_by(&self.adapter.info.capabilities);
        let mut accepted = self.adapter.notifies_of_changes.then(supported)?;
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| self.may_subscribe(uri));
        }
        Some(accepted)
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.adapter.changes.forward(subscription).await;
        Ok(())
    }

    /// Answers custom methods, and requests whose params rmcp cannot parse.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let CustomRequest { method, params, .. } = request;
        if let Some(method) = handshake::method(&method) {
            return Box::pin(self.handshake_task(method, params, context)).await.map(CustomResult);
        }
        let has_handshake = context.meta.protocol_version().is_none_or(|version| version.has_initialize());
        Err(self.unparsed(&method, params, has_handshake))
    }
}

impl ClientState {
    /// Calls a tool, and measures the call. `task` is set if the client requests a task or supports tasks.
    pub(super) async fn measured_call(
        &self,
        request: CallToolRequestParams,
        task: Option<TaskRequest>,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ToolResponse, ErrorData> {
        let measured = MeasuredCall::begin(self.adapter.get(&request.name), trace_of_context(&context));
        note_trace(measured.trace(), &mut context);
        let answer = Box::pin(self.call(request, task, &context)).await;
        measured.end_with(&answer);
        answer
    }

    async fn call(
        &self,
        request: CallToolRequestParams,
        task: Option<TaskRequest>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ToolResponse, ErrorData> {
        let rights = Rights::of(context);
        let Some(entry) = self.adapter.get(&request.name) else {
            // No candidates are passed, since `nearest` provides the suggestion.
            let mut message = crate::schema::unknown("tool", &request.name, std::iter::empty()).to_string();
            if let Some(meant) = self.adapter.nearest(&request.name, &rights) {
                let _ = write!(message, "; did you mean `{meant}`?");
            }
            return Err(ErrorData::invalid_params(message, None));
        };
        // Over stdio, the raw arguments are in the extensions of the message; over HTTP, in the extensions of the request head.
        let in_head = |head: &Parts| head.extensions.get::<RawArguments>().cloned();
        let arguments = context.extensions.get::<RawArguments>().cloned();
        let arguments = arguments.or_else(|| context.extensions.get().and_then(in_head));
        let arguments = arguments.ok_or_else(|| ErrorData::internal_error("the arguments were lost", None))?;
        let given = ClientAnswers { responses: request.input_responses, state: request.request_state };
        let received = arguments.clone();
        let bound = || [b"tools/call|", request.name.as_bytes(), b"|", &*received.to_bound()].concat();
        let (entry, arguments) = match self.adapter.target(entry, arguments, &rights) {
            Ok(target) => target,
            Err(error) => return Ok(ToolResponse::Result(outcome::result(Err(error), entry))),
        };
        rights.check(entry.scopes())?;
        let task = TaskRequest::decide(task, entry, is_modern(context))?;
        let (adapter, rights) = (&*self.adapter, &rights);
        let call = |context: Context, caller: Option<Arc<McpCallerSide>>| async move {
            let approved = approval::approve(adapter, entry, arguments, caller.as_deref(), &context).await;
            match (task, approved) {
                (Some(task), approved) => self.start_task(entry, task, (context, caller), approved).await,
                (None, Ok((approved, arguments))) => {
                    let outcome = outcome::call(adapter, entry, &arguments, context, rights, approved).await;
                    Ok(ToolResponse::Result(outcome::result(outcome, entry)))
                }
                (None, Err(result)) => Ok(ToolResponse::Result(result)),
            }
        };
        let uses_caller = entry.operation.sends_messages() || entry.confirmation.is_some() || task.is_some();
        match self.with_questions(uses_caller, given, bound, context, call).await? {
            Either::Left(response) => response,
            Either::Right(asks) => Ok(ToolResponse::Asks(asks)),
        }
    }

    /// Returns how long clients may cache lists: zero if methods can change them.
    fn list_freshness(&self) -> Duration {
        if self.adapter.notifies_of_changes { Duration::ZERO } else { LIST_LIFETIME }
    }

    fn require_resources(&self, method: &str) -> Result<(), ErrorData> {
        if self.adapter.resources.is_empty() { Err(no_method(method)) } else { Ok(()) }
    }

    fn require_prompts(&self, method: &str) -> Result<(), ErrorData> {
        if self.adapter.prompts.is_empty() { Err(no_method(method)) } else { Ok(()) }
    }

    pub(super) fn require_subscriptions(&self, method: &str) -> Result<(), ErrorData> {
        let can = self.has_session() && self.adapter.notifies_of_changes && !self.adapter.resources.is_empty();
        if can { Ok(()) } else { Err(no_method(method)) }
    }

    async fn read(
        &self,
        request: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.require_resources(ReadResourceRequestMethod::VALUE)?;
        let found = self.adapter.resources.find(&request.uri)?;
        Rights::of(context).check(found.scopes())?;
        let given = ClientAnswers { responses: request.input_responses, state: request.request_state };
        let bound = || [b"resources/read|", request.uri.as_bytes()].concat();
        let read = |context, _| found.read(&self.adapter, &request.uri, context);
        match self.with_questions(found.takes_context(), given, bound, context, read).await? {
            Either::Left(result) => {
                let (contents, fresh) = result?;
                Ok(ReadResourceResult::new(contents).fresh(is_modern(context), fresh).into())
            }
            Either::Right(asks) => Ok(asks.into()),
        }
    }

    async fn prompt(
        &self,
        request: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.require_prompts(GetPromptRequestMethod::VALUE)?;
        let rights = Rights::of(context);
        let prompt = self.adapter.prompts.find(&request.name, &rights)?;
        rights.check(&prompt.prompt.scopes)?;
        let arguments = request.arguments.unwrap_or_default();
        let given = ClientAnswers { responses: request.input_responses, state: request.request_state };
        let text = serde_json::to_vec(&arguments).unwrap_or_default();
        let bound = || [b"prompts/get|", request.name.as_bytes(), b"|", text.as_slice()].concat();
        let get = |context, _| prompt.get(&self.adapter, arguments, context);
        match self.with_questions(prompt.takes_context(), given, bound, context, get).await? {
            Either::Left(result) => Ok(revision::prompt_for(OlderRevision::of(context), result?).into()),
            Either::Right(asks) => Ok(asks.into()),
        }
    }

    /// Runs the work of a request. `uses_caller` is whether the work may send messages to the caller. If the work asks the caller
    /// (MCP 2026-07-28), the answer contains the questions; the client repeats the request with its answers, and the work runs
    /// again. The sealed state of a request is valid only for a request with the same `bound` data.
    async fn with_questions<T, F: Future<Output = T>>(
        &self,
        uses_caller: bool,
        given: ClientAnswers,
        bound: impl Fn() -> Vec<u8>,
        context: &RequestContext<RoleServer>,
        work: impl FnOnce(Context, Option<Arc<McpCallerSide>>) -> F,
    ) -> Result<Either<T, InputRequiredResult>, ErrorData> {
        let extensions = context.extensions.get::<Parts>().map(|head| &head.extensions);
        let identity = extensions.and_then(|extensions| extensions.get::<Identity>()).cloned();
        let headers = extensions.and_then(|extensions| extensions.get::<CallerHeaders>()).cloned();
        let trace = trace_of_context(context);
        let mut state = match given.state {
            Some(state) => {
                let bound = bind_to_caller(identity.as_ref(), headers.as_ref(), &bound());
                self.adapter.seal.open(&state, &bound)?
            }
            None => RequestState::default(),
        };
        if !uses_caller {
            return cancellable(work(Context::none().with_headers(headers).with_trace(trace), None), context)
                .await
                .map(Either::Left);
        }
        let bound = bind_to_caller(identity.as_ref(), headers.as_ref(), &bound());
        for (name, answer) in given.responses.unwrap_or_default() {
            state.answers.entry(name).or_insert(answer);
        }
        let caller = Arc::new(McpCallerSide::of(self, context, state));
        let work_context = Context::of(caller.clone()).with_caller(identity).with_headers(headers).with_trace(trace);
        let work = pin!(work(work_context, Some(caller.clone())));
        let stopped = match cancellable(select(work, pin!(caller.stopped())), context).await? {
            Either::Left((result, _)) => return Ok(Either::Left(result)),
            Either::Right((stopped, _)) => stopped,
        };
        match stopped {
            Stopped::Refused(error) => Err(error),
            Stopped::Asks(questions, answers, approval) => {
                let approval = match approval {
                    Some(CallApproval::Asked(approval)) => Some(approval),
                    Some(CallApproval::Given(call)) => Some(approval::reissue(&self.adapter, &call).await?),
                    None => None,
                };
                let state = self.adapter.seal.seal(&RequestState { answers, approval }, &bound)?;
                Ok(Either::Right(InputRequiredResult::new(Some(questions), Some(state))))
            }
        }
    }
}

/// Logs the error that the client receives, and returns the result.
fn logged<T>(method: &str, result: Result<T, ErrorData>) -> Result<T, ErrorData> {
    if let Err(error) = &result {
        tracing::debug!(method, code = error.code.0, "refused: {}", error.message);
    }
    result
}

/// Returns whether the client uses a revision without `initialize`.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

/// Logs that the settings of a session could not be stored, and returns the error for the client.
fn unsettled(error: &Error) -> ErrorData {
    crate::operation::call::log("sessions", error);
    ErrorData::internal_error("the session store of this server cannot be reached; try again later", None)
}

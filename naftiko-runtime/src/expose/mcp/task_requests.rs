//! Requests about tasks, and tool calls that run as tasks.

use super::adapter::McpAdapter;
use super::approval::Approved;
use super::caller::McpCallerSide;
use super::client_state::{ClientState, cancellable};
use super::measured::measured;
use super::message::RawArguments;
use super::outcome;
use super::refusal::{no_method, read_params, refuse_cursor};
use super::rights::Rights;
use super::task_owner::{TaskOwner, lists_tasks, unavailable};
use super::task_side::context_of;
use super::tasks::{RunningTask, StartedCall, TaskClient, TaskOutcome, TaskState, Tasks, ToolResponse, WantedTask};
use super::tools::ToolEntry;
use crate::error::{Error, ErrorKind};
use crate::operation::early_questions::EarlyQuestions;
use crate::operation::{Caller, CallerHeaders, Context};
use crate::telemetry::Stopwatch;
use http::request::Parts;
use naftiko_spec::model::TaskSupport;
use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, CallToolResult, CancelTaskParams, ClientCapabilities, ConstString,
    ErrorCode, GetTaskMethod, GetTaskParams, GetTaskResult, UpdateTaskParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::Deserialize;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The part of a tool call in which the client requests or permits a task.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct TaskRequest {
    /// The requested lifetime of the task, in milliseconds.
    #[serde(default)]
    ttl: Option<u64>,
    /// Whether the client requires a task for this call; `false` if it only supports tasks.
    #[serde(skip, default = "yes")]
    is_required: bool,
}

/// The params of a message of the revision 2025-11-25 about one task.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskIdParams {
    task_id: String,
}

impl TaskRequest {
    /// Returns a request that permits a task, if the client supports tasks in the revision 2026-07-28.
    pub(super) fn supported(context: &RequestContext<RoleServer>) -> Option<Self> {
        let version = context.protocol_version()?;
        let capabilities = context.client_capabilities()?;
        let supports = !version.has_initialize() && capabilities.supports_tasks();
        supports.then_some(Self { ttl: None, is_required: false })
    }

    /// Decides whether a call runs as a task. `is_modern` is whether the client speaks 2026-07-28 or later.
    ///
    /// # Errors
    /// Returns an error if the client requires a task and the tool does not support tasks, or if the tool requires a
    /// task and the client neither requests nor supports one.
    pub(super) fn decide(request: Option<Self>, entry: &ToolEntry, is_modern: bool) -> Result<Option<Self>, ErrorData> {
        let unknown = |message| Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
        let name = &entry.tool.name;
        match (entry.task, request) {
            (None, Some(Self { is_required: true, .. })) => {
                unknown(format!("the tool `{name}` cannot run as a task: remove `task`"))
            }
            (None, _) => Ok(None),
            (Some(TaskSupport::Required), None) if is_modern => {
                let needed = ClientCapabilities::builder().enable_tasks().build();
                Err(ErrorData::missing_required_client_capability(needed))
            }
            (Some(TaskSupport::Required), None) => {
                unknown(format!("the tool `{name}` only runs as a task: call it with `task`"))
            }
            (Some(_), request) => Ok(request),
        }
    }
}

impl ClientState {
    /// Starts a call as a task, or asks the first questions of its method. `approved` is the proof that the call may
    /// run, with its arguments, or else the result of the call.
    pub(super) async fn start_task(
        &self,
        entry: &ToolEntry,
        request: TaskRequest,
        (context, caller): (Context, Option<Arc<McpCallerSide>>),
        approved: Result<(Approved, RawArguments), CallToolResult>,
    ) -> Result<ToolResponse, ErrorData> {
        // A client that requires a task gets a task even if the call may not run.
        let approved = match approved {
            Err(result) if !request.is_required => return Ok(ToolResponse::Result(result)),
            approved => approved,
        };
        let Some(tasks) = &self.adapter.tasks else {
            return Err(ErrorData::internal_error("this adapter does not run calls as tasks", None));
        };
        let owner = owner_digest(&self.adapter, context.caller(), Some(context.headers()));
        let (adapter, name) = (self.adapter.clone(), entry.tool.name.to_string());
        let lifetime = request.ttl.map(Duration::from_millis);
        let client = TaskClient::of(caller.as_ref().and_then(|caller| caller.connection()));
        let wanted = WantedTask { owner, tool: &entry.tool.name, lifetime, client };
        let may_ask = |caller: &&Arc<McpCallerSide>| caller.asks_in_answers() && entry.operation.sends_messages();
        let asks = caller.as_ref().filter(may_ask).map(|caller| (caller, EarlyQuestions::new()));
        let early = asks.as_ref().map(|(_, early)| early.clone());
        let work = |task: Arc<RunningTask>| {
            let own = context_of(&task, &context, caller.as_ref(), early);
            async move {
                match approved {
                    Ok((approved, arguments)) => run(&adapter, &name, arguments, own, approved).await,
                    Err(result) => outcome_of(&adapter, &result),
                }
            }
        };
        let unstarted = |error: Error| match error.kind() {
            ErrorKind::Throttled => ErrorData::internal_error(error.to_string(), None),
            _ => unavailable(&error),
        };
        let Some((caller, early)) = asks else {
            return tasks.start(wanted, work).await.map(ToolResponse::Task).map_err(unstarted);
        };
        match tasks.start_or_ask(wanted, early, work).await.map_err(unstarted)? {
            StartedCall::Task(state) => Ok(ToolResponse::Task(*state)),
            StartedCall::Asks(questions) => {
                let failed = caller.ask_early(questions).await;
                Ok(ToolResponse::Result(outcome::result(Err(failed), entry)))
            }
        }
    }

    /// Answers `tasks/get` of the extension.
    pub(super) async fn task(
        &self,
        params: GetTaskParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let (tasks, owner) = self.tasks_of(GetTaskMethod::VALUE, context)?;
        Ok(GetTaskResult::new(tasks.get(&params.task_id, &owner).await?.detailed()))
    }

    /// Answers `tasks/update` of the extension.
    pub(super) async fn answered_task(
        &self,
        params: UpdateTaskParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let (tasks, owner) = self.tasks_of("tasks/update", context)?;
        tasks.answer(&params.task_id, &owner, params.input_responses.into_iter()).await
    }

    /// Answers `tasks/cancel` of the extension. A task that has ended stays as it is.
    pub(super) async fn cancelled_task(
        &self,
        params: CancelTaskParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let (tasks, owner) = self.tasks_of("tasks/cancel", context)?;
        tasks.cancel(&params.task_id, &owner).await.map(|_| ())
    }

    /// Answers a message about tasks of the revision 2025-11-25.
    pub(super) async fn handshake_task(
        &self,
        method: &str,
        params: Option<Value>,
        context: RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        match method {
            CallToolRequestMethod::VALUE => self.call_as_task(params, context).await,
            GetTaskMethod::VALUE => {
                let watch = Stopwatch::start();
                measured(GetTaskMethod::VALUE, watch, None, self.handshake_task_method(method, params, &context).await)
            }
            _ => self.handshake_task_method(method, params, &context).await,
        }
    }

    async fn handshake_task_method(
        &self,
        method: &str,
        params: Option<Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        let (tasks, owner) = self.tasks_of(method, context)?;
        let id = || read_params(method, params.clone()).map(|TaskIdParams { task_id }| task_id);
        match method {
            GetTaskMethod::VALUE => Ok(tasks.get(&id()?, &owner).await?.to_2025_11_25()),
            "tasks/result" => {
                let id = id()?;
                // If the client no longer waits, stop polling the store.
                cancellable(tasks.ended(&id, &owner), context).await??.result_2025_11_25()
            }
            "tasks/cancel" => {
                let (was_running, state) = tasks.cancel(&id()?, &owner).await?;
                if !was_running {
                    return Err(ErrorData::invalid_params("the task has ended, so it cannot be cancelled", None));
                }
                Ok(state.to_2025_11_25())
            }
            // Callers without a name cannot be distinguished, so they could see the tasks of others.
            "tasks/list" if lists_tasks(&owner.rights) => {
                refuse_cursor(params.map(|params| read_params(method, Some(params))).transpose()?)?;
                let tasks: Vec<Value> = tasks.list(&owner).await?.iter().map(TaskState::to_2025_11_25).collect();
                Ok(json!({ "tasks": tasks }))
            }
            _ => Err(no_method(method)),
        }
    }

    /// Answers a tool call of the revision 2025-11-25 that has to run as a task.
    async fn call_as_task(
        &self,
        params: Option<Value>,
        context: RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        #[derive(Deserialize)]
        struct Augmented {
            task: TaskRequest,
        }

        let Augmented { task } = read_params(CallToolRequestMethod::VALUE, params.clone())?;
        let params: CallToolRequestParams = read_params(CallToolRequestMethod::VALUE, params)?;
        match self.measured_call(params, Some(task), context).await? {
            ToolResponse::Task(state) => Ok(json!({ "task": state.to_2025_11_25() })),
            ToolResponse::Result(result) => serde_json::to_value(result).map_err(|error| unwritable(&error)),
            ToolResponse::Asks(_) => {
                Err(ErrorData::internal_error("an `InputRequiredResult` is not part of this revision", None))
            }
        }
    }

    /// Returns the tasks of the adapter, and the caller of a request. If the adapter has no tasks, returns the error that `method` is
    /// unknown.
    fn tasks_of(&self, method: &str, context: &RequestContext<RoleServer>) -> Result<(&Tasks, TaskOwner), ErrorData> {
        let tasks = self.adapter.tasks.as_ref().ok_or_else(|| no_method(method))?;
        let rights = Rights::of(context);
        let headers = context.extensions.get::<Parts>().and_then(|head| head.extensions.get::<CallerHeaders>());
        let digest = owner_digest(&self.adapter, rights.caller(), headers);
        Ok((tasks, TaskOwner { digest, rights, adapter: self.adapter.clone() }))
    }
}

/// Runs the operation of a task.
async fn run(
    adapter: &McpAdapter,
    name: &str,
    arguments: RawArguments,
    context: Context,
    approved: Approved,
) -> TaskOutcome {
    let Some(entry) = adapter.tool(name) else {
        return TaskOutcome::Error(ErrorData::internal_error("the tool no longer exists", None));
    };
    let outcome = outcome::call(adapter, entry, &arguments, context, &Rights::Of(None), approved).await;
    if let Err(error) = &outcome
        && error.kind() == ErrorKind::Panic
    {
        return TaskOutcome::Error(ErrorData::internal_error(error.to_string(), None));
    }
    outcome_of(adapter, &outcome::result(outcome, entry))
}

/// Returns the outcome of a task with a result: an error if the result is larger than the limit.
fn outcome_of(adapter: &McpAdapter, result: &CallToolResult) -> TaskOutcome {
    let most = adapter.capability.limits().task_result;
    match to_raw_value(result) {
        Ok(json) if json.get().len() > most => {
            let message = format!(
                "the result has {} bytes, but the result of a task can have at most {most}; the call may have taken effect",
                json.get().len()
            );
            TaskOutcome::Error(ErrorData::internal_error(message, None))
        }
        Ok(json) => TaskOutcome::Result(json),
        Err(error) => TaskOutcome::Error(unwritable(&error)),
    }
}

/// Returns a keyed digest of a caller. The digest identifies a caller by its name, or, without a name, by the headers that its
/// calls pass on.
fn owner_digest(adapter: &McpAdapter, caller: Option<&Caller>, headers: Option<&CallerHeaders>) -> String {
    let caller = match caller.and_then(Caller::subject) {
        Some(subject) => [b"name|", subject.as_bytes()].concat(),
        None => [b"headers|", &*headers.map(CallerHeaders::to_bytes).unwrap_or_default()].concat(),
    };
    adapter.seal.digest(&[b"tasks|", &*caller].concat())
}

fn unwritable(error: &serde_json::Error) -> ErrorData {
    ErrorData::internal_error(format!("the result could not be written: {error}"), None)
}

fn yes() -> bool {
    true
}

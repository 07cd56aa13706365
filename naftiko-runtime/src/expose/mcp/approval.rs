//! Tool calls that need the approval of a person, who sees what a call would do before it runs.
//!
//! A client that supports elicitation is asked in a request, or in an `InputRequiredResult` (2026-07-28) whose sealed
//! `requestState` contains a token for the call. Other clients get the token in the result, and repeat the call with the
//! token after the host, which is this program, has approved the call. An adapter can restrict approval to one of these two ways with
//! `approval`.

use super::adapter::McpAdapter;
use super::caller::McpCallerSide;
use super::confirmation::Confirmation;
use super::message::RawArguments;
use super::request_state::{QUESTION, StateApproval};
use super::tools::ToolEntry;
use crate::error::{Error, Result};
use crate::numbers::parse_exact;
use crate::operation::call;
use crate::operation::{CallerSide, Context, PendingCall, Question, QuestionKind, Redeemed};
use crate::schema::{self, Order};
use http::StatusCode;
use naftiko_spec::model::Approval;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};

/// The key in `_meta` under which programs find a description of the waiting call.
const META: &str = "io.naftiko/approval";

/// The maximum length of the description of a call, in bytes.
const MAX_SHOWN: usize = 4 * 1024;

/// The proof that a call may run.
pub(super) struct Approved(());

impl Approved {
    /// Returns the proof for a tool whose calls need no approval.
    pub(super) fn not_needed(entry: &ToolEntry) -> Option<Self> {
        entry.confirmation.is_none().then_some(Self(()))
    }
}

/// Returns the proof that a call may run, and its arguments without the token.
///
/// # Errors
/// Returns the answer to a call that waits for approval or is refused.
pub(super) async fn approve(
    adapter: &McpAdapter,
    entry: &ToolEntry,
    arguments: RawArguments,
    caller: Option<&McpCallerSide>,
    context: &Context,
) -> std::result::Result<(Approved, RawArguments), CallToolResult> {
    let Some(confirmation) = &entry.confirmation else { return Ok((Approved(()), arguments)) };
    let refuse = |error| entry.failed(error);
    let (arguments, token) = confirmation.split(arguments).map_err(refuse)?;
    // Check the arguments first: a person should not be asked to approve a call that cannot run.
    let given = adapter.bind(entry, &arguments).map_err(refuse)?;
    let typed = entry.inputs().iter().zip(&given).try_for_each(|(input, given)| schema::check_types(input, given));
    typed.map_err(|error| refuse(error.in_operation(entry.operation.name())))?;
    call::check(&adapter.capability, &entry.operation, given, context).await.map_err(refuse)?;
    let call = pending_call(adapter, entry, confirmation, &arguments, context).map_err(refuse)?;
    let Some(token) = decide(adapter, confirmation, &call, token, caller).await.map_err(refuse)? else {
        if let Some(caller) = caller {
            caller.approved(call);
        }
        return Ok((Approved(()), arguments));
    };
    Err(waiting(&call, &token, confirmation.argument.as_deref().unwrap_or_default()))
}

/// Decides whether a call may run. Returns `None` if it may run, or the token of a call that waits for the host's approval. `token` is
/// the token in the arguments of the call.
///
/// # Errors
/// Returns an error if the call is refused, or if no person can be asked.
async fn decide(
    adapter: &McpAdapter,
    confirmation: &Confirmation,
    call: &PendingCall,
    token: Option<String>,
    caller: Option<&McpCallerSide>,
) -> Result<Option<String>> {
    let approvals = adapter.capability.approvals();
    if let Some((caller, earlier)) = caller.and_then(|caller| Some((caller, caller.earlier_approval()?))) {
        if !approvals.take(&earlier.token, call).await? {
            return Err(invalid_approval());
        }
        return match caller.reply(QUESTION) {
            _ if earlier.given => Ok(None),
            Some(reply) => accepted(reply).map(|()| None),
            None => Err(ask_in_answer(adapter, caller, call).await),
        };
    }
    if let Some(token) = token {
        return match approvals.redeem(&token, call).await? {
            Redeemed::Approved => Ok(None),
            Redeemed::Waiting => Ok(Some(token)),
            Redeemed::Invalid => Err(invalid_approval()),
        };
    }
    let can_ask = |caller: &&McpCallerSide| confirmation.by != Approval::Host && caller.can(QuestionKind::Reply);
    match caller.filter(can_ask) {
        Some(caller) if caller.asks_in_answers() => Err(ask_in_answer(adapter, caller, call).await),
        Some(caller) => {
            let question = Question { name: None, wanted: QuestionKind::Reply, params: question(call) };
            let answer = tokio::time::timeout(call.lifetime(), caller.ask(question)).await;
            let answer = answer.map_err(|_| refused("nobody answered in time, so the call was not run"))??;
            // The reply may arrive together with a cancellation.
            if caller.is_cancelled() {
                return Err(refused("the call was cancelled, so it was not run"));
            }
            accepted(&answer).map(|()| None)
        }
        None if confirmation.by == Approval::Client => Err(refused(
            "this call needs the approval of a person, and this client cannot ask one; use a client with elicitation",
        )),
        None => {
            let token = store_pending(adapter, call).await?;
            approvals.announce(&token, call);
            Ok(Some(token))
        }
    }
}

/// Asks in an `InputRequiredResult`, which ends the call. Returns only if asking fails.
async fn ask_in_answer(adapter: &McpAdapter, caller: &McpCallerSide, call: &PendingCall) -> Error {
    let token = match store_pending(adapter, call).await {
        Ok(token) => token,
        Err(error) => return error,
    };
    match caller.ask_approval(&question(call), StateApproval { token, given: false }) {
        Ok(()) => std::future::pending().await,
        Err(error) => error,
    }
}

/// Stores a call that waits, and returns its token.
async fn store_pending(adapter: &McpAdapter, call: &PendingCall) -> Result<String> {
    adapter.capability.approvals().store_pending(call, adapter.capability.limits().approvals).await
}

/// Creates a new approved token for a call that used up its token and now stops to ask another question.
pub(super) async fn reissue(adapter: &McpAdapter, call: &PendingCall) -> std::result::Result<StateApproval, ErrorData> {
    match store_pending(adapter, call).await {
        Ok(token) => Ok(StateApproval { token, given: true }),
        Err(error) => {
            crate::operation::call::log(call.tool(), &error);
            Err(ErrorData::internal_error("the approval of this call could not be stored", None))
        }
    }
}

/// Creates the record of a call that waits for approval.
fn pending_call(
    adapter: &McpAdapter,
    entry: &ToolEntry,
    confirmation: &Confirmation,
    arguments: &RawArguments,
    context: &Context,
) -> Result<PendingCall> {
    let written = (arguments.canonical()?, arguments.in_order(&entry.argument_order(&Order::default()))?);
    let names = (adapter.capability.document().info.label.as_str(), &*confirmation.adapter, &*entry.tool.name);
    let lifetime = adapter.capability.limits().approval;
    let headers = context.headers().to_bytes();
    // Store a keyed digest of the headers: without the key, the digest reveals nothing about a credential.
    let headers = (!headers.is_empty()).then(|| adapter.seal.digest(&headers));
    let caller = (context.caller(), headers);
    Ok(PendingCall::new(names, written, confirmation.request.clone(), caller, lifetime))
}

/// Returns the question to a person, in MCP's format. It has no fields: the person only accepts or declines.
fn question(call: &PendingCall) -> Value {
    let message = format!("Run {}?", shown(call));
    json!({ "message": message, "requestedSchema": { "type": "object", "properties": {} } })
}

/// Describes a call, with the beginning of very long arguments.
fn shown(call: &PendingCall) -> String {
    let mut text = call.to_string();
    if text.len() > MAX_SHOWN {
        let whole = text.len();
        let end = (0..=MAX_SHOWN).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text = format!("{text}… ({whole} bytes in total)");
    }
    text
}

/// Checks that the reply of a person accepts the call.
fn accepted(reply: &Value) -> Result<()> {
    match reply.get("action").and_then(Value::as_str) {
        Some("accept") => Ok(()),
        Some("decline") => Err(refused("the user declined this call, so it was not run")),
        Some("cancel") => Err(refused("the user closed the question, so the call was not run")),
        _ => Err(refused(
            "the client's answer has no known `action`: expected `accept`, `decline` or `cancel`; the call was not run",
        )),
    }
}

/// Returns the answer to a call that waits for the host.
fn waiting(call: &PendingCall, token: &str, argument: &str) -> CallToolResult {
    let seconds = call.lifetime().as_secs();
    let text = format!(
        "This call has not run: it needs the approval of a person. It would call {}.\nThe token is {token}: valid for {seconds} \
         seconds, for this call alone. Ask the people who run this server to approve it; then repeat the call with the same \
         arguments and `{argument}`: \"{token}\".",
        shown(call)
    );
    // Whoever approves a call must see the digits that it has: numbers that a `Value` would round are shown as text.
    let arguments = parse_exact(call.arguments().as_bytes()).unwrap_or_else(|| Value::from(call.arguments()));
    let mut meta = MetaObject::new();
    meta.0.insert(
        META.to_owned(),
        json!({
            "token": token, "argument": argument, "expiresIn": seconds,
            "tool": call.tool(), "arguments": arguments, "request": call.request(),
        }),
    );
    // The result is an error, since clients check successful results against the output schema.
    CallToolResult::error(vec![ContentBlock::text(text)]).with_meta(Some(meta))
}

fn refused(message: &str) -> Error {
    Error::new(StatusCode::FORBIDDEN, message)
}

fn invalid_approval() -> Error {
    refused(
        "the approval is not valid: it is unknown, expired, refused, already used, or was given for another tool, other \
         arguments or another caller; make a new call without it",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_waiting_call_is_described_with_all_digits() {
        for (arguments, expected) in [
            (r#"{"id":18446744073709551617}"#, json!(r#"{"id":18446744073709551617}"#)),
            (r#"{"id":1.5}"#, json!({ "id": 1.5 })),
        ] {
            let written = (arguments.to_owned(), arguments.to_owned());
            let call = PendingCall::new(("c", "a", "t"), written, None, (None, None), std::time::Duration::ZERO);
            let answer = waiting(&call, "token", "approval");
            assert_eq!(answer.meta.unwrap().0[META]["arguments"], expected);
        }
    }

    #[test]
    fn a_reply_that_is_not_an_answer_is_not_blamed_on_the_user() {
        accepted(&json!({ "action": "accept" })).unwrap();
        for (reply, who) in [
            (json!({ "action": "decline" }), "the user declined"),
            (json!({ "action": "cancel" }), "the user closed"),
            (json!({ "action": "ACCEPT" }), "the client's answer"),
            (json!({}), "the client's answer"),
            (json!(5), "the client's answer"),
        ] {
            let message = accepted(&reply).unwrap_err().to_string();
            assert!(message.starts_with(who), "{reply}: {message}");
        }
    }
}

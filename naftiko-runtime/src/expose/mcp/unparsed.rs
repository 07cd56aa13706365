//! Requests that rmcp could not parse: their method is unknown, or their params are not valid for the method.
#![allow(deprecated, reason = "clients of older revisions subscribe and set a log level")]

use super::client_state::ClientState;
use super::refusal::{invalid_params, no_method_of};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, CancelTaskMethod, CancelTaskParams, CompleteRequestMethod,
    CompleteRequestParams, ConstString, GetPromptRequestMethod, GetPromptRequestParams, GetSkillRequestMethod,
    GetSkillRequestParams, GetTaskMethod, GetTaskParams, ListToolsRequestMethod, PaginatedRequestParams,
    ReadResourceDirectoryRequestMethod, ReadResourceDirectoryRequestParams, ReadResourceRequestMethod,
    ReadResourceRequestParams, SetLevelRequestMethod, SetLevelRequestParams, SubscribeRequestMethod,
    SubscribeRequestParams, SubscriptionsListenRequestMethod, SubscriptionsListenRequestParams,
    UnsubscribeRequestMethod, UnsubscribeRequestParams, UpdateTaskMethod, UpdateTaskParams,
};
use serde_json::Value;

impl ClientState {
    /// Returns the error for a request that rmcp could not parse. `has_handshake` is whether its revision has `initialize`. A method
    /// that this server does not offer in the revision is unknown, whatever its params are.
    pub(super) fn unparsed(&self, method: &str, params: Option<Value>, has_handshake: bool) -> ErrorData {
        let adapter = &self.adapter;
        let has_tasks = !has_handshake && adapter.tasks.is_some();
        let has_log = has_handshake && adapter.info.capabilities.logging.is_some();
        let subscribes = has_handshake && self.require_subscriptions(method).is_ok();
        let listens = !has_handshake && adapter.notifies_of_changes;
        match method {
            CallToolRequestMethod::VALUE => invalid_params::<CallToolRequestParams>(method, params),
            ListToolsRequestMethod::VALUE => invalid_params::<PaginatedRequestParams>(method, params),
            ReadResourceRequestMethod::VALUE if !adapter.resources.is_empty() => {
                invalid_params::<ReadResourceRequestParams>(method, params)
            }
            GetPromptRequestMethod::VALUE if !adapter.prompts.is_empty() => {
                invalid_params::<GetPromptRequestParams>(method, params)
            }
            CompleteRequestMethod::VALUE if adapter.info.capabilities.completions.is_some() => {
                invalid_params::<CompleteRequestParams>(method, params)
            }
            GetSkillRequestMethod::VALUE if !adapter.resources.skills.is_empty() => {
                invalid_params::<GetSkillRequestParams>(method, params)
            }
            ReadResourceDirectoryRequestMethod::VALUE if !adapter.resources.skills.is_empty() => {
                invalid_params::<ReadResourceDirectoryRequestParams>(method, params)
            }
            GetTaskMethod::VALUE if has_tasks => invalid_params::<GetTaskParams>(method, params),
            UpdateTaskMethod::VALUE if has_tasks => invalid_params::<UpdateTaskParams>(method, params),
            CancelTaskMethod::VALUE if has_tasks => invalid_params::<CancelTaskParams>(method, params),
            SetLevelRequestMethod::VALUE if has_log => invalid_params::<SetLevelRequestParams>(method, params),
            SubscribeRequestMethod::VALUE if subscribes => invalid_params::<SubscribeRequestParams>(method, params),
            UnsubscribeRequestMethod::VALUE if subscribes => invalid_params::<UnsubscribeRequestParams>(method, params),
            SubscriptionsListenRequestMethod::VALUE if listens => {
                invalid_params::<SubscriptionsListenRequestParams>(method, params)
            }
            _ => no_method_of(method, has_handshake),
        }
    }
}

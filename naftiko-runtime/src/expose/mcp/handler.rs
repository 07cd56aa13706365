//! The rmcp handler for a table of tools: both versions of the protocol's handshake, over HTTP and over stdio.

use super::message::RawArguments;
use super::outcome;
use super::tools::Table;
use futures_util::future::{Either, select};
use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, CallToolResponse, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, ConstString, CustomRequest, CustomResult, ErrorCode, InitializeRequestParams,
    InitializeResultMethod, ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod,
    ListResourceTemplatesResult, ListResourcesRequestMethod, ListResourcesResult, ListToolsRequestMethod,
    ListToolsResult, PaginatedRequestParams, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Write;
use std::pin::pin;

impl ServerHandler for Table {
    fn get_info(&self) -> ServerConfig {
        self.info.clone()
    }

    /// Lists all tools on one page, since not every client follows cursors.
    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params("there is only one page; remove `cursor`", None));
        }
        Ok(ListToolsResult::with_all_items(self.tools().cloned().collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.get(name).map(|entry| entry.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(entry) = self.get(&request.name) else {
            // Without candidates the message suggests none.
            let mut message = crate::schema::unknown("tool", &request.name, std::iter::empty()).to_string();
            if let Some(meant) = self.nearest(&request.name) {
                let _ = write!(message, "; did you mean `{meant}`?");
            }
            return Err(ErrorData::invalid_params(message, None));
        };
        // The raw arguments: an extension of the message over stdio, of the HTTP request's head over HTTP.
        let in_head = |head: &http::request::Parts| head.extensions.get::<RawArguments>().cloned();
        let arguments = context.extensions.get::<RawArguments>().cloned();
        let arguments = arguments.or_else(|| context.extensions.get().and_then(in_head));
        let arguments = arguments.ok_or_else(|| ErrorData::internal_error("the arguments were lost", None))?;
        let call = pin!(outcome::call(self, entry, arguments));
        match select(call, pin!(context.ct.cancelled())).await {
            Either::Left((outcome, _)) => Ok(outcome::result(outcome, entry).into()),
            Either::Right(((), _)) => Err(ErrorData::internal_error("the call was cancelled", None)),
        }
    }

    /// Answers custom methods, and requests whose params rmcp cannot parse.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let CustomRequest { method, params, .. } = request;
        let handshake = context.meta.protocol_version().is_none_or(|version| version.has_initialize());
        let why = match method.as_str() {
            CallToolRequestMethod::VALUE => refusal::<CallToolRequestParams>(params),
            ListToolsRequestMethod::VALUE => refusal::<PaginatedRequestParams>(params),
            InitializeResultMethod::VALUE if handshake => refusal::<InitializeRequestParams>(params),
            _ => return Err(no_method(&method)),
        };
        Err(ErrorData::invalid_params(format!("invalid params of `{method}`: {why}"), None))
    }

    // Undeclared features answer "method not found" instead of an empty list.

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(no_method(CompleteRequestMethod::VALUE))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(no_method(ListPromptsRequestMethod::VALUE))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(no_method(ListResourcesRequestMethod::VALUE))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(no_method(ListResourceTemplatesRequestMethod::VALUE))
    }
}

/// Returns the error "method not found" (JSON-RPC 2.0, section 5.1).
fn no_method(method: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("unknown method `{method}`"), None)
}

/// Explains why params are not valid for their method.
fn refusal<P: DeserializeOwned>(params: Option<Value>) -> String {
    match serde_json::from_value::<P>(params.unwrap_or(Value::Null)) {
        Ok(_) => "`_meta` is not an object".to_owned(),
        Err(error) => error.to_string(),
    }
}

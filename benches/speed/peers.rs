//! The upstream, and hand-written servers that naftiko is compared with: REST on axum and reqwest, MCP on rmcp.

use super::load::TOKEN;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::{Json as Structured, Parameters};
use rmcp::model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// One element of the lists that all servers pass on.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Token {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub description: String,
    pub created_by: String,
    pub created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Returns a JSON list of about `size` bytes.
fn list(size: usize) -> Bytes {
    let token = |id: usize| Token {
        id: format!("token-{id}"),
        kind: "static".to_owned(),
        description: "Humanitec API calls from the \"nightly\" pipelines".to_owned(),
        created_by: "a7a04740ae985f12af58545e4edbac6a".to_owned(),
        created_at: "2021-04-30T19:47:01Z".to_owned(),
        expires_at: id.is_multiple_of(2).then(|| "2022-04-30T19:47:01Z".to_owned()),
    };
    let token_size = serde_json::to_vec(&token(0)).expect("it is JSON").len() + 1;
    let tokens: Vec<Token> = (0..(size / token_size).max(1)).map(token).collect();
    serde_json::to_vec(&tokens).expect("it is JSON").into()
}

pub fn upstream() -> Router {
    let small = list(1024);
    let large = list(65_536);
    let answer = move |Path(size): Path<usize>| {
        let body = if size > 1024 { large.clone() } else { small.clone() };
        async move { ([(header::CONTENT_TYPE, "application/json")], body) }
    };
    Router::new().route("/lists/{size}", get(answer))
}

/// The state of the handlers.
#[derive(Clone)]
struct Api {
    client: reqwest::Client,
    base: Arc<str>,
}

impl Api {
    fn new(upstream: u16) -> Self {
        Self { client: reqwest::Client::new(), base: format!("http://127.0.0.1:{upstream}").into() }
    }

    async fn get(&self, size: usize) -> Result<reqwest::Response, reqwest::Error> {
        self.client.get(format!("{}/lists/{size}", self.base)).send().await?.error_for_status()
    }
}

pub fn rest(upstream: u16) -> Router {
    async fn typed(State(api): State<Api>, Path(size): Path<usize>) -> Result<Json<Vec<Token>>, StatusCode> {
        let answer = api.get(size).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        answer.json().await.map(Json).map_err(|_| StatusCode::BAD_GATEWAY)
    }

    async fn raw(State(api): State<Api>, Path(size): Path<usize>) -> Result<Response, StatusCode> {
        let answer = api.get(size).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        let body = Body::from_stream(answer.bytes_stream());
        Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
    }

    async fn checked(State(api): State<Api>, Path(size): Path<usize>) -> Result<Response, StatusCode> {
        let answer = api.get(size).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        let body = answer.bytes().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        serde_json::from_slice::<&RawValue>(&body).map_err(|_| StatusCode::BAD_GATEWAY)?;
        Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
    }

    Router::new()
        .route("/typed/{size}", get(typed))
        .route("/raw/{size}", get(raw))
        .route("/checked/{size}", get(checked))
        .with_state(Api::new(upstream))
}

/// The MCP server. Its clones share one router.
#[derive(Clone)]
struct Tools {
    api: Api,
    tool_router: Arc<ToolRouter<Tools>>,
}

#[derive(Deserialize, JsonSchema)]
struct Size {
    size: usize,
}

#[derive(Serialize, JsonSchema)]
struct List {
    result: Vec<Token>,
}

fn failed(error: reqwest::Error) -> rmcp::ErrorData {
    rmcp::ErrorData::internal_error(error.without_url().to_string(), None)
}

#[tool_router]
impl Tools {
    #[tool(description = "A list, typed.")]
    async fn typed(&self, Parameters(Size { size }): Parameters<Size>) -> Result<Structured<List>, rmcp::ErrorData> {
        let result = self.api.get(size).await.map_err(failed)?.json().await.map_err(failed)?;
        Ok(Structured(List { result }))
    }

    #[tool(description = "A list, as text.")]
    async fn raw(&self, Parameters(Size { size }): Parameters<Size>) -> Result<CallToolResult, rmcp::ErrorData> {
        let text = self.api.get(size).await.map_err(failed)?.text().await.map_err(failed)?;
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]))
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

pub fn mcp(upstream: u16) -> Router {
    let tools = Tools { api: Api::new(upstream), tool_router: Arc::new(Tools::tool_router()) };
    let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service =
        StreamableHttpService::new(move || Ok(tools.clone()), Arc::new(NeverSessionManager::default()), config);
    let bearer = Router::new().route_service("/bearer", service.clone()).layer(from_fn(authenticated));
    Router::new().route_service("/mcp", service).merge(bearer)
}

/// Answers requests without the token with 401.
async fn authenticated(request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given.and_then(|given| given.strip_prefix("Bearer ")) == Some(TOKEN) {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
    }
}

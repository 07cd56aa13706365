//! The client of rmcp, the Rust SDK of MCP, against the example of the conformance suite: with and without a handshake, over HTTP
//! and over pipes.
#![cfg(feature = "mcp")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the example's program is not used here")]
#[path = "../examples/conformance.rs"]
mod conformance;

use conformance::{Conformance, Suite};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientCapabilities, ClientConfig, ClientRequest, ElicitRequestParams,
    ElicitResult, ElicitationAction, GetPromptRequestParams, Implementation, ProgressNotificationParam,
    ProtocolVersion, ReadResourceRequestParams,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RequestContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A client whose user is Ada.
struct Ada(mpsc::UnboundedSender<f64>);

impl ClientHandler for Ada {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().build();
        ClientConfig::new(capabilities, Implementation::new("checks", "1"))
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let contact = json!({ "username": "Ada", "email": "ada@example.com" });
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(contact))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.send(params.progress).unwrap();
    }
}

/// A connected client, and the progress that its calls report.
struct Connected {
    client: RunningService<RoleClient, Ada>,
    progress: mpsc::UnboundedReceiver<f64>,
}

fn value(of: impl Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

fn tool(name: &'static str, arguments: &Value) -> CallToolRequestParams {
    CallToolRequestParams::new(name).with_arguments(arguments.as_object().unwrap().clone())
}

impl Connected {
    async fn call(&self, name: &'static str, arguments: Value) -> Value {
        value(self.client.call_tool(tool(name, &arguments)).await.unwrap())
    }

    async fn read(&self, uri: &str) -> String {
        let read = value(self.client.read_resource(ReadResourceRequestParams::new(uri)).await.unwrap());
        read["contents"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Uses tools, resources, prompts, progress, elicitation and cancellation.
    async fn scenario(mut self) {
        let tools = self.client.list_all_tools().await.unwrap();
        assert!(tools.len() > 20 && tools.iter().any(|tool| tool.name == "test_simple_text"));
        let image = self.call("test_image_content", json!({})).await;
        assert_eq!(image["content"][0]["mimeType"], "image/png", "{image}");
        let failed = self.call("test_error_handling", json!({})).await;
        let text = failed["content"][0]["text"].as_str().unwrap();
        assert!(failed["isError"] == true && text.contains("intentionally returns an error"), "{failed}");
        let error = self.client.call_tool(tool("no_such_tool", &json!({}))).await.unwrap_err();
        assert!(error.to_string().contains("no_such_tool"), "{error}");

        assert_eq!(self.read("test://static-text").await, "This is the content of the static text resource.");
        let error = self.client.read_resource(ReadResourceRequestParams::new("test://nothing")).await.unwrap_err();
        assert!(error.to_string().contains("test://nothing"), "{error}");
        let arguments = json!({ "arg1": "a", "arg2": "b" }).as_object().unwrap().clone();
        let prompt = GetPromptRequestParams::new("test_prompt_with_arguments").with_arguments(arguments);
        let prompt = value(self.client.get_prompt(prompt).await.unwrap());
        assert_eq!(prompt["messages"][0]["content"]["text"], "Prompt with arguments: arg1='a', arg2='b'");

        self.call("test_tool_with_progress", json!({})).await;
        for done in [0.0, 50.0, 100.0] {
            assert_eq!(self.progress.recv().await, Some(done));
        }
        let asked = self.call("test_elicitation", json!({ "message": "Who?" })).await;
        let text = asked["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("action=accept") && text.contains("ada@example.com"), "{asked}");
        self.cancelled().await;
        self.client.cancel().await.unwrap();
    }

    /// Cancels a call once it reports progress, and waits until the server has dropped it.
    async fn cancelled(&mut self) {
        let before: usize = self.read("test://cancelled").await.parse().unwrap();
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(tool("test_cancellation", &json!({}))));
        let call = self.client.send_cancellable_request(request, PeerRequestOptions::no_options()).await.unwrap();
        assert_eq!(self.progress.recv().await, Some(0.0));
        call.cancel(None).await.unwrap();
        while self.read("test://cancelled").await.parse::<usize>().unwrap() == before {}
    }
}

fn ada() -> (Ada, mpsc::UnboundedReceiver<f64>) {
    let (sender, progress) = mpsc::unbounded_channel();
    (Ada(sender), progress)
}

fn modern() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
}

/// Connects over HTTP, to a server with sessions or without.
async fn over_http(sessions: bool, lifecycle: ClientLifecycleMode) -> Connected {
    let service = Suite.into_capability().mcp_service();
    let service = if sessions { service.with_sessions() } else { service };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, axum::Router::new().route_service("/mcp", service)).into_future());
    let (handler, progress) = ada();
    let client = handler.serve_with_lifecycle(StreamableHttpClientTransport::from_uri(url), lifecycle).await.unwrap();
    Connected { client, progress }
}

async fn over_pipes(lifecycle: ClientLifecycleMode) -> Connected {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (input, output) = tokio::io::split(ours);
    tokio::spawn(async move { Suite.into_capability().mcp_service().serve_pipes(input, output).await });
    let (handler, progress) = ada();
    let client = handler.serve_with_lifecycle(theirs, lifecycle).await.unwrap();
    Connected { client, progress }
}

#[tokio::test]
async fn clients_with_and_without_a_handshake_can_use_all_features() {
    // One after another, since they count the same cancelled calls.
    over_http(true, ClientLifecycleMode::Initialize).await.scenario().await;
    over_http(false, modern()).await.scenario().await;
    over_pipes(ClientLifecycleMode::Initialize).await.scenario().await;
    over_pipes(modern()).await.scenario().await;
}

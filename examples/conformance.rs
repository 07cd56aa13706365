//! A server for the official conformance suite of MCP: each tool, resource and prompt is a method of a trait.
//!
//! `cargo run --example conformance` serves `http://127.0.0.1:8001/mcp` with sessions, `/stateless` without, `/tasks`
//! for the scenarios about tasks and, with the feature `skills`, `/skills` for the scenarios about skills. `PORT`
//! changes the port. `cargo run --example conformance -- stdio` serves over stdin and stdout. `.ci/run conformance`
//! runs the suite, and `.ci/run clients` runs real clients.

#[path = "conformance/jobs.rs"]
pub mod jobs;
#[path = "conformance/questions.rs"]
mod questions;
#[cfg(feature = "skills")]
#[path = "conformance/skilled.rs"]
mod skilled;

use naftiko::{
    ContentBlock, Context, Download, Error, LogLevel, PromptMessage, Reply, Result, capability, http::StatusCode,
};
use questions::{About, Choices, Color, Confirmation, Contact, Defaults, Given, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// A red dot of one pixel.
const IMAGE: &[u8] = include_bytes!("conformance/red.png");
/// A recording of silence.
const AUDIO: &[u8] = include_bytes!("conformance/silence.wav");

/// How many calls clients have cancelled.
static CANCELLED: AtomicUsize = AtomicUsize::new(0);

/// Serves what the official conformance suite of MCP calls.
#[capability(exposes(mcp(port = 8001)))]
pub trait Conformance {
    /// Returns simple text content.
    #[tool(name = "test_simple_text")]
    async fn simple_text(&self) -> Result<ContentBlock> {
        Ok(ContentBlock::text("This is a simple text response for testing."))
    }

    /// Returns image content.
    #[tool(name = "test_image_content")]
    async fn image_content(&self) -> Result<ContentBlock> {
        Ok(ContentBlock::image("image/png", IMAGE))
    }

    /// Returns audio content.
    #[tool(name = "test_audio_content")]
    async fn audio_content(&self) -> Result<ContentBlock> {
        Ok(ContentBlock::audio("audio/wav", AUDIO))
    }

    /// Returns embedded resource content.
    #[tool(name = "test_embedded_resource")]
    async fn embedded_resource(&self) -> Result<ContentBlock> {
        let text = "This is an embedded resource content.";
        Ok(ContentBlock::resource("test://embedded-resource", "text/plain", text))
    }

    /// Returns several types of content.
    #[tool(name = "test_multiple_content_types")]
    async fn multiple_content_types(&self) -> Result<Vec<ContentBlock>> {
        let json = r#"{"test":"data","value":123}"#;
        Ok(vec![
            ContentBlock::text("Multiple content types test:"),
            ContentBlock::image("image/png", IMAGE),
            ContentBlock::resource("test://mixed-content-resource", "application/json", json),
        ])
    }

    /// Sends log messages while it runs.
    #[tool(name = "test_tool_with_logging")]
    async fn with_logging(&self, context: &Context) -> Result<ContentBlock> {
        for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
            context.log(LogLevel::Info, message).await;
            pause(50).await;
        }
        Ok(ContentBlock::text("Logging test completed"))
    }

    /// Always returns an error.
    #[tool(name = "test_error_handling")]
    async fn error_handling(&self) -> Result<ContentBlock> {
        Err(Error::new(StatusCode::BAD_REQUEST, "This tool intentionally returns an error for testing"))
    }

    /// Reports its progress.
    #[tool(name = "test_tool_with_progress")]
    async fn with_progress(&self, context: &Context) -> Result<ContentBlock> {
        for (done, message) in [(0.0, "Starting"), (50.0, "Halfway"), (100.0, "Complete")] {
            context.progress(done, Some(100.0), message).await;
            pause(50).await;
        }
        Ok(ContentBlock::text("Progress test completed"))
    }

    /// Waits until the client cancels the call.
    #[tool(name = "test_cancellation")]
    async fn cancellation(&self, context: &Context) -> Result<ContentBlock> {
        let _waiting = Waiting;
        context.progress(0.0, None, "Waiting").await;
        std::future::pending().await
    }

    /// Asks the client's model.
    #[tool(name = "test_sampling")]
    async fn sampling(
        &self,
        context: &Context,
        /// The prompt to send.
        prompt: &str,
    ) -> Result<ContentBlock> {
        Ok(ContentBlock::text(format!("LLM response: {}", context.sample(prompt, 100).await?)))
    }

    /// Asks the person for a user name and an email address.
    #[tool(name = "test_elicitation")]
    async fn elicitation(
        &self,
        context: &Context,
        /// The message to show.
        message: &str,
    ) -> Result<ContentBlock> {
        let reply = context.ask::<Contact>(message).await?;
        Ok(ContentBlock::text(format!("User response: {}", action(&reply))))
    }

    /// Asks with default values (SEP-1034).
    #[tool(name = "test_elicitation_sep1034_defaults")]
    async fn elicitation_defaults(&self, context: &Context) -> Result<ContentBlock> {
        let reply = context.ask::<Defaults>("Please provide values (all have defaults)").await?;
        Ok(ContentBlock::text(format!("Elicitation completed: {}", action(&reply))))
    }

    /// Asks for choices (SEP-1330).
    #[tool(name = "test_elicitation_sep1330_enums")]
    async fn elicitation_enums(&self, context: &Context) -> Result<ContentBlock> {
        let reply = context.ask::<Choices>("Test enum schema improvements").await?;
        Ok(ContentBlock::text(format!("Enum elicitation completed: {}", action(&reply))))
    }

    /// Runs for a while, so that a client can reconnect.
    #[tool(name = "test_reconnection")]
    async fn reconnection(&self, context: &Context) -> Result<ContentBlock> {
        context.progress(0.0, None, "Waiting").await;
        pause(100).await;
        Ok(ContentBlock::text("Reconnection test completed"))
    }

    /// Takes an argument that clients repeat in a header (SEP-2243).
    #[tool(name = "test_custom_header")]
    async fn custom_header(&self, value: Mirrored) -> Result<ContentBlock> {
        Ok(ContentBlock::text(value.0))
    }

    /// Has a schema with keywords of JSON Schema 2020-12.
    #[tool(name = "json_schema_2020_12_tool", input_schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
            }
        },
        "properties": { "address": { "$ref": "#/$defs/address" } },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contact_method": { "const": "phone" } }, "required": ["contact_method"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })]
    async fn json_schema(
        &self,
        name: Option<&str>,
        address: Option<Address>,
        contact_method: Option<ContactMethod>,
        phone: Option<&str>,
        email: Option<&str>,
    ) -> Result<ContentBlock> {
        let street = address.and_then(|address| address.street).unwrap_or_default();
        let name = name.unwrap_or("world");
        Ok(ContentBlock::text(format!("Hello, {name} {street}! By {contact_method:?}: {phone:?} {email:?}")))
    }

    /// Notifies listening clients that the list of tools has changed.
    #[tool(name = "test_trigger_tool_change")]
    async fn trigger_tool_change(&self, context: &Context) -> Result<ContentBlock> {
        context.tools_changed();
        Ok(ContentBlock::text("Tool list change triggered"))
    }

    /// Notifies listening clients that the list of prompts has changed.
    #[tool(name = "test_trigger_prompt_change")]
    async fn trigger_prompt_change(&self, context: &Context) -> Result<ContentBlock> {
        context.prompts_changed();
        Ok(ContentBlock::text("Prompt list change triggered"))
    }

    /// Needs a client that supports sampling.
    #[tool(name = "test_missing_capability")]
    async fn missing_capability(&self, context: &Context) -> Result<ContentBlock> {
        Ok(ContentBlock::text(context.sample("Say hello.", 10).await?))
    }

    /// Asks for a value by an incomplete result.
    #[tool(name = "test_streaming_elicitation")]
    async fn streaming_elicitation(&self, context: &Context) -> Result<ContentBlock> {
        let reply = context.ask_as::<Given>("streaming_elicitation", "Provide a value").await?;
        Ok(ContentBlock::text(reply.accepted().map_or_else(String::new, |reply| reply.value)))
    }

    /// Sends a log message if the client requests it.
    #[tool(name = "test_logging_tool")]
    async fn logging_tool(&self, context: &Context) -> Result<ContentBlock> {
        context.log(LogLevel::Error, "logLevel was requested").await;
        Ok(ContentBlock::text("Logging tool completed"))
    }

    /// Asks for a name (SEP-2322).
    #[tool(name = "test_input_required_result_elicitation")]
    async fn input_elicitation(&self, context: &Context) -> Result<ContentBlock> {
        let reply = context.ask_as::<Name>("user_name", "What is your name?").await?;
        Ok(ContentBlock::text(format!("Hello, {}!", reply.accepted().map_or_else(String::new, |reply| reply.name))))
    }

    /// Asks the client's model (SEP-2322).
    #[tool(name = "test_input_required_result_sampling")]
    async fn input_sampling(&self, context: &Context) -> Result<ContentBlock> {
        let text = context.sample_as("capital_question", "What is the capital of France?", 100).await?;
        Ok(ContentBlock::text(format!("Sampling response: {text}")))
    }

    /// Asks for the client's folders (SEP-2322).
    #[tool(name = "test_input_required_result_list_roots")]
    async fn input_roots(&self, context: &Context) -> Result<ContentBlock> {
        let roots = context.roots_as("client_roots").await?;
        Ok(ContentBlock::text(format!("Client roots: [{}]", roots.join(", "))))
    }

    /// Asks for a confirmation; the state that the client sends back is sealed (SEP-2322).
    #[tool(name = "test_input_required_result_request_state")]
    async fn input_state(&self, context: &Context) -> Result<ContentBlock> {
        let reply = context.ask_as::<Confirmation>("confirm", "Please confirm").await?;
        Ok(ContentBlock::text(confirmed(reply)))
    }

    /// Refuses a state that was changed (SEP-2322).
    #[tool(name = "test_input_required_result_tampered_state")]
    async fn input_tampered(&self, context: &Context) -> Result<ContentBlock> {
        let reply = context.ask_as::<Confirmation>("confirm", "Please confirm").await?;
        Ok(ContentBlock::text(confirmed(reply)))
    }

    /// Asks several questions at once (SEP-2322).
    #[tool(name = "test_input_required_result_multiple_inputs")]
    async fn input_several(&self, context: &Context) -> Result<ContentBlock> {
        let (name, greeting, roots) = tokio::join!(
            context.ask_as::<Name>("user_name", "What is your name?"),
            context.sample_as("greeting", "Generate a greeting", 50),
            context.roots_as("client_roots"),
        );
        let _ = (name?, greeting?, roots?);
        Ok(ContentBlock::text("All inputs received"))
    }

    /// Asks one question after another (SEP-2322).
    #[tool(name = "test_input_required_result_multi_round")]
    async fn input_rounds(&self, context: &Context) -> Result<ContentBlock> {
        let _ = context.ask_as::<Name>("step1", "Step 1: What is your name?").await?;
        let _ = context.ask_as::<Color>("step2", "Step 2: What is your favorite color?").await?;
        Ok(ContentBlock::text("Multi-round flow complete"))
    }

    /// Asks for each kind of input that the client supports (SEP-2322).
    #[tool(name = "test_input_required_result_capabilities")]
    async fn input_capabilities(&self, context: &Context) -> Result<ContentBlock> {
        let name = async {
            if context.can_ask() {
                context.ask_as::<Name>("user_name", "What is your name?").await.map(|_| ())?;
            }
            Ok::<_, Error>(())
        };
        let greeting = async {
            if context.can_sample() {
                context.sample_as("greeting", "Generate a greeting", 50).await?;
            }
            Ok::<_, Error>(())
        };
        let roots = async {
            if context.has_roots() {
                context.roots_as("client_roots").await?;
            }
            Ok::<_, Error>(())
        };
        tokio::try_join!(name, greeting, roots)?;
        Ok(ContentBlock::text("Capability-aware flow complete"))
    }

    /// A static text resource for testing.
    #[resource(uri = "test://static-text", mime_type = "text/plain")]
    async fn static_text(&self) -> Result<String> {
        Ok("This is the content of the static text resource.".to_owned())
    }

    /// A static binary resource for testing.
    #[resource(uri = "test://static-binary", mime_type = "image/png")]
    async fn static_binary(&self) -> Result<Download> {
        Ok(Download::new("image/png", IMAGE))
    }

    /// A resource that clients may subscribe to.
    #[resource(uri = "test://watched-resource", mime_type = "text/plain")]
    async fn watched(&self) -> Result<String> {
        Ok("This is watched.".to_owned())
    }

    /// How many calls clients have cancelled.
    #[resource(uri = "test://cancelled", mime_type = "text/plain")]
    async fn cancelled(&self) -> Result<String> {
        Ok(CANCELLED.load(SeqCst).to_string())
    }

    /// A resource with a parameter.
    #[resource(uri = "test://template/{id}/data", mime_type = "application/json")]
    #[complete(id = complete_id)]
    async fn template(&self, id: &str) -> Result<Data> {
        Ok(Data { id: id.to_owned(), template_test: true, data: format!("Data for ID: {id}") })
    }

    /// Returns the identifiers that start with the typed text.
    async fn complete_id(&self, typed: &str) -> Result<Vec<String>> {
        Ok(["1", "2", "3"].into_iter().filter(|id| id.starts_with(typed)).map(str::to_owned).collect())
    }

    /// A simple test prompt.
    #[prompt(name = "test_simple_prompt", template = "This is a simple test prompt.")]
    async fn simple_prompt(&self) -> Result<String>;

    /// A test prompt that accepts arguments.
    #[prompt(name = "test_prompt_with_arguments", template = "Prompt with arguments: arg1='{{arg1}}', arg2='{{arg2}}'")]
    async fn prompt_with_arguments(
        &self,
        /// First test argument.
        arg1: &str,
        /// Second test argument.
        arg2: &str,
    ) -> Result<String>;

    /// A test prompt that includes an embedded resource.
    #[prompt(name = "test_prompt_with_embedded_resource")]
    async fn prompt_with_resource(
        &self,
        /// The URI of the resource.
        #[allow(non_snake_case, reason = "the suite requires this name")]
        resourceUri: &str,
    ) -> Result<Vec<PromptMessage>> {
        let resource = ContentBlock::resource(resourceUri, "text/plain", "Embedded resource content for testing.");
        let text = "Please process the embedded resource above.";
        Ok(vec![PromptMessage::user(resource), PromptMessage::user(text)])
    }

    /// A test prompt that includes an image.
    #[prompt(name = "test_prompt_with_image")]
    async fn prompt_with_image(&self) -> Result<Vec<PromptMessage>> {
        let image = PromptMessage::user(ContentBlock::image("image/png", IMAGE));
        Ok(vec![image, PromptMessage::user("Please analyze the image above.")])
    }

    /// A prompt that asks the person first (SEP-2322).
    #[prompt(name = "test_input_required_result_prompt")]
    async fn prompt_with_question(&self, context: &Context) -> Result<String> {
        let reply = context.ask_as::<About>("user_context", "What context should the prompt use?").await?;
        let about = reply.accepted().map_or_else(String::new, |reply| reply.context);
        Ok(format!("Prompt with elicited context: {about}"))
    }
}

/// A text that clients repeat in the header `Mcp-Param-Value`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-mcp-header" = "Value"))]
pub struct Mirrored(String);

/// An address.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// The street.
    street: Option<String>,
    /// The city.
    city: Option<String>,
}

/// How to reach somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContactMethod {
    /// By phone.
    Phone,
    /// By mail.
    Email,
}

/// The content of a template resource.
#[expect(clippy::struct_field_names, reason = "the suite requires these names")]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    /// The identifier.
    id: String,
    /// Whether it comes from a template.
    template_test: bool,
    /// The data.
    data: String,
}

fn confirmed(reply: Reply<Confirmation>) -> &'static str {
    if reply.accepted().is_some_and(|reply| reply.ok) { "Confirmed: state-ok" } else { "Not confirmed" }
}

fn action<T: std::fmt::Debug>(reply: &Reply<T>) -> String {
    match reply {
        Reply::Accepted(content) => format!("action=accept, content={content:?}"),
        Reply::Declined => "action=decline".to_owned(),
        Reply::Cancelled => "action=cancel".to_owned(),
    }
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Counts a cancelled call: it is dropped with the call's future.
struct Waiting;

impl Drop for Waiting {
    fn drop(&mut self) {
        CANCELLED.fetch_add(1, SeqCst);
    }
}

/// The capability that the suite calls.
pub struct Suite;

impl Conformance for Suite {}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("stdio") {
        return Suite.into_capability().serve_stdio().await.map_err(std::io::Error::other);
    }
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8001);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    // The suite sends the origin of a page on this machine.
    let origins = ["http://localhost:*"];
    let capability = Suite.into_capability();
    let jobs = jobs::Jobs::into_capability(jobs::Workshop);
    let router = axum::Router::new()
        .route_service("/tasks", jobs.mcp_service().allow_origins(origins))
        .route_service("/mcp", capability.mcp_service().with_sessions().allow_origins(origins))
        .route_service("/stateless", capability.mcp_service().allow_origins(origins));
    #[cfg(feature = "skills")]
    let router = {
        let skilled = skilled::Skilled::into_capability(skilled::Secretary);
        router.route_service("/skills", skilled.mcp_service().allow_origins(origins))
    };
    axum::serve(listener, router).await
}

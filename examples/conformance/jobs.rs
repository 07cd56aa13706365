//! The tools that the suite's scenarios about tasks call.

use super::pause;
use super::questions::Name;
use naftiko::{ContentBlock, Context, Error, Reply, Result, capability, http::StatusCode};

/// Whether to continue.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Sure {
    confirm: bool,
}

/// Returns whether the user has answered yes; a user can also accept the form and answer no.
fn confirmed(reply: Reply<Sure>) -> bool {
    reply.accepted().is_some_and(|sure| sure.confirm)
}

/// Serves the tools of the scenarios about tasks (SEP-2663).
#[capability(exposes(mcp(port = 8001)))]
pub trait Jobs {
    /// Greets somebody.
    #[tool]
    async fn greet(&self, name: &str) -> Result<ContentBlock> {
        Ok(ContentBlock::text(format!("Hello, {name}!")))
    }

    /// Takes some seconds.
    #[tool(name = "slow_compute", task)]
    async fn slow_compute(&self, seconds: u64, label: Option<&str>) -> Result<ContentBlock> {
        pause(seconds * 1000).await;
        Ok(ContentBlock::text(format!("{} is done", label.unwrap_or("it"))))
    }

    /// Always fails.
    #[tool(name = "failing_job", task = "required")]
    async fn failing_job(&self) -> Result<ContentBlock> {
        pause(1000).await;
        Err(Error::new(StatusCode::BAD_REQUEST, "This job always fails"))
    }

    /// Panics.
    #[tool(name = "protocol_error_job", task)]
    async fn protocol_error_job(&self) -> Result<ContentBlock> {
        panic!("this job always panics")
    }

    /// Asks before it deletes a file.
    #[tool(name = "confirm_delete", task)]
    async fn confirm_delete(&self, context: &Context, filename: &str) -> Result<ContentBlock> {
        // Waits first, so that the question is asked by the task, and not before the task begins.
        tokio::task::yield_now().await;
        let reply = context.ask::<Sure>("Delete it?").await?;
        let what = if confirmed(reply) { "deleted" } else { "kept" };
        Ok(ContentBlock::text(format!("{filename} was {what}")))
    }

    /// Asks two questions at the same time.
    #[tool(name = "multi_input", task)]
    async fn multi_input(&self, context: &Context) -> Result<ContentBlock> {
        // Waits first, as above.
        tokio::task::yield_now().await;
        let (first, second) =
            tokio::join!(context.ask_as::<Sure>("one", "Are you sure?"), context.ask_as::<Sure>("other", "Really?"));
        Ok(ContentBlock::text(format!("{} and {}", confirmed(first?), confirmed(second?))))
    }

    /// Asks for a name before the task begins.
    #[tool(name = "test_tool_with_task", task = "required")]
    async fn greet_later(&self, context: &Context) -> Result<ContentBlock> {
        let name = context.ask_as::<Name>("user_name", "What is your name?").await?.accepted();
        pause(50).await;
        Ok(ContentBlock::text(format!("Hello, {}!", name.map_or_else(String::new, |name| name.name))))
    }
}

/// The capability that the scenarios about tasks call.
pub struct Workshop;

impl Jobs for Workshop {}

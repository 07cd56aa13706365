//! The texts of prompts with a template.
#![cfg(feature = "mcp")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A colour, which has no `Display`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Like a tomato.
    DarkRed,
}

impl naftiko::Scalar for Colour {}

/// Writes about colours.
#[capability(exposes(mcp(port = 9090)))]
pub trait Colours {
    /// Describes colours.
    #[prompt(template = "{{one}} {{other}} {{third}} {{share}}.")]
    async fn describe(&self, one: Colour, other: Option<Colour>, third: &Colour, share: Option<f64>) -> Result<String>;
}

struct Painter;

impl Colours for Painter {}

#[tokio::test]
async fn a_template_has_the_text_that_serde_writes() {
    let capability = Painter.into_capability();
    let text =
        capability.call("describe", json!({ "one": "dark-red", "third": "dark-red", "share": 0.5 })).await.unwrap();
    assert!(format!("{text:?}").contains("dark-red  dark-red 0.5."), "{text:?}");
}

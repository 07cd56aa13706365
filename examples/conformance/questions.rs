//! The answers that the tools of the conformance server ask for: one type for each question.

use schemars::JsonSchema;
use serde::Deserialize;

/// A user name and an email address.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Contact {
    /// User's response.
    #[allow(dead_code, reason = "the suite checks only the question")]
    pub username: String,
    /// User's email address.
    #[allow(dead_code, reason = "the suite checks only the question")]
    pub email: String,
}

/// Values with defaults.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "the suite checks only the question")]
#[serde(default)]
pub struct Defaults {
    /// User's name.
    pub name: String,
    /// User's age.
    pub age: u8,
    /// User's score.
    pub score: f64,
    /// User's status.
    #[schemars(extend("enum" = ["active", "inactive", "pending"]))]
    pub status: String,
    /// Whether user is verified.
    pub verified: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        let (name, status) = ("John Doe".to_owned(), "active".to_owned());
        Self { name, age: 30, score: 95.5, status, verified: true }
    }
}

/// Choices of all kinds.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "the suite checks only the question")]
#[serde(rename_all = "camelCase")]
pub struct Choices {
    #[schemars(extend("enum" = ["option1", "option2", "option3"]))]
    pub untitled_single: String,
    #[schemars(extend("oneOf" = [
        { "const": "value1", "title": "First Option" },
        { "const": "value2", "title": "Second Option" },
        { "const": "value3", "title": "Third Option" },
    ]))]
    pub titled_single: String,
    #[schemars(extend("enum" = ["opt1", "opt2", "opt3"], "enumNames" = ["Option One", "Option Two", "Option Three"]))]
    pub legacy_enum: String,
    #[schemars(extend("items" = { "type": "string", "enum": ["option1", "option2", "option3"] }))]
    pub untitled_multi: Vec<String>,
    #[schemars(extend("items" = { "anyOf": [
        { "const": "value1", "title": "First Choice" },
        { "const": "value2", "title": "Second Choice" },
        { "const": "value3", "title": "Third Choice" },
    ] }))]
    pub titled_multi: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Given {
    pub value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Name {
    pub name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "the suite checks only the question")]
pub struct Color {
    pub color: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Confirmation {
    pub ok: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct About {
    pub context: String,
}

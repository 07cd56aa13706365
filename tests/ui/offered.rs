//! Mistakes in `#[resource]`, `#[prompt]`, `#[complete]` and the context of a call.

use naftiko::{Context, Result, capability};

/// Has invalid resources, prompts, completions and contexts.
#[capability(exposes(mcp(port = 9090)))]
pub trait Offers {
    /// Has a URI without a scheme.
    #[resource(uri = "app/current")]
    async fn no_scheme(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has no URI.
    #[resource(mime_type = "text/plain")]
    async fn no_uri(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has a placeholder without an argument.
    #[resource(uri = "users://{user}/{token_id}")]
    async fn no_argument(&self, token_id: &str) -> Result<String> {
        Ok(token_id.to_owned())
    }

    /// Has an argument that is not in its URI.
    #[resource(uri = "users://all")]
    async fn no_placeholder(&self, user: &str) -> Result<String> {
        Ok(user.to_owned())
    }

    /// Has a list as an argument.
    #[prompt]
    async fn list(&self, users: &[String]) -> Result<String> {
        Ok(users.join(", "))
    }

    /// Misspells an argument in its template.
    #[prompt(template = "Summarize {{topik}}.")]
    async fn other_name(&self, topic: &str) -> Result<String>;

    /// Has a template that does not use all arguments.
    #[prompt(template = "Summarize {{topic}}.")]
    async fn unused(&self, topic: &str, sentences: u8, tone: Option<&str>) -> Result<String>;

    /// Has a placeholder, and no arguments.
    #[prompt(template = "Summarize {{topic}}.")]
    async fn no_arguments(&self) -> Result<String>;

    /// Has both a template and a body.
    #[prompt(template = "Hello.")]
    async fn two_ways(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Misspells the method of a completion, and an argument.
    #[prompt]
    #[complete(user = complete_usr, usr = complete_user)]
    async fn completed(&self, user: &str) -> Result<String> {
        Ok(user.to_owned())
    }

    /// Completes users.
    async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
        Ok(vec![typed.to_owned()])
    }

    /// Has two contexts.
    #[tool]
    async fn two_contexts(&self, context: &Context, other: &Context) -> Result<bool> {
        Ok(context.can_ask() && other.can_ask())
    }

    /// Takes the context by value.
    #[tool]
    async fn owned_context(&self, context: Context) -> Result<bool> {
        Ok(context.can_ask())
    }

    /// Has an optional context.
    #[tool]
    async fn optional_context(&self, context: Option<&Context>) -> Result<bool> {
        Ok(context.is_some())
    }

    /// Misspells its adapter.
    #[resource(uri = "a://b", on = "offers-mpc")]
    async fn elsewhere(&self) -> Result<String> {
        Ok(String::new())
    }
}

/// Has two resources with the same URIs, and two prompts with the same name.
#[capability(exposes(mcp(port = 9090)))]
pub trait Twice {
    /// Reads a user.
    #[resource(uri = "users://{id}")]
    async fn user(&self, id: u64) -> Result<String> {
        Ok(id.to_string())
    }

    /// Has the same URIs as `user`.
    #[resource(uri = "users://{name}")]
    async fn named(&self, name: &str) -> Result<String> {
        Ok(name.to_owned())
    }

    /// Explains it.
    #[prompt]
    async fn explain(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Has the same name as `explain`.
    #[prompt(name = "explain")]
    async fn explain_again(&self) -> Result<String> {
        Ok(String::new())
    }
}

/// Has no MCP adapter.
#[capability(exposes(rest(port = 8080)))]
pub trait Routes {
    /// Is a resource, which needs an MCP adapter.
    #[resource(uri = "a://b")]
    async fn for_nobody(&self) -> Result<String> {
        Ok(String::new())
    }
}

/// Misspells attributes.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Misspelt {
    /// Misspells `prompt`.
    #[promt]
    async fn prompt(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Misspells `resource`.
    #[resorce(uri = "a://b")]
    async fn resource(&self) -> Result<String> {
        Ok(String::new())
    }

    /// Misspells `complete`.
    #[tool]
    #[complet(user = users)]
    async fn complete(&self, user: &str) -> Result<String> {
        Ok(user.to_owned())
    }

    /// Misspells `header` and `schemars`.
    #[get("/things")]
    async fn header(&self, #[heder("X-Tag")] tag: &str, #[schemar(length(max = 3))] name: &str) -> Result<String>;
}

fn main() {}

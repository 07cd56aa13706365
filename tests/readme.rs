//! Compiles or runs every snippet and every command of the README, word for word.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli"))]
#![allow(
    clippy::default_constructed_unit_structs,
    clippy::let_and_return,
    reason = "the README speaks of any implementation, and names what it makes"
)]

use axum::Router;
use axum::routing::get;
use naftiko::Result;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../README.md");
const THIS: &str = include_str!("readme.rs");

/// The trait, as the README shows it.
mod shown {
    use naftiko::{Result, capability};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A token of a user.
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Token {
        pub id: String,
        pub expires_at: Option<String>,
    }

    /// The token to create.
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct NewToken {
        #[schemars(length(min = 1, max = 50))]
        pub id: String,
    }

    /// How many there are.
    #[derive(Serialize, JsonSchema)]
    pub struct Count {
        pub tokens: usize,
    }

    /// Lists, creates and deletes the static tokens of a Humanitec user.
    #[capability(
        label = "Humanitec tokens",
        binds(env(HUMANITEC_API_KEY)),
        consumes(
            namespace = "humanitec-tokens",
            base_uri = "https://api.humanitec.io",
            authentication(bearer = "{{env.HUMANITEC_API_KEY}}"),
        ),
        exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
    )]
    pub trait HumanitecTokens {
        /// Lists the tokens of a user.
        #[get("/users/{userId}/tokens")]
        async fn list_tokens(
            &self,
            /// The user ID.
            user_id: &str,
        ) -> Result<Vec<Token>>;

        /// Creates a static token for a user.
        #[post("/users/{userId}/tokens", status = 201)]
        async fn create_token(&self, user_id: &str, body: &NewToken) -> Result<Token>;

        /// Deletes a token of a user.
        #[delete("/users/{userId}/tokens/{tokenId}")]
        #[tool(name = "revoke-token")]
        async fn delete_token(&self, user_id: &str, token_id: &str) -> Result<()>;

        /// How many tokens of a user never expire. (A body and no verb: plain Rust over the other operations.)
        #[rest(get = "/users/{userId}/eternal-tokens")]
        async fn count_eternal(&self, user_id: &str) -> Result<Count> {
            let tokens = self.list_tokens(user_id).await?;
            Ok(Count { tokens: tokens.iter().filter(|token| token.expires_at.is_none()).count() })
        }
    }
}

use shown::{HumanitecTokens, HumanitecTokensClient, NewToken, Token};

/// The `InMemory` of the README.
#[derive(Default)]
struct InMemory;

impl HumanitecTokens for InMemory {
    async fn list_tokens(&self, user_id: &str) -> Result<Vec<Token>> {
        Ok(vec![Token { id: format!("{user_id}-ci"), expires_at: None }])
    }

    async fn create_token(&self, _user_id: &str, body: &NewToken) -> Result<Token> {
        Ok(Token { id: body.id.clone(), expires_at: None })
    }

    async fn delete_token(&self, _user_id: &str, _token_id: &str) -> Result<()> {
        Ok(())
    }
}

async fn home() {}

/// The first use. Only compiled, since it would call the real API.
#[allow(dead_code, reason = "compiled is enough")]
async fn a_typed_client() -> Result<()> {
    let humanitec = HumanitecTokensClient::from_env()?;
    let tokens = humanitec.list_tokens("u-1").await?;
    assert!(tokens.is_empty());
    Ok(())
}

/// The second use.
fn inside_a_service(humanitec: InMemory) -> Router {
    let capability = humanitec.into_capability();
    let app = Router::new()
        .route("/", get(home))
        .merge(capability.rest_router())
        .route_service("/mcp", capability.mcp_service());
    app
}

/// A trait that a document implements. Only compiled, since it would call a real API.
#[cfg(feature = "document")]
mod a_document {
    use super::Token;
    use naftiko::document::Settings;
    use naftiko::{Result, capability};

    #[capability(document = "tests/documents/tokens.naftiko.yaml")]
    pub trait Tokens {}

    #[allow(dead_code, reason = "compiled is enough")]
    async fn filled() -> Result<()> {
        let tokens = TokensClient::from_env()?.list_tokens("u-1", None, None).await?.json::<Vec<Token>>().await?;
        assert!(tokens.is_empty());
        Ok(())
    }

    #[tokio::test]
    async fn a_document_can_be_opened_at_run_time() -> Result<()> {
        let opened = || -> Result<naftiko::Capability> {
            let capability = naftiko::document::open("tests/documents/tokens.naftiko.yaml", Settings::default())?;
            Ok(capability)
        };
        // The variable that it needs is not set.
        assert!(opened().unwrap_err().to_string().contains("TOKENS_API_KEY is not set"));
        let settings = Settings::default().bind("TOKENS_API_KEY", "s3cret");
        let capability = naftiko::document::open("tests/documents/tokens.naftiko.yaml", settings)?;
        assert_eq!(capability.call("version", serde_json::json!({})).await?, "3");
        Ok(())
    }

    #[test]
    fn an_invalid_document_is_reported_with_its_lines() {
        let error = naftiko::document::open("Cargo.toml", Settings::default()).unwrap_err().to_string();
        assert!(error.contains("Cargo.toml cannot be served") && error.contains("Cargo.toml:"), "{error}");
        let error = naftiko::document::open("tests/documents/none.yaml", Settings::default()).unwrap_err().to_string();
        assert!(error.starts_with("the document tests/documents/none.yaml cannot be read"), "{error}");
    }
}

/// The third use. Only compiled, since the examples are programs.
#[allow(dead_code, reason = "compiled is enough")]
mod a_program {
    use super::{HumanitecTokensClient, InMemory};

    #[tokio::main]
    async fn main() -> naftiko::Result<()> {
        naftiko::run(HumanitecTokensClient::from_env).demo(InMemory::default).await
    }
}

/// Returns the code blocks in one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Returns a text without formatting.
fn words(code: &str) -> String {
    code.split_whitespace().collect::<String>().replace(",)", ")")
}

#[test]
fn every_snippet_is_compiled_here() {
    let this = words(THIS);
    let snippets = blocks("rust");
    assert!(snippets.len() >= 4, "the README shows the trait and the three uses");
    for snippet in snippets {
        assert!(this.contains(&words(snippet)), "not compiled by this test:\n{snippet}");
    }
}

#[tokio::test]
async fn the_adapters_answer_inside_a_service() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, inside_a_service(InMemory)).await });
    let answer = reqwest::get(format!("http://{address}/v1/users/u-1/eternal-tokens")).await.unwrap();
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap(), json!({ "tokens": 1 }));
}

#[tokio::test]
async fn a_capability_can_be_tested_as_in_the_readme() {
    let tokens = InMemory::default().into_capability().call("list_tokens", json!({ "userId": "u-1" })).await.unwrap();
    assert_eq!(tokens[0]["id"], "u-1-ci");
    assert!(words(README).contains(&words(
        r#"InMemory::default().into_capability().call("list_tokens", json!({ "userId": "u-1" })).await"#
    )));
}

/// Returns the commands that run an example, as its name and its arguments.
fn commands() -> Vec<(String, Vec<String>)> {
    blocks("sh")
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("cargo run --example "))
        .map(|rest| {
            let mut words = rest.split_whitespace().map(str::to_owned);
            let name = words.next().unwrap();
            (name, words.skip_while(|word| word != "--").skip(1).collect())
        })
        .collect()
}

/// Returns an example as `cargo run` starts it, without the variables of its API.
fn example(name: &str, arguments: &[String]) -> Command {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--example", name]).status().unwrap();
    assert!(built.success(), "the example compiles");
    let this = std::env::current_exe().unwrap();
    let mut command = Command::new(this.ancestors().nth(2).unwrap().join("examples").join(name));
    command.args(arguments).env_remove("HUMANITEC_API_KEY");
    command
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn every_command_works_as_described() {
    let commands = commands();
    assert!(commands.len() >= 6, "the README runs examples");
    for (name, arguments) in commands {
        if arguments.first().is_some_and(|argument| argument == "serve") {
            // The same on free ports, since the usual ones may be in use.
            let ports = ["--port", "humanitec-tokeninfo-rest=0", "--port", "humanitec-tokeninfo-mcp=0"];
            let arguments: Vec<_> = arguments.into_iter().chain(ports.map(str::to_owned)).collect();
            let mut child = Running(example(&name, &arguments).stdout(Stdio::piped()).spawn().unwrap());
            let lines: Vec<_> =
                BufReader::new(child.0.stdout.take().unwrap()).lines().take(2).map(|l| l.unwrap()).collect();
            let address = lines[0].strip_prefix("listening rest humanitec-tokeninfo-rest ").unwrap();
            assert!(lines[1].starts_with("listening mcp humanitec-tokeninfo-mcp http://127.0.0.1:"), "{lines:?}");
            let answer = reqwest::get(format!("{address}/v1/users/u-1/tokens")).await.unwrap();
            assert_eq!(answer.json::<serde_json::Value>().await.unwrap()[0]["id"], "ci");
        } else {
            let output = example(&name, &arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(!output.stdout.is_empty(), "{arguments:?} prints something");
        }
    }
}

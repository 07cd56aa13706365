//! An example as a child process, with requests to both adapters.

use crate::Operation;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// A running example. It is killed if a test fails before it is stopped.
pub(crate) struct Program {
    child: Child,
    rest: String,
    mcp: String,
    _stdout: BufReader<ChildStdout>,
}

/// Returns the folder of the built examples, beside the folder of this test. Builds them first, since
/// `cargo test --test` does not build them. After `cargo test --workspace`, they are up to date.
fn examples() -> &'static Path {
    static EXAMPLES: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLES.get_or_init(|| {
        // `target/PROFILE/deps/TEST`, where the folder of the profile `dev` is `debug`.
        let this = std::env::current_exe().unwrap();
        let folder = this.ancestors().nth(2).unwrap();
        let (target, profile) = (folder.parent().unwrap(), folder.file_name().unwrap());
        let profile = if profile == "debug" { std::ffi::OsStr::new("dev") } else { profile };
        let mut build = Command::new(env!("CARGO"));
        // With this variable, `target` already is the folder of that target.
        build.env_remove("CARGO_BUILD_TARGET");
        build.args(["build", "--quiet", "--workspace", "--examples"]);
        build.arg("--profile").arg(profile).arg("--target-dir").arg(target);
        assert!(build.status().unwrap().success(), "the examples do not compile");
        folder.join("examples")
    })
}

/// The environment variables that the examples read.
const VARIABLES: [&str; 10] = [
    "HUMANITEC_API_KEY",
    "LOGTO_API_KEY",
    "TENANT_ID",
    "LABEL_STUDIO_API_KEY",
    "STACKROX_API_KEY",
    "CENTRAL_HOST",
    "ORDERS_API_KEY",
    "BILLING_API_KEY",
    "GITHUB_TOKEN",
    "STRIPE_KEY",
];

/// Returns a command for an example, without the environment variables that examples read.
pub(crate) fn example(name: &str) -> Command {
    let mut command = Command::new(examples().join(name));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

impl Program {
    /// Serves an example in front of an upstream.
    pub(crate) fn serve(name: &str, namespace: &str, upstream: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = example(name);
        command.args(["serve", "--upstream", &format!("{namespace}={upstream}")]).envs(environment.iter().copied());
        Self::start(command, namespace)
    }

    /// Serves an example's demo.
    pub(crate) fn demo(name: &str, namespace: &str) -> Self {
        let mut command = example(name);
        command.args(["serve", "--demo"]);
        Self::start(command, namespace)
    }

    fn start(mut command: Command, namespace: &str) -> Self {
        command.args(["--port", &format!("{namespace}-rest=0"), "--port", &format!("{namespace}-mcp=0")]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut listening = |adapter: &str| {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let start = format!("listening {adapter} {namespace}-{adapter} ");
            line.strip_prefix(&start).unwrap_or_else(|| panic!("`{line}` is not a `{start}…`")).trim().to_owned()
        };
        let (rest, mcp) = (listening("rest"), listening("mcp"));
        Self { child, rest, mcp, _stdout: stdout }
    }

    /// Calls an operation over REST.
    pub(crate) async fn rest(&self, operation: &Operation) -> (u16, Option<Value>) {
        let (method, path) = &operation.rest;
        let mut request = reqwest::Client::new().request(method.clone(), format!("{}{path}", self.rest));
        for (name, value) in operation.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = &operation.body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, (!bytes.is_empty()).then(|| serde_json::from_slice(&bytes).unwrap()))
    }

    /// Calls a tool, as a client of the 2025-06-18 revision.
    pub(crate) async fn tool(&self, name: &str, arguments: &Value) -> Value {
        let answer = self.message("tools/call", &json!({ "name": name, "arguments": arguments })).await;
        answer.get("result").cloned().unwrap_or_else(|| panic!("{name}: {answer}"))
    }

    /// Sends a message to the MCP adapter.
    pub(crate) async fn message(&self, method: &str, params: &Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = reqwest::Client::new()
            .post(&self.mcp)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18")
            .json(&message);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Returns the address of the REST adapter.
    pub(crate) fn address(&self) -> &str {
        &self.rest
    }

    /// Stops the program with SIGTERM, as an operator does, and checks that it exits with 0.
    pub(crate) fn stop(mut self) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "SIGTERM did not end the example cleanly");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

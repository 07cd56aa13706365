//! Issues and files of GitHub: a list separated by commas, constant headers and query parameters, pages by `Link`, 404
//! as `None`, a path argument with several segments, a PUT without a body, errors by status.
//!
//! ```sh
//! GITHUB_TOKEN=ghp_… cargo run --example github -- serve
//! curl -i 'http://127.0.0.1:8080/v1/repos/rust-lang/rust/issues?labels=A-macros,C-bug'
//! curl -O http://127.0.0.1:8080/v1/repos/rust-lang/rust/raw/src/tools/tidy/Cargo.toml
//! ```
//!
//! `github.naftiko.yaml` beside this file is the same capability as a document; both send the same requests.

use naftiko::{Download, Error, Result, UpstreamError, capability, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An issue.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Whether it is `open` or `closed`.
    pub state: String,
}

/// An issue to create.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewIssue {
    /// Its title.
    pub title: String,
    /// The text, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A file of a repository.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// Where it is.
    pub path: String,
    /// The hash of its content.
    pub sha: String,
    /// How many bytes it has.
    pub size: u64,
}

/// The reason why GitHub rejects an issue.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Invalid {
    /// The reason, in words.
    pub message: String,
}

/// The errors of GitHub.
#[derive(Debug, UpstreamError)]
pub enum GitHubError {
    /// The repository does not exist, or the token has no access to it.
    #[status(404)]
    NotFound,
    /// Issues are disabled in this repository.
    #[status(410)]
    Gone,
    /// The issue is invalid.
    #[status(422)]
    Invalid(Invalid),
    #[other]
    Other(Error),
}

/// Reads and creates GitHub issues, and reads files.
#[capability(
    label = "GitHub",
    binds(env(GITHUB_TOKEN)),
    consumes(
        namespace = "github",
        base_uri = "https://api.github.com",
        authentication(bearer = "{{env.GITHUB_TOKEN}}"),
        header("X-GitHub-Api-Version" = "2022-11-28"),
    ),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
)]
pub trait GitHub {
    /// Lists the issues of a repository, one page at a time; `Link` has the URLs of the other pages.
    #[get("/repos/{owner}/{repo}/issues", response_headers("Link"))]
    async fn list_issues(
        &self,
        #[example("rust-lang")] owner: &str,
        #[example("rust")] repo: &str,
        #[query(style = "comma")] labels: Option<&[String]>,
        page: Option<u32>,
    ) -> Result<http::Response<Vec<Issue>>>;

    /// Lists the open pull requests of a repository, the newest first.
    #[get("/repos/{owner}/{repo}/pulls", query("state" = "open", "sort" = "created"))]
    async fn open_pulls(&self, owner: &str, repo: &str) -> Result<Vec<Issue>>;

    /// Creates an issue.
    #[post("/repos/{owner}/{repo}/issues", status = 201, response_headers("Location"))]
    #[tool(hints(destructive = false))]
    async fn create_issue(
        &self,
        owner: &str,
        repo: &str,
        body: &NewIssue,
    ) -> Result<http::Response<Issue>, GitHubError>;

    /// Looks up a file of a repository.
    #[get("/repos/{owner}/{repo}/contents/{+path}", none_on(404))]
    async fn find_file(&self, owner: &str, repo: &str, path: &str) -> Result<Option<Content>>;

    /// Reads a file of a repository.
    #[get("/repos/{owner}/{repo}/contents/{+path}", header("Accept" = "application/vnd.github.raw+json"))]
    #[rest(path = "/repos/{owner}/{repo}/raw/{+path}")]
    async fn read_file(&self, owner: &str, repo: &str, path: &str) -> Result<Download, GitHubError>;

    /// Gives a repository a star.
    #[put("/user/starred/{owner}/{repo}")]
    #[tool(hints(destructive = false))]
    async fn star(&self, owner: &str, repo: &str) -> Result<(), GitHubError>;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(GitHubClient::from_env).await
}

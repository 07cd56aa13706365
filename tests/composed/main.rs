//! Capabilities that are built on others: over REST and MCP with real upstreams, as programs, and with fakes.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli", feature = "testing"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

mod caller_headers;
mod calls;
mod documents;
mod earlier_effect;
mod effects;
mod shared;

/// The capabilities that the others are built on, in a module of their own.
pub mod apis {
    use super::{Deserialize, JsonSchema, Result, Serialize, capability};

    /// An issue.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    pub struct Issue {
        /// Its title.
        pub title: String,
    }

    /// Keeps issues.
    #[capability(
        binds(env(COMPOSED_ISSUES_TOKEN)),
        consumes(
            namespace = "issues",
            base_uri = "https://issues.example",
            authentication(bearer = "{{env.COMPOSED_ISSUES_TOKEN}}"),
        )
    )]
    #[mockall::automock]
    pub trait Issues {
        /// Lists the issues of a project.
        #[get("/projects/{project}/issues")]
        async fn list(&self, project: &str) -> Result<Vec<Issue>>;

        /// Opens an issue.
        #[post("/projects/{project}/issues", status = 201)]
        async fn open(&self, project: &str, body: &Issue) -> Result<Issue>;
    }

    /// Keeps notes.
    #[capability(
        binds(env(COMPOSED_NOTES_TOKEN)),
        consumes(
            namespace = "notes",
            base_uri = "https://notes.example",
            authentication(bearer = "{{env.COMPOSED_NOTES_TOKEN}}"),
        )
    )]
    pub trait Notes {
        /// Lists the notes about a project.
        #[get("/notes")]
        async fn about(&self, project: &str) -> Result<Vec<String>>;
    }
}

use apis::{Issue, IssuesClient, MockIssues, Notes, NotesClient};

/// A project at a glance.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Glance {
    issues: Vec<String>,
    notes: usize,
}

/// Shows projects at a glance.
#[capability(uses(issues: apis::Issues, notes: Notes), exposes(rest(port = 8080), mcp(port = 9090)))]
pub trait Dashboard {
    /// Shows a project.
    #[rest(get = "/projects/{project}")]
    async fn glance(&self, project: &str) -> Result<Glance> {
        let (issues, notes) = tokio::try_join!(self.issues().list(project), self.notes().about(project))?;
        Ok(Glance { issues: issues.into_iter().map(|issue| issue.title).collect(), notes: notes.len() })
    }

    /// Turns the notes about a project into issues.
    #[tool]
    async fn convert(&self, project: &str) -> Result<usize> {
        let notes = self.notes().about(project).await?;
        for title in &notes {
            self.issues().open(project, &Issue { title: title.clone() }).await?;
        }
        Ok(notes.len())
    }
}

/// A capability that uses `Dashboard`, which uses others. It also calls an API of its own.
#[capability(
    binds(env(COMPOSED_REPORTS_TOKEN)),
    consumes(
        namespace = "reports",
        base_uri = "https://reports.example",
        authentication(bearer = "{{env.COMPOSED_REPORTS_TOKEN}}"),
    ),
    uses(dashboard: Dashboard),
    exposes(rest(port = 8081), mcp(port = 9091))
)]
pub trait Reports {
    /// Reads a report.
    #[get("/reports/{project}")]
    async fn read(&self, project: &str) -> Result<Vec<String>>;

    /// Writes a report.
    #[post("/reports/{project}", status = 201)]
    #[skip]
    async fn write(&self, project: &str, body: &[String]) -> Result<()>;

    /// Reports on a project.
    #[rest(post = "/projects/{project}/report")]
    async fn report(&self, project: &str) -> Result<usize> {
        let glance = self.dashboard().glance(project).await?;
        self.write(project, &glance.issues).await?;
        Ok(glance.issues.len())
    }
}

/// Notes in memory.
#[derive(Debug, Clone)]
struct InMemory(Vec<String>);

impl Notes for InMemory {
    async fn about(&self, _project: &str) -> Result<Vec<String>> {
        Ok(self.0.clone())
    }
}

/// An implementation of the composed capability itself: it needs none of the used capabilities.
struct Canned;

impl Dashboard for Canned {
    async fn glance(&self, project: &str) -> Result<Glance> {
        Ok(Glance { issues: vec![project.to_owned()], notes: 0 })
    }

    async fn convert(&self, _project: &str) -> Result<usize> {
        Ok(0)
    }
}

/// Two upstreams; the methods build clients for them.
struct Apis {
    issues: Upstream,
    notes: Upstream,
}

impl Apis {
    async fn start() -> Self {
        let (issues, notes) = (Upstream::start().await, Upstream::start().await);
        issues.answer("GET", "/projects/p/issues", Answer::json(200, json!([{"title":"a"},{"title":"b"}])));
        notes.answer("GET", "/notes", Answer::json(200, json!(["n"])));
        Self { issues, notes }
    }

    fn issues(&self) -> IssuesClient {
        let builder = IssuesClient::builder().base_uri(self.issues.url()).bind("COMPOSED_ISSUES_TOKEN", "i-t0ken");
        builder.build().unwrap()
    }

    fn notes(&self) -> NotesClient {
        let builder = NotesClient::builder().base_uri(self.notes.url()).bind("COMPOSED_NOTES_TOKEN", "n-t0ken");
        builder.build().unwrap()
    }

    fn dashboard(&self) -> DashboardClient {
        DashboardClient::new(self.issues(), self.notes())
    }
}

/// Returns the URL of a server for both adapters.
async fn serve(capability: naftiko::Capability) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: axum::Router = capability.rest_router();
    let router = router.route_service("/mcp", capability.mcp_service());
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

async fn json_of(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn get(url: &str, path: &str) -> (u16, Value) {
    json_of(reqwest::get(format!("{url}{path}")).await.unwrap()).await
}

async fn rpc(url: &str, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let response = reqwest::Client::new().post(format!("{url}/mcp")).json(&message).send().await.unwrap();
    json_of(response).await.1["result"].take()
}

#[tokio::test]
async fn both_adapters_call_both_apis() {
    let apis = Apis::start().await;
    let url = serve(apis.dashboard().into_capability()).await;
    let glance = json!({ "issues": ["a", "b"], "notes": 1 });
    assert_eq!(get(&url, "/projects/p").await, (200, glance.clone()));
    let called = rpc(&url, "tools/call", json!({ "name": "glance", "arguments": { "project": "p" } })).await;
    assert_eq!(called["structuredContent"], glance);
    for (upstream, request, credential) in [
        (&apis.issues, "GET /projects/p/issues", "Bearer i-t0ken"),
        (&apis.notes, "GET /notes?project=p", "Bearer n-t0ken"),
    ] {
        let requests = upstream.requests();
        assert_eq!(requests.len(), 2);
        for seen in requests {
            assert_eq!(format!("{} {}", seen.method, seen.path_and_query), request);
            assert_eq!(
                seen.header("authorization"),
                Some(credential),
                "an API received a credential that is not its own"
            );
        }
    }
}

#[tokio::test]
async fn an_error_names_the_api_that_failed() {
    let apis = Apis::start().await;
    apis.notes.answer("GET", "/notes", Answer::json(404, json!({"code":"none"})));
    let url = serve(apis.dashboard().into_capability()).await;
    let (status, problem) = get(&url, "/projects/p").await;
    assert_eq!((status, &problem["api"]), (404, &json!("notes")));
    assert_eq!(problem["detail"], "`notes` answered with 404 Not Found");
    assert_eq!(problem["upstream"], json!({ "status": 404, "body": { "code": "none" } }));

    apis.notes.answer("GET", "/notes", Answer::json(200, json!([])));
    apis.issues.answer("GET", "/projects/p/issues", Answer::json(500, json!({})));
    let (status, problem) = get(&url, "/projects/p").await;
    assert_eq!((status, &problem["api"]), (502, &json!("issues")));
    let called = rpc(&url, "tools/call", json!({ "name": "glance", "arguments": { "project": "p" } })).await;
    assert_eq!(called["isError"], true);
    let error = &called["_meta"]["io.naftiko/error"];
    assert_eq!((&error["api"], &error["kind"]), (&json!("issues"), &json!("bad_answer")));
    let text = called["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("glance: `issues` answered with 500"), "{text}");

    let gone = IssuesClient::builder().base_uri("http://127.0.0.1:1").bind("COMPOSED_ISSUES_TOKEN", "t").build();
    let error = DashboardClient::new(gone.unwrap(), apis.notes()).glance("p").await.unwrap_err();
    assert_eq!((error.kind(), error.api()), (ErrorKind::Unreachable, Some("issues")));
}

/// Returns the annotations of each tool, by its name.
async fn annotations(capability: naftiko::Capability) -> Vec<(String, Value)> {
    let mut listed = rpc(&serve(capability).await, "tools/list", json!({})).await;
    let tools = listed["tools"].as_array_mut().unwrap();
    tools.iter_mut().map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool["annotations"].take())).collect()
}

#[tokio::test]
async fn effects_are_those_of_the_operations_that_a_body_calls() {
    let apis = Apis::start().await;
    let published = annotations(apis.dashboard().into_capability()).await;
    // Hints that are left out have the defaults of MCP: the tool may write, and reaches the outside world.
    let [(glance, reads), (convert, writes)] = published.as_slice() else { panic!("{published:?}") };
    assert_eq!((glance.as_str(), reads), ("glance", &json!({ "readOnlyHint": true })));
    assert_eq!((convert.as_str(), writes), ("convert", &json!({ "destructiveHint": true })));
}

#[test]
fn the_document_has_only_the_apis_and_binds_of_the_trait_itself() {
    let document = DashboardClient::new(MockIssues::new(), InMemory(Vec::new())).into_capability().document().clone();
    assert!(document.capability.consumes.is_empty() && document.all_binds().is_empty());
    let document = reports("http://127.0.0.1:1", Canned).into_capability().document().clone();
    let consumed: Vec<&str> = document.capability.consumes.iter().map(|api| api.namespace.as_str()).collect();
    assert_eq!(consumed, ["reports"]);
}

#[test]
fn openapi_has_a_429_for_a_route_that_calls_apis() {
    let openapi = DashboardClient::new(MockIssues::new(), InMemory(Vec::new())).into_capability().openapi();
    let responses = &openapi["paths"]["/projects/{project}"]["get"]["responses"];
    assert!(responses.get("429").is_some(), "{responses}");
}

#[tokio::test]
async fn mocks_and_fakes_can_replace_the_used_capabilities() {
    let mut issues = MockIssues::new();
    issues.expect_open().times(2).returning(|_, issue| {
        let issue = issue.clone();
        Box::pin(async { Ok(issue) })
    });
    let notes = Arc::new(InMemory(vec!["x".into(), "y".into()]));
    let dashboard = DashboardClient::new(Arc::new(issues), notes.clone());
    assert_eq!(dashboard.convert("p").await.unwrap(), 2);
    assert_eq!(dashboard.notes().0.len(), 2);
    assert_eq!(dashboard.clone().into_capability().operations().len(), 2);
    // Whatever implements the trait can be exposed.
    assert_eq!(Canned.into_capability().call("convert", json!({ "project": "p" })).await.unwrap(), 0);
}

/// Returns `Reports` in front of the API at `url`, built on a dashboard.
fn reports<D: Dashboard>(url: &str, dashboard: D) -> ReportsClient<D> {
    let own = ReportsClient::builder().base_uri(url).bind("COMPOSED_REPORTS_TOKEN", "r-t0ken").build();
    ReportsClient::new(own.unwrap(), dashboard)
}

#[tokio::test]
async fn a_composed_capability_may_have_requests_of_its_own() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/reports/p", Answer::json(203, json!(["a"])));
    upstream.answer("POST", "/reports/p", Answer::status(201));
    let url = serve(reports(upstream.url(), Canned).into_capability()).await;
    // The status of the API is kept, whatever implements the dashboard.
    assert_eq!(get(&url, "/reports/p").await, (203, json!(["a"])));
    let posted = reqwest::Client::new().post(format!("{url}/projects/p/report")).send().await.unwrap();
    assert_eq!(json_of(posted).await, (200, json!(1)));
    let requests = upstream.requests();
    assert_eq!(requests.last().unwrap().json().unwrap(), json!(["p"]));
    assert!(requests.iter().all(|request| request.header("authorization") == Some("Bearer r-t0ken")));
}

#[test]
fn one_error_names_the_variables_of_all_capabilities() {
    let error = ReportsClient::from_env().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let message = error.to_string();
    for name in ["COMPOSED_ISSUES_TOKEN", "COMPOSED_NOTES_TOKEN", "COMPOSED_REPORTS_TOKEN"] {
        assert!(message.contains(&format!("{name} is not set")), "{message}");
    }
}

/// What a program prints.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Runs the program of the dashboard.
async fn run(arguments: &[&str]) -> Result<String> {
    let printed = Printed::default();
    naftiko::run(DashboardClient::from_env).demo(|| Canned).args(arguments).output(printed.clone()).await?;
    Ok(printed.text())
}

#[tokio::test]
async fn a_program_of_a_composed_capability_has_the_usual_commands() {
    let document = run(&["document"]).await.unwrap();
    assert!(document.contains("label: Dashboard"), "{document}");
    assert!(run(&["tools"]).await.unwrap().contains("convert"));
    let called = run(&["call", "convert", "-a", "project=p", "--demo"]).await.unwrap();
    assert_eq!(called.trim(), "0");
    let error = run(&["call", "convert", "-a", "project=p"]).await.unwrap_err().to_string();
    assert!(error.contains("COMPOSED_ISSUES_TOKEN") && error.contains("COMPOSED_NOTES_TOKEN"), "{error}");
    // A dry run needs no variables, and shows the first request.
    let dry = run(&["call", "convert", "-a", "project=p", "--dry-run"]).await.unwrap();
    assert!(dry.starts_with("GET https://notes.example/notes?project=p\n"), "{dry}");
}

#[tokio::test]
async fn an_upstream_on_the_command_line_replaces_that_of_a_used_capability() {
    let apis = Apis::start().await;
    let (notes, dry) = (format!("notes={}", apis.notes.url()), ["call", "convert", "-a", "project=p", "--dry-run"]);
    let shown = run(&[&dry[..], &["--upstream", &notes]].concat()).await.unwrap();
    assert!(shown.starts_with(&format!("GET {}/notes?project=p\n", apis.notes.url())), "{shown}");
    let error = run(&[&dry[..], &["--upstream", "nodes=http://127.0.0.1:1"]].concat()).await.unwrap_err().to_string();
    assert!(error.contains("`notes`"), "{error}");

    // A client that the program has built already is built again with the options of the command, and keeps its own settings.
    let printed = Printed::default();
    let dashboard = apis.dashboard();
    let elsewhere = Upstream::start().await;
    elsewhere.answer("GET", "/notes", Answer::json(200, json!([])));
    let notes = format!("notes={}", elsewhere.url());
    let arguments = ["call", "glance", "-a", "project=p", "--upstream", &notes];
    naftiko::run(move || Ok(dashboard)).args(arguments).output(printed.clone()).await.unwrap();
    let glance: Value = serde_json::from_str(&printed.text()).unwrap();
    assert_eq!(glance, json!({ "issues": ["a", "b"], "notes": 0 }));
    assert_eq!((apis.issues.requests().len(), apis.notes.requests().len()), (1, 0));
    assert_eq!(elsewhere.requests()[0].header("authorization"), Some("Bearer n-t0ken"));
}

//! Folders of files as MCP resources: they are listed and read, and no URI leads out of them. Prompts whose text is in a file. Both are
//! declared by a trait or by a document.
#![cfg(feature = "mcp")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use naftiko::{Capability, Limits, Result, capability};
use serde_json::{Value, json};

/// Answers questions from a guide.
#[capability(exposes(
    rest(port = 8080),
    mcp(
        port = 9090,
        resources(
            guide(uri = "docs://guide", location = "tests/folders/served", description = "Pages of the guide."),
            first_page(
                uri = "docs://first",
                location = "file://./tests/folders/served/start.md",
                title = "First page"
            ),
        ),
        prompts(
            greet(
                location = "tests/folders/greet.txt",
                title = "Greet",
                description = "Greets somebody.",
                arguments(name(description = "Who is greeted."))
            ),
            say_bye(location = "file://./tests/folders/bye.txt", arguments(name, tone(required = false))),
        )
    )
))]
pub trait Guide {
    /// Answers a question.
    #[tool]
    async fn ask(&self, question: &str) -> Result<String> {
        Ok(question.to_owned())
    }

    /// The glossary.
    #[resource(uri = "docs://glossary", mime_type = "text/plain")]
    async fn glossary(&self) -> Result<String> {
        Ok("none".to_owned())
    }
}

struct Mine;

impl Guide for Mine {}

/// A client of the MCP adapter of a capability.
struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    async fn of(capability: &Capability) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let router = Router::new().route_service("/mcp", capability.mcp_service());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, http: reqwest::Client::new() }
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.http.post(&self.url).header("accept", "application/json").json(&message);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn uris(&self) -> Vec<String> {
        let listed = self.ask("resources/list", json!({})).await;
        let resources = listed["result"]["resources"].as_array().unwrap().iter();
        resources.map(|resource| resource["uri"].as_str().unwrap().to_owned()).collect()
    }

    /// Reads a resource, and returns its only content or the code of the error.
    async fn read(&self, uri: &str) -> Value {
        let read = self.ask("resources/read", json!({ "uri": uri })).await;
        if read["error"].is_object() { read["error"]["code"].clone() } else { read["result"]["contents"][0].clone() }
    }

    /// Checks that no URI leads out of the folder, or to a hidden file, a folder or a missing file in it.
    async fn stays_inside(&self) {
        for path in [
            "../outside.txt",
            "%2e%2e/outside.txt",
            "..%2foutside.txt",
            "more/../../outside.txt",
            "/etc/passwd",
            ".hidden",
            "more",
            "none.md",
            "",
        ] {
            let uri = format!("docs://guide/{path}");
            assert_eq!(self.read(&uri).await, -32002, "{uri}");
        }
    }
}

const OF_GUIDE: [&str; 3] = ["docs://guide/logo.png", "docs://guide/more/a%20b.txt", "docs://guide/start.md"];

#[tokio::test]
async fn the_files_of_a_folder_are_listed_and_read() {
    let capability = Mine.into_capability();
    capability.check_files().unwrap();
    let client = Client::of(&capability).await;
    let mut expected = vec!["docs://glossary"];
    expected.extend(OF_GUIDE);
    expected.push("docs://first");
    assert_eq!(client.uris().await, expected);
    let listed = client.ask("resources/list", json!({})).await["result"]["resources"].clone();
    let page = json!({
        "uri": "docs://guide/start.md", "name": "guide/start.md", "mimeType": "text/markdown",
        "description": "Pages of the guide.",
    });
    assert_eq!(listed[3], page);
    let first =
        json!({ "uri": "docs://first", "name": "first-page", "title": "First page", "mimeType": "text/markdown" });
    assert_eq!(listed[4], first);

    let start = json!({ "uri": "docs://guide/start.md", "mimeType": "text/markdown", "text": "# Start\n" });
    assert_eq!(client.read("docs://guide/start.md").await, start);
    assert_eq!(client.read("docs://first").await["text"], "# Start\n");
    assert_eq!(client.read("docs://glossary").await["text"], "none");
    assert_eq!(client.read("docs://guide/more/a%20b.txt").await["text"], "more\n");
    let logo = json!({ "uri": "docs://guide/logo.png", "mimeType": "image/png", "blob": "iVBORw==" });
    assert_eq!(client.read("docs://guide/logo.png").await, logo);
    client.stays_inside().await;
}

#[tokio::test]
async fn the_text_of_a_prompt_is_in_a_file() {
    let client = Client::of(&Mine.into_capability()).await;
    let listed = client.ask("prompts/list", json!({})).await["result"]["prompts"].clone();
    let name = json!({ "name": "name", "description": "Who is greeted.", "required": true });
    let expected = json!([
        { "name": "greet", "title": "Greet", "description": "Greets somebody.", "arguments": [name] },
        { "name": "say-bye", "arguments": [{ "name": "name", "required": true }, { "name": "tone", "required": false }] },
    ]);
    assert_eq!(listed, expected);
    let get = async |name: &str, arguments: Value| {
        client.ask("prompts/get", json!({ "name": name, "arguments": arguments })).await
    };
    let greeted = get("greet", json!({ "name": "Ada" })).await["result"].clone();
    let message = json!({ "role": "user", "content": { "type": "text", "text": "Hello, Ada!\n" } });
    assert_eq!((&greeted["messages"], &greeted["description"]), (&json!([message]), &json!("Greets somebody.")));
    for (arguments, expected) in [
        (json!({ "name": "Ada" }), "Bye, Ada.\n"),
        (json!({ "name": "{{tone}}", "tone": " Take care." }), "Bye, {{tone}}. Take care.\n"),
    ] {
        assert_eq!(get("say-bye", arguments).await["result"]["messages"][0]["content"]["text"], expected);
    }
    assert_eq!(get("say-bye", json!({ "tone": "!" })).await["error"]["code"], -32602);
    assert_eq!(get("greet", json!({ "name": "Ada", "tone": "!" })).await["error"]["code"], -32602);
}

/// Answers from a folder that does not exist.
#[capability(exposes(mcp(
    port = 9090,
    resources(guide(uri = "docs://guide", location = "tests/folders/missing")),
    prompts(greet(location = "tests/folders/missing.txt"))
)))]
pub trait Missing {
    /// The glossary.
    #[resource(uri = "docs://glossary")]
    async fn glossary(&self) -> Result<String> {
        Ok("none".to_owned())
    }
}

struct Without;

impl Missing for Without {}

#[tokio::test]
async fn a_missing_folder_is_reported_and_the_rest_is_served() {
    let capability = Without.into_capability();
    let error = capability.check_files().unwrap_err().to_string();
    assert!(error.contains("the location of the resource `guide`: `"), "{error}");
    assert!(error.contains("tests/folders/missing` cannot be read"), "{error}");
    assert!(error.contains("the location of the prompt `greet`: `"), "{error}");
    assert!(error.contains("tests/folders/missing.txt` cannot be read"), "{error}");
    let client = Client::of(&capability).await;
    assert_eq!(client.ask("prompts/get", json!({ "name": "greet" })).await["error"]["code"], -32603);
    assert_eq!(client.uris().await, ["docs://glossary"]);
    assert_eq!(client.read("docs://guide/start.md").await, -32002);
}

/// Greets somebody.
#[capability(exposes(mcp(
    port = 9090,
    prompts(
        greet(location = "tests/folders/greet.txt", arguments(names, tone)),
        say_hello(location = "tests/folders/greet.txt", arguments(name, tone)),
        say_bye(location = "tests/folders", arguments(name)),
        show(location = "tests/folders/served/logo.png")
    )
)))]
pub trait Mismatched {
    /// The glossary.
    #[resource(uri = "docs://glossary")]
    async fn glossary(&self) -> Result<String> {
        Ok("none".to_owned())
    }
}

struct Other;

impl Mismatched for Other {}

#[test]
fn the_file_of_a_prompt_that_does_not_match_its_declaration_is_reported() {
    let error = Other.into_capability().check_files().unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    let [greet, hello, bye, show] = lines[..] else { panic!("{error}") };
    assert_eq!(greet, "the file of the prompt `greet`: unknown placeholder `{{name}}`; did you mean `{{names}}`?");
    let unused = "no placeholder uses the argument `tone`; write `{{tone}}` in the text, or remove the argument";
    assert_eq!(hello, format!("the file of the prompt `say-hello`: {unused}"));
    assert!(bye.starts_with("the location of the prompt `say-bye`: `") && bye.ends_with("` is not a file"), "{bye}");
    assert!(
        show.starts_with("the location of the prompt `show`: `") && show.ends_with("` is not UTF-8 text"),
        "{show}"
    );
}

#[tokio::test]
async fn the_file_of_a_prompt_that_cannot_be_used_is_an_error_of_its_request() {
    let client = Client::of(&Other.into_capability()).await;
    for (name, arguments) in [("say-bye", json!({ "name": "Ada" })), ("show", json!({}))] {
        let answer = client.ask("prompts/get", json!({ "name": name, "arguments": arguments })).await;
        assert_eq!(answer["error"]["code"], -32603, "{name}: {answer}");
    }
    let small = Mine.into_capability().with_limits(Limits { blob: 16, ..Limits::default() });
    let error = small.check_files().unwrap_err().to_string();
    assert!(error.starts_with("the location of the prompt `greet`: `"), "{error}");
    assert!(error.lines().all(|line| line.ends_with("` is larger than the limit of 16 bytes")), "{error}");
    let greeted =
        Client::of(&small).await.ask("prompts/get", json!({ "name": "greet", "arguments": { "name": "Ada" } })).await;
    assert_eq!(greeted["error"]["code"], -32603, "{greeted}");
}

#[cfg(feature = "document")]
mod documents {
    use super::*;
    use naftiko::document::{self, Settings};

    /// The document declares the folder and the prompt.
    #[capability(document = "tests/folders/guide.naftiko.yaml")]
    pub trait Documented {
        /// The glossary.
        #[resource(uri = "docs://glossary")]
        async fn glossary(&self) -> Result<String> {
            Ok("none".to_owned())
        }
    }

    #[tokio::test]
    async fn the_folders_of_a_document_are_served_by_its_trait() {
        let capability = DocumentedClient::from_env().unwrap().into_capability();
        capability.check_files().unwrap();
        let client = Client::of(&capability).await;
        let mut expected = vec!["docs://glossary"];
        expected.extend(OF_GUIDE);
        assert_eq!(client.uris().await, expected);
        assert_eq!(client.read("docs://guide/start.md").await["text"], "# Start\n");
        client.stays_inside().await;
        let greeted = client.ask("prompts/get", json!({ "name": "greet", "arguments": { "name": "Ada" } })).await;
        assert_eq!(greeted["result"]["messages"][0]["content"]["text"], "Hello, Ada!\n");
    }

    #[tokio::test]
    async fn the_exported_document_serves_the_same_folder() {
        let exported = Mine.into_capability().document().to_yaml().unwrap();
        for part in [
            "- name: guide\n",
            "uri: docs://guide\n",
            "description: Pages of the guide.\n",
            "location: tests/folders/served\n",
            "- name: first-page\n",
            "label: First page\n",
            "- name: greet\n",
            "label: Greet\n",
            "description: Who is greeted.\n",
            "location: tests/folders/greet.txt\n",
            "required: false\n",
        ] {
            assert!(exported.contains(part), "{part}: {exported}");
        }
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("exported-folders.naftiko.yaml");
        std::fs::write(&file, &exported).unwrap();
        let capability = document::open(&file, Settings::default().folder(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let client = Client::of(&capability).await;
        let own = Client::of(&Mine.into_capability()).await;
        for (method, params) in [
            ("prompts/list", json!({})),
            ("prompts/get", json!({ "name": "say-bye", "arguments": { "name": "Ada", "tone": "" } })),
        ] {
            assert_eq!(client.ask(method, params.clone()).await, own.ask(method, params).await, "{method}");
        }
        let uris = client.uris().await;
        assert!(OF_GUIDE.iter().all(|uri| uris.iter().any(|listed| listed == uri)), "{uris:?}");
        assert_eq!(client.read("docs://guide/start.md").await["text"], "# Start\n");
        client.stays_inside().await;
    }
}

//! The MCP resources and prompts of documents: calls, folders, templates and files.

use super::support;
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::testing::Answer;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const EXPOSES: &str = r"
- type: mcp
  namespace: docs-mcp
  port: 9090
  tools: []
  resources:
  - name: thing
    label: A thing
    uri: things://{id}
    description: One thing.
    mimeType: application/json
    call: api.get-thing
    with: { id: tools.id }
    outputParameters:
    - { type: object, mapping: $. }
  - name: name
    label: A name
    uri: names://{id}
    description: One name.
    mimeType: text/plain
    call: api.get-thing
    with: { id: tools.id }
    outputParameters:
    - { type: string, mapping: $.name }
  - name: guide
    label: The guide
    uri: docs://guide
    description: Pages of the guide.
    location: file:///LOCATION
  prompts:
  - name: review
    label: Review
    description: Asks for a review.
    arguments:
    - { name: thing, description: The thing. }
    - { name: tone, description: The tone., required: false }
    template:
    - { role: user, content: 'Review {{thing}} in a {{ tone }} tone.' }
    - { role: assistant, content: 'Which part of {{thing}}?' }
  - name: greet
    label: Greet
    description: Greets.
    arguments:
    - { name: name, description: The name. }
    location: file:///PROMPT
";

const RESOURCES: &str = r"
- name: things
  path: /things/{id}
  operations:
  - name: get-thing
    method: GET
    inputParameters:
    - { name: id, in: path }
    outputParameters:
    - { name: result, type: object, value: $. }
";

/// Creates a folder with two pages, a prompt, and a file that no resource includes.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("guide/more")).unwrap();
    for (file, text) in [
        ("guide/start.md", "# Start"),
        ("guide/more/a b.txt", "more"),
        ("greet.txt", "Hello, {{name}}!"),
        ("secret.txt", "hush"),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

fn yaml(folder: &Path, location: &Path) -> String {
    let exposes = EXPOSES.replace("/LOCATION", &location.display().to_string());
    let exposes = exposes.replace("/PROMPT", &folder.join("greet.txt").display().to_string());
    support::yaml("", RESOURCES, &exposes)
}

async fn ask(url: &str, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let response = reqwest::Client::new().post(format!("{url}/mcp")).json(&message).send().await.unwrap();
    response.json().await.unwrap()
}

#[tokio::test]
async fn calls_folders_templates_and_files_are_served() {
    let folder = folder("offered");
    let upstream = support::upstream(&[]).await;
    upstream.answer("GET", "/things/7", Answer::json(200, json!({ "name": "chair" })));
    upstream.answer("GET", "/things/8", Answer::json(404, json!({})));
    let file = folder.join("docs.naftiko.yaml");
    fs::write(&file, yaml(&folder, &folder.join("guide"))).unwrap();
    let capability = document::open(&file, Settings::default().upstream("api", upstream.url())).unwrap();
    let url = support::serve(&capability).await;

    let listed = ask(&url, "resources/list", json!({})).await["result"]["resources"].clone();
    let uris: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|one| one["uri"].as_str()).collect();
    assert_eq!(uris, ["docs://guide/more/a%20b.txt", "docs://guide/start.md"]);
    let read = async |uri: &str| ask(&url, "resources/read", json!({ "uri": uri })).await;
    let start = json!([{ "uri": "docs://guide/start.md", "mimeType": "text/markdown", "text": "# Start" }]);
    assert_eq!(read("docs://guide/start.md").await["result"]["contents"], start);
    assert_eq!(read("docs://guide/more/a%20b.txt").await["result"]["contents"][0]["text"], "more");
    assert_eq!(read("things://7").await["result"]["contents"][0]["text"], r#"{"name":"chair"}"#);
    assert_eq!(read("names://7").await["result"]["contents"][0]["text"], "chair");
    for uri in [
        "things://8",
        "docs://guide/../secret.txt",
        "docs://guide/%2e%2e/secret.txt",
        "docs://guide/..%2fsecret.txt",
        "docs://guide//etc/passwd",
        "docs://guide/none.md",
    ] {
        let refused = read(uri).await;
        assert_eq!(refused["error"]["code"], -32002, "{uri}: {refused}");
    }

    let get = async |name: &str, arguments: Value| {
        ask(&url, "prompts/get", json!({ "name": name, "arguments": arguments })).await["result"]["messages"].clone()
    };
    let review = get("review", json!({ "thing": "{{tone}}", "tone": "kind" })).await;
    assert_eq!(review[0]["content"]["text"], "Review {{tone}} in a kind tone.", "an argument was read as a template");
    assert_eq!(review[1]["role"], "assistant");
    assert_eq!(get("greet", json!({ "name": "Ada" })).await[0]["content"]["text"], "Hello, Ada!");
}

#[tokio::test]
async fn a_folder_outside_the_documents_folder_is_refused_unless_allowed() {
    let (folder, outside) = (folder("offered-inside"), folder("offered-outside"));
    let upstream = support::upstream(&[]).await;
    let file = folder.join("docs.naftiko.yaml");
    fs::write(&file, yaml(&folder, &outside.join("guide"))).unwrap();
    let settings = || Settings::default().upstream("api", upstream.url());
    let refused = document::open(&file, settings()).unwrap_err().to_string();
    assert!(refused.contains("the location of the resource `guide`") && refused.contains("outside"), "{refused}");
    document::open(&file, settings().allow_location_outside()).unwrap();
}

#[tokio::test]
async fn each_listed_file_is_read_from_its_own_resource() {
    let folder = folder("offered-overlapping");
    fs::write(folder.join("guide/thing.md"), "# Thing").unwrap();
    let located = |name: &str, uri: &str, location: &str| {
        let location = folder.join(location).display().to_string();
        format!("\n  - {{ name: {name}, uri: '{uri}', description: Files., location: 'file://{location}' }}")
    };
    let resources = [
        located("guide", "docs://guide", "guide"),
        located("more", "docs://guide/more", "guide"),
        located("start", "docs://guide/start.md", "guide/thing.md"),
        located("root", "root://", "guide/more"),
        "\n  - { name: thing, uri: 'docs://guide/{id}.md', description: A thing., call: api.get-thing, with: { id: tools.id } }"
            .to_owned(),
        "\n  - { name: query, uri: 'docs://query{?id}', description: A thing., call: api.get-thing, with: { id: tools.id } }"
            .to_owned(),
    ];
    let exposes = format!("\n- type: mcp\n  namespace: docs-mcp\n  port: 9090\n  resources:{}\n", resources.concat());
    let file = folder.join("docs.naftiko.yaml");
    fs::write(&file, support::yaml("", RESOURCES, &exposes)).unwrap();
    let upstream = support::upstream(&[]).await;
    upstream.answer("GET", "/things/thing", Answer::json(200, json!({ "name": "chair" })));
    let capability = document::open(&file, Settings::default().upstream("api", upstream.url())).unwrap();
    let url = support::serve(&capability).await;

    let listed = ask(&url, "resources/list", json!({})).await["result"]["resources"].clone();
    let mut uris: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|one| one["uri"].as_str()).collect();
    uris.sort_unstable();
    // The template of `thing` answers `docs://guide/thing.md`, and the resource `start` is `docs://guide/start.md`.
    // Below `docs://guide/more` are the files of `more`.
    let expected = [
        ("docs://guide/more/more/a%20b.txt", "more"),
        ("docs://guide/more/start.md", "# Start"),
        ("docs://guide/more/thing.md", "# Thing"),
        ("docs://guide/start.md", "# Thing"),
        ("root://a%20b.txt", "more"),
    ];
    assert_eq!(uris, expected.map(|(uri, _)| uri));
    let read = async |uri: &str| ask(&url, "resources/read", json!({ "uri": uri })).await;
    for (uri, text) in expected {
        assert_eq!(read(uri).await["result"]["contents"][0]["text"], text, "{uri}");
    }
    let thing = read("docs://guide/thing.md").await;
    assert!(thing["result"]["contents"][0]["text"].as_str().unwrap().contains("chair"), "{thing}");
    // A template that no URI matches is not published, and nothing is sent for it.
    let templates = ask(&url, "resources/templates/list", json!({})).await["result"]["resourceTemplates"].clone();
    assert_eq!(templates.as_array().unwrap().len(), 1, "{templates}");
    assert_eq!(read("docs://query?id=thing").await["error"]["code"], -32002);
}

//! Skills of a trait and of a document: listed and read as SEP-2640 specifies, in both eras, and equal after an export.
#![cfg(all(feature = "skills", feature = "document"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use naftiko::document::{self, Settings};
use naftiko::{Capability, McpService, Result, capability};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Keeps notes.
#[capability(skills = "tests/skills/served/", exposes(mcp(port = 9090)))]
pub trait Notes {
    /// Adds a note.
    #[tool]
    async fn add_note(&self, text: &str) -> Result<String> {
        Ok(text.to_owned())
    }
}

struct Mine;

impl Notes for Mine {}

/// The skills are in the file.
#[capability(document = "tests/skills/skills.naftiko.yaml")]
pub trait Documented {
    /// The glossary.
    #[resource(uri = "docs://glossary")]
    async fn glossary(&self) -> Result<String> {
        Ok("none".to_owned())
    }
}

/// A client of one server.
struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    async fn of(service: McpService) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().route_service("/mcp", service)).into_future());
        Self { url, http: reqwest::Client::new() }
    }

    async fn legacy(&self, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.http.post(&self.url).header("accept", "application/json").json(&message);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn modern(&self, method: &str, name: Option<&str>, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.http.post(&self.url).header("mcp-protocol-version", "2026-07-28");
        request = request.header("mcp-method", method).header("accept", "application/json");
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        request.json(&message).send().await.unwrap().json().await.unwrap()
    }

    /// Returns the result of a request, which must be the same in both eras of MCP: legacy and modern.
    async fn both(&self, method: &str, name: Option<&str>, params: Value) -> Value {
        let legacy = self.legacy(method, params.clone()).await;
        let mut modern = self.modern(method, name, params).await;
        assert!(modern["result"].is_object(), "{modern}");
        let result = modern["result"].as_object_mut().unwrap();
        for key in ["resultType", "ttlMs", "cacheScope", "_meta"] {
            result.remove(key);
        }
        assert_eq!(legacy["result"], modern["result"], "{method}");
        legacy["result"].clone()
    }
}

/// Returns a file of the served skills.
fn served(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/skills/served").join(path)).unwrap()
}

/// Returns the entry of a file in a list of skills (SEP-2640).
fn entry(path: &str) -> Value {
    let content = served(path);
    let mut sha256 = "sha256:".to_owned();
    for byte in digest(&SHA256, &content).as_ref() {
        let _ = write!(sha256, "{byte:02x}");
    }
    json!({ "uri": format!("skill://{path}"), "digest": sha256, "size": content.len() })
}

#[tokio::test]
async fn skills_are_listed_with_their_files_and_read_as_resources() {
    let client = Client::of(Mine.into_capability().mcp_service()).await;
    let described = client.modern("server/discover", None, json!({})).await;
    let extensions = &described["result"]["capabilities"]["extensions"];
    assert_eq!(extensions, &json!({ "io.modelcontextprotocol/skills": { "directoryRead": true } }));

    let uri = "skill://note-taking/SKILL.md";
    let skill = json!({
        "uri": uri,
        "frontmatter": {
            "name": "note-taking",
            "description": "Takes notes of a meeting. Use when the user asks for minutes.",
            "license": "MIT",
            "metadata": { "version": "1.0" },
        },
        "resources": [
            entry("note-taking/SKILL.md"),
            entry("note-taking/references/logo.png"),
            entry("note-taking/references/style.md"),
        ],
    });
    assert_eq!(client.both("skills/list", None, json!({})).await, json!({ "skills": [skill.clone()] }));
    assert_eq!(client.both("skills/get", None, json!({ "uri": uri })).await, json!({ "skill": skill }));

    let listed = client.both("resources/list", None, json!({})).await;
    let resource = json!({
        "uri": uri, "name": "note-taking", "mimeType": "text/markdown",
        "description": "Takes notes of a meeting. Use when the user asks for minutes.",
    });
    assert_eq!(listed, json!({ "resources": [resource] }));
    for (path, contents) in [
        (
            "SKILL.md",
            json!({ "mimeType": "text/markdown", "text": String::from_utf8(served("note-taking/SKILL.md")).unwrap() }),
        ),
        ("references/style.md", json!({ "mimeType": "text/markdown", "text": "Short sentences.\n" })),
        ("references/logo.png", json!({ "mimeType": "image/png", "blob": "iVBORw==" })),
    ] {
        let uri = format!("skill://note-taking/{path}");
        let read = client.both("resources/read", Some(&uri), json!({ "uri": uri })).await;
        let mut expected = contents;
        expected["uri"] = uri.into();
        assert_eq!(read, json!({ "contents": [expected] }));
    }
}

#[tokio::test]
async fn the_folders_of_a_skill_list_what_is_directly_in_them() {
    let client = Client::of(Mine.into_capability().mcp_service()).await;
    let file = |path: &str, mime_type: &str| {
        let name = path.rsplit('/').next().unwrap();
        let size = served(path).len();
        json!({ "uri": format!("skill://{path}"), "name": name, "mimeType": mime_type, "size": size })
    };
    let references = "skill://note-taking/references";
    let folder = json!({ "uri": references, "name": "references", "mimeType": "inode/directory" });
    let (root, inner) = (
        json!({ "resources": [file("note-taking/SKILL.md", "text/markdown"), folder] }),
        json!({ "resources": [
            file("note-taking/references/logo.png", "image/png"),
            file("note-taking/references/style.md", "text/markdown"),
        ] }),
    );
    for (uri, expected) in [
        ("skill://note-taking", &root),
        ("skill://note-taking/", &root),
        (references, &inner),
        ("skill://note-taking/references/", &inner),
    ] {
        assert_eq!(&client.both("resources/directory/read", None, json!({ "uri": uri })).await, expected, "{uri}");
    }
    let hints = client.modern("resources/directory/read", None, json!({ "uri": references })).await;
    assert_eq!(hints["result"]["ttlMs"], 300_000, "{hints}");
    for uri in [
        "skill://note-taking/SKILL.md",
        "skill://note-taking/references/style.md",
        "skill://note-taking/references//",
        "skill://note-taking/ref",
        "skill://note-taking/references/..",
        "skill://note-taking/../note-taking",
        "skill://note",
        "skill://",
        "skill:/",
        "",
        "file:///",
    ] {
        for answer in [
            client.legacy("resources/directory/read", json!({ "uri": uri })).await,
            client.modern("resources/directory/read", None, json!({ "uri": uri })).await,
        ] {
            assert_eq!(answer["error"]["code"], -32602, "{uri}: {answer}");
        }
    }
    let page = client.legacy("resources/directory/read", json!({ "uri": references, "cursor": "2" })).await;
    assert_eq!(page["error"]["message"], "there is only one page; remove `cursor`");
    let invalid = client.legacy("resources/directory/read", json!({})).await;
    let message = invalid["error"]["message"].as_str().unwrap();
    assert!(message.contains("missing field `uri`") && invalid["error"]["code"] == -32602, "{invalid}");
}

#[tokio::test]
async fn nothing_but_the_files_of_a_skill_is_read() {
    let client = Client::of(Mine.into_capability().mcp_service()).await;
    for path in ["", "SKILL", "../main.rs", "%2e%2e/main.rs", "references", "references/", "/SKILL.md", "skill.md"] {
        let uri = format!("skill://note-taking/{path}");
        let read = client.legacy("resources/read", json!({ "uri": uri })).await;
        assert_eq!(read["error"]["code"], -32002, "{uri}: {read}");
    }
    for uri in ["skill://other/SKILL.md", "skill://note-taking/references/style.md", "note-taking"] {
        let got = client.legacy("skills/get", json!({ "uri": uri })).await;
        assert_eq!(got["error"]["code"], -32602, "{uri}: {got}");
    }
    let page = client.legacy("skills/list", json!({ "cursor": "2" })).await;
    assert_eq!(page["error"]["message"], "there is only one page; remove `cursor`");
}

#[tokio::test]
async fn a_server_without_skills_has_no_such_methods() {
    /// Has no skills.
    #[capability(exposes(mcp(port = 9090)))]
    trait Plain {
        /// Does nothing.
        #[tool]
        async fn nothing(&self) -> Result<()> {
            Ok(())
        }
    }
    struct One;
    impl Plain for One {}
    let client = Client::of(One.into_capability().mcp_service()).await;
    for method in ["skills/list", "skills/get", "resources/directory/read"] {
        let answer = client.legacy(method, json!({ "uri": "skill://a/SKILL.md" })).await;
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }
}

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skills-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.0.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    fn open(&self, yaml: &str) -> Capability {
        self.write("skills.naftiko.yaml", yaml);
        document::open(self.0.join("skills.naftiko.yaml"), Settings::default()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn an_exported_document_serves_the_same_skills() {
    let capability = Mine.into_capability();
    let exported = capability.document().clone();
    let adapter = &serde_json::to_value(&exported).unwrap()["capability"]["exposes"][1];
    let expected = json!({
        "type": "skill",
        "namespace": "notes-skills",
        "skills": [{
            "name": "note-taking",
            "description": "Takes notes of a meeting. Use when the user asks for minutes.",
            "location": "file://./tests/skills/served/note-taking",
        }],
    });
    assert_eq!(adapter, &expected);

    let folder = Folder::new("exported");
    for path in ["note-taking/SKILL.md", "note-taking/references/style.md", "note-taking/references/logo.png"] {
        folder.write(&format!("tests/skills/served/{path}"), served(path));
    }
    let mut document = exported;
    // The exported tools have no implementation, since their methods have Rust bodies, so remove them.
    document.clear_operations();
    let opened = folder.open(&document.to_yaml().unwrap());
    let (own, other) = (Client::of(capability.mcp_service()).await, Client::of(opened.mcp_service()).await);
    let (own, other) =
        (own.both("skills/list", None, json!({})).await, other.both("skills/list", None, json!({})).await);
    assert_eq!(own, other);
}

#[tokio::test]
async fn the_skills_of_a_document_are_served_by_its_trait() {
    let capability = DocumentedClient::from_env().unwrap().into_capability();
    let client = Client::of(capability.mcp_service()).await;
    let listed = client.both("skills/list", None, json!({})).await;
    let skills: Vec<_> = listed["skills"].as_array().unwrap().iter().collect();
    assert_eq!(skills.len(), 2, "{listed}");
    assert_eq!(skills[0]["frontmatter"]["license"], "MIT");
    assert_eq!(skills[0]["resources"][2], entry("note-taking/references/style.md"));
    assert_eq!(skills[1]["uri"], "skill://written/SKILL.md");
    let uri = "skill://note-taking/references/style.md";
    let read = client.both("resources/read", Some(uri), json!({ "uri": uri })).await;
    assert_eq!(read["contents"][0]["text"], "Short sentences.\n");
}

const DOCUMENT: &str = r"
naftiko: 1.0.0-alpha2
info:
  label: Skills
  description: Has skills.
capability:
  exposes:
  - type: skill
    namespace: some-skills
    port: 3011
    skills:
    - name: written
      description: 'Says: how to.'
      tools:
      - name: get-quote
        description: Gets a quote.
        hints: { readOnly: true }
        from: { sourceNamespace: quotes-mcp, action: get-quote }
    - name: linked
      description: Leads out.
      location: file://./linked
    - name: missing
      description: Is gone.
      location: file://./missing
    - name: Not Valid
      description: Has no valid name.
    - name: whole
      description: Is served.
      location: file://./whole
";

#[tokio::test]
async fn a_skill_adapter_serves_valid_folders_and_writes_the_skills_without_one() {
    let folder = Folder::new("document");
    let front = |name: &str| format!("---\nname: {name}\ndescription: Is one.\n---\n");
    folder.write("whole/SKILL.md", front("whole"));
    folder.write("whole/.hidden", "h");
    folder.write("linked/SKILL.md", front("linked"));
    folder.write("secret", "s");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.0.join("secret"), folder.0.join("linked/secret")).unwrap();

    let capability = folder.open(DOCUMENT);
    let client = Client::of(capability.mcp_service_of("some-skills").unwrap()).await;
    let listed = client.both("skills/list", None, json!({})).await;
    let uris: Vec<&str> =
        listed["skills"].as_array().unwrap().iter().map(|skill| skill["uri"].as_str().unwrap()).collect();
    let expected: &[&str] = if cfg!(unix) {
        &["skill://written/SKILL.md", "skill://whole/SKILL.md"]
    } else {
        &["skill://written/SKILL.md", "skill://linked/SKILL.md", "skill://whole/SKILL.md"]
    };
    assert_eq!(uris, expected);
    let files = listed["skills"].as_array().unwrap().last().unwrap()["resources"].as_array().unwrap().len();
    assert_eq!(files, 1, "a hidden file is served");

    let uri = "skill://written/SKILL.md";
    let read = client.both("resources/read", Some(uri), json!({ "uri": uri })).await;
    let text = read["contents"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("---\nname: written\ndescription: \"Says: how to.\"\n---\n"), "{text}");
    assert!(
        text.contains("The MCP server `quotes-mcp`") && text.ends_with("- `get-quote`: Gets a quote. It only reads.\n")
    );
}

#[tokio::test]
async fn skills_of_an_adapter_that_authenticates_are_not_for_everybody() {
    let folder = Folder::new("callers");
    let authentication = "    port: 3011\n    authentication: { type: bearer, token: t }\n";
    let capability = folder.open(&DOCUMENT.replace("    port: 3011\n", authentication));
    let client = Client::of(capability.mcp_service_of("some-skills").unwrap()).await;
    let answer = client.legacy("skills/list", json!({})).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("the request has no credential"), "{answer}");
}

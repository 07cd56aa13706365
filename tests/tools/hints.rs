//! Tests of hints: a tool has the declared hints, the hints that follow from a GET or a DELETE, and otherwise the
//! defaults of MCP.

use naftiko::{Result, capability};
use serde_json::{Value, json};

/// Keeps notes.
#[capability(
    consumes(namespace = "notes", base_uri = "https://notes.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Notes {
    /// Reads the notes.
    #[get("/notes")]
    async fn read(&self) -> Result<Vec<String>>;

    /// Adds a note.
    #[post("/notes")]
    async fn add(&self, body: &str) -> Result<String>;

    /// Replaces a note.
    #[put("/notes/{id}")]
    async fn replace(&self, id: u64, body: &str) -> Result<()>;

    /// Changes a note.
    #[patch("/notes/{id}")]
    async fn change(&self, id: u64, body: &str) -> Result<()>;

    /// Removes a note.
    #[delete("/notes/{id}")]
    async fn remove(&self, id: u64) -> Result<()>;

    /// Adds a note beside the others.
    #[post("/notes/more")]
    #[tool(hints(destructive = false))]
    async fn append(&self, body: &str) -> Result<String>;

    /// Reads a note, and counts the reader.
    #[get("/notes/{id}")]
    #[tool(hints(read_only = false))]
    async fn count(&self, id: u64) -> Result<String>;

    /// Has an effect that no hint declares.
    #[tool]
    async fn tidy(&self) -> Result<()> {
        self.remove(1).await
    }
}

#[tokio::test]
async fn an_undeclared_effect_has_the_default_of_the_specification() {
    let client = NotesClient::builder().build().unwrap();
    let document = serde_json::to_value(client.into_capability().document()).unwrap();
    let tools = super::tools(NotesClient::builder().build().unwrap().into_capability()).await;
    let documented = |name: &str| {
        let tools = document["capability"]["exposes"][1]["tools"].as_array().unwrap();
        tools.iter().find(|tool| tool["name"] == name).unwrap()["hints"]["destructive"].clone()
    };
    for (name, declared) in [
        ("read", json!(false)),
        ("add", Value::Null),
        ("replace", Value::Null),
        ("change", Value::Null),
        ("remove", json!(true)),
        ("append", json!(false)),
        // A GET that is declared to write could also destroy something.
        ("count", Value::Null),
        ("tidy", Value::Null),
    ] {
        assert_eq!(documented(name), declared, "{name}");
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        let harmless = name == "read" || name == "append";
        let hints = &tool["annotations"];
        // Missing hints have the defaults of MCP (ToolAnnotations).
        let writes = hints["readOnlyHint"] != true;
        let destroys = writes && hints["destructiveHint"] != false;
        assert_eq!(destroys, !harmless, "{name}: {hints}");
    }
}

/// Keeps notes in memory.
#[capability(exposes(mcp(port = 9090)))]
pub trait Memory {
    /// Has a body that may do anything.
    #[tool]
    async fn anything(&self) -> Result<()> {
        Ok(())
    }

    /// Only changes what this server keeps.
    #[tool(hints(open_world = false))]
    async fn own(&self) -> Result<()> {
        Ok(())
    }
}

struct Notebook;

impl Memory for Notebook {}

#[tokio::test]
async fn only_a_declared_hint_makes_a_tool_closed_world() {
    let tools = super::tools(Notebook.into_capability()).await;
    let hints: Vec<&Value> = tools.iter().map(|tool| &tool["annotations"]["openWorldHint"]).collect();
    assert_eq!(hints, [&Value::Null, &json!(false)]);
}

//! Tests that the document of a trait has everything that the trait declares: it is written as YAML, read again, and
//! used as the `document` of another trait.

use super::round_trip;
use crate::errors::Errors;
use crate::lower;
use crate::syntax::{CapabilitySettings, item, settings};
use naftiko_spec::read::read;
use proc_macro2::TokenStream;
use quote::quote;
use std::fs;
#[cfg(feature = "skills")]
use std::path::Path;

#[test]
#[allow(clippy::too_many_lines, reason = "one trait with everything that a request can declare")]
fn declarations_of_requests_survive_a_round_trip() {
    let mut errors = Errors::default();
    let settings = quote!(
        version = "1.2.0",
        binds(env(ORG)),
        consumes(namespace = "api", base_uri = "https://api.example", query("v" = "2")),
        exposes(rest(port = 1), mcp(port = 2))
    );
    let settings = settings::parse(settings, &mut errors);
    let item = quote!(
        /// Has every setting.
        pub trait Requests {
            /// Reads.
            #[get("/files/{+path}", query("a" = "1"), header("X-Org" = "{{env.ORG}}"))]
            async fn read(
                &self,
                path: &str,
                #[query(style = "comma")] list: &[String],
                #[query(style = "deep")] deep: Option<&Filter>,
                #[query(style = "members")] members: Option<&Filter>,
                #[header("X-Meta-", style = "members")] meta: &BTreeMap<String, String>,
            ) -> Result<Value>;
            /// Has errors, examples, a default and constraints.
            ///
            /// # Example
            /// ```json
            /// { "id": 8 }
            /// ```
            #[get("/examples", errors(404, 409))]
            #[example({ "id": 7 })]
            async fn examples(
                &self,
                #[query(default = 30)]
                #[schemars(range(min = 1, max = 100))]
                #[example(50)]
                limit: u32,
                #[schemars(length(max = 2), inner(length(max = 64)))] tags: Option<&[String]>,
                #[schemars(regex(pattern = "^a"), extend("enum" = ["a", "ab"]))] kind: Option<&str>,
                #[schemars(email, title = "The owner", extend("x-order" = 1))] owner: Option<&str>,
                #[schemars(url)] site: Option<&str>,
                #[schemars(range(exclusive_min = 0, exclusive_max = 60), extend("multipleOf" = 5))] step: Option<u32>,
                #[schemars(inner(email, length(equal = 2)), extend("uniqueItems" = true))] mails: Option<&[String]>,
            ) -> Result<Value>;
            /// Has an example, and calls nothing.
            #[rest(get = "/own")]
            #[example([1])]
            async fn own(&self) -> Result<Value> {
                Ok(Value::Null)
            }
            /// Sends a form.
            #[post("/files/{name}.json")]
            async fn form(&self, name: &str, #[body(form, lists = "indexed")] body: &Filter) -> Result<Value>;
            /// Sends a text.
            #[post("/text")]
            async fn text(&self, #[body(text, content_type = "text/csv")] body: &str) -> Result<Value>;
            /// Sends a file.
            #[put("/file")]
            async fn file(&self, #[body(bytes, limit = "50MiB")] body: Option<Upload>) -> Result<Value>;
            /// Reads a table, or nothing.
            #[get("/table", format = "csv", none_on(404), response_headers("Link"))]
            async fn table(&self) -> Result<Option<Vec<Row>>>;
            /// Sends XML.
            #[post("/xml")]
            async fn xml(&self, #[body(xml)] body: &str) -> Result<Value>;
            /// Removes what a body names, and sends a cookie and a list in a header.
            #[delete("/files", body)]
            async fn remove(
                &self,
                body: &Filter,
                #[cookie("sid")] session: Option<&str>,
                #[header("X-Tags", style = "comma")] tags: &[String],
            ) -> Result<()>;
            /// Has a tool with other names.
            #[get("/named/{user_id}")]
            #[tool(name = "read-named", argument(user_id(name = "user", description = "Who it is.")))]
            async fn named(&self, user_id: &str) -> Result<Value>;
            /// Sends parts.
            #[post("/parts")]
            async fn parts(
                &self,
                #[part(content_type = "text/markdown")] name: &str,
                #[part(limit = "1MiB")] file: Upload,
            ) -> Result<Value>;
        }
    );
    let item = item::parse(item, &mut errors).unwrap();
    let lowered = lower::lower(&settings, None, &item, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let yaml = lowered.whole.0.to_yaml().unwrap();
    for word in [
        "{+path}",
        "style: comma",
        "style: deep",
        "style: members",
        "lists: indexed",
        "format: binary",
        "limit: 52428800",
        "contentType: text/markdown",
        "1.2.0",
        "outputRawFormat: csv",
        "noneOn:",
        "- Link",
        "type: xml",
        "in: cookie",
        "name: read-named",
        "name: user",
        "Who it is.",
        "status: 404",
        "id: 7",
        "id: 8",
        "default: 30",
        "minimum: 1",
        "maximum: 100",
        "maxLength: 64",
        "maxItems: 2",
        "pattern: ^a",
        "constraints:\n            format: email\n            title: The owner\n            x-order: 1",
        "format: uri",
        "exclusiveMinimum: 0",
        "exclusiveMaximum: 60",
        "multipleOf: 5",
        "minLength: 2",
        "uniqueItems: true",
        "- ab",
    ] {
        assert!(yaml.contains(word), "{word}: {yaml}");
    }
    assert_eq!(read(&yaml).unwrap().document, lowered.whole.0, "{yaml}");
    let path = std::env::temp_dir().join(format!("naftiko-round-trip-{}.yaml", std::process::id()));
    fs::write(&path, &yaml).unwrap();
    // The tool of `named` has another argument name, so it is a method of its own. `own` calls nothing, so it is left out.
    let compared = round_trip(&path);
    fs::remove_file(&path).unwrap();
    assert_eq!(
        compared.map(|compared| (compared.exposed, compared.methods)),
        Some((20, 11)),
        "another method came back as several, or not at all: {yaml}"
    );
}

/// Writes the document of a trait, which must contain these strings, reads it again, and supplies a trait's operations from it; returns
/// the number of the document's routes, tools and resources together, and the number of the trait's methods.
pub(super) fn there_and_back(
    name: &str,
    settings: &CapabilitySettings,
    item: TokenStream,
    texts: &[&str],
) -> Option<(usize, usize)> {
    let mut errors = Errors::default();
    let item = item::parse(item, &mut errors).unwrap();
    let lowered = lower::lower(settings, None, &item, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let document = &lowered.whole.0;
    let yaml = document.to_yaml().unwrap();
    let plain = yaml.replace(['"', '\''], "");
    for text in texts {
        assert!(plain.contains(text), "{text}: {yaml}");
    }
    assert_eq!(read(&yaml).unwrap().document, *document, "{yaml}");
    let path = std::env::temp_dir().join(format!("naftiko-{name}-{}.yaml", std::process::id()));
    fs::write(&path, &yaml).unwrap();
    let compared = round_trip(&path);
    fs::remove_file(&path).unwrap();
    compared.map(|compared| (compared.exposed, compared.methods))
}

#[test]
#[allow(clippy::too_many_lines, reason = "one trait with all settings of adapters")]
fn adapters_and_their_parts_survive_a_round_trip() {
    let mut errors = Errors::default();
    let settings = quote!(
        binds(env(TOKEN, ID, SECRET)),
        consumes(namespace = "api", base_uri = "https://api.example"),
        exposes(
            rest(
                namespace = "public",
                port = 1,
                address = "0.0.0.0",
                description = "For everybody.",
                authentication(bearer = "{{env.TOKEN}}"),
                unknown_query = "refuse",
                unknown_members = "refuse",
                page,
            ),
            rest(namespace = "internal", port = 2, prefix = "/in"),
            mcp(
                namespace = "agents",
                port = 3,
                sessions,
                structured_content = "text",
                tool_list = "search",
                confirm = "destructive",
                approval = "client",
            ),
            mcp(
                namespace = "admins",
                port = 4,
                authentication(oauth2(
                    issuer = "https://login.example",
                    resource = "https://api.example/mcp",
                    audience = "things",
                    scopes = ["read", "write"],
                    introspection,
                    introspection_endpoint = "https://login.example/introspect",
                    client_id = "{{env.ID}}",
                    client_secret = "{{env.SECRET}}",
                )),
            ),
            control(namespace = "ops", port = 5, address = "127.0.0.2"),
        )
    );
    let settings = settings::parse(settings, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let item = quote!(
        /// Differs between adapters.
        pub trait Things {
            /// Reads a thing.
            #[get("/things/{id}")]
            #[rest(on = "public", name = "look-up", description = "Looks up a thing.")]
            #[rest(on = "internal", path = "/all/{id}")]
            #[tool(on = "agents", name = "read-thing", label = "Reads a thing", hints(open_world = false))]
            #[tool(on = "admins", title = "Reads any thing", description = "Reads any thing at all.", confirm, task)]
            async fn read(&self, id: &str) -> Result<Value>;
            /// Removes a thing.
            #[delete("/things/{id}")]
            #[rest(on = "public", skip)]
            #[tool(on = ["admins"], confirm = false, task = "required", input_schema = { "anyOf": [{ "required": ["id"] }], "$comment": "as it is" })]
            #[scope("things:write", "things:admin")]
            async fn remove(&self, id: &str) -> Result<()>;
            /// Reads a file.
            #[get("/files/{+path}")]
            #[resource(
                uri = "files://{+path}",
                name = "file",
                label = "A file",
                mime_type = "text/plain",
                on = "agents"
            )]
            #[scope("files:read")]
            async fn file(&self, path: &str) -> Result<String>;
            /// Has other names on one adapter.
            #[get("/named/{user_id}")]
            #[rest(skip)]
            #[tool(on = "agents", argument(user_id(name = "user", description = "Who it is.")))]
            #[tool(on = "admins")]
            async fn named(&self, user_id: &str) -> Result<Value>;
            /// Asks for a summary.
            #[prompt(
                template = "Summarize {{topic}} in {{words}} words.",
                name = "sum-up",
                title = "Sum up",
                on = ["admins"],
            )]
            #[scope("prompts:use")]
            async fn summarize(
                &self,
                /// What about.
                topic: &str,
                words: Option<u32>,
            ) -> Result<String>;
        }
    );
    let compared = there_and_back(
        "adapters",
        &settings,
        item,
        &[
            "address: 0.0.0.0",
            "description: For everybody.",
            "unknownQuery: refuse",
            "unknownMembers: refuse",
            "page: true",
            "path: /in/all/{id}",
            "name: look-up",
            "description: Looks up a thing.",
            "sessions: true",
            "structuredContent: text",
            "toolList: search",
            "confirm: destructive",
            "approval: client",
            "authorizationServerUri: ",
            "tokenValidation: introspection",
            "introspectionEndpoint: ",
            "name: read-thing",
            "label: Reads a thing",
            "openWorld: false",
            "label: Reads any thing",
            "description: Reads any thing at all.",
            "confirm: true",
            "confirm: false",
            "task: optional",
            "task: required",
            "inputSchema:",
            "$comment: as it is",
            "- things:write",
            "- things:admin",
            "uri: files://{+path}",
            "name: file",
            "label: A file",
            "mimeType: text/plain",
            "- files:read",
            "name: user",
            "description: Who it is.",
            "Summarize {{topic}} in {{words}} words.",
            "name: sum-up",
            "label: Sum up",
            "description: What about.",
            "required: false",
            "- prompts:use",
            "type: control\n    namespace: ops\n    port: 5\n    address: 127.0.0.2",
        ],
    );
    // The two tools of `named` have different arguments, so each is a method of its own.
    assert_eq!(compared, Some((13, 5)), "another method came back as several, or not at all");
}

#[test]
fn folders_and_files_survive_a_round_trip() {
    let mut errors = Errors::default();
    let settings = quote!(
        consumes(namespace = "api", base_uri = "https://api.example"),
        exposes(mcp(
            port = 1,
            resources(
                user_guide(
                    uri = "docs://guide",
                    location = "file://./docs/guide",
                    label = "Guide",
                    description = "Pages.",
                    mime_type = "text/plain"
                ),
                logo(name = "Logo", uri = "docs://logo", location = "docs/logo.png"),
            ),
            prompts(
                code_review(
                    location = "file://./docs/review.txt",
                    label = "Review",
                    description = "Asks.",
                    arguments(
                        code(description = "Rust.", title = "Code"),
                        lines(name = "line-count", required = false)
                    )
                ),
                greet(name = "Greet", location = "docs/greet.txt"),
            )
        ))
    );
    let settings = settings::parse(settings, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let item = quote!(
        /// Has folders.
        pub trait Guided {
            /// Reads.
            #[get("/things")]
            async fn read(&self) -> Result<Value>;
        }
    );
    let texts = [
        "name: user-guide",
        "label: Guide",
        "uri: docs://guide",
        "description: Pages.",
        "mimeType: text/plain",
        "location: file://./docs/guide",
        "name: Logo",
        "location: docs/logo.png",
        "name: code-review",
        "label: Review",
        "location: file://./docs/review.txt",
        "name: code\n",
        "label: Code",
        "description: Rust.",
        "name: line-count",
        "required: false",
        "name: Greet",
    ];
    assert_eq!(there_and_back("folders", &settings, item, &texts), Some((1, 1)));
}

#[test]
fn a_control_port_survives_a_round_trip() {
    let mut errors = Errors::default();
    let settings = quote!(
        consumes(namespace = "api", base_uri = "https://api.example"),
        exposes(
            mcp(port = 1),
            control(
                port = 2,
                address = "0.0.0.0",
                authentication(bearer = "{{env.TOKEN}}"),
                without(health, logs, metrics, status)
            )
        ),
        binds(env(TOKEN))
    );
    let settings = settings::parse(settings, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let item = quote!(
        /// Has a control port.
        pub trait Controlled {
            /// Reads.
            #[get("/things")]
            async fn read(&self) -> Result<Value>;
        }
    );
    let texts = [
        "- type: control\n    port: 2\n    authentication:\n      type: bearer\n      token: {{env.TOKEN}}\n",
        "address: 0.0.0.0",
        "management:\n      health: false\n      info: false\n      logs: false\n",
        "observability:\n      metrics:\n        local:\n          enabled: false",
    ];
    assert_eq!(there_and_back("control", &settings, item, &texts), Some((1, 1)));
}

#[cfg(feature = "skills")]
#[test]
fn skills_survive_a_round_trip() {
    let mut errors = Errors::default();
    let settings = quote!(
        skills = "tests/skills/served",
        consumes(namespace = "api", base_uri = "https://api.example"),
        exposes(mcp(port = 1))
    );
    let mut settings = settings::parse(settings, &mut errors);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    settings.skill_folders = crate::skills::read(settings.skills.as_ref().unwrap(), &folder, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let item = quote!(
        /// Has skills.
        pub trait Skilled {
            /// Reads.
            #[get("/things")]
            async fn read(&self) -> Result<Value>;
        }
    );
    let texts = ["type: skill", "name: note-taking", "location: file://./tests/skills/served/note-taking"];
    assert_eq!(there_and_back("skills", &settings, item, &texts), Some((1, 1)));
}

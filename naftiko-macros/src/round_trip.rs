//! Tests that a trait with `document = "…"` embeds exactly that document, after its repairs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use crate::document;
use crate::errors::Errors;
use crate::model::Model;
use crate::syntax::{item, settings};
use crate::{expand, lower};
use naftiko_spec::Document;
use naftiko_spec::lower::{Embedded, ForwardRoute};
use naftiko_spec::read::read;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use std::fs;
use std::path::{Path, PathBuf};

/// The result for one document.
struct Comparison {
    /// The number of routes and tools that lower without errors.
    exposed: usize,
    /// The number of methods of the trait.
    methods: usize,
}

/// Fills a trait from a file, and compares the embedded document with the file's; `None` if the file is not a document.
fn round_trip(path: &Path) -> Option<Comparison> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).unwrap();
    let reading = read(&text).ok()?;
    let mut errors = Errors::default();
    let settings = settings::parse(quote!(document = #name), &mut errors);
    let item = quote!(
        pub trait Filled {}
    );
    let mut item = item::parse(item, &mut errors).unwrap();
    let krate = crate::model::krate(&settings);
    let key = settings.document.as_ref().unwrap();
    let filling = document::fill(key, Path::new("."), &krate, &mut item, &mut errors).unwrap();
    let before = errors.count();
    let lowered = lower::lower(&settings, Some(&filling), &item, &mut errors);
    assert_eq!(errors.count(), before, "{name}: a method that was made does not fit: {errors:?}");
    let model = Model::new(&settings, &item, lowered).unwrap();
    let tokens = expand::expand(&model);
    let embedded: Document = serde_json::from_str(&embedded(tokens.clone()).unwrap()).unwrap();
    assert_eq!(embedded, reading.document, "{name}");
    if let Err(error) = syn::parse2::<syn::File>(tokens) {
        panic!("{name}: the expansion is not Rust: {error}");
    }
    // The written document reads back unchanged.
    let again = read(&reading.document.to_yaml().unwrap()).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    assert_eq!(again.document, reading.document, "{name}");
    let methods = model.operations.len();
    let lowered = naftiko_spec::lower::lower(&embedded).0;
    assert_eq!(serde_json::from_str::<Vec<ForwardRoute>>(&model.forwards).unwrap(), lowered.forwards, "{name}");
    let merged = lowered.merged();
    assert_eq!(merged.len(), methods, "{name}");
    for (operation, merged) in model.operations.iter().zip(merged) {
        let plan = Embedded::from_json(&operation.plan, &embedded).unwrap();
        assert_eq!(plan, Embedded::from(merged), "{name}: {}", operation.plan);
    }
    Some(Comparison { exposed: lowered.operations.len(), methods })
}

/// Returns the literal after `Definition::filled(`.
fn embedded(tokens: TokenStream) -> Option<String> {
    let mut is_next = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_next = ident == "filled",
            TokenTree::Group(group) if is_next => {
                let literal = group.stream().into_iter().next()?;
                return Some(syn::parse2::<syn::LitStr>(literal.into()).ok()?.value());
            }
            TokenTree::Group(group) => {
                if let Some(found) = embedded(group.stream()) {
                    return Some(found);
                }
            }
            _ => is_next = false,
        }
    }
    None
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents.extend(self::documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            documents.push(path);
        }
    }
    documents.sort();
    documents
}

#[test]
fn the_published_documents_are_what_traits_embed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../naftiko-spec/tests/documents");
    let told: Vec<Comparison> = documents(&folder).iter().filter_map(|path| round_trip(path)).collect();
    // In the four published documents, each route has a tool.
    let paired = told.iter().filter(|told| told.methods > 0 && told.exposed == 2 * told.methods);
    assert!(paired.count() >= 4);
}

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
        /// Says all that there is to say.
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
        "- ab",
    ] {
        assert!(yaml.contains(word), "{word}: {yaml}");
    }
    assert_eq!(read(&yaml).unwrap().document, lowered.whole.0, "{yaml}");
    let path = std::env::temp_dir().join(format!("naftiko-round-trip-{}.yaml", std::process::id()));
    fs::write(&path, &yaml).unwrap();
    // The tool with other names is a method of its own.
    let told = round_trip(&path);
    fs::remove_file(&path).unwrap();
    assert_eq!(told.map(|told| (told.exposed, told.methods)), Some((20, 11)), "each method comes back as one: {yaml}");
}

#[test]
#[ignore = "needs the capability corpus"]
fn the_corpus_is_what_traits_embed() {
    let folder = std::env::var_os("NAFTIKO_CORPUS").map(PathBuf::from).unwrap();
    let documents = documents(&folder);
    let (mut readable, mut exposed, mut methods) = (0, 0, 0);
    for path in &documents {
        if let Some(told) = round_trip(path) {
            readable += 1;
            exposed += told.exposed;
            methods += told.methods;
        } else {
            println!("{}: no document", path.display());
        }
    }
    println!("{readable} of {} documents, {exposed} routes and tools, {methods} methods", documents.len());
    assert!(readable > 0);
}

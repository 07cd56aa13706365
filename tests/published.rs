//! The published forms of a capability: documents with full types, and OpenAPI.

use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How books are sorted.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Title,
    Year,
}

impl naftiko::Scalar for Order {}

/// A book to add.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewBook {
    #[schemars(length(min = 1))]
    pub title: String,
    pub year: Option<u16>,
}

/// A book.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    pub id: String,
    pub title: String,
    pub year: Option<u16>,
    /// The volumes of the book. Each is a book too.
    pub volumes: Vec<Book>,
}

/// How many there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Count {
    pub books: usize,
    pub complete: bool,
}

/// The books of a library.
#[capability(
    consumes(
        namespace = "library",
        base_uri = "https://library.example",
        authentication(bearer = "{{env.LIBRARY_TOKEN}}")
    ),
    binds(env(LIBRARY_TOKEN)),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090))
)]
pub trait Library {
    /// Lists the books of a shelf.
    #[get("/shelves/{shelfId}/books")]
    #[output("$.data.books")]
    async fn list_books(
        &self,
        shelf_id: &str,
        order: Option<Order>,
        /// Only books of these years.
        years: Vec<u16>,
        #[header("Authorization")] authorization: Option<&str>,
    ) -> Result<Vec<Book>>;

    /// Adds a book to a shelf.
    #[post("/shelves/{shelfId}/books", status = 201, errors(409))]
    async fn add_book(&self, shelf_id: &str, body: &NewBook) -> Result<Book>;

    /// Takes a book away.
    #[delete("/shelves/{shelfId}/books/{bookId}")]
    async fn remove_book(&self, shelf_id: &str, book_id: u64) -> Result<()>;

    /// Counts the books of a shelf.
    #[rest(post = "/shelves/{shelfId}/count")]
    async fn count_books(&self, shelf_id: &str, from_year: Option<u16>, to_year: u16) -> Result<Count> {
        let years = (from_year.unwrap_or(0)..=to_year).collect();
        let books = self.list_books(shelf_id, None, years, None).await?.len();
        Ok(Count { books, complete: true })
    }
}

/// A library without books.
pub struct Empty;

impl Library for Empty {
    async fn list_books(&self, _: &str, _: Option<Order>, _: Vec<u16>, _: Option<&str>) -> Result<Vec<Book>> {
        Ok(Vec::new())
    }

    async fn add_book(&self, _: &str, body: &NewBook) -> Result<Book> {
        let (title, year) = (body.title.clone(), body.year);
        Ok(Book { id: "1".to_owned(), title, year, volumes: Vec::new() })
    }

    async fn remove_book(&self, _: &str, _: u64) -> Result<()> {
        Ok(())
    }
}

/// Validates a document with the formal schema of the specification; returns the errors.
fn schema_errors(document: &naftiko::spec::Document) -> Vec<String> {
    let schema = include_str!("../naftiko-spec/tests/documents/naftiko-1.0.0-alpha2.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let document = serde_json::to_value(document).unwrap();
    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_typed_document_is_valid_against_the_formal_schema() {
    let capability = Empty.into_capability();
    assert!(
        !schema_errors(capability.document()).is_empty(),
        "the plain document is valid against the formal schema too"
    );
    assert_eq!(schema_errors(&capability.typed_document()), [""; 0]);
}

#[test]
fn the_typed_document_contains_the_types() {
    let document = serde_json::to_value(Empty.into_capability().typed_document()).unwrap();
    let list = &document["capability"]["exposes"][1]["tools"][0];
    let kinds: Vec<_> =
        list["inputParameters"].as_array().unwrap().iter().map(|input| (&input["name"], &input["type"])).collect();
    let kind = |name: &str, kind: &str| (json!(name), json!(kind));
    let expected =
        [kind("shelfId", "string"), kind("order", "string"), kind("years", "array"), kind("Authorization", "string")];
    assert_eq!(kinds, expected.iter().map(|(name, kind)| (name, kind)).collect::<Vec<_>>());
    let book = &list["outputParameters"][0]["items"]["properties"];
    assert_eq!(book["year"], json!({ "type": "number", "mapping": "$.year" }));
    // A book contains books, so its description ends at the second level.
    let volume = &book["volumes"]["items"]["properties"];
    assert_eq!(volume["volumes"]["items"], json!({ "type": "object", "mapping": "$", "properties": {} }));
}

#[test]
fn the_plain_document_has_argument_types_and_the_output_mapping() {
    let document = serde_json::to_value(Empty.into_capability().document()).unwrap();
    let resources = &document["capability"]["consumes"][0]["resources"];
    assert_eq!(resources[1]["operations"][0]["inputParameters"][1]["type"], "integer");
    assert_eq!(
        resources[0]["operations"][0]["outputParameters"],
        json!([{ "name": "result", "type": "object", "value": "$.data.books" }])
    );
}

#[test]
fn openapi_describes_the_rest_adapter() {
    let document = Empty.into_capability().openapi();
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or(Value::Null);
    let list = at("/paths/~1v1~1shelves~1{shelfId}~1books/get");
    let names: Vec<_> = list["parameters"].as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(names, ["shelfId", "order", "years"]);
    let order = list["parameters"][1]["schema"]["$ref"].as_str().unwrap();
    assert_eq!(at(order.trim_start_matches('#'))["enum"], json!(["title", "year"]));
    assert_eq!(list["parameters"][2]["schema"]["type"], "array");
    assert_eq!(list["security"], json!([{ "authorization": [] }, {}]));
    assert_eq!(at("/components/securitySchemes/authorization"), json!({ "type": "http", "scheme": "bearer" }));

    let add = at("/paths/~1v1~1shelves~1{shelfId}~1books/post");
    assert_eq!(
        add["requestBody"]["content"]["application/json"]["schema"],
        json!({ "$ref": "#/components/schemas/NewBook" })
    );
    assert_eq!(at("/components/schemas/NewBook/properties/title")["minLength"], 1);
    let book = json!({ "$ref": "#/components/schemas/Book" });
    assert_eq!(add["responses"]["201"]["content"]["application/json"]["schema"], book);
    assert_eq!(at("/components/schemas/Book/properties/volumes/items"), book);
    assert!(at("/components/schemas/Book/properties/id").is_object());
    assert_eq!(add["responses"]["409"], json!({ "$ref": "#/components/responses/Conflict" }));

    let remove = at("/paths/~1v1~1shelves~1{shelfId}~1books~1{bookId}/delete");
    assert_eq!(remove["responses"]["204"], json!({ "description": "No Content" }));
    let count = at("/paths/~1v1~1shelves~1{shelfId}~1count/post/requestBody");
    assert_eq!(count["content"]["application/json"]["schema"]["required"], json!(["to_year"]));
}

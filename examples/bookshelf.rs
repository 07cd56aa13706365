//! Books in memory, without an upstream API: the web page, MCP sessions, constraints of arguments, a PATCH in which
//! null clears a member, and a file.
//!
//! ```sh
//! cargo run --example bookshelf --features page -- serve
//! curl -X PATCH --json '{"shelf": null}' http://127.0.0.1:8080/v1/books/1
//! ```
//!
//! The page is at <http://127.0.0.1:8080/>.

use naftiko::{Download, Error, Result, capability, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A book.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    /// Its number.
    pub id: u32,
    /// Its title.
    pub title: String,
    /// The shelf on which it stands; null if it is lent.
    pub shelf: Option<u8>,
}

/// A book to add.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewBook {
    /// Its title.
    #[schemars(length(min = 1, max = 80), example = &"Middlemarch")]
    pub title: String,
    /// The shelf on which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    pub shelf: Option<u8>,
}

/// The changes to a book. Absent members stay as they are.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookChange {
    /// The new title. A book always has a title, so null does not change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 80))]
    pub title: Option<String>,
    /// The new shelf; null takes the book from its shelf.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    #[allow(clippy::option_option, reason = "null clears the member, absence keeps it")]
    pub shelf: Option<Option<u8>>,
}

/// Distinguishes null from an absent member.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Keeps the books of a small library.
#[capability(
    label = "Bookshelf",
    tags = ["books", "in memory"],
    exposes(rest(port = 8080, prefix = "/v1", page), mcp(port = 9090, sessions)),
)]
pub trait Bookshelf {
    /// Lists the books by title.
    #[rest(get = "/books")]
    async fn list(
        &self,
        /// Words of the title.
        #[example(["march"])]
        #[schemars(length(max = 8), inner(length(min = 1, max = 20)))]
        words: Option<&[String]>,
        /// The maximum number of books.
        #[query(default = 20)]
        #[schemars(range(min = 1, max = 100))]
        limit: u32,
    ) -> Result<Vec<Book>>;

    /// Adds a book.
    #[rest(post = "/books", status = 201)]
    #[tool(hints(destructive = false))]
    async fn add(&self, #[body] book: &NewBook) -> Result<Book>;

    /// Changes a book.
    #[rest(patch = "/books/{id}")]
    async fn change(
        &self,
        /// The number of the book.
        id: u32,
        #[body] change: &BookChange,
    ) -> Result<Book>;

    /// Reads the label of a book, for its spine: a picture.
    #[rest(get = "/books/{id}/label")]
    #[tool(skip)]
    async fn label(
        &self,
        /// The number of the book.
        id: u32,
    ) -> Result<Download>;
}

/// The books by number.
pub struct InMemory {
    books: Mutex<BTreeMap<u32, Book>>,
}

impl Default for InMemory {
    fn default() -> Self {
        let middlemarch = Book { id: 1, title: "Middlemarch".to_owned(), shelf: Some(3) };
        Self { books: Mutex::new(BTreeMap::from([(1, middlemarch)])) }
    }
}

impl InMemory {
    fn books(&self) -> MutexGuard<'_, BTreeMap<u32, Book>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such_book() -> Error {
    Error::new(StatusCode::NOT_FOUND, "there is no book with this number")
}

impl Bookshelf for InMemory {
    async fn list(&self, words: Option<&[String]>, limit: u32) -> Result<Vec<Book>> {
        let words: Vec<String> = words.unwrap_or_default().iter().map(|word| word.to_lowercase()).collect();
        let fits = |book: &&Book| words.iter().all(|word| book.title.to_lowercase().contains(word));
        let mut books: Vec<Book> = self.books().values().filter(fits).cloned().collect();
        books.sort_by(|a, b| a.title.cmp(&b.title));
        books.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(books)
    }

    async fn add(&self, book: &NewBook) -> Result<Book> {
        let mut books = self.books();
        let id = books.keys().next_back().map_or(1, |last| last + 1);
        let book = Book { id, title: book.title.clone(), shelf: book.shelf };
        books.insert(id, book.clone());
        Ok(book)
    }

    async fn change(&self, id: u32, change: &BookChange) -> Result<Book> {
        let mut books = self.books();
        let book = books.get_mut(&id).ok_or_else(no_such_book)?;
        if let Some(title) = &change.title {
            book.title.clone_from(title);
        }
        if let Some(shelf) = change.shelf {
            book.shelf = shelf;
        }
        Ok(book.clone())
    }

    async fn label(&self, id: u32) -> Result<Download> {
        let book = self.books().get(&id).cloned().ok_or_else(no_such_book)?;
        // A portable bitmap: the bits of the number, eight in a row.
        let mut picture = b"P4\n8 4\n".to_vec();
        picture.extend(book.id.to_be_bytes());
        Ok(Download::new("image/x-portable-bitmap", picture).named(&format!("book-{id}.pbm")))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    naftiko::run(|| Ok(InMemory::default().into_capability())).await
}

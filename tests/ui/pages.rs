//! Mistakes in `#[page]`: keys that exclude each other, unknown arguments, invalid paths, writes.

use naftiko::{Result, Value, capability};

/// Has mistakes in `#[page]`.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080)),
)]
pub trait Things {
    /// Has no kind of paging.
    #[get("/a")]
    #[page(into = "after")]
    async fn no_kind(&self, after: Option<&str>) -> Result<Value>;

    /// Has two kinds of paging.
    #[get("/b")]
    #[page(cursor = "$.next", offset, into = "after")]
    async fn two_kinds(&self, after: Option<&str>) -> Result<Value>;

    /// Misspells an argument.
    #[get("/c")]
    #[page(cursor = "$.next", into = "aftr")]
    async fn misspelt(&self, after: Option<&str>) -> Result<Value>;

    /// Names an argument that does not exist.
    #[get("/d")]
    #[page(cursor = "$.next", into = "cursor")]
    async fn unknown(&self, after: Option<&str>) -> Result<Value>;

    /// Has no arguments.
    #[get("/e")]
    #[page(cursor = "$.next", into = "after")]
    async fn nothing(&self) -> Result<Value>;

    /// Has no `into`.
    #[get("/f")]
    #[page(cursor = "$.next")]
    async fn no_into(&self, after: Option<&str>) -> Result<Value>;

    /// Has the argument for the page in the path.
    #[get("/g/{page}")]
    #[page(number, into = "page", items = "$")]
    async fn in_path(&self, page: u32) -> Result<Value>;

    /// Has no `items` to count.
    #[get("/h")]
    #[page(offset, into = "skip")]
    async fn uncounted(&self, skip: Option<u32>) -> Result<Value>;

    /// Has no `items` for the keyset.
    #[get("/i")]
    #[page(keyset = "$.id", into = "after")]
    async fn no_items(&self, after: Option<&str>) -> Result<Value>;

    /// Cannot recognize the last page.
    #[get("/j")]
    #[page(number, into = "page")]
    async fn endless(&self, page: Option<u32>) -> Result<Value>;

    /// Has paths that cannot be parsed, or select several values.
    #[get("/k")]
    #[page(cursor = "$.next[", into = "after", more = "more")]
    async fn paths(&self, after: Option<&str>) -> Result<Value>;

    /// Has a path of several values.
    #[get("/l")]
    #[page(cursor = "$..next", into = "after")]
    async fn several(&self, after: Option<&str>) -> Result<Value>;

    /// Has keys without an effect.
    #[get("/m")]
    #[page(link, items = "$", first = 0)]
    async fn useless(&self, page: Option<u32>) -> Result<Value>;

    /// Has pages, although it is a POST.
    #[post("/n")]
    #[page(cursor = "$.next", into = "after")]
    async fn write(&self, after: Option<&str>) -> Result<Value>;

    /// Has pages, although it is a POST, and gives a reason.
    #[post("/o", allow(paged_write, reason = "a search"))]
    #[page(cursor = "$.next", into = "after")]
    async fn search(&self, after: Option<&str>) -> Result<Value>;

    /// Misspells a key.
    #[get("/p")]
    #[page(curser = "$.next", into = "after")]
    async fn misspelt_key(&self, after: Option<&str>) -> Result<Value>;

    /// Has keys in invalid forms.
    #[get("/q")]
    #[page(cursor, into = 3, max_pages = 0, "$.next")]
    async fn wrong_forms(&self, after: Option<&str>) -> Result<Value>;

    /// Has `#[page]` twice.
    #[get("/r")]
    #[page(link)]
    #[page(link)]
    async fn twice(&self, page: Option<u32>) -> Result<Value>;

    /// Has no verb.
    #[tool]
    #[page(link)]
    async fn no_verb(&self, page: Option<u32>) -> Result<Value> {
        Ok(page.into())
    }

    /// Has pages.
    #[get("/s")]
    #[page(link)]
    async fn list(&self, page: Option<u32>) -> Result<Value>;

    /// Has the name of the method that returns the pages of `list`.
    #[get("/t")]
    async fn list_pages(&self) -> Result<Value>;
}

fn main() {
    let _ = ThingsClient::from_env().unwrap().useless_pages(None);
}

//! Signatures that no caller over the wire could call.

use naftiko::{Result, capability};
use std::borrow::Cow;
use std::fmt::{Debug, Display};

pub struct Filter<'a>(&'a str);

/// Has methods that are not operations.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 8080), mcp(port = 9090)),
)]
pub trait Things {
    /// Changes itself.
    #[get("/mutable")]
    async fn mutable(&mut self) -> Result<String>;

    /// Has nothing to be called on.
    #[get("/nothing")]
    async fn nothing() -> Result<String>
    where
        Self: Sized;

    /// Is not async.
    #[get("/blocking")]
    fn blocking(&self) -> Result<String>;

    /// Writes out what `async fn` means.
    #[get("/future")]
    fn future(&self) -> impl Future<Output = Result<String>> + Send;

    /// Has parameters of its own.
    #[get("/generic")]
    async fn generic<T: Send, const N: usize>(&self, list: [T; N]) -> Result<String>;

    /// Leaves types open.
    #[get("/open")]
    async fn open(&self, any: impl Display + Send, all: &(dyn Debug + Sync)) -> Result<String>;

    /// Borrows what is inside.
    #[get("/borrowed")]
    async fn borrowed<'a>(&self, filter: Filter<'a>, words: &[&str], cow: Cow<'static, str>) -> Result<&'a str>;

    /// Has references to what is not a reference.
    #[get("/references")]
    async fn references(&self, a: &Option<u8>, b: &Vec<u8>, c: &mut u8, d: Option<Option<u8>>) -> Result<String>;

    /// Takes its arguments apart.
    #[get("/patterns")]
    async fn patterns(&self, (a, b): (u8, u8), _: u8) -> Result<String>;

    /// Is something else in each implementation.
    #[get("/itself")]
    async fn itself(&self) -> Result<Self>
    where
        Self: Sized;

    /// Borrows its argument forever.
    #[get("/static")]
    async fn forever(&self, text: &'static str) -> Result<String>;

    /// Has a name that is taken.
    #[get("/taken")]
    async fn into_capability(&self) -> Result<String>;

    /// Returns nothing.
    #[get("/unit")]
    async fn unit(&self);
}

struct Fake;

impl Things for Fake {
    async fn mutable(&mut self) -> Result<String> {
        Ok(String::new())
    }

    async fn nothing() -> Result<String> {
        Ok(String::new())
    }

    fn blocking(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn future(&self) -> Result<String> {
        Ok(String::new())
    }

    async fn generic<T: Send, const N: usize>(&self, list: [T; N]) -> Result<String> {
        Ok(list.len().to_string())
    }

    async fn open(&self, any: impl Display + Send, all: &(dyn Debug + Sync)) -> Result<String> {
        Ok(format!("{any} {all:?}"))
    }

    async fn borrowed<'a>(&self, filter: Filter<'a>, words: &[&str], cow: Cow<'static, str>) -> Result<&'a str> {
        let _ = (words, cow);
        Ok(filter.0)
    }

    async fn references(&self, a: &Option<u8>, b: &Vec<u8>, c: &mut u8, d: Option<Option<u8>>) -> Result<String> {
        Ok(format!("{a:?} {b:?} {c} {d:?}"))
    }

    async fn patterns(&self, (a, b): (u8, u8), _: u8) -> Result<String> {
        Ok((a + b).to_string())
    }

    async fn itself(&self) -> Result<Self> {
        Ok(Fake)
    }

    async fn forever(&self, text: &'static str) -> Result<String> {
        Ok(text.to_owned())
    }

    async fn unit(&self) {}
}

fn main() {
    let _ = Fake.into_capability();
    let _ = ThingsClient::builder().build().unwrap().blocking();
}

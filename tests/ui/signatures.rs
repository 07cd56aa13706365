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
    /// Takes `&mut self`.
    #[get("/mutable")]
    async fn mutable(&mut self) -> Result<String>;

    /// Does not take `self`.
    #[get("/nothing")]
    async fn nothing() -> Result<String>
    where
        Self: Sized;

    /// Is not async.
    #[get("/blocking")]
    fn blocking(&self) -> Result<String>;

    /// Returns a future instead of being `async`.
    #[get("/future")]
    fn future(&self) -> impl Future<Output = Result<String>> + Send;

    /// Has type and const parameters.
    #[get("/generic")]
    async fn generic<T: Send, const N: usize>(&self, list: [T; N]) -> Result<String>;

    /// Takes `impl Trait` and `dyn Trait`.
    #[get("/open")]
    async fn open(&self, any: impl Display + Send, all: &(dyn Debug + Sync)) -> Result<String>;

    /// Has types that contain borrowed data.
    #[get("/borrowed")]
    async fn borrowed<'a>(&self, filter: Filter<'a>, words: &[&str], cow: Cow<'static, str>) -> Result<&'a str>;

    /// Takes references to `Option` and `Vec`, `&mut`, and an `Option` in an `Option`.
    #[get("/references")]
    async fn references(&self, a: &Option<u8>, b: &Vec<u8>, c: &mut u8, d: Option<Option<u8>>) -> Result<String>;

    /// Has patterns instead of argument names.
    #[get("/patterns")]
    async fn patterns(&self, (a, b): (u8, u8), _: u8) -> Result<String>;

    /// Returns `Self`, a different type in each implementation.
    #[get("/itself")]
    async fn itself(&self) -> Result<Self>
    where
        Self: Sized;

    /// Takes a `'static` reference.
    #[get("/static")]
    async fn forever(&self, text: &'static str) -> Result<String>;

    /// Has the name of a generated method.
    #[get("/taken")]
    async fn into_capability(&self) -> Result<String>;

    /// Does not return a `Result`.
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

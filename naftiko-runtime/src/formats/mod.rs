//! Between bytes and values: what upstreams answer in, what becomes of it, and the bodies that they are sent.
//!
//! `decode` makes a value of an answer, `shape` picks from it what is exposed, `encode` writes bodies. They know no HTTP.
#![cfg_attr(not(feature = "document"), allow(dead_code, unused_imports, reason = "the fuzz targets use a part of it"))]

mod budget;
mod decode;
mod encode;
#[cfg(any(feature = "fuzzing", all(test, feature = "formats")))]
pub(crate) mod fuzz;
mod pairs;
mod shape;
#[cfg(all(test, feature = "formats"))]
mod tests;
pub(crate) mod text;

pub(crate) use budget::Budget;
pub(crate) use decode::decode;
pub(crate) use encode::{Part, Span, form, form_object, form_text, json_text, multipart, xml_text};
pub(crate) use pairs::pairs;
pub(crate) use shape::{CompiledOutputs, CompiledShaping, Unshaped};

/// What is larger than this is decoded where it does not hold up other calls, in bytes.
pub(crate) const LARGE: usize = 256 * 1024;

/// Works on so many bytes: on many of them on a thread of its own.
pub(crate) async fn off_reactor<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    if bytes < LARGE {
        return work();
    }
    match tokio::task::spawn_blocking(crate::numbers::along(work)).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime ends, and so do its calls.
        Err(_) => std::future::pending().await,
    }
}

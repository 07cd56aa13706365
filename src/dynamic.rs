//! Capabilities that are only known at run time: what `#[capability]` generates from a trait, built by hand.
//!
//! A [`Draft`](crate::spec::Draft) declares what is exposed. An [`Operation`] for each of its fragments has the
//! schemas. An implementation of [`Operations`] answers calls, which identify an operation by its index. The adapters
//! treat such a capability like any other.
//!
//! ```
//! use naftiko::dynamic::{Arguments, BoxFuture, Content, Operation, Operations, Output, OutputType, Shape};
//! use naftiko::{Capability, Error, Result, spec::Draft};
//! use serde_json::json;
//! use std::sync::Arc;
//!
//! struct Shout;
//!
//! impl Operations for Shout {
//!     fn call<'a>(&'a self, _: usize, arguments: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
//!         let loud = arguments.str(0)?.to_uppercase();
//!         let json = serde_json::to_vec(&loud).map_err(Error::internal)?;
//!         Ok(Box::pin(async move { Ok(Content::Json(json.into()).into()) }))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let draft: Draft = serde_json::from_value(json!({
//!     "head": {
//!         "naftiko": "1.0.0-alpha2",
//!         "info": { "label": "Shouting", "description": "Says things louder." },
//!         "capability": { "exposes": [{ "type": "mcp", "namespace": "shout-mcp", "port": 9090 }] },
//!     },
//!     "fragments": [{
//!         "name": "shout",
//!         "tools": [{ "expose": 0, "tool": { "name": "shout", "description": "Says a text louder." } }],
//!         "arguments": [{ "name": "text", "in": "body", "required": true }],
//!     }],
//! }))?;
//! let gives = OutputType { shape: Shape::Value, schema: json!({ "type": "string" }) };
//! let takes = vec![json!({ "type": "string", "minLength": 1 })];
//! let shout = Operation::new(0, "shout", draft.fragments[0].clone(), takes, gives);
//! let capability = Capability::assemble(Arc::new(draft), vec![Arc::new(shout)], Arc::new(Shout));
//!
//! assert_eq!(capability.call("shout", json!({ "text": "hello" })).await?, "HELLO");
//! let refused = capability.call("shout", json!({ "text": "" })).await.unwrap_err();
//! assert_eq!(refused.pointer(), Some("/text"));
//! # Ok(())
//! # }
//! ```

pub use naftiko_runtime::operation::{
    Arguments, BoxFuture, Content, Operation, Operations, Output, OutputType, OwnedArgument, Shape,
};

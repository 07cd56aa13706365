//! The bodies of methods compile as in an `async fn`: their type is known from the start, so values are coerced to it.
#![deny(warnings, missing_docs, clippy::pedantic)]
#![allow(clippy::unwrap_used, reason = "a test")]

use naftiko::{Error, Result, capability};
use serde_json::json;

/// Has bodies whose expressions need the return type.
#[capability(exposes(mcp(port = 1)))]
pub trait Numbers {
    /// Lists a few numbers, or more.
    #[tool]
    async fn list(&self, few: bool) -> Result<Box<[u32]>> {
        if few {
            return Ok(Box::new([1]));
        }
        Ok(vec![1, 2].into())
    }

    /// Counts them.
    #[tool]
    async fn count(&self) -> Result<usize> {
        #![allow(clippy::useless_vec, reason = "an inner attribute stays at the start of the body")]
        Ok(vec![1, 2].len())
    }

    /// Never returns, so that its body has no value.
    #[tool]
    async fn diverging(&self) -> Result<u32> {
        unreachable!("no test calls it")
    }

    /// Returns a trait object.
    #[skip]
    async fn iterate(&self) -> Box<dyn Iterator<Item = u32> + Send + '_> {
        Box::new([1, 2].into_iter())
    }

    /// Returns any error.
    #[skip]
    async fn parse(&self, text: &str) -> std::result::Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        if text.is_empty() {
            return Err("empty".into());
        }
        Ok(text.parse()?)
    }

    /// Returns a type without a name.
    #[skip]
    async fn opaque(&self) -> impl Iterator<Item = u32> + Send {
        [1, 2].into_iter()
    }

    /// Returns a part of its argument.
    #[skip]
    async fn first<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.split(' ').next()
    }

    /// Returns nothing.
    #[skip]
    async fn nothing(&self) {}
}

struct Plain;

impl Numbers for Plain {}

#[tokio::test]
async fn values_are_coerced_to_the_return_type() {
    assert_eq!(Plain.iterate().await.sum::<u32>(), 3);
    assert_eq!(Plain.opaque().await.sum::<u32>(), 3);
    assert_eq!(Plain.parse("").await.unwrap_err().to_string(), "empty");
    assert_eq!(Plain.parse("7").await.unwrap(), 7);
    assert_eq!(Plain.first("a b").await, Some("a"));
    Plain.nothing().await;

    let capability = Plain.into_capability();
    assert_eq!(capability.call("list", json!({ "few": true })).await.unwrap(), json!([1]));
    assert_eq!(capability.call("list", json!({ "few": false })).await.unwrap(), json!([1, 2]));
    assert_eq!(capability.call("count", json!({})).await.unwrap(), 2);
}

/// Has the name of a primitive type in scope.
mod primitives {
    #![allow(
        non_camel_case_types,
        dead_code,
        missing_copy_implementations,
        reason = "the type shadows a primitive type on purpose"
    )]

    pub(crate) struct usize;

    /// Counts.
    #[naftiko::capability(exposes(mcp(port = 1)))]
    pub(crate) trait Counter {
        /// Counts on.
        #[tool]
        async fn count(&self, from: i64) -> naftiko::Result<i64> {
            Ok(from + 1)
        }
    }
}

#[tokio::test]
async fn a_primitive_type_can_have_another_meaning() -> std::result::Result<(), Error> {
    use primitives::Counter as _;

    struct Up;

    impl primitives::Counter for Up {}

    assert_eq!(Up.into_capability().call("count", json!({ "from": 41 })).await?, 42);
    Ok(())
}

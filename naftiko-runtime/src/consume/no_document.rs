//! What stands in for the operations of a document without the `document` feature: they cannot be called.

use super::builder::Settings;
use super::exchange::Line;
use crate::error::{Error, Result};
use crate::operation::Forwarded;
use crate::operation::{Given, Output};
use naftiko_spec::lower::Lowered;
use naftiko_spec::model::Document;
use std::convert::Infallible;
use std::sync::Arc;

/// No document.
pub(crate) struct Filled(Infallible);

impl Filled {
    /// Says why there is none.
    pub(crate) fn load(_: &Document, _: Lowered, _: Settings, _: usize) -> Result<Self> {
        Err(Error::configuration(
            "this trait is filled from a document, and `naftiko` is built without its feature `document`",
        ))
    }

    /// Never called.
    pub(crate) fn line(&self) -> &Arc<Line> {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn count(&self) -> usize {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn call(
        &self,
        _: usize,
        _: Result<Vec<Given>>,
    ) -> impl Future<Output = (String, Result<Output>)> + Send + use<> {
        match self.0 {}
        #[allow(unreachable_code, reason = "the type of the future must still be named")]
        std::future::pending()
    }

    /// Never called.
    pub(crate) fn forwards(&self) -> Vec<Forwarded> {
        match self.0 {}
    }
}

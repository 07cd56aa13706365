//! The next page of an answer: the arguments with which the same operation returns that page.

use super::{ArgumentValue, OwnedArgument};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{self, InputSchema};
use http::StatusCode;
use std::borrow::Cow;

/// The arguments of the next page, as changes to the arguments of the page before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NextPage {
    /// The index of each argument that changes, and its new values as text; an argument without values becomes absent.
    pub(crate) changes: Vec<(usize, Vec<String>)>,
    /// The maximum number of pages that a client reads.
    pub(crate) max_pages: usize,
}

impl NextPage {
    /// Applies the changes to the arguments of the page before this one.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads several pages"))]
    pub(crate) fn apply(&self, given: &mut [OwnedArgument]) {
        for (index, texts) in &self.changes {
            let Some(given) = given.get_mut(*index) else { continue };
            *given = match texts.as_slice() {
                [] => ArgumentValue::Absent,
                [text] => ArgumentValue::Text(Cow::Owned(text.clone())),
                texts => ArgumentValue::Texts(texts.to_vec()),
            };
        }
    }

    /// Checks that an operation with these inputs accepts the changes. Otherwise, a caller who follows them would get an error about
    /// arguments that the caller did not choose.
    ///
    /// # Errors
    /// Returns an error about the API's answer.
    pub(super) fn check(&self, inputs: &[InputSchema]) -> Result<()> {
        for (index, texts) in &self.changes {
            let Some(input) = inputs.get(*index) else { continue };
            let given = match texts.as_slice() {
                [] => OwnedArgument::Absent,
                texts if input.argument.many => OwnedArgument::Texts(texts.to_vec()),
                [text] => OwnedArgument::Text(text.clone().into()),
                _ => return Err(refused(&format!("expected one value for `{}`, found several", input.argument.name))),
            };
            schema::check(input, &given).map_err(|error| refused(&error.to_string()))?;
        }
        Ok(())
    }
}

/// Returns the error for a next page that the operation does not accept.
#[cold]
fn refused(why: &str) -> Error {
    let message = format!("the answer names a next page that this operation does not accept: {why}");
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message)
}

//! The next page of an answer: the arguments with which the same operation returns it.

use super::{ArgumentValue, Given};
use std::borrow::Cow;

/// The arguments of the next page, as changes to those of the page before it.
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
    pub(crate) fn apply(&self, given: &mut [Given]) {
        for (index, texts) in &self.changes {
            let Some(given) = given.get_mut(*index) else { continue };
            *given = match texts.as_slice() {
                [] => ArgumentValue::Absent,
                [text] => ArgumentValue::Text(Cow::Owned(text.clone())),
                texts => ArgumentValue::Texts(texts.to_vec()),
            };
        }
    }
}

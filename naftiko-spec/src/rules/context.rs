//! What the rules look at: a document, and what is known of the trait or the file that it comes from.

use crate::diagnostic::Diagnostic;
use crate::fragment::{AssembledPaths, Draft, Fragment};
use crate::lower::Lowered;
use crate::model::Document;

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The document; of a file, after its repairs.
    pub document: &'a Document,
    /// What it comes from.
    pub context: Context<'a>,
}

/// What a document comes from.
#[derive(Debug, Clone, Copy)]
pub enum Context<'a> {
    /// A trait: the document is its draft, put together.
    Trait {
        /// The draft.
        draft: &'a Draft,
        /// Where its fragments stand in the document.
        paths: &'a [AssembledPaths],
    },
    /// A file.
    File {
        /// The repairs that reading it took: what they say already is not found once more.
        repairs: &'a [Diagnostic],
        /// The document, worked out.
        lowered: &'a Lowered,
        /// What kept it from being worked out, and what was decided for its author.
        troubles: &'a [Diagnostic],
    },
}

impl<'a> Subject<'a> {
    pub(super) fn is_trait(&self) -> bool {
        matches!(self.context, Context::Trait { .. })
    }

    /// Returns the operations of a trait, with the places of what they are in the document. Of a file there are none.
    pub(super) fn fragments(&self) -> impl Iterator<Item = (&'a Fragment, &'a AssembledPaths)> + use<'a> {
        let (fragments, paths): (&[Fragment], &[AssembledPaths]) = match self.context {
            Context::Trait { draft, paths } => (&draft.fragments, paths),
            Context::File { .. } => (&[], &[]),
        };
        fragments.iter().zip(paths)
    }

    /// Returns the operation of a trait that has its part in the document there.
    pub(super) fn fragment(&self, at: &str) -> Option<&'a Fragment> {
        self.fragments().find(|(_, paths)| paths.places().any(|place| place == at)).map(|(fragment, _)| fragment)
    }

    /// Returns whether `cfg` keeps two operations from being there together: both have one, and not the same.
    pub(super) fn apart(&self, one: &str, other: &str) -> bool {
        let cfg = |at: &str| self.fragment(at).map(|fragment| fragment.cfg.as_str()).filter(|cfg| !cfg.is_empty());
        matches!((cfg(one), cfg(other)), (Some(one), Some(other)) if one != other)
    }

    /// Returns the place of a part of an operation: in a trait the token of that part, in a file the operation as a whole.
    pub(super) fn part(&self, at: &str, part: &str) -> String {
        if self.is_trait() { format!("{at}/{part}") } else { at.to_owned() }
    }
}

//! The input of the rules: a document, and facts about the trait or the file that it comes from.

use crate::diagnostic::Diagnostic;
use crate::fragment::{AssembledPaths, Draft, Fragment};
use crate::lower::Lowered;
use crate::model::Document;
use crate::names::Case;

/// A document and its origin.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The document; for a file, after its repairs.
    pub document: &'a Document,
    /// Its origin.
    pub context: RuleContext<'a>,
}

/// The origin of a document.
#[derive(Debug, Clone, Copy)]
pub enum RuleContext<'a> {
    /// A trait: the document is its assembled draft.
    Trait {
        /// The draft.
        draft: &'a Draft,
        /// The locations of its fragments in the document.
        paths: &'a [AssembledPaths],
    },
    /// A file.
    File {
        /// The repairs made while reading; the rules don't report the same mistakes again.
        repairs: &'a [Diagnostic],
        /// The lowered document.
        lowered: &'a Lowered,
        /// The diagnostics of lowering.
        lowering: &'a [Diagnostic],
    },
}

impl<'a> Subject<'a> {
    pub(super) fn is_trait(&self) -> bool {
        matches!(self.context, RuleContext::Trait { .. })
    }

    /// Returns a key as the author writes it: in snake case in an attribute.
    pub(super) fn key(&self, key: &str) -> String {
        if self.is_trait() { Case::Snake.apply(key) } else { key.to_owned() }
    }

    /// Returns the operations of a trait, with their locations in the document. Empty for a file.
    pub(super) fn fragments(&self) -> impl Iterator<Item = (&'a Fragment, &'a AssembledPaths)> + use<'a> {
        let (fragments, paths): (&[Fragment], &[AssembledPaths]) = match self.context {
            RuleContext::Trait { draft, paths } => (&draft.fragments, paths),
            RuleContext::File { .. } => (&[], &[]),
        };
        fragments.iter().zip(paths)
    }

    /// Returns the operation of a trait to which a location in the document belongs.
    pub(super) fn fragment(&self, at: &str) -> Option<&'a Fragment> {
        self.fragments().find(|(_, paths)| paths.places().any(|place| place == at)).map(|(fragment, _)| fragment)
    }

    /// Returns whether two operations have different `cfg` conditions, so that they may never be compiled together.
    pub(super) fn never_together(&self, one: &str, other: &str) -> bool {
        let cfg = |at: &str| self.fragment(at).map(|fragment| fragment.cfg.as_str()).filter(|cfg| !cfg.is_empty());
        matches!((cfg(one), cfg(other)), (Some(one), Some(other)) if one != other)
    }

    /// Returns the location at which to report a part of an operation: in a trait the part itself, in a file the whole
    /// operation.
    pub(super) fn part(&self, at: &str, part: &str) -> String {
        if self.is_trait() { format!("{at}/{part}") } else { at.to_owned() }
    }
}

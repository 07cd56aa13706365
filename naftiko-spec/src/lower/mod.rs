//! From a document to what its routes and tools do: names are resolved, and each value of each request has a source.

mod body;
mod call;
mod embedded;
mod exposed;
mod fragment;
mod index;
mod input;
mod merged;
mod outcome;
mod output;
mod plan;
mod scan;
mod scope;
mod steps;

pub use embedded::Embedded;
pub use merged::Merged;
pub use output::{DEEPEST_OUTPUT, constant, number, output_schema};
pub use plan::{
    Body, Call, Format, ForwardRoute, Lowered, LoweredOperation, LoweredStep, MultipartPart, Piece, Shaping, Source,
    StepWork, Work,
};
pub(crate) use scope::CALLER;

use crate::model::{Bind, Consume, Document};

/// Something that keeps an operation from being worked out, or that was decided for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where, as a JSON Pointer (RFC 6901) into the document.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// What was done about it, for trouble that does not keep the document from running: the number and name of a repair.
    pub repair: Option<crate::read::RepairKind>,
}

impl Document {
    /// Every consumed API: those of the capability, then those that the file shares.
    #[must_use]
    pub fn all_consumes(&self) -> Vec<&Consume> {
        self.capability.consumes.iter().chain(&self.consumes).collect()
    }

    /// Every bind: those of the capability, then those of the file.
    #[must_use]
    pub fn all_binds(&self) -> Vec<&Bind> {
        self.capability.binds.iter().chain(&self.binds).collect()
    }
}

/// Works a document out.
///
/// What cannot be worked out is left out and told; what could be meant in one way only is done, and told as a repair.
#[must_use]
pub fn lower(document: &Document) -> (Lowered, Vec<Trouble>) {
    let mut lowering = exposed::Lowering {
        document,
        index: index::Index::new(document),
        lowered: Lowered::default(),
        troubles: Vec::new(),
    };
    lowering.imports();
    lowering.run();
    (lowering.lowered, lowering.troubles)
}

#[cfg(test)]
mod tests;

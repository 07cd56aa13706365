//! Lowers a document to the plans of its routes, tools and MCP resources: resolves names, and finds the source of each value of a
//! request.

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
mod paging;
mod plan;
mod reference;
mod scan;
mod scope;
mod steps;
#[cfg(feature = "yaml")]
mod text_slots;

pub use crate::model::Format;
pub(crate) use call::placeholders;
pub use embedded::Embedded;
pub(crate) use exposed::{is_constant, tool_name};
pub use input::file as file_schema;
pub use merged::MergedOperation;
pub use output::{DEEPEST_OUTPUT, constant, number, output_schema};
pub use plan::is_scalar;
pub use plan::{
    Body, Call, CallPage, ForwardRoute, Lowered, LoweredOperation, LoweredStep, MultipartPart, Piece, Shaping, Source,
    StepWork, Work,
};
pub(crate) use reference::{Prefixed, is_declared, is_name, open_braces, prefixed, split, words};
pub(crate) use scan::{holes, members};
pub(crate) use steps::looked_up;
#[cfg(feature = "yaml")]
pub(crate) use text_slots::{CallSlots, TextSlots};

use crate::diagnostic::Diagnostic;
use crate::model::{Bind, Consume, Document, Expose};

impl Document {
    /// Returns every consumed API: first the capability's, then the shared APIs of the file.
    #[must_use]
    pub fn all_consumes(&self) -> Vec<&Consume> {
        self.capability.consumes.iter().chain(&self.consumes).collect()
    }

    /// Returns the names of operations and functions that cannot be read, in the form that calls and references use.
    pub(crate) fn unreadable_names(&self) -> impl Iterator<Item = String> {
        let consumes = self.capability.consumes.iter().chain(&self.consumes);
        let operations = consumes.map(|consume| (&consume.namespace, &consume.unreadable_names));
        let functions =
            self.capability.aggregates.iter().map(|aggregate| (&aggregate.namespace, &aggregate.unreadable_names));
        operations
            .chain(functions)
            .flat_map(|(namespace, names)| names.iter().map(move |name| format!("{namespace}.{name}")))
    }

    /// Removes the parts that operations add: resources (consumed, REST and MCP), tools and prompts.
    pub fn clear_operations(&mut self) {
        let consumes = self.capability.consumes.iter_mut().chain(&mut self.consumes);
        consumes.for_each(|consume| consume.resources.clear());
        for expose in &mut self.capability.exposes {
            match expose {
                Expose::Rest(rest) => rest.resources.clear(),
                Expose::Mcp(mcp) => {
                    mcp.tools.clear();
                    // Folders of resources, and prompts from a template or a file, are kept: operations do not add them.
                    mcp.resources.retain(|resource| resource.location.is_some());
                    mcp.prompts.retain(|prompt| prompt.location.is_some() || !prompt.template.is_empty());
                }
                Expose::Skill(_) | Expose::Control(_) => {}
            }
        }
    }

    /// Returns every bind: first the capability's, then the file's.
    #[must_use]
    pub fn all_binds(&self) -> Vec<&Bind> {
        self.capability.binds.iter().chain(&self.binds).collect()
    }
}

/// Lowers a document.
///
/// An operation that cannot be lowered is left out and reported; a reference that can mean only one thing is repaired, and
/// reported as a repair.
#[must_use]
pub fn lower(document: &Document) -> (Lowered, Vec<Diagnostic>) {
    let mut lowering = exposed::Lowering {
        document,
        index: index::Index::new(document),
        lowered: Lowered::default(),
        diagnostics: Vec::new(),
    };
    lowering.run();
    (lowering.lowered, lowering.diagnostics)
}

#[cfg(test)]
mod tests;

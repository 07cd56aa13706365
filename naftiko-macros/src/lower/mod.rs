//! The syntax, given its meaning: a draft of the document, and where in the source each of its parts comes from.

mod consistent;
mod exposed;
mod head;
mod operation;
mod places;
mod spots;

pub(crate) use operation::Operation;
pub(crate) use spots::{OperationSpots, Spots};

use crate::errors::Errors;
use crate::syntax::{Settings, Trait};
use naftiko_spec::Draft;

/// A trait as a draft.
pub(crate) struct Lowered<'a> {
    /// The document in pieces.
    pub(crate) draft: Draft,
    /// The operations behind the fragments, in the same order.
    pub(crate) operations: Vec<Operation<'a>>,
    /// Where the parts of the draft come from.
    pub(crate) spots: Spots,
}

/// Lowers a trait.
pub(crate) fn lower<'a>(settings: &Settings, item: &'a Trait, errors: &mut Errors) -> Lowered<'a> {
    let mut spots = Spots::new(item.ident.span().into());
    let head = head::lower(settings, item, &mut spots);
    let mut operations = Vec::new();
    let mut fragments = Vec::new();
    for method in item.methods() {
        if let Some((operation, fragment, at)) = operation::lower(settings, &head, method, errors) {
            operations.push(operation);
            fragments.push(fragment);
            spots.operations.push(at);
        }
    }
    Lowered { draft: Draft { head, fragments }, operations, spots }
}

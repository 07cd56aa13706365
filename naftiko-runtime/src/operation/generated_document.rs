//! The document of a capability, with the types of its operations.

use super::exposed_operation::Operation;
use crate::schema::Shape;
use naftiko_spec::Draft;
use naftiko_spec::model::Document;
use naftiko_spec::openapi::OperationTypes;
use std::sync::Arc;

/// Returns the document as it is published. An argument whose type the draft could only guess gets the type of its
/// schema.
pub(super) fn document(draft: &Draft, operations: &[Arc<Operation>]) -> Document {
    let mut draft = draft.clone();
    naftiko_spec::refine(&mut draft, &types(operations));
    draft.assemble().0
}

/// Returns the types of operations, in the same order.
pub(super) fn types(operations: &[Arc<Operation>]) -> Vec<OperationTypes> {
    let of = |operation: &Arc<Operation>| OperationTypes {
        inputs: operation.inputs.iter().map(|input| input.schema.clone()).collect(),
        output: operation.output.shape.has_schema().then(|| operation.output.schema.clone()),
        raw: operation.output.shape == Shape::Raw,
        file: operation.output.shape == Shape::File || operation.passes_files,
        stream: operation.output.shape == Shape::Stream,
        errors: operation.errors.clone(),
    };
    operations.iter().map(of).collect()
}

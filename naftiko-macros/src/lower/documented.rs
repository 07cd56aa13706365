//! Lowers a method that is an operation of the document.

use super::{MethodOperation, OperationSpans};
use crate::document::{DocumentOperation, matched};
use crate::errors::Errors;
use crate::syntax::Method;
use naftiko_spec::Fragment;

/// Lowers a method with the operation of the document that has its name; `None` if the method has a mistake or does not fit the operation.
pub(super) fn lower<'a>(
    documented: &DocumentOperation,
    method: &'a Method,
    errors: &mut Errors,
) -> Option<(MethodOperation<'a>, Fragment, OperationSpans)> {
    if method.broken {
        return None;
    }
    let matched = matched(documented, method, errors)?;
    let operation = MethodOperation { method, consumed: method.body.is_none(), matched: Some(matched) };
    Some((operation, documented.merged.operation.fragment.clone(), super::operation::spans(method)))
}

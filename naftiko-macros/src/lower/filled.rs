//! Lowers a method that is an operation of the document.

use super::{MethodOperation, OperationSpans};
use crate::document::{DocumentOperation, matched};
use crate::errors::Errors;
use crate::syntax::Method;
use naftiko_spec::Fragment;

/// Lowers a method with the operation that has its name; `None` if they do not fit.
pub(super) fn lower<'a>(
    filled: &DocumentOperation,
    method: &'a Method,
    errors: &mut Errors,
) -> Option<(MethodOperation<'a>, Fragment, OperationSpans)> {
    if method.broken {
        return None;
    }
    let matched = matched(filled, method, errors)?;
    let operation = MethodOperation { method, consumed: method.body.is_none(), filled: Some(matched) };
    Some((operation, filled.merged.operation.fragment.clone(), super::operation::spans(method)))
}

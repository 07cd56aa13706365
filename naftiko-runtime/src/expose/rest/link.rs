//! The header `Link` with the next page (RFC 8288): a reference to the route of the request, with other arguments.

use super::text;
use crate::operation::{NextPage, Operation, encoded};
use http::HeaderValue;

/// Returns the header for the next page; `None` if an argument that changes is not in the query.
///
/// The reference has only a query, so it leads to the same path at whatever address the caller used (RFC 3986, section 5.2.2).
pub(super) fn next(
    operation: &Operation,
    is_in_query: impl Fn(usize) -> bool,
    query: Option<&str>,
    next: &NextPage,
) -> Option<HeaderValue> {
    let changes: Option<Vec<(&str, &[String])>> = next
        .changes
        .iter()
        .map(|(index, texts)| {
            let input = operation.inputs.get(*index).filter(|_| is_in_query(*index))?;
            Some((input.argument.name.as_str(), texts.as_slice()))
        })
        .collect();
    let changes = changes?;
    let is_changed = |pair: &&str| {
        let name = text::query_name(pair.split('=').next().unwrap_or_default());
        name.is_some_and(|name| changes.iter().any(|(changed, _)| *changed == name))
    };
    let kept = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !is_changed(pair));
    // A query may contain `<` and `>`, but in this header they delimit the reference.
    let kept = kept.map(|pair| pair.replace('<', "%3C").replace('>', "%3E"));
    let added = changes
        .iter()
        .flat_map(|(name, texts)| texts.iter().map(move |text| format!("{}={}", encoded(name), encoded(text))));
    let query = kept.chain(added).collect::<Vec<_>>().join("&");
    HeaderValue::from_str(&format!("<?{query}>; rel=\"next\"")).ok()
}

//! Removes routes, tools and MCP resources from a document.

use naftiko_spec::Document;
use naftiko_spec::model::Expose;

/// Removes the routes, tools and MCP resources at the given JSON Pointers, and REST resources that become empty.
pub(super) fn remove_at(document: &mut Document, pointers: &[&str]) {
    let is_resource = |pointer: &str| pointer.contains("/resources/");
    let mut places: Vec<(Vec<usize>, bool)> =
        pointers.iter().map(|pointer| (numbers(pointer), is_resource(pointer))).collect();
    // From the end, so that earlier indices stay valid.
    places.sort_unstable();
    for (place, is_resource) in places.iter().rev() {
        match (place.as_slice(), place.first().and_then(|expose| document.capability.exposes.get_mut(*expose))) {
            ([_, resource, operation], Some(Expose::Rest(rest))) => {
                let Some(found) = rest.resources.get_mut(*resource) else { continue };
                if *operation < found.operations.len() {
                    found.operations.remove(*operation);
                }
                if found.operations.is_empty() && found.forward.is_none() {
                    rest.resources.remove(*resource);
                }
            }
            ([_, resource], Some(Expose::Mcp(mcp))) if *is_resource && *resource < mcp.resources.len() => {
                mcp.resources.remove(*resource);
            }
            ([_, tool], Some(Expose::Mcp(mcp))) if !is_resource && *tool < mcp.tools.len() => {
                mcp.tools.remove(*tool);
            }
            _ => {}
        }
    }
}

/// Returns the numbers in a JSON Pointer.
fn numbers(pointer: &str) -> Vec<usize> {
    pointer.split('/').filter_map(|token| token.parse().ok()).collect()
}

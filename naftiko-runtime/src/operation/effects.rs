//! Whether an operation may have an effect, according to its hints.

use naftiko_spec::Fragment;

/// Returns whether a tool of an operation says that it may have an effect, whatever its HTTP method.
pub(super) fn claims_effect(fragment: &Fragment) -> bool {
    let mut hints = fragment.tools.iter().filter_map(|part| part.tool.hints);
    hints.any(|hints| hints.read_only == Some(false))
}

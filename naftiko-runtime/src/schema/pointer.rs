//! The JSON Pointers of arguments.

/// Returns the JSON Pointer of an argument (RFC 6901, section 3).
pub(crate) fn pointer(name: &str) -> String {
    format!("/{}", naftiko_spec::pointer::escape(name))
}

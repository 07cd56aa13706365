//! Templates: `{{NAME}}` in strings, and the `{placeholders}` of paths and base URIs.

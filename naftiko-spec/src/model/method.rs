//! The HTTP methods of operations.

use serde::{Deserialize, Serialize};

/// The methods that an operation may have (RFC 9110, section 9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Reads only the headers.
    Head,
    /// Creates or acts.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Returns the method's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Returns whether this is GET or HEAD: the methods that only read (RFC 9110, section 9.2.1).
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    /// Returns whether a request with this method may have a body even if the operation does not declare one.
    #[must_use]
    pub const fn takes_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }

    /// Returns whether a request with this method may have a body if the operation declares one (RFC 9110, section 9.3.5: DELETE).
    #[must_use]
    pub const fn may_carry_body(self) -> bool {
        self.takes_body() || matches!(self, Self::Delete)
    }
}

//! The hints of a tool: what a call may change.

use super::Method;
use serde::{Deserialize, Serialize};

/// The hints of a tool for clients (MCP, `ToolAnnotations`). Missing hints follow from the HTTP method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hints {
    /// Whether the tool changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Whether the tool removes or overwrites something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    /// Whether calling the tool again has no further effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// Whether the tool interacts with systems outside this program. By default, `true` if the capability calls any API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}

impl Hints {
    /// Returns these hints, with missing ones taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            read_only: self.read_only.or(other.read_only),
            destructive: self.destructive.or(other.destructive),
            idempotent: self.idempotent.or(other.idempotent),
            open_world: self.open_world.or(other.open_world),
        }
    }

    /// Returns these hints, with missing ones taken from the hints of the operation's HTTP method. If these hints declare that the
    /// operation writes although its method only reads, the method is misleading: missing hints are then taken from POST.
    #[must_use]
    pub fn completed(self, http: Self) -> Self {
        let is_misleading = self.read_only == Some(false) && http.reads();
        self.or(if is_misleading { Method::Post.hints() } else { http })
    }

    /// Returns whether an operation with these hints may destroy something; without a hint, it may.
    #[must_use]
    pub fn may_destroy(self) -> bool {
        self.read_only != Some(true) && self.destructive.unwrap_or(true)
    }

    /// Returns the hints of an operation that calls two operations with these hints. It only reads if both do, is destructive if one
    /// is, and is idempotent if both are. `open_world` is `false` if it is `false` for both, otherwise `None`.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        const fn keeps(hints: Hints) -> bool {
            hints.reads() || matches!(hints.destructive, Some(false))
        }

        const fn destroys(hints: Hints) -> bool {
            !hints.reads() && matches!(hints.destructive, Some(true))
        }

        const fn repeats(hints: Hints) -> bool {
            hints.reads() || matches!(hints.idempotent, Some(true))
        }

        let destructive = match (destroys(self) || destroys(other), keeps(self) && keeps(other)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        let closed = matches!((self.open_world, other.open_world), (Some(false), Some(false)));
        Self {
            read_only: Some(self.reads() && other.reads()),
            destructive,
            idempotent: Some(repeats(self) && repeats(other)),
            open_world: if closed { Some(false) } else { None },
        }
    }

    /// Returns whether the tool declares that it changes nothing.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self.read_only, Some(true))
    }
}

impl Method {
    /// Returns the hints that follow from the method: read-only, destructive, idempotent (RFC 9110, section 9.2). For POST, PUT
    /// and PATCH, `destructive` is `None`, because the method does not determine it.
    #[must_use]
    pub const fn hints(self) -> Hints {
        let (read_only, destructive, idempotent) = match self {
            Self::Get | Self::Head => (true, Some(false), true),
            Self::Put => (false, None, true),
            Self::Delete => (false, Some(true), true),
            Self::Post | Self::Patch => (false, None, false),
        };
        Hints { read_only: Some(read_only), destructive, idempotent: Some(idempotent), open_world: None }
    }
}

//! The effects of operations: the effects that hints declare, and the effects of a method's body. The effects of a body follow
//! from the operations that it calls, and are known at compile time.

use naftiko_spec::Fragment;
use naftiko_spec::model::{Hints, Method};

/// Returns whether a tool of an operation declares that the operation may have an effect, whatever its HTTP method.
pub(super) fn claims_effect(fragment: &Fragment) -> bool {
    let mut hints = fragment.tools.iter().filter_map(|part| part.tool.hints);
    hints.any(|hints| hints.read_only == Some(false))
}

/// The methods of a trait, with the effects of their operations.
pub type MethodEffects = [(&'static str, Hints)];

/// The effects of an operation about which nothing is known: it may do anything.
const UNKNOWN: Hints = POST;

/// The effects of GET (RFC 9110, section 9.2), for generated code.
pub const GET: Hints = Method::Get.hints();
/// The effects of POST and PATCH.
pub const POST: Hints = Method::Post.hints();
/// The effects of PUT.
pub const PUT: Hints = Method::Put.hints();
/// The effects of DELETE.
pub const DELETE: Hints = Method::Delete.hints();

/// Creates the effects of an operation from its hints.
#[must_use]
pub const fn hints(
    read_only: Option<bool>,
    destructive: Option<bool>,
    idempotent: Option<bool>,
    open_world: Option<bool>,
) -> Hints {
    Hints { read_only, destructive, idempotent, open_world }
}

/// A type that implements the traits that it derives, and auto traits such as `Send`, but no trait of a capability. If this type
/// implements all supertraits of a trait, all of them are traits of the standard library.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OnlyStandard;

/// The fallback for supertraits that [`OnlyStandard`] does not implement: an inherent constant takes precedence over a trait's.
pub trait NotStandard {
    /// Whether [`OnlyStandard`] implements all supertraits: in this fallback, it does not.
    const ARE_STANDARD: bool = false;
}

impl<T> NotStandard for T {}

/// Returns the effects that the methods of supertraits add: none if [`OnlyStandard`] implements all supertraits. Otherwise nothing is
/// known about the effects.
#[must_use]
pub const fn of_supertraits(are_standard: bool) -> Hints {
    if are_standard { hints(Some(true), Some(false), Some(true), Some(false)) } else { UNKNOWN }
}

/// Returns the effects of the operation behind a method. A method without an operation, such as a helper, may have the effects of
/// all entries of `operations`, including the one for the methods of supertraits.
#[must_use]
pub const fn effect_of(operations: &MethodEffects, method: &str) -> Hints {
    let mut rest = operations;
    while let [(name, hints), others @ ..] = rest {
        if is_same(name, method) {
            return *hints;
        }
        rest = others;
    }
    any_effect(operations)
}

/// Returns the effects of an operation that may call any of `operations`.
#[must_use]
pub const fn any_effect(operations: &MethodEffects) -> Hints {
    let [(_, first), others @ ..] = operations else { return UNKNOWN };
    let (mut all, mut rest) = (*first, others);
    while let [(_, hints), others @ ..] = rest {
        all = all.and(*hints);
        rest = others;
    }
    all
}

/// Returns the effects of a body that has the effects in `all`. The body is idempotent only if it only reads, or if `is_repeatable`
/// and all of the effects are idempotent: two idempotent calls need not be idempotent together (one reads a number, the other
/// writes it plus one).
#[must_use]
pub const fn effects(all: &[Hints], is_repeatable: bool) -> Hints {
    let [first, others @ ..] = all else { return UNKNOWN };
    // Normalizes a single effect as `and` does for several.
    let (mut all, mut rest) = (first.and(*first), others);
    while let [hints, others @ ..] = rest {
        all = all.and(*hints);
        rest = others;
    }
    if !all.reads() && !is_repeatable {
        all.idempotent = Some(false);
    }
    all
}

/// Compares two strings, since `==` cannot be used in a `const fn`.
const fn is_same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([first, after @ ..], [second, following @ ..]) = (one, other) {
        if *first != *second {
            return false;
        }
        (one, other) = (after, following);
    }
    one.is_empty() && other.is_empty()
}

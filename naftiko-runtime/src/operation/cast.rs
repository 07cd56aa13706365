//! Casts a value of a generic type to a concrete type.

use std::any::Any;

/// Returns the value as a `U` if `T` is `U`, otherwise `None`.
pub(super) fn cast<T: 'static, U: 'static>(value: T) -> Option<U> {
    let mut value = Some(value);
    let slot: &mut dyn Any = &mut value;
    slot.downcast_mut::<Option<U>>().and_then(Option::take)
}

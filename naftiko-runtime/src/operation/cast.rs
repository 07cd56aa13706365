//! A value of a type parameter as a value of a concrete type.

use std::any::Any;

/// Returns a value as a `U`, if that is its type.
pub(super) fn cast<T: 'static, U: 'static>(value: T) -> Option<U> {
    let mut value = Some(value);
    let slot: &mut dyn Any = &mut value;
    slot.downcast_mut::<Option<U>>().and_then(Option::take)
}

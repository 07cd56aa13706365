//! The functions that create the capabilities of a program ([`Factory`]), and their return types.

#[cfg(feature = "client")]
use crate::consume::{ConnectClient, SharedClients};
use crate::error::Result;
#[cfg(not(feature = "client"))]
use crate::no_client::{ConnectClient, rebuilt};
use crate::operation::{Capability, Definition, Expose};
use crate::setup::Setup;

/// A function that creates a capability: `FnOnce() -> Result<C>` or `FnOnce(Setup) -> Result<C>`. `M` distinguishes the
/// two.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that creates a capability",
    label = "expected a function that returns `naftiko::Result<C>`, where `C` is a generated client or `Capability`",
    note = "pass the client's `from_env`, or create the capability: `run(|| Ok(value.into_capability()))`",
    note = "the argument of a closure needs its type: `run(|setup: naftiko::Setup| …)`"
)]
pub trait Factory<M, C>: Send + 'static {
    /// Whether the function takes a [`Setup`].
    const TAKES_SETUP: bool;

    /// Creates the capability.
    ///
    /// # Errors
    /// Returns an error if the capability cannot be created.
    fn make(self, setup: Setup) -> Result<C>;
}

impl<C, F: FnOnce() -> Result<C> + Send + 'static> Factory<(), C> for F {
    const TAKES_SETUP: bool = false;

    fn make(self, _setup: Setup) -> Result<C> {
        self()
    }
}

impl<C, F: FnOnce(Setup) -> Result<C> + Send + 'static> Factory<Setup, C> for F {
    const TAKES_SETUP: bool = true;

    fn make(self, setup: Setup) -> Result<C> {
        self(setup)
    }
}

/// A type that a program can be created from: a generated client, or a [`Capability`].
///
/// The definition of a client is known from its type, so `document`, `openapi`, `skill`, `tools` and `--help` need no
/// environment variables and create no client.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be run as a program",
    label = "neither a generated client nor a `Capability`",
    note = "pass the client's `from_env`, or create the capability: `run(|| Ok(value.into_capability()))`"
)]
pub trait Runnable: Sized + 'static {
    /// Returns the definition that is known from the type. A value of a type with a definition can be
    /// [rebuilt](Self::rebuilt).
    fn definition() -> Option<&'static Definition>;

    /// Builds a value again with `setup`, even if building it without `setup` failed. An empty `setup` changes nothing.
    ///
    /// # Errors
    /// Returns an error if the value cannot be built.
    fn rebuilt(made: Result<Self>, setup: &Setup) -> Result<Self>;

    /// Returns the value as a capability. (Not a method called `into_capability`: the compiler would suggest this trait to somebody who
    /// has not imported the trait of the capability.)
    fn capability(value: Self) -> Capability;
}

#[diagnostic::do_not_recommend]
impl<C: Expose<C> + ConnectClient> Runnable for C {
    fn definition() -> Option<&'static Definition> {
        Some(C::definition())
    }

    fn rebuilt(made: Result<Self>, setup: &Setup) -> Result<Self> {
        #[cfg(feature = "client")]
        let rebuilt = |made, setup| C::rebuilt(made, &SharedClients::new(setup));
        if setup.is_empty() { made } else { rebuilt(made, setup) }
    }

    fn capability(value: Self) -> Capability {
        Capability::of::<C, C>(value)
    }
}

impl Runnable for Capability {
    fn definition() -> Option<&'static Definition> {
        None
    }

    fn rebuilt(made: Result<Self>, _setup: &Setup) -> Result<Self> {
        made
    }

    fn capability(value: Self) -> Capability {
        value
    }
}

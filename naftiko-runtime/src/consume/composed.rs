//! Connects clients that are built on other clients: all are created together, and one error lists all problems.

#[cfg(feature = "cli")]
use super::rebuilt;
use super::{Client, FromClient};
use crate::error::{Error, ErrorKind, Result};
use crate::setup::Setup;
use naftiko_spec::printable;
use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The clients that are created together for one composed client. Clients that are built on the same capability share
/// its client, and so its limits, caches and access tokens.
#[derive(Debug)]
pub struct SharedClients<'a> {
    setup: &'a Setup,
    /// The clients from the environment, by their types.
    connected: RefCell<HashMap<TypeId, Client>>,
    /// The clients that were built again, as pairs: the previous client and the new one.
    reconnected: RefCell<Vec<(Client, Client)>>,
}

impl<'a> SharedClients<'a> {
    pub(crate) fn new(setup: &'a Setup) -> Self {
        Self { setup, connected: RefCell::default(), reconnected: RefCell::default() }
    }

    /// Returns the client of a type from the environment. The first call builds it.
    fn connected<C: FromClient>(&self) -> Result<C> {
        let known = self.connected.borrow().get(&TypeId::of::<C>()).cloned();
        if let Some(client) = known {
            return Ok(C::from_client(client));
        }
        let built: C = super::ClientBuilder::new().setup(self.setup).build()?;
        self.connected.borrow_mut().insert(TypeId::of::<C>(), built.client().clone());
        Ok(built)
    }

    /// Returns the new client that replaces `client`. The first call builds it.
    fn reconnected<C: FromClient>(&self, client: C) -> Result<C> {
        let before = client.client().clone();
        let is_same = |(other, _): &&(Client, Client)| Arc::ptr_eq(&other.0, &before.0);
        let known = self.reconnected.borrow().iter().find(is_same).map(|(_, after)| after.clone());
        if let Some(client) = known {
            return Ok(C::from_client(client));
        }
        let built = C::rebuilt(Ok(client), self)?;
        self.reconnected.borrow_mut().push((before, built.client().clone()));
        Ok(built)
    }
}

/// A generated client that can be created from the environment: one that sends requests, or one that is built on other clients.
pub trait ConnectClient: Sized + 'static {
    /// Creates the client from the environment.
    ///
    /// # Errors
    /// Returns an error if a variable is missing or invalid. One error lists all problems.
    fn connect(clients: &SharedClients<'_>) -> Result<Self>;

    /// Builds the client again with the setup of `clients`.
    ///
    /// # Errors
    /// Returns an error if the client cannot be built.
    fn reconnected(self, clients: &SharedClients<'_>) -> Result<Self>;

    /// Builds the client again with the setup of `clients`, even if building it from the environment failed.
    ///
    /// # Errors
    /// Returns an error if the client cannot be built.
    fn rebuilt(built: Result<Self>, clients: &SharedClients<'_>) -> Result<Self> {
        match built {
            Ok(client) => client.reconnected(clients),
            Err(error) if is_of_environment::<Self>(&error) => Self::connect(clients),
            Err(error) => Err(error),
        }
    }
}

impl<C: FromClient> ConnectClient for C {
    fn connect(clients: &SharedClients<'_>) -> Result<Self> {
        clients.connected()
    }

    fn reconnected(self, clients: &SharedClients<'_>) -> Result<Self> {
        clients.reconnected(self)
    }

    #[cfg(feature = "cli")]
    fn rebuilt(built: Result<Self>, clients: &SharedClients<'_>) -> Result<Self> {
        rebuilt(built, clients.setup)
    }

    #[cfg(not(feature = "cli"))]
    fn rebuilt(built: Result<Self>, _clients: &SharedClients<'_>) -> Result<Self> {
        built
    }
}

/// A nested list of clients: the first one, and the rest.
impl<H: ConnectClient, T: ConnectClient> ConnectClient for (H, T) {
    fn connect(clients: &SharedClients<'_>) -> Result<Self> {
        both(H::connect(clients), T::connect(clients))
    }

    fn reconnected(self, clients: &SharedClients<'_>) -> Result<Self> {
        both(self.0.reconnected(clients), self.1.reconnected(clients))
    }
}

/// The end of a nested list.
impl ConnectClient for () {
    fn connect(_clients: &SharedClients<'_>) -> Result<Self> {
        Ok(())
    }

    fn reconnected(self, _clients: &SharedClients<'_>) -> Result<Self> {
        Ok(())
    }
}

/// Returns both results, or the problems of both.
fn both<H, T>(head: Result<H>, tail: Result<T>) -> Result<(H, T)> {
    match (head, tail) {
        (Ok(head), Ok(tail)) => Ok((head, tail)),
        (Err(one), Err(two)) if one.kind() == ErrorKind::Configuration && two.kind() == ErrorKind::Configuration => {
            let (first, second) = (with_causes(&one), with_causes(&two));
            // Several clients may have the same problem, such as an invalid proxy in the environment.
            if first == second { Err(one) } else { Err(Error::configuration(format!("{first}\n{second}"))) }
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Returns the message of an error followed by its causes, since a combined error has only a message.
fn with_causes(error: &Error) -> String {
    error
        .causes()
        .fold(error.to_string(), |text, cause| format!("{text}\n  because: {}", printable(&cause.to_string())))
}

/// Creates, from the environment, a client that is built on other clients.
///
/// # Errors
/// Returns an error if a variable is missing or invalid. One error lists the problems of all clients.
pub fn from_environment<C: ConnectClient>() -> Result<C> {
    C::connect(&SharedClients::new(&Setup::default())).map_err(marked::<C>)
}

/// Marks an error as an error of building this client from the environment: with another setup, it might not occur.
#[cfg(feature = "cli")]
fn marked<C: 'static>(error: Error) -> Error {
    error.with_attached(TypeId::of::<C>())
}

#[cfg(not(feature = "cli"))]
fn marked<C: 'static>(error: Error) -> Error {
    error
}

/// Returns whether an error comes from building this client from the environment.
#[cfg(feature = "cli")]
fn is_of_environment<C: 'static>(error: &Error) -> bool {
    error.attached::<TypeId>() == Some(&TypeId::of::<C>())
}

#[cfg(not(feature = "cli"))]
#[allow(clippy::extra_unused_type_parameters, reason = "only programs know the client of an error")]
fn is_of_environment<C: 'static>(_error: &Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Error, both};

    #[test]
    fn the_problems_of_all_parts_keep_their_causes() {
        let proxy = || Error::configuration("the HTTP client cannot be set up").because("HTTP_PROXY is not an address");
        let once = both::<(), ()>(Err(proxy()), Err(proxy())).unwrap_err();
        assert_eq!(format!("{once:?}"), "the HTTP client cannot be set up\n  because: HTTP_PROXY is not an address");
        let missing = Err(Error::configuration("KEY is not set"));
        let both = both::<(), ()>(missing, Err(once)).unwrap_err().to_string();
        let expected = "KEY is not set\nthe HTTP client cannot be set up\n  because: HTTP_PROXY is not an address";
        assert_eq!(both, expected);
    }
}

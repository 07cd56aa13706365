//! How a command of a program ends when it does not succeed.

use crate::error::Error;
use std::io;

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line is wrong; the whole message.
    Usage(String),
    /// It failed.
    Failed(Error),
    /// Whoever reads the output has gone away.
    Closed,
}

impl Failure {
    /// The command line is wrong in a way that its syntax does not show.
    pub(super) fn usage(message: impl std::fmt::Display) -> Self {
        Self::Usage(format!("error: {message}\n\nFor more information, try '--help'.\n"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Writing the output failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(Error::configuration("the output cannot be written").because(error)),
        }
    }
}

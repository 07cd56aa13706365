//! The failure of a program's command.

use crate::error::Error;
use std::io;

/// The reason why a command failed.
#[derive(Debug)]
pub(super) enum CommandFailure {
    /// The command line is invalid; contains the whole message.
    Usage(String),
    /// The command failed.
    Failed(Error),
    /// The reader of the output has closed it.
    Closed,
}

impl CommandFailure {
    /// Creates the failure for a mistake in the command line that its grammar cannot detect.
    pub(super) fn usage(message: impl std::fmt::Display) -> Self {
        Self::Usage(format!("error: {message}\n\nFor more information, try '--help'.\n"))
    }
}

impl From<Error> for CommandFailure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Converts an error from writing the output.
impl From<io::Error> for CommandFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(Error::configuration("the output cannot be written").because(error)),
        }
    }
}

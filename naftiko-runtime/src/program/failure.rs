//! The failure of a program's command.

use crate::error::{Error, ErrorKind};
use http::StatusCode;
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

    /// Creates the failure for something that the system refused.
    pub(super) fn internal(message: &'static str, error: io::Error) -> Self {
        let failed = Error::of(ErrorKind::Internal, StatusCode::INTERNAL_SERVER_ERROR, message);
        Self::Failed(failed.because(error))
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
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        // Not a mistake in the configuration: when a result is printed, the request has already been sent.
        Self::internal("the output cannot be written", error)
    }
}

//! The output and the exit codes of the command.

use naftiko_spec::{printable, printable_lines};
use std::borrow::Cow;
use std::io::{self, Write};

/// An exit code, as described by `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Success.
    Success = 0,
    /// There are errors, the call failed, or the output cannot be written.
    Failure = 1,
    /// The command line is invalid.
    Usage = 2,
    /// A file cannot be read, or its document cannot be served.
    Unreadable = 3,
    /// The program cannot start: a variable is missing, or a port is in use.
    CannotStart = 4,
}

/// Prints to stdout. A broken pipe is a success: the reader may stop reading early.
pub(crate) fn print(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(error) => {
            eprint(&format!("error: the output cannot be written: {error}\n"));
            Exit::Failure
        }
    }
}

/// Escapes the command-line arguments that an error message quotes.
pub(crate) fn escape_arguments(message: String) -> String {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    arguments.fold(message, |message, argument| match printable(&argument) {
        Cow::Owned(shown) => message.replace(&argument, &shown),
        Cow::Borrowed(_) => message,
    })
}

/// Prints a message on stderr, with its control characters escaped, except line feeds and tabs. A failure is ignored.
pub(crate) fn eprint(text: &str) {
    eprint_painted(&printable_lines(text));
}

/// Prints a message with colour codes on stderr; everything else in it must already be escaped. A failure is ignored.
pub(crate) fn eprint_painted(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

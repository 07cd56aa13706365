//! What the command prints, and how it ends.

use naftiko_spec::{printable, printable_lines};
use std::borrow::Cow;
use std::io::{self, Write};

/// How the command ends; `--help` says what each number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is well.
    Fine = 0,
    /// There are errors, or what was called failed.
    Found = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A file cannot be read, or its document cannot be served.
    Unreadable = 3,
    /// It cannot start: variables are missing, a port is taken.
    CannotStart = 4,
}

/// Prints what was asked for. Whoever has seen enough may go away.
pub(crate) fn print(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Fine,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(error) => {
            tell(&format!("error: the output cannot be written: {error}\n"));
            Exit::Found
        }
    }
}

/// Escapes the arguments that a message about the command line repeats.
pub(crate) fn with_arguments(message: String) -> String {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    arguments.fold(message, |message, argument| match printable(&argument) {
        Cow::Owned(shown) => message.replace(&argument, &shown),
        Cow::Borrowed(_) => message,
    })
}

/// Prints a message on stderr, without what steers a terminal. Nothing can be done if that fails.
pub(crate) fn tell(text: &str) {
    tell_painted(&printable_lines(text));
}

/// The same for a text in colours, whose other parts are printable.
pub(crate) fn tell_painted(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

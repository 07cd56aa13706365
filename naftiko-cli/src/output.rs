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
    arguments.fold(message, |message, argument| escape_argument(message, &argument))
}

/// Escapes an argument in a message, which quotes the whole argument or a part of it: `--option=VALUE`, `-oVALUE`.
fn escape_argument(message: String, argument: &str) -> String {
    let (option, value) = argument.split_once('=').unzip();
    let attached = argument.strip_prefix('-').and_then(|rest| {
        let mut letters = rest.chars();
        letters.next().filter(|letter| *letter != '-').map(|_| letters.as_str())
    });
    let parts = [Some(argument), option, value, attached].into_iter().flatten();
    parts.fold(message, |message, part| match printable(part) {
        // A message has line feeds of its own.
        Cow::Owned(shown) if part.trim().is_empty() => message.replace(&format!("'{part}'"), &format!("'{shown}'")),
        Cow::Owned(shown) => message.replace(part, &shown),
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

#[cfg(test)]
mod tests {
    use super::escape_argument;

    #[test]
    fn an_argument_is_escaped_wherever_a_message_quotes_a_part_of_it() {
        for (argument, quoted, expected) in [
            ("a\nb", "a\nb", r"a\nb"),
            ("--format=a\nb", "a\nb", r"a\nb"),
            ("--a\nb=c", "--a\nb", r"--a\nb"),
            ("-aa\nb=c", "a\nb=c", r"a\nb=c"),
            ("-x\ny", "-x\ny", r"-x\ny"),
            ("--format=\n", "\n", r"\n"),
            ("--format=a", "a", "a"),
        ] {
            let message = format!("error: invalid value '{quoted}'\n\nhelp\n");
            let escaped = escape_argument(message, argument);
            assert_eq!(escaped, format!("error: invalid value '{expected}'\n\nhelp\n"), "{argument:?}");
        }
    }
}

//! The `naftiko` command: capability documents, checked and served as they are.
//!
//! What its options, exit codes and formats are is told in the README beside this.

#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod check;
mod cli;
mod document;
mod explain;
mod export;
mod paint;
mod serve;
mod source;

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

/// How the command ends; `--help` says what each number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is well.
    Fine = 0,
    /// There are errors, or what was called failed.
    Found = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A file cannot be read, or is no document that can be served.
    Unreadable = 3,
    /// It cannot start: variables are missing, a port is taken.
    CannotStart = 4,
}

fn main() -> ExitCode {
    let exit = match cli::command().try_get_matches() {
        Ok(matches) => run(matches),
        Err(error) if error.use_stderr() => {
            tell(&shown(error.render().to_string()));
            Exit::Usage
        }
        Err(asked) => print(&asked.render().to_string()),
    };
    ExitCode::from(exit as u8)
}

fn run(mut matches: clap::ArgMatches) -> Exit {
    let Some((command, given)) = matches.remove_subcommand() else { return Exit::Usage };
    match command.as_str() {
        "check" => check::run(given),
        "explain" => explain::run(&given),
        "export" => export::run(given),
        "completions" => cli::completions(&given),
        _ => serve::run(&command, given),
    }
}

/// A message about the command line, its arguments on one line each.
fn shown(message: String) -> String {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    arguments.fold(message, |message, argument| match naftiko_spec::printable(&argument) {
        Cow::Owned(shown) => message.replace(&argument, &shown),
        Cow::Borrowed(_) => message,
    })
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

/// Prints a message on stderr, without what steers a terminal; there is nobody to tell if that fails.
pub(crate) fn tell(text: &str) {
    tell_painted(&naftiko_spec::printable_lines(text));
}

/// The same for a text in colours, whose other parts are printable.
pub(crate) fn tell_painted(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

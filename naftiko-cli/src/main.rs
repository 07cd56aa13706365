//! The `naftiko` command: capability documents, checked and served as they are.
//!
//! What its options, exit codes and formats are is told in the README beside this.

#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod check;
mod cli;
mod explain;
mod export;
mod fix;
mod paint;
mod serve;
mod source;

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
            tell(&error.render().to_string());
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

/// Says something on stderr; there is nobody to tell if that fails.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

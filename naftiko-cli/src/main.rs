//! The `naftiko` command: checks capability documents, and serves them without code.
//!
//! The README of this crate describes its options, exit codes and formats.

#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod check;
mod cli;
mod explain;
mod export;
mod fix;
mod output;
mod paint;
mod rehearse;
mod serve;
mod source;

use output::{Exit, eprint, print};
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = match cli::command().try_get_matches() {
        Ok(matches) => run(matches),
        Err(error) if error.use_stderr() => {
            eprint(&output::escape_arguments(error.render().to_string()));
            Exit::Usage
        }
        // clap returns the texts of `--help` and `--version` as errors, too.
        Err(help) => print(&help.render().to_string()),
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
        // `serve`, `mcp`, `call` and `tools`.
        _ => serve::run(&command, given),
    }
}

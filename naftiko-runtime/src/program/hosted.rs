//! Runs the commands of a capability program inside another program, as the `naftiko` command does for documents.

use super::cli::{self, ProgramInfo};
use super::failure::CommandFailure;
use super::hosted_capability::HostedCapability;
use super::{ProgramInner, log};
use crate::error::{Error, Result};
use crate::operation::Capability;
use crate::setup::Setup;
use clap::{ArgMatches, Command};
use naftiko_spec::Document;
use std::sync::Arc;

/// Returns the clap command with this name, such as `serve` or `call`, and its options; `None` if no command has this name. `host` is
/// the name of the other program, for help texts. The other program can add options to the command.
#[must_use]
pub fn command(host: &str, name: &str) -> Option<Command> {
    let info = ProgramInfo { program: host.to_owned(), ..ProgramInfo::default() };
    cli::commands(&info).into_iter().find(|command| command.get_name() == name)
}

/// The outcome of a program.
#[derive(Debug)]
pub enum ProgramEnd {
    /// The command succeeded, or the reader of its output has closed it.
    Done,
    /// The command line was invalid; contains the whole message.
    Usage(String),
    /// The command failed.
    Failed(Error),
}

/// A program whose capabilities can be described before they are created.
#[derive(Default)]
pub struct Hosted {
    capabilities: Vec<HostedCapability>,
}

impl Hosted {
    /// Adds a capability: its name in messages (the file name), its document, the function that creates it for
    /// descriptions, and the function that creates it for calls.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        document: Arc<Document>,
        describe: impl Fn() -> Capability + Send + 'static,
        factory: impl FnOnce(&Setup) -> Result<Capability> + Send + 'static,
    ) {
        self.capabilities.push(HostedCapability::described_by(name.into(), document, describe, factory));
    }

    /// Runs one of the [`command`]s with its parsed options.
    pub async fn run(self, command: &str, matches: ArgMatches) -> ProgramEnd {
        log::start();
        let inner = ProgramInner::of(self.capabilities);
        match Box::pin(inner.run(cli::invocation(command, matches))).await {
            Ok(()) | Err(CommandFailure::Closed) => ProgramEnd::Done,
            Err(CommandFailure::Usage(message)) => ProgramEnd::Usage(message),
            Err(CommandFailure::Failed(error)) => ProgramEnd::Failed(error),
        }
    }
}

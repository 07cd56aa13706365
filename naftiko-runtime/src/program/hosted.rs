//! Programs whose command line is somebody else's: the `naftiko` command, which serves documents.

use super::cli::{self, Shape};
use super::failure::Failure;
use super::part::HostedCapability;
use super::{Inner, Layers, log};
use crate::error::{Error, Result};
use crate::operation::Capability;
use crate::setup::Setup;
use clap::{ArgMatches, Command};
use naftiko_spec::Document;
use std::io;
use std::sync::Arc;

/// A command of every program, with its options: `serve`, `openapi`, `tools`, `call` or `mcp`. Its host adds what it needs.
#[must_use]
pub fn command(host: &str, name: &str) -> Option<Command> {
    let shape = Shape { program: host.to_owned(), known: Vec::new(), several: false, demo: false };
    cli::commands(&shape).into_iter().find(|command| command.get_name() == name)
}

/// How a program ended.
#[derive(Debug)]
pub enum Ended {
    /// It did what it was told, or whoever read its output has gone away.
    Done,
    /// The command line was wrong; the whole message.
    Usage(String),
    /// It failed.
    Failed(Error),
}

/// A program of capabilities that describe themselves before they are made.
#[derive(Default)]
pub struct Hosted {
    parts: Vec<HostedCapability>,
}

impl Hosted {
    /// Adds a capability: what messages call it (its file), its document, how it is described, and how it is made when it is
    /// to be called.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        document: Arc<Document>,
        describe: impl Fn() -> Capability + Send + 'static,
        factory: impl FnOnce(&Setup) -> Result<Capability> + Send + 'static,
    ) {
        self.parts.push(HostedCapability::described_by(name.into(), document, describe, factory));
    }

    /// Does what its host was told: one of the [`command`]s, and what was said of it.
    pub async fn run(self, command: &str, matches: ArgMatches) -> Ended {
        log::start();
        let inner = Inner {
            parts: self.parts,
            layers: Layers::default(),
            limits: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            arguments: None,
            output: Box::new(io::stdout()),
        };
        match inner.run(cli::invocation(command, matches)).await {
            Ok(()) | Err(Failure::Closed) => Ended::Done,
            Err(Failure::Usage(message)) => Ended::Usage(message),
            Err(Failure::Failed(error)) => Ended::Failed(error),
        }
    }
}

//! One capability of a program: how it is described, and how it is created when it is needed.

use super::CommandFailure;
use super::factory::{Factory, Runnable};
use super::options::Backend;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::operation::{Capability, Definition};
use crate::setup::{DryRun, Setup};
use naftiko_spec::Document;
use naftiko_spec::model::Expose as Adapter;
use std::sync::Arc;

/// A function that creates a capability for descriptions, not for calls.
type Describe = Box<dyn Fn() -> Capability + Send>;

/// A function that creates a capability.
type Make = Box<dyn FnOnce(&Setup) -> Result<Capability> + Send>;

/// The help text about passing the setup to the clients that a factory creates.
const TAKE_SETUP: &str = "help: write `run(|setup: naftiko::Setup| …)`, and pass the setup on to each client: \
                          `TokensClient::builder().setup(&setup).build()`";

/// One capability of a program.
pub(super) struct HostedCapability {
    /// Its name in messages, if the document's names are not enough.
    name: Option<String>,
    source: CapabilitySource,
    /// Whether its factory takes the setup.
    takes_setup: bool,
    demo: Option<Box<dyn FnOnce() -> Capability + Send>>,
}

enum CapabilitySource {
    /// Described by its type, created when it is needed.
    Typed(&'static Definition, Make),
    /// Described by its document, created when it is needed.
    Described(Arc<Document>, Describe, Make),
    /// Not described until it is created.
    Unmade(Make),
    /// Already created.
    Made(Capability),
    /// Creating it failed, which has been reported.
    Failed,
}

/// The options for creating the capabilities of a command.
#[derive(Clone, Default)]
pub(super) struct ConnectOptions {
    /// Whether to use the demo instead of the factory.
    pub(super) demo: bool,
    /// Limits, if the program sets some.
    pub(super) limits: Option<Limits>,
    /// The setup of the clients.
    pub(super) setup: Setup,
}

impl ConnectOptions {
    /// Creates the options from the command line. In a dry run, requests are recorded instead of sent.
    pub(super) fn new(backend: &Backend, limits: Option<Limits>, dry_run: bool) -> Self {
        let dry_run = dry_run.then(DryRun::default);
        let setup = Setup { upstreams: backend.upstreams.clone(), dry_run, ..Setup::default() };
        Self { demo: backend.demo, limits, setup }
    }

    /// Returns the recorded requests; `None` if this is not a dry run.
    pub(super) fn recorded(&self) -> Option<Vec<String>> {
        self.setup.dry_run.as_ref().map(DryRun::requests)
    }
}

impl HostedCapability {
    /// Creates an entry for a factory.
    pub(super) fn new<M, C: Runnable, F: Factory<M, C>>(factory: F) -> Self {
        let make: Make = Box::new(move |setup| C::rebuilt(factory.make(setup.clone()), setup).map(C::capability));
        let (source, takes_setup) = match C::definition() {
            Some(definition) => (CapabilitySource::Typed(definition, make), true),
            None => (CapabilitySource::Unmade(make), F::TAKES_SETUP),
        };
        Self { name: None, source, takes_setup, demo: None }
    }

    /// Returns the name that messages show in addition to the names in the document.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Creates an entry for a factory whose capability has this document, with a name for messages.
    pub(super) fn described_by(
        name: String,
        document: Arc<Document>,
        describe: impl Fn() -> Capability + Send + 'static,
        factory: impl FnOnce(&Setup) -> Result<Capability> + Send + 'static,
    ) -> Self {
        let source = CapabilitySource::Described(document, Box::new(describe), Box::new(factory));
        Self { name: Some(name), source, takes_setup: true, demo: None }
    }

    /// Sets the implementation that `--demo` uses.
    pub(super) fn set_demo(&mut self, demo: impl FnOnce() -> Capability + Send + 'static) {
        self.demo = Some(Box::new(demo));
    }

    /// Returns whether it has an implementation for `--demo`.
    pub(super) fn has_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// Returns its document without creating the capability, if possible.
    pub(super) fn early_document(&self) -> Option<Document> {
        match &self.source {
            CapabilitySource::Typed(definition, _) => Some(definition.parsed().draft.assemble().0),
            CapabilitySource::Described(document, ..) => Some(Document::clone(document)),
            CapabilitySource::Made(capability) => Some(capability.document().clone()),
            CapabilitySource::Unmade(_) | CapabilitySource::Failed => None,
        }
    }

    /// Returns the namespaces of the APIs that its underlying capabilities call, as far as they are known.
    pub(super) fn used_apis(&self) -> Vec<String> {
        let used = match &self.source {
            CapabilitySource::Typed(definition, _) => definition.used_apis(),
            CapabilitySource::Made(capability) => capability.used_apis().clone(),
            _ => return Vec::new(),
        };
        used.namespaces().map(ToOwned::to_owned).collect()
    }

    /// Returns its document. If the document is not known yet, the capability is created.
    pub(super) fn document(&mut self, options: &ConnectOptions) -> Result<Document> {
        match self.early_document() {
            Some(document) => Ok(document),
            None => self.described(options).map(|capability| capability.document().clone()),
        }
    }

    /// Returns the capability for descriptions, not for calls.
    pub(super) fn described(&mut self, options: &ConnectOptions) -> Result<Capability> {
        match &self.source {
            CapabilitySource::Typed(definition, _) => Ok(Capability::described(definition)),
            CapabilitySource::Described(_, describe, _) => Ok(describe()),
            _ => self.create(options),
        }
    }

    /// Returns the capability for calls.
    pub(super) fn connected(&mut self, options: &ConnectOptions) -> Result<Capability, CommandFailure> {
        let capability = if options.demo {
            let demo = self.demo.take().ok_or_else(|| {
                let label = self.label();
                CommandFailure::usage(format!("{label} has no demo; add one with `.demo(…)`"))
            })?;
            demo()
        } else {
            if options.setup.dry_run.is_some() && !self.takes_setup {
                return Err(self.unreached("--dry-run").into());
            }
            let capability = self.create(options)?;
            let consumes = capability.document().all_consumes();
            let is_own = |(namespace, _): &(String, String)| {
                capability.used_apis().namespaces().any(|used| used == namespace)
                    || consumes.iter().any(|own| own.namespace == *namespace)
            };
            if !self.takes_setup && options.setup.upstreams.iter().any(is_own) {
                return Err(self.unreached("--upstream").into());
            }
            capability
        };
        Ok(match &options.limits {
            Some(limits) => capability.with_limits(limits.clone()),
            None => capability,
        })
    }

    /// Returns its name for messages.
    fn label(&self) -> String {
        self.early_document().map_or_else(|| "this capability".to_owned(), |document| quoted(&name(&document)))
    }

    /// Returns the error for an option that has no effect, because the factory does not take the setup.
    fn unreached(&self, option: &str) -> Error {
        let label = self.label();
        Error::configuration(format!(
            "`{option}` has no effect on {label}: the function that creates it takes no `naftiko::Setup`\n{TAKE_SETUP}"
        ))
    }

    /// Creates the capability on the first call. Later calls return the same capability, or an error if it could not be created.
    fn create(&mut self, options: &ConnectOptions) -> Result<Capability> {
        let make = match std::mem::replace(&mut self.source, CapabilitySource::Failed) {
            // Drops the document and the description, so that the factory has the only copy.
            CapabilitySource::Typed(_, make)
            | CapabilitySource::Described(_, _, make)
            | CapabilitySource::Unmade(make) => make,
            CapabilitySource::Made(capability) => {
                self.source = CapabilitySource::Made(capability.clone());
                return Ok(capability);
            }
            CapabilitySource::Failed => return Err(Error::configuration("the capability could not be created")),
        };
        let capability = make(&options.setup).map_err(|error| {
            // With the setup, the factory might not need the variable that the error is about.
            let is_lacking = error.kind() == ErrorKind::Configuration && !self.takes_setup;
            if is_lacking && options.setup.has_options() {
                Error::configuration(format!("{error}\n{TAKE_SETUP}"))
            } else {
                error
            }
        })?;
        self.source = CapabilitySource::Made(capability.clone());
        Ok(capability)
    }
}

/// Returns all capabilities of a program for calls. If several cannot be created, their errors are reported together.
pub(super) fn all_connected(
    all: &mut [HostedCapability],
    options: &ConnectOptions,
) -> Result<Vec<Capability>, CommandFailure> {
    let mut capabilities = Vec::new();
    let mut errors: Vec<(Option<String>, Error)> = Vec::new();
    for hosted in &mut *all {
        match hosted.connected(options) {
            Ok(capability) => capabilities.push(capability),
            Err(CommandFailure::Failed(error)) => errors.push((hosted.name().map(str::to_owned), error)),
            Err(failure) => return Err(failure),
        }
    }
    if all.len() > 1 && !errors.is_empty() {
        let messages = errors.iter().map(|(name, error)| match name {
            Some(name) => format!("{name}: {error}"),
            None => error.to_string(),
        });
        return Err(Error::configuration(messages.collect::<Vec<_>>().join("\n")).into());
    }
    errors.pop().map_or(Ok(capabilities), |(_, error)| Err(error.into()))
}

/// Returns the name of a capability on the command line: its first consumed namespace, or its first exposed one, or its
/// label.
pub(super) fn name(document: &Document) -> String {
    names(document).next().unwrap_or(&document.info.label).to_owned()
}

/// Returns whether a name selects a capability: one of its namespaces or its label.
pub(super) fn has_name(document: &Document, name: &str) -> bool {
    names(document).any(|own| own == name) || document.info.label.eq_ignore_ascii_case(name)
}

fn names(document: &Document) -> impl Iterator<Item = &str> {
    let consumed = document.capability.consumes.iter().map(|consume| consume.namespace.as_str());
    consumed.chain(document.capability.exposes.iter().map(Adapter::namespace))
}

/// Returns a name in backticks, with control characters escaped.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", naftiko_spec::printable(name))
}

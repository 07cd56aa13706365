//! One capability of a program: how it is known, and how it is made when it is needed.

use super::Failure;
use super::cli::Reach;
#[cfg(feature = "client")]
use crate::consume::overrides::{DryRun, Overrides, with_overrides};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::operation::{Capability, Definition, Expose};
use naftiko_spec::Document;
use naftiko_spec::model::Expose as Adapter;
use std::sync::Arc;

/// What a program can be made of: a generated client, or a [`Capability`] made by hand.
///
/// The definition of a client is known from its type; so `document`, `openapi`, `tools` and `--help` need no environment
/// and make no client.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be run as a program",
    label = "neither a generated client nor a `Capability`",
    note = "pass the client's `from_env`, or make the capability: `run(|| Ok(value.into_capability()))`"
)]
pub trait Runnable: Sized + 'static {
    /// What is known without a value.
    fn definition() -> Option<&'static Definition>;
    /// The value as a capability.
    fn into_capability(self) -> Capability;
}

#[diagnostic::do_not_recommend]
impl<C: Expose<C>> Runnable for C {
    fn definition() -> Option<&'static Definition> {
        Some(C::definition())
    }

    fn into_capability(self) -> Capability {
        Capability::of::<C, C>(self)
    }
}

impl Runnable for Capability {
    fn definition() -> Option<&'static Definition> {
        None
    }

    fn into_capability(self) -> Capability {
        self
    }
}

/// Describes a capability.
type Describe = Box<dyn Fn() -> Capability + Send>;

/// Makes a capability.
type Factory = Box<dyn FnOnce() -> Result<Capability> + Send>;

/// One capability of a program.
pub(super) struct Part {
    /// What messages call it, if its document's words are not enough.
    name: Option<String>,
    source: Source,
    demo: Option<Factory>,
}

enum Source {
    /// Described by its type, made when it is needed.
    Typed(&'static Definition, Factory),
    /// Known by its document, described or made when it is needed.
    Described(Arc<Document>, Describe, Factory),
    /// Described by itself only.
    Unmade(Factory),
    /// Made.
    Made(Capability),
    /// It could not be made; that was said.
    Failed,
}

/// Whether the real thing is wanted, and how it is set up.
#[derive(Clone, Default)]
pub(super) struct Setup {
    /// The in-memory implementation instead of the real one.
    pub(super) demo: bool,
    /// Limits, if the program says some.
    pub(super) limits: Option<Limits>,
    /// What clients are told while they are built.
    #[cfg(feature = "client")]
    pub(super) overrides: Overrides,
}

impl Setup {
    /// As the command line says. In a dry run requests are recorded and not sent.
    pub(super) fn new(reach: &Reach, limits: Option<Limits>, dry_run: bool) -> Self {
        #[cfg(not(feature = "client"))]
        let _ = dry_run;
        Self {
            demo: reach.demo,
            limits,
            #[cfg(feature = "client")]
            overrides: Overrides { upstreams: reach.upstreams.clone(), dry_run: dry_run.then(DryRun::default) },
        }
    }

    /// The requests that were recorded; none if this is no dry run.
    #[cfg(feature = "client")]
    pub(super) fn recorded(&self) -> Option<Vec<String>> {
        self.overrides.dry_run.as_ref().map(DryRun::requests)
    }

    /// Without the client there are no dry runs.
    #[cfg(not(feature = "client"))]
    #[allow(clippy::unused_self, reason = "as with the client")]
    pub(super) fn recorded(&self) -> Option<Vec<String>> {
        None
    }

    #[cfg(feature = "client")]
    fn make(&self, factory: Factory) -> Result<Capability> {
        with_overrides(self.overrides.clone(), factory)
    }

    #[cfg(not(feature = "client"))]
    #[allow(clippy::unused_self, reason = "as with the client")]
    fn make(&self, factory: Factory) -> Result<Capability> {
        factory()
    }
}

impl Part {
    /// A capability that this function makes.
    pub(super) fn new<C: Runnable>(factory: impl FnOnce() -> Result<C> + Send + 'static) -> Self {
        let factory: Factory = Box::new(move || factory().map(C::into_capability));
        let source = match C::definition() {
            Some(definition) => Source::Typed(definition, factory),
            None => Source::Unmade(factory),
        };
        Self { name: None, source, demo: None }
    }

    /// What messages call it, if its document's words are not enough.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// A capability that this function makes, that is known before by its document, and that messages call by that name.
    pub(super) fn described_by(
        name: String,
        document: Arc<Document>,
        describe: impl Fn() -> Capability + Send + 'static,
        factory: impl FnOnce() -> Result<Capability> + Send + 'static,
    ) -> Self {
        let source = Source::Described(document, Box::new(describe), Box::new(factory));
        Self { name: Some(name), source, demo: None }
    }

    /// The same capability, with what `--demo` stands up.
    pub(super) fn set_demo(&mut self, demo: impl FnOnce() -> Capability + Send + 'static) {
        self.demo = Some(Box::new(move || Ok(demo())));
    }

    /// Whether `--demo` can be said of it.
    pub(super) fn has_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// Its document without making it, where that can be.
    pub(super) fn known(&self) -> Option<Document> {
        match &self.source {
            Source::Typed(definition, _) => Some(definition.loaded().draft.assemble().0),
            Source::Described(document, ..) => Some(Document::clone(document)),
            Source::Made(capability) => Some(capability.document().clone()),
            Source::Unmade(_) | Source::Failed => None,
        }
    }

    /// Its document; a capability made by hand is made for it.
    pub(super) fn document(&mut self, setup: &Setup) -> Result<Document> {
        match self.known() {
            Some(document) => Ok(document),
            None => self.described(setup).map(|capability| capability.document().clone()),
        }
    }

    /// The capability, to be described and not to be called.
    pub(super) fn described(&mut self, setup: &Setup) -> Result<Capability> {
        match &self.source {
            Source::Typed(definition, _) => Ok(Capability::described(definition)),
            Source::Described(_, describe, _) => Ok(describe()),
            _ => self.made(setup),
        }
    }

    /// The capability, to be called.
    pub(super) fn connected(&mut self, setup: &Setup) -> Result<Capability, Failure> {
        let capability = if setup.demo {
            let demo = self.demo.take().ok_or_else(|| {
                let label = self.known().map_or_else(|| "this capability".to_owned(), |known| quoted(&name(&known)));
                Failure::usage(format!("{label} has no demo: the program gives none with `.demo(…)`"))
            })?;
            demo()?
        } else {
            self.made(setup)?
        };
        Ok(match &setup.limits {
            Some(limits) => capability.with_limits(limits.clone()),
            None => capability,
        })
    }

    fn made(&mut self, setup: &Setup) -> Result<Capability> {
        let made = match std::mem::replace(&mut self.source, Source::Failed) {
            Source::Typed(_, factory) | Source::Unmade(factory) => setup.make(factory)?,
            Source::Described(document, describe, factory) => {
                // The factory has the only copy of the document then.
                drop((document, describe));
                setup.make(factory)?
            }
            Source::Made(capability) => capability,
            Source::Failed => return Err(Error::configuration("the capability could not be made")),
        };
        self.source = Source::Made(made.clone());
        Ok(made)
    }
}

/// All of a program's capabilities, to be called; those that cannot be made are told together.
pub(super) fn all_connected(parts: &mut [Part], setup: &Setup) -> Result<Vec<Capability>, Failure> {
    let mut capabilities = Vec::new();
    let mut errors: Vec<(Option<String>, Error)> = Vec::new();
    for part in parts {
        match part.connected(setup) {
            Ok(capability) => capabilities.push(capability),
            Err(Failure::Failed(error)) => errors.push((part.name().map(str::to_owned), error)),
            Err(failure) => return Err(failure),
        }
    }
    if errors.len() > 1 {
        let told = errors.iter().map(|(name, error)| match name {
            Some(name) => format!("{name}: {error}"),
            None => error.to_string(),
        });
        return Err(Error::configuration(told.collect::<Vec<_>>().join("\n")).into());
    }
    errors.pop().map_or(Ok(capabilities), |(_, error)| Err(error.into()))
}

/// What a capability is called on the command line: its first consumed namespace, else its first exposed one, else its label.
pub(super) fn name(document: &Document) -> String {
    names(document).next().unwrap_or(&document.info.label).to_owned()
}

/// Whether a capability is meant by that name: one of its namespaces or its label.
pub(super) fn is_called(document: &Document, name: &str) -> bool {
    names(document).any(|own| own == name) || document.info.label.eq_ignore_ascii_case(name)
}

fn names(document: &Document) -> impl Iterator<Item = &str> {
    let consumed = document.capability.consumes.iter().map(|consume| consume.namespace.as_str());
    consumed.chain(document.capability.exposes.iter().map(Adapter::namespace))
}

/// A name as messages show it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", naftiko_spec::printable(name))
}

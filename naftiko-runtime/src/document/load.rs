//! A document, made ready: variables resolved, names checked, upstreams set up. What is wrong is told all at once.

use super::check;
use super::engine::{Engine, ReadyOperation, ReadyWork};
use super::forward::ReadyForward;
use super::settings::Settings;
use super::steps::{ReadyStep, ReadyStepWork};
use crate::consume::encode;
use crate::consume::exchange::{Exchange, LONGEST, Line};
use crate::consume::overrides;
use crate::consume::resolve::Resolver;
use crate::consume::upstream::Upstream;
use crate::error::Result;
use crate::formats::{CompiledOutputs, CompiledShaping};
use http::{HeaderName, Method};
use naftiko_spec::jsonpath::Path;
use naftiko_spec::lower::{Call, ForwardRoute, Lowered, LoweredOperation, LoweredStep, StepWork, Work};
use naftiko_spec::model::Document;
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The number of exchanges whose status is nobody's.
const NO_NUMBER: usize = usize::MAX;

/// What sources name: variables with their values, and paths into results.
#[derive(Default)]
pub(super) struct Names {
    /// By namespace, then by name.
    variables: HashMap<Option<String>, HashMap<String, Option<SecretString>>>,
    paths: HashMap<String, Path>,
}

impl Names {
    fn of(&self, namespace: Option<&str>, name: &str) -> Option<&Option<SecretString>> {
        self.variables.get(&namespace.map(str::to_owned))?.get(name)
    }

    pub(super) fn has_variable(&self, namespace: Option<&str>, name: &str) -> bool {
        self.of(namespace, name).is_some()
    }

    /// The value of a variable; none if there is none, as in a dry run.
    pub(super) fn variable(&self, namespace: Option<&str>, name: &str) -> Option<&SecretString> {
        self.of(namespace, name)?.as_ref()
    }

    pub(super) fn add_variable(&mut self, namespace: Option<&str>, name: &str, value: Option<SecretString>) {
        self.variables.entry(namespace.map(str::to_owned)).or_default().insert(name.to_owned(), value);
    }

    pub(super) fn path(&self, path: &str) -> Option<&Path> {
        self.paths.get(path)
    }

    pub(super) fn add_path(&mut self, path: &str, read: Path) {
        self.paths.insert(path.to_owned(), read);
    }
}

/// A call, ready to be made.
pub(super) struct ReadyCall {
    pub(super) exchange: Arc<Exchange>,
    pub(super) method: Method,
    pub(super) call: Call,
    /// The names of the query, encoded, in the order of the call.
    pub(super) query: Vec<String>,
    /// The names of the headers, in the order of the call.
    pub(super) headers: Vec<HeaderName>,
}

/// A document that is being made ready.
struct Loading<'a, 's> {
    resolver: &'a mut Resolver<'s>,
    names: Names,
    upstreams: Vec<Arc<Upstream>>,
    timeout: Duration,
}

impl Engine {
    /// Makes a document ready.
    pub(super) fn load(document: &Document, lowered: Lowered, settings: Settings, id: usize) -> Result<Self> {
        let Settings { client, dry_run } = settings;
        let mut overrides = overrides::current();
        overrides.dry_run = dry_run.or(overrides.dry_run);
        let mut resolver = Resolver::new(&client, document, &overrides);
        let consumes = document.all_consumes();
        let upstreams =
            consumes.iter().enumerate().map(|(at, consume)| Upstream::of_document(&mut resolver, at, consume));
        let upstreams: Vec<_> = upstreams.map(Arc::new).collect();
        let mut loading =
            Loading { resolver: &mut resolver, names: Names::default(), upstreams, timeout: client.timeout };
        let operations: Vec<_> = lowered.operations.into_iter().enumerate().collect();
        let operations: Vec<_> =
            operations.into_iter().filter_map(|(number, operation)| loading.operation(number, operation)).collect();
        let forwards: Vec<_> = lowered.forwards.into_iter().filter_map(|route| loading.forward(route)).collect();
        let names = loading.names;
        let hidden = resolver.finish()?;
        let line = Arc::new(Line::new(client, id, hidden, overrides.dry_run)?);
        let forwards = forwards.into_iter().map(|forward| forward.on(line.clone())).collect();
        Ok(Self { line, names, operations, forwards })
    }
}

impl Loading<'_, '_> {
    fn operation(&mut self, number: usize, lowered: LoweredOperation) -> Option<ReadyOperation> {
        let LoweredOperation { fragment, work, .. } = lowered;
        let timeout = fragment.timeout_ms.map_or(self.timeout, Duration::from_millis).min(LONGEST);
        let name = fragment.name.as_str();
        let work = match work {
            Work::Call { call } => {
                let shaping =
                    call.output.as_ref().map(|output| CompiledShaping::new(output, &call.outputs)).transpose();
                let output = self.read(shaping, name).flatten().filter(|output| !output.is_whole()).map(Box::new);
                ReadyWork::Call { call: Box::new(self.call(number, name, *call, timeout)?), output }
            }
            Work::Steps { steps, output } => {
                check::source(self.resolver, &mut self.names, &output, name);
                let steps: Vec<_> = steps.into_iter().map(|step| self.step(name, step, timeout)).collect();
                ReadyWork::Steps { steps: steps.into_iter().collect::<Option<_>>()?, output }
            }
            Work::Constant(source) => {
                check::source(self.resolver, &mut self.names, &source, name);
                ReadyWork::Constant(source)
            }
        };
        let arguments = fragment.arguments.iter().map(|argument| argument.name.clone()).collect();
        Some(ReadyOperation { arguments, is_tool: !fragment.tools.is_empty() && fragment.routes.is_empty(), work })
    }

    fn call(&mut self, number: usize, operation: &str, call: Call, timeout: Duration) -> Option<ReadyCall> {
        let Some(upstream) = self.upstreams.get(call.consume).cloned() else {
            self.resolver.wrong(format!("`{operation}` calls an API that the document does not have"));
            return None;
        };
        check::names(self.resolver, &mut self.names, &call, operation);
        check::path(self.resolver, &call, operation);
        let headers = check::headers(self.resolver, &call, operation);
        check::constants(self.resolver, &self.names, &call, &upstream.namespace);
        let encoded = |name: &String| {
            let mut encoded = String::new();
            encode::push_value(&mut encoded, name);
            encoded
        };
        let query = call.query.iter().map(|(name, _)| encoded(name)).collect();
        let exchange = Exchange { number, name: call.operation.clone(), upstream, timeout, selection: None };
        // The names of the document's methods are methods.
        let method = Method::from_bytes(call.method.as_str().as_bytes()).ok()?;
        Some(ReadyCall { exchange: Arc::new(exchange), method, call, query, headers })
    }

    /// What was read, or that it could not be.
    fn read<T>(&mut self, read: Result<T, String>, operation: &str) -> Option<T> {
        read.map_err(|why| self.resolver.wrong(format!("the output of `{operation}`: {why}"))).ok()
    }

    fn step(&mut self, operation: &str, step: LoweredStep, timeout: Duration) -> Option<ReadyStep> {
        let LoweredStep { name, work } = step;
        let work = match work {
            StepWork::Call(call) => {
                let outputs = self.read(CompiledOutputs::new(&call.outputs), operation).unwrap_or_default();
                ReadyStepWork::Call(Box::new(self.call(NO_NUMBER, operation, *call, timeout)?), outputs)
            }
            StepWork::Lookup { table, key, value, members } => {
                check::path_of(self.resolver, &mut self.names, &table, operation);
                check::source(self.resolver, &mut self.names, &value, operation);
                ReadyStepWork::Lookup { table, key, value, members }
            }
        };
        Some(ReadyStep { name, work })
    }

    fn forward(&mut self, route: ForwardRoute) -> Option<ReadyForward> {
        let Some(upstream) = self.upstreams.get(route.consume).cloned() else {
            self.resolver.wrong(format!("`{}` forwards to an API that the document does not have", route.prefix));
            return None;
        };
        ReadyForward::new(self.resolver, route, upstream, self.timeout.min(LONGEST), NO_NUMBER)
    }
}

//! The commands of a program, one function each.

use super::cli::{Call, Invocation};
use super::hosted_capability::{ConnectOptions, HostedCapability, has_name, name, quoted};
use super::last_tasks::LastTasks;
use super::options::Backend;
use super::signals::Signals;
use super::span_export::SpanExport;
use super::{CommandFailure, ProgramInner, adapter, call, json, program_name, serve, table};
use crate::error::{Error, Result};
use crate::operation::unknown::unknown_operation;
use crate::operation::{Capability, Operation};
use crate::operation::{Content, Context};
use crate::telemetry::TraceContext;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use naftiko_spec::openapi::OpenapiVersion;
use naftiko_spec::{Document, printable, printable_json, printable_lines};
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

impl ProgramInner {
    /// Runs the command of the parsed command line.
    pub(super) async fn run(mut self, invocation: Invocation) -> Result<(), CommandFailure> {
        TraceContext::configure(&std::env::var("OTEL_PROPAGATORS").unwrap_or_default());
        match invocation {
            Invocation::Help(text) => Ok(self.output.write_all(text.as_bytes())?),
            Invocation::Serve(options) => {
                let connect = self.connect_options_with_store(&options.backend)?;
                let export = SpanExport::start(&program_name())?;
                let served = serve::serve(self, options, &connect).await;
                finish(export).await?;
                served
            }
            Invocation::Document { capability, typed } => self.document(capability.as_deref(), typed),
            Invocation::Openapi { capability, version } => self.openapi(capability.as_deref(), version),
            Invocation::Skill { capability } => self.skill(capability.as_deref()),
            Invocation::Tools { capability } => self.tools(capability.as_deref()),
            Invocation::Call(options) => self.call(&options).await,
            Invocation::Mcp { capability, backend } => self.mcp(capability.as_deref(), &backend).await,
        }
    }

    fn document(&mut self, capability: Option<&str>, typed: bool) -> Result<(), CommandFailure> {
        let connect = ConnectOptions::default();
        let capability = self.pick(capability, &connect)?.described(&connect)?;
        capability.unpublished_choices().iter().for_each(|lost| tracing::warn!("{lost}"));
        let document = if typed { capability.typed_document() } else { capability.document().clone() };
        let yaml = document.to_yaml().map_err(Error::internal)?;
        if capability.has_fallback() {
            writeln!(self.output, "# Left out: the fallback of the capability, which a document cannot express.")?;
        }
        Ok(self.output.write_all(yaml.as_bytes())?)
    }

    fn openapi(&mut self, capability: Option<&str>, version: OpenapiVersion) -> Result<(), CommandFailure> {
        let connect = ConnectOptions::default();
        let capability = self.pick(capability, &connect)?.described(&connect)?;
        let description = format!("{:#}", capability.openapi_as(version));
        Ok(writeln!(self.output, "{}", printable_json(&description))?)
    }

    fn skill(&mut self, capability: Option<&str>) -> Result<(), CommandFailure> {
        let connect = ConnectOptions::default();
        let capability = self.pick(capability, &connect)?.described(&connect)?;
        let text = capability.skill().to_markdown();
        Ok(self.output.write_all(text.as_bytes())?)
    }

    fn tools(&mut self, capability: Option<&str>) -> Result<(), CommandFailure> {
        let connect = ConnectOptions::default();
        if self.capabilities.len() == 1 || capability.is_some() {
            let capability = self.pick(capability, &connect)?.described(&connect)?;
            return Ok(table::write(&mut self.output, &capability)?);
        }
        for (index, hosted) in self.capabilities.iter_mut().enumerate() {
            let capability = hosted.described(&connect)?;
            let separator = if index == 0 { "" } else { "\n" };
            writeln!(self.output, "{separator}{}\n", printable(&capability.document().info.label))?;
            table::write(&mut self.output, &capability)?;
        }
        Ok(())
    }

    async fn call(&mut self, options: &Call) -> Result<(), CommandFailure> {
        let connect = self.connect_options(&options.backend, options.dry_run)?;
        let (hosted, operation) = self.find(options, &connect)?;
        let arguments = call::arguments(&operation, &options.arguments, io::stdin()).map_err(CommandFailure::usage)?;
        let given = operation
            .bind_json(Some(&arguments.into()))
            .map_err(|error| error.with_operation_name(&options.operation))?;
        let capability = hosted.connected(&connect)?;
        // `operation` comes from the description. Find the operation with the same index in the connected capability.
        let operation =
            capability.operations().iter().find(|other| other.index == operation.index).unwrap_or(&operation);
        let result = call_one(&capability, operation, given)
            .await
            .map_err(|error| error.with_operation_name(&options.operation));
        // A dry run sends no request, so its result means nothing: print only the requests.
        if let Some(requests) = connect.recorded().filter(|requests| !requests.is_empty()) {
            return Ok(writeln!(self.output, "{}", printable_lines(&requests.join("\n\n")))?);
        }
        match result.map_err(with_answer)? {
            CallResult::Nothing => Ok(()),
            CallResult::Text(text) => self.print(&text),
            CallResult::File(bytes) if io::stdout().is_terminal() => match std::str::from_utf8(&bytes) {
                Ok(text) => self.print(text),
                Err(_) => {
                    self.print(&format!("(a file of {} bytes that is not text; redirect it: > FILE)", bytes.len()))
                }
            },
            CallResult::File(bytes) => {
                self.output.write_all(&bytes)?;
                Ok(self.output.flush()?)
            }
            CallResult::Items(mut items) => {
                while let Some(item) = items.next().await {
                    let json = item.map_err(|error| error.with_operation_name(&options.operation))?;
                    self.print(&json::one_line(&json))?;
                }
                Ok(())
            }
        }
    }

    /// Prints a result, or an item of a stream, and flushes the output, since the next item may come much later. On a terminal, control
    /// characters are escaped.
    fn print(&mut self, text: &str) -> Result<(), CommandFailure> {
        let text = if io::stdout().is_terminal() { printable_lines(text) } else { text.into() };
        writeln!(self.output, "{text}")?;
        Ok(self.output.flush()?)
    }

    async fn mcp(&mut self, capability: Option<&str>, backend: &Backend) -> Result<(), CommandFailure> {
        let connect = self.connect_options_with_store(backend)?;
        let capability = self.pick(capability, &connect)?.connected(&connect)?;
        let export = SpanExport::start(&program_name())?;
        let mut signals = Signals::new()?;
        let (stop, stopped) = watch::channel(false);
        let mut serving = pin!(adapter::stdio(&capability, stopped));
        tokio::select! {
            ended = &mut serving => {
                tokio::select! {
                    () = wait_for_last_tasks(capability.limits().operation, async {}) => {}
                    code = signals.next() => std::process::exit(code),
                }
                finish(export).await?;
                return Ok(ended?);
            }
            _ = signals.next() => {}
        }
        // Calls in flight are answered, and tasks end; a second signal ends the program at once.
        stop.send_replace(true);
        let serving = async {
            let _ = serving.await;
        };
        tokio::select! {
            () = wait_for_last_tasks(capability.limits().operation, serving) => {}
            code = signals.next() => std::process::exit(code),
        }
        finish(export).await?;
        // A read of stdin cannot be cancelled, and the runtime would wait for it.
        std::process::exit(0)
    }

    /// Returns the options for creating long-running capabilities, with the store that their replicas share, if one is configured.
    fn connect_options_with_store(&mut self, backend: &Backend) -> Result<ConnectOptions, CommandFailure> {
        #[cfg_attr(not(feature = "client"), allow(unused_mut, reason = "only clients have a setup"))]
        let mut connect = self.connect_options(backend, false)?;
        #[cfg(any(feature = "client", feature = "mcp"))]
        {
            self.store = super::store::or_environment(self.store.as_ref())?;
        }
        #[cfg(feature = "client")]
        {
            connect.setup.store = self.store.clone().map(crate::store::SharedStore::new);
        }
        Ok(connect)
    }

    /// Returns the options for creating the capabilities. Returns an error if `--upstream` names an API that no capability
    /// consumes.
    fn connect_options(&mut self, backend: &Backend, dry_run: bool) -> Result<ConnectOptions, CommandFailure> {
        let connect = ConnectOptions::new(backend, self.limits.clone(), dry_run);
        if !backend.upstreams.is_empty() {
            let documents =
                self.capabilities.iter_mut().map(|hosted| hosted.document(&connect)).collect::<Result<Vec<_>>>()?;
            let used: Vec<String> = self.capabilities.iter().flat_map(HostedCapability::used_apis).collect();
            let consumed = documents.iter().flat_map(Document::all_consumes).map(|consume| &consume.namespace);
            let given = backend.upstreams.iter().map(|(namespace, _)| namespace);
            serve::check_names("consumed API", given, consumed.chain(&used))?;
        }
        Ok(connect)
    }

    /// Returns the capability that the command line selects.
    fn pick(
        &mut self,
        capability: Option<&str>,
        connect: &ConnectOptions,
    ) -> Result<&mut HostedCapability, CommandFailure> {
        if self.capabilities.len() == 1 {
            return self.capabilities.first_mut().ok_or_else(no_capabilities);
        }
        let documents =
            self.capabilities.iter_mut().map(|hosted| hosted.document(connect)).collect::<Result<Vec<_>>>()?;
        let found = capability.and_then(|wanted| documents.iter().position(|document| has_name(document, wanted)));
        if let Some(hosted) = found.and_then(|index| self.capabilities.get_mut(index)) {
            return Ok(hosted);
        }
        let names = documents.iter().map(|document| quoted(&name(document))).collect::<Vec<_>>().join(", ");
        Err(CommandFailure::usage(match capability {
            Some(wanted) => format!("unknown capability {}; expected {names}", quoted(wanted)),
            None => format!("this program has several capabilities; select one with --capability: {names}"),
        }))
    }

    /// Returns the operation that the command line names, and its capability.
    fn find(
        &mut self,
        options: &Call,
        connect: &ConnectOptions,
    ) -> Result<(&mut HostedCapability, Arc<Operation>), CommandFailure> {
        let wanted = &options.operation;
        if let Some(capability) = &options.capability {
            let hosted = self.pick(Some(capability), connect)?;
            let described = hosted.described(connect)?;
            let operation = described.operation(wanted).cloned().ok_or_else(|| unknown(wanted, &[described]))?;
            return Ok((hosted, operation));
        }
        let described =
            self.capabilities.iter_mut().map(|hosted| hosted.described(connect)).collect::<Result<Vec<_>>>()?;
        let found: Vec<_> = described
            .iter()
            .enumerate()
            .filter_map(|(index, capability)| Some((index, capability, capability.operation(wanted)?)))
            .collect();
        match found.as_slice() {
            [(index, _, operation)] => {
                let hosted = self.capabilities.get_mut(*index).ok_or_else(no_capabilities)?;
                Ok((hosted, Arc::clone(operation)))
            }
            [] => Err(unknown(wanted, &described)),
            several => {
                let names = several.iter().map(|(_, capability, _)| quoted(&name(capability.document())));
                let names = names.collect::<Vec<_>>().join(", ");
                let wanted = quoted(wanted);
                let why = format!("several capabilities have {wanted}; select one with --capability: {names}");
                Err(CommandFailure::usage(why))
            }
        }
    }
}

/// Exports the last spans. A signal ends the program at once.
async fn finish(export: SpanExport) -> Result<(), CommandFailure> {
    let mut signals = Signals::new()?;
    tokio::select! {
        () = export.finish() => Ok(()),
        code = signals.next() => std::process::exit(code),
    }
}

/// Waits for the last calls and tasks to end, up to the time limit.
async fn wait_for_last_tasks(limit: Duration, calls: impl Future<Output = ()>) {
    let ended = async {
        let tasks = LastTasks::begin();
        calls.await;
        tasks.ended().await;
    };
    if tokio::time::timeout(limit, ended).await.is_err() {
        let tasks = LastTasks::count();
        tracing::warn!(limit_s = limit.as_secs_f32(), tasks, "calls and tasks were cut off at the time limit");
    }
}

/// The result of a call on the command line.
enum CallResult {
    Nothing,
    Text(String),
    /// A file. It is written unchanged, unless stdout is a terminal.
    File(Bytes),
    /// The items of a stream, each on a line.
    Items(BoxStream<'static, Result<Bytes>>),
}

/// Calls an operation, and returns its result.
async fn call_one(
    capability: &Capability,
    operation: &Arc<Operation>,
    given: Vec<crate::operation::OwnedArgument>,
) -> Result<CallResult> {
    // The error is printed for the user, so it is not logged as well.
    let (output, _budget) = crate::operation::call::unlogged(capability, operation, given, Context::none()).await?;
    let json = match output.content {
        Content::Empty => return Ok(CallResult::Nothing),
        Content::Items(items) => return Ok(CallResult::Items(items.lines())),
        Content::Json(json) => json,
        Content::Raw(raw) => raw.bytes().await?,
        Content::Download(file) => {
            let bytes = file.bytes().await?;
            return Ok(CallResult::File(bytes));
        }
    };
    Ok(CallResult::Text(json::pretty(&json)))
}

/// Adds the upstream's error body to an error, since it is useful on the command line.
fn with_answer(error: Error) -> Error {
    /// The maximum number of characters of the body that are shown.
    const MAX_SHOWN: usize = 2000;

    let Some(upstream) = error.upstream().filter(|upstream| !upstream.body.is_empty()) else { return error };
    let body = String::from_utf8_lossy(&upstream.body);
    let body = body.trim();
    let shown: String = body.chars().take(MAX_SHOWN).collect();
    let rest = if body.chars().nth(MAX_SHOWN).is_some() { " …" } else { "" };
    let answer = format!("the upstream's answer: {shown}{rest}");
    error.because(answer)
}

fn unknown(wanted: &str, capabilities: &[Capability]) -> CommandFailure {
    let operations = capabilities.iter().flat_map(Capability::operations);
    CommandFailure::usage(unknown_operation(wanted, operations.map(Arc::as_ref)))
}

fn no_capabilities() -> CommandFailure {
    Error::configuration("this program has no capabilities").into()
}

//! Runs a capability as a standalone program: [`run`] and its commands.

mod adapter;
#[cfg(feature = "mcp")]
mod approvals;
mod call;
mod cli;
mod client_timeouts;
mod commands;
#[cfg(feature = "compression")]
mod compressed;
mod connections;
mod control;
mod endpoint;
mod factory;
mod failure;
pub mod hosted;
mod hosted_capability;
mod json;
mod last_tasks;
mod log;
mod options;
mod pages;
mod serve;
mod server;
mod signals;
mod span_export;
#[cfg(any(feature = "client", feature = "mcp"))]
mod store;
mod table;

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::operation::{CallerAuthentication, Capability, Expose};
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::Route;
pub use factory::{Factory, Runnable};
use failure::CommandFailure;
use hosted_capability::{ConnectOptions, HostedCapability};
use naftiko_spec::printable_lines;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

/// Runs a capability as a program, with the commands `serve` (the default), `document`, `openapi`, `skill`, `tools`, `call` and `mcp`.
///
/// `factory` is a generated client's `from_env`, or a closure that creates a [`Capability`] from any implementation:
/// `run(|| Ok(MyService::new()?.into_capability()))`. `factory` is called at most once, and only by the commands that need it:
/// with a client, `document`, `openapi`, `skill`, `tools`, `call --dry-run` and every `--help` work without any environment
/// variable. A closure is also called by `--help`, which lists the adapters of the capability that the closure returns.
///
/// ```no_run
/// # use naftiko_runtime as naftiko;
/// # use naftiko::__private as p;
/// # static DEFINITION: p::Definition = p::Definition::new("{}", &[]);
/// # struct TokensClient(p::Client);
/// # impl TokensClient { fn from_env() -> naftiko::Result<Self> { naftiko::ClientBuilder::new().build() } }
/// # impl p::FromClient for TokensClient {
/// #     fn from_client(client: p::Client) -> Self { Self(client) }
/// #     fn client(&self) -> &p::Client { &self.0 }
/// # }
/// # impl p::Describe for TokensClient { fn definition() -> &'static p::Definition { &DEFINITION } }
/// # impl p::Expose<TokensClient> for TokensClient { fn operations(_: Self) -> p::Arc<dyn p::Operations> { unimplemented!() } }
/// # impl p::Expose<InMemory> for TokensClient { fn operations(_: InMemory) -> p::Arc<dyn p::Operations> { unimplemented!() } }
/// # #[derive(Default)]
/// # struct InMemory;
/// #[tokio::main]
/// async fn main() -> naftiko::Result<()> {
///     naftiko::run(TokensClient::from_env).demo(InMemory::default).await
/// }
/// ```
///
/// # The commands
///
/// | command | does |
/// |---|---|
/// | `serve` | serves the REST and MCP adapters; prints a line for each adapter once all of them listen |
/// | `document` | prints the capability document, as it is published or (`--style schema`) with typed inputs and outputs |
/// | `openapi` | prints the `OpenAPI` description of the REST adapters, in version 3.1 or (`--openapi 3.0`) 3.0 |
/// | `skill` | prints a skill for agents, with the MCP tools (`SKILL.md`) |
/// | `tools` | lists the MCP tools with their arguments |
/// | `call OPERATION -a name=value` | calls one operation; `--dry-run` prints the request instead, secrets as `***` |
/// | `mcp` | serves MCP over stdin and stdout; nothing else is written to stdout |
///
/// `--help` describes the options of each. `serve`, `call` and `mcp` accept `--upstream NAMESPACE=URL`, and `--demo` if
/// the program has a [demo](Program::demo).
///
/// # Capabilities that you create
///
/// `--upstream` and `--dry-run` apply to clients. A generated client that `factory` returns is built again with these options. A
/// factory that returns a [`Capability`] takes a [`Setup`](crate::Setup) as its argument, and passes the setup on to the builder of
/// each client that the factory creates. For a factory without this argument, these options are an error.
///
/// ```no_run
/// # use naftiko_runtime as naftiko;
/// # use naftiko::__private as p;
/// # static DEFINITION: p::Definition = p::Definition::new("{}", &[]);
/// # struct TokensClient(p::Client);
/// # impl TokensClient { fn builder() -> naftiko::ClientBuilder<Self> { naftiko::ClientBuilder::new() } }
/// # impl p::Describe for TokensClient { fn definition() -> &'static p::Definition { &DEFINITION } }
/// # impl p::FromClient for TokensClient {
/// #     fn from_client(client: p::Client) -> Self { Self(client) }
/// #     fn client(&self) -> &p::Client { &self.0 }
/// # }
/// # struct Audited(TokensClient);
/// # impl Audited { fn into_capability(self) -> naftiko::Capability { unimplemented!() } }
/// # async fn program() -> naftiko::Result<()> {
/// naftiko::run(|setup: naftiko::Setup| {
///     let client = TokensClient::builder().setup(&setup).build()?;
///     Ok(Audited(client).into_capability())
/// })
/// # .await
/// # }
/// ```
///
/// # Serving
///
/// `serve` listens on 127.0.0.1 unless the document or `--address` specifies another address, and answers callers that
/// use a loopback name: the `Host` and the `Origin` of each request are checked, which protects against DNS rebinding.
/// **A public name must be allowed**, on the command line (`--address 0.0.0.0 --allow-host api.example.com`) or with
/// [`Program::allow_hosts`].
///
/// SIGTERM and Ctrl-C stop the program: it accepts no more calls, answers the calls in flight (for at most
/// [`Limits::operation`]), and exits with 0. A second signal ends the program at once.
///
/// The log goes to stderr, warnings and errors unless `RUST_LOG` specifies otherwise; a `tracing` subscriber that is already set
/// is kept. An event is one line: control and bidirectional characters are escaped, even in messages of panics. Of the MCP
/// library, only errors are logged: its other lines contain whole messages, including credentials.
///
/// # Exit codes
///
/// 0: success, or stopped by a signal. 1: failure; stderr has the reason. 2: the command line is invalid. 130 and 143:
/// ended at once by Ctrl-C or SIGTERM.
///
/// # Threads
///
/// You choose the Tokio runtime: `#[tokio::main]` starts a thread for each processor. `#[tokio::main(flavor = "current_thread")]` is
/// enough for a program that mostly waits for its upstream.
#[must_use = "a program runs when it is awaited"]
pub fn run<C: Runnable, M>(factory: impl Factory<M, C>) -> Program<C> {
    Program { inner: ProgramInner::of(vec![HostedCapability::new(factory)]), last: PhantomData }
}

/// A program that is ready to run, returned by [`run`]. Await it to run it.
#[must_use = "a program runs when it is awaited"]
pub struct Program<C> {
    inner: ProgramInner,
    /// The capability that `demo` applies to.
    last: PhantomData<fn() -> C>,
}

/// The part of a [`Program`] that does not depend on the types of its capabilities.
struct ProgramInner {
    capabilities: Vec<HostedCapability>,
    layers: Layers,
    limits: Option<Limits>,
    hosts: Vec<String>,
    origins: Vec<String>,
    authentication: Option<CallerAuthentication>,
    #[cfg(any(feature = "client", feature = "mcp"))]
    store: Option<Arc<dyn crate::store::Store>>,
    arguments: Option<Vec<OsString>>,
    output: Box<dyn Write + Send>,
}

impl<C> Program<C> {
    /// Sets what `--demo` uses in place of the client: another implementation of the trait, usually one in memory.
    pub fn demo<T: 'static>(mut self, demo: impl FnOnce() -> T + Send + 'static) -> Self
    where
        C: Expose<T>,
    {
        if let Some(hosted) = self.inner.capabilities.last_mut() {
            hosted.set_demo(|| Capability::of::<C, T>(demo()));
        }
        self
    }

    /// Adds a capability to the program, with its own adapters. The next [`demo`](Self::demo) applies to it.
    ///
    /// If two adapters have the same port, `serve` requires a `--port` for one of them. Commands about one capability accept
    /// `--capability NAME`; `call` needs it only if several capabilities have the operation.
    pub fn and<D: Runnable, M>(mut self, factory: impl Factory<M, D>) -> Program<D> {
        self.inner.capabilities.push(HostedCapability::new(factory));
        Program { inner: self.inner, last: PhantomData }
    }

    /// Adds a tower layer, such as CORS, compression, tracing or authentication, around every REST and MCP adapter of `serve`. The
    /// layer that is added last sees a request first.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.inner.layers.0.push(Arc::new(move |router| router.layer(layer.clone())));
        self
    }

    /// Sets the limits of every capability of the program.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.inner.limits = Some(limits);
        self
    }

    /// Sets how the callers of all REST and MCP adapters of `serve` authenticate, instead of what traits and documents declare.
    /// Callers over stdin and stdout are not authenticated.
    ///
    /// ```no_run
    /// # use naftiko_runtime as naftiko;
    /// # fn capability() -> naftiko::Capability { unimplemented!() }
    /// # async fn program(token: String) -> naftiko::Result<()> {
    /// naftiko::run(|| Ok(capability())).authentication(naftiko::CallerAuthentication::bearer(token)).await
    /// # }
    /// ```
    pub fn authentication(mut self, authentication: CallerAuthentication) -> Self {
        self.inner.authentication = Some(authentication);
        self
    }

    /// Sets the store that the replicas of `serve` share, and that the upstream clients of `mcp` use: for approvals and tasks,
    /// for the counts of `rate_limit`, and for the answers of `cache`. The default is the store at the URL in the environment
    /// variable `NAFTIKO_STORE` (`redis://host:6379`, feature `redis`), or else the memory of the process.
    ///
    /// A factory that creates a [`Capability`] has to pass its [`Setup`](crate::Setup) on to its clients, or they don't use the store.
    #[cfg(any(feature = "client", feature = "mcp"))]
    pub fn store(mut self, store: impl crate::store::Store) -> Self {
        self.inner.store = Some(Arc::new(store));
        self
    }

    /// Adds host names that callers of `serve` may use, besides loopback names and the hosts of `--allow-host`: `api.example.com`, or
    /// `api.example.com:8443` for that port only. `*` allows any.
    pub fn allow_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.inner.hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Adds origins from which web pages may call `serve`, besides loopback origins and the origins of `--allow-origin`:
    /// `https://app.example.com`. `*` allows any. Preflight requests are answered, and all answers have the CORS headers that let
    /// the page read them; credentials (cookies) are never allowed. Your own CORS [layer](Self::layer) runs first.
    pub fn allow_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.inner.origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// Runs with these arguments (without the program's name) instead of the arguments of the process. A wrong argument is then
    /// returned as an error, and does not end the process.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.inner.arguments = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Sets where the commands print, instead of stdout. The protocol of `mcp` stays on stdout.
    pub fn output(mut self, output: impl Write + Send + 'static) -> Self {
        self.inner.output = Box::new(output);
        self
    }
}

impl ProgramInner {
    fn of(capabilities: Vec<HostedCapability>) -> Self {
        Self {
            capabilities,
            layers: Layers::default(),
            limits: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            authentication: None,
            #[cfg(any(feature = "client", feature = "mcp"))]
            store: None,
            arguments: None,
            output: Box::new(io::stdout()),
        }
    }

    /// Creates the capabilities whose documents are not known yet, since help texts list their adapters. Returns the errors of the
    /// capabilities that could not be created.
    fn create_undescribed(&mut self) -> Vec<String> {
        let undescribed = self.capabilities.iter_mut().filter(|hosted| hosted.early_document().is_none());
        let created = undescribed.map(|hosted| hosted.document(&ConnectOptions::default()));
        created.filter_map(Result::err).map(|error| error.to_string()).collect()
    }

    /// Runs the program.
    async fn start(mut self) -> Result<(), CommandFailure> {
        log::start();
        let arguments = self.arguments.take().unwrap_or_else(|| std::env::args_os().skip(1).collect());
        let asks_for_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
        let unknown = if asks_for_help { self.create_undescribed() } else { Vec::new() };
        let info = cli::ProgramInfo {
            program: program_name(),
            unknown,
            documents: self.capabilities.iter().filter_map(HostedCapability::early_document).collect(),
            several: self.capabilities.len() > 1,
            demo: self.capabilities.iter().any(HostedCapability::has_demo),
        };
        let invocation = cli::parse(&info, arguments)?;
        Box::pin(self.run(invocation)).await
    }
}

impl<C: 'static> IntoFuture for Program<C> {
    type Output = Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let is_the_process = self.inner.arguments.is_none();
        Box::pin(async move {
            match Box::pin(self.inner.start()).await {
                // The reader of the output has closed it.
                Ok(()) | Err(CommandFailure::Closed) => Ok(()),
                Err(CommandFailure::Failed(error)) => Err(error),
                Err(CommandFailure::Usage(message)) if is_the_process => {
                    let _ = io::stderr().write_all(printable_lines(&message).as_bytes());
                    std::process::exit(2)
                }
                Err(CommandFailure::Usage(message)) => Err(Error::configuration(message.trim_end())),
            }
        })
    }
}

impl<C> fmt::Debug for Program<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({} capabilities)", self.inner.capabilities.len())
    }
}

/// The layers that the program puts around every REST and MCP adapter of `serve`.
#[derive(Clone, Default)]
struct Layers(Vec<Arc<dyn Fn(Router) -> Router + Send + Sync>>);

impl Layers {
    fn apply(&self, router: Router) -> Router {
        self.0.iter().fold(router, |router, layer| layer(router))
    }
}

/// Returns the program's name: the name of its file.
fn program_name() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_stem().map(|name| name.to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "program".to_owned())
}

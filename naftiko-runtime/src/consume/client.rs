//! The client behind every generated `…Client`. Its operations send their own requests or run operations of a document.

use super::context::ClientContext;
use super::engine::{self, AnswerOptions, UpstreamAnswer};
use super::pages::{Pages, ReadPage};
use super::reading::AnswerBody;
use super::ready::{Loader, ReadyCall};
use super::request::Prepared;
#[cfg(feature = "cli")]
use super::settings::ClientSettings;
use super::source::Inputs;
use super::upstream::Upstream;
use crate::error::{Error, Result};
use crate::formats::on_blocking_thread;
use crate::limits::CallBudget;
use crate::numbers;
use crate::operation::{
    Answered, ArgumentValue, Arguments, BoxFuture, Content, Context, Download, FromUpstream, Head, NextPage,
    Operations, Output, ReturnCodec, ReturnType, Shape, no_operation,
};
use crate::operation::{CallerValues, Consumed, Describe, Forwarded, Operation, OperationDefinition};
use crate::operation::{RawJson, mismatch};
use naftiko_spec::lower::Lowered;
use schemars::{Schema, SchemaGenerator};
use std::fmt;
use std::sync::Arc;

/// The HTTP client behind every generated `…Client`. It is cheap to clone; the clones share one connection pool.
#[derive(Clone)]
pub struct Client(pub(super) Arc<ClientInner>);

pub(crate) struct ClientInner {
    /// The settings that the client was built with, so that it can be rebuilt with another setup.
    #[cfg(feature = "cli")]
    pub(super) settings: ClientSettings,
    pub(super) context: Arc<ClientContext>,
    pub(super) upstreams: Vec<Arc<Upstream>>,
    /// The operations, by their index; `None` for an operation that the client does not run.
    pub(super) operations: Vec<Option<ClientOperation>>,
    /// Runs the operations of a document.
    pub(super) document: Option<Arc<dyn DocumentOperations>>,
    /// The values of the variables in the `authentication` of adapters.
    pub(super) callers: CallerValues,
}

/// An operation that can be called.
pub(crate) struct ClientOperation {
    /// The definition of the method.
    pub(super) method: &'static OperationDefinition,
    pub(super) call: OperationWork,
}

/// The work of an operation when it is called.
pub(crate) enum OperationWork {
    /// Sends a request to an API.
    Call(Arc<ReadyCall>),
    /// Runs the document's operation with the same number.
    Document,
}

/// The operations of a document that implements a trait.
pub(crate) trait DocumentOperations: Operations {
    /// Returns the operation with this number, as the document declares it.
    fn operation(&self, number: usize) -> Option<&Arc<Operation>>;

    /// Returns the routes whose requests are forwarded unchanged.
    fn forwards(&self) -> Vec<Forwarded>;
}

/// The function that prepares the operations of a document.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct LoadDocument(pub(crate) fn(&mut Loader<'_, '_>, Lowered) -> WithContext);

/// The function that connects the prepared operations to a client context.
pub(crate) type WithContext = Box<dyn FnOnce(Arc<ClientContext>) -> Arc<dyn DocumentOperations>>;

/// A reader of the pages of an operation.
struct PageReader<R: 'static> {
    client: Client,
    index: usize,
    ret: &'static ReturnCodec<R>,
    called_in: Context,
}

impl<R: Send + 'static> ReadPage<R> for PageReader<R> {
    fn page<'a>(&'a self, given: &'a [ArgumentValue<'static>]) -> BoxFuture<'a, Result<(R, Result<Option<NextPage>>)>> {
        // A cursor that is a number is sent as it was written.
        Box::pin(numbers::remembering(async {
            let call_budget = CallBudget::default();
            let started = self.client.start(self.index, given, &call_budget, &self.called_in);
            read_answer(&self.client.0.context, started, self.ret, (true, &call_budget)).await
        }))
    }

    fn failed(&self, error: Error) -> R {
        error_value(self.ret, error.with_operation_name(self.client.method(self.index)))
    }
}

/// Waits for the answer of an operation, and decodes it. Also returns the next page, if `pages` is set.
async fn read_answer<R: Send + 'static>(
    context: &Arc<ClientContext>,
    started: Result<StartedOperation>,
    ret: &'static ReturnCodec<R>,
    (pages, call_budget): (bool, &CallBudget),
) -> Result<(R, Result<Option<NextPage>>)> {
    let decoder = decoder_of(ret);
    let returns = (ret.shape(), (decoder.has_head)());
    let answer = started?.answer(context, returns, (pages, call_budget)).await?;
    let mut answer = if (decoder.is_buffered)() { answer.buffered().await? } else { answer };
    let next = answer.next();
    let returns = (ret.shape(), (decoder.is_string)());
    let schema = |generator: &mut SchemaGenerator| ret.schema(generator);
    let value = answer.decode(context, returns, call_budget, (decoder.decode, schema)).await?;
    Ok((value, next))
}

/// Returns the functions that decode an answer into a return type.
fn decoder_of<R>(ret: &'static ReturnCodec<R>) -> &'static FromUpstream<R> {
    let Some(upstream) = &ret.upstream else {
        unreachable!("the macro gives every consumed operation a `ReturnCodec` made by `answer`")
    };
    upstream
}

/// Returns an error as a value of the return type.
fn error_value<R>(ret: &'static ReturnCodec<R>, error: Error) -> R {
    (decoder_of(ret).error)(error)
}

/// An operation that has been started. It owns the prepared request or a copy of the arguments, so its future borrows nothing.
#[allow(clippy::large_enum_variant, reason = "it is created once for each call, and a box would cost more")]
enum StartedOperation {
    Call(Arc<ReadyCall>, Box<Prepared>),
    Document(Arc<dyn DocumentOperations>, usize, Arguments),
}

/// An answer that has not been decoded yet.
enum Undecoded {
    Call(Arc<ReadyCall>, Box<UpstreamAnswer>),
    Document(Box<Output>),
}

impl Client {
    /// Calls an operation. Generated client methods without a context call this.
    ///
    /// The request is built immediately, so the future borrows nothing.
    #[doc(hidden)]
    pub fn call<R: Send + 'static>(
        &self,
        index: usize,
        ret: &'static ReturnCodec<R>,
        given: &[ArgumentValue<'_>],
    ) -> impl Future<Output = R> + Send + use<R> {
        self.call_with(index, ret, given, &Context::none())
    }

    /// Calls an operation in a context: the headers of its caller may be sent to the API. Generated client methods with a context call
    /// this.
    #[doc(hidden)]
    pub fn call_with<R: Send + 'static>(
        &self,
        index: usize,
        ret: &'static ReturnCodec<R>,
        given: &[ArgumentValue<'_>],
        called_in: &Context,
    ) -> impl Future<Output = R> + Send + use<R> {
        // Calls from Rust have no memory limit.
        let call_budget = CallBudget::default();
        let started = self.start(index, given, &call_budget, called_in);
        let (context, method) = (self.0.context.clone(), self.method(index));
        // Boxed, because the future takes several kilobytes, which would otherwise be part of the caller's future.
        Box::pin(async move {
            let decoded = read_answer(&context, started, ret, (false, &call_budget)).await;
            decoded.map_or_else(|error| error_value(ret, error.with_operation_name(method)), |(value, _)| value)
        })
    }

    /// Returns the pages of a list. The client methods `…_pages` without a context call this.
    #[doc(hidden)]
    pub fn pages<R: Send + 'static>(
        &self,
        index: usize,
        ret: &'static ReturnCodec<R>,
        given: &[ArgumentValue<'_>],
    ) -> Pages<R> {
        self.pages_with(index, ret, given, &Context::none())
    }

    /// Returns the pages of a list in a context: each call may send headers of its caller to the API.
    #[doc(hidden)]
    pub fn pages_with<R: Send + 'static>(
        &self,
        index: usize,
        ret: &'static ReturnCodec<R>,
        given: &[ArgumentValue<'_>],
        called_in: &Context,
    ) -> Pages<R> {
        let given = given.iter().map(|given| given.clone().into_owned()).collect();
        Pages::new(PageReader { client: self.clone(), index, ret, called_in: called_in.clone() }, given)
    }

    /// Returns the name of an operation's method.
    fn method(&self, index: usize) -> &'static str {
        self.operation(index).map_or("", |operation| operation.method.method)
    }

    /// Returns the operations that the client runs itself: their methods have no body in the trait.
    #[doc(hidden)]
    #[must_use]
    pub fn consumed(&self) -> Option<Arc<dyn Consumed>> {
        Some(Arc::new(self.clone()))
    }

    fn operation(&self, index: usize) -> Option<&ClientOperation> {
        self.0.operations.get(index)?.as_ref()
    }

    /// Returns the arguments of a call, converted by their Rust types.
    fn given<'a>(operation: &ClientOperation, arguments: &'a Arguments) -> Result<Vec<ArgumentValue<'a>>> {
        let described = &arguments.operation().fragment.arguments;
        let given = operation.method.inputs.iter().zip(described).enumerate();
        given.map(|(index, (input, described))| input.relay(arguments, index, described)).collect()
    }

    /// Starts an operation: builds its request, or collects the arguments for the document.
    fn start(
        &self,
        index: usize,
        given: &[ArgumentValue<'_>],
        call_budget: &CallBudget,
        called_in: &Context,
    ) -> Result<StartedOperation> {
        let Some(operation) = self.operation(index) else {
            return Err(missing_operation(index));
        };
        match (&operation.call, &self.0.document) {
            (OperationWork::Call(call), _) => {
                let inputs = Inputs { given, context: Some(called_in), ..Inputs::default() };
                let prepared = engine::prepare(&self.0.context, call, inputs)?;
                Ok(StartedOperation::Call(call.clone(), prepared))
            }
            (OperationWork::Document, Some(document)) => {
                let operation = document.operation(index).ok_or_else(|| missing_operation(index))?;
                let given = given.iter().map(|given| given.clone().into_owned()).collect();
                let arguments = Arguments::new(operation.clone(), given).within(call_budget.clone());
                let arguments = arguments.with_context(called_in.clone());
                Ok(StartedOperation::Document(document.clone(), index, arguments))
            }
            (OperationWork::Document, None) => Err(Error::internal("the client has no document")),
        }
    }
}

impl StartedOperation {
    /// Waits for the answer of the API, or of the document's operation. `shape` is the shape of the return type; `head` is set if that
    /// type needs the status and all headers, and `pages` if the next page is wanted.
    async fn answer(
        self,
        context: &Arc<ClientContext>,
        (shape, head): (Shape, bool),
        (pages, call_budget): (bool, &CallBudget),
    ) -> Result<Undecoded> {
        match self {
            Self::Call(call, prepared) => {
                let wanted = AnswerOptions { shape, as_text: true, checked: false, head, pages, call_budget };
                let answer = engine::send(context, &call, prepared, wanted).await?;
                Ok(Undecoded::Call(call, answer))
            }
            Self::Document(document, number, arguments) => {
                let output = async { document.call(number, &arguments)?.await }.await;
                output.map(|output| Undecoded::Document(Box::new(output))).map_err(|error| {
                    match document.operation(number) {
                        Some(operation) => error.in_operation(operation.name()),
                        None => error,
                    }
                })
            }
        }
    }
}

impl Undecoded {
    /// If the answer is a file, reads all of it into memory.
    async fn buffered(mut self) -> Result<Self> {
        match &mut self {
            Self::Call(_, answer) => {
                if let AnswerBody::File(file) = &mut answer.body {
                    **file = std::mem::replace(&mut **file, Download::new("", "")).buffered().await?;
                }
            }
            Self::Document(output) => {
                if let Content::Download(file) = &mut output.content {
                    **file = std::mem::replace(&mut **file, Download::new("", "")).buffered().await?;
                }
            }
        }
        Ok(self)
    }

    /// Decodes the answer into a return type. A large answer is decoded on another thread, so that it does not block other calls.
    async fn decode<R: Send + 'static>(
        self,
        context: &Arc<ClientContext>,
        (shape, is_string): (Shape, bool),
        call_budget: &CallBudget,
        (decode, schema): (
            impl Fn(Answered<'_>, Head) -> Result<R, serde_json::Error> + Send + 'static,
            impl FnOnce(&mut SchemaGenerator) -> Schema + Send + 'static,
        ),
    ) -> Result<R> {
        match self {
            Self::Call(call, answer) => {
                let (context, call_budget, size) = (context.clone(), call_budget.clone(), answer.size());
                on_blocking_thread(size, move || {
                    answer.decode(&context, &call, (shape, is_string), &call_budget, (decode, schema))
                })
                .await
            }
            Self::Document(output) => {
                let Output { content: given, status, headers, .. } = *output;
                let headers = headers.map(|headers| *headers).unwrap_or_default();
                let head = Head { status: status.unwrap_or_default(), headers };
                let json = match (shape, given) {
                    (Shape::File, Content::Download(file)) => {
                        return decode(Answered::File(file), head).map_err(Error::internal);
                    }
                    (Shape::Stream, Content::Items(items)) => {
                        return decode(Answered::Items(items), head).map_err(Error::internal);
                    }
                    (Shape::Raw, given) => {
                        return decode(Answered::Raw(given.into()), head).map_err(Error::internal);
                    }
                    (Shape::Unit, _) => "null".into(),
                    (_, given) => RawJson::from(given).json_bytes().await?,
                };
                let size = json.len();
                let decode = move || decode(Answered::Json(&json), head).map_err(|why| mismatch(&json, &why));
                on_blocking_thread(size, decode).await
            }
        }
    }
}

fn missing_operation(index: usize) -> Error {
    Error::internal(format!("the client has no operation {index}"))
}

impl Operations for Client {
    fn check(&self, number: usize, arguments: &Arguments) -> Result<()> {
        // In a dry run, starting the operation would already record the request.
        let Some(operation) = self.operation(number).filter(|_| self.0.context.dry_run.is_none()) else {
            return Ok(());
        };
        let given = Self::given(operation, arguments)?;
        match self.start(number, &given, arguments.call_budget(), arguments.context())? {
            StartedOperation::Call(..) => Ok(()),
            StartedOperation::Document(document, index, arguments) => document.check(index, &arguments),
        }
    }

    fn call<'a>(&'a self, number: usize, arguments: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        let Some(operation) = self.operation(number) else { return no_operation(number) };
        let method = operation.method;
        let given = Self::given(operation, arguments)?;
        let call_budget = arguments.call_budget();
        let started = self.start(number, &given, call_budget, arguments.context());
        Ok(Box::pin(async move {
            let context = &self.0.context;
            // The return type of the method decides how its answer is read and passed on.
            let returns = method.output;
            let answer = match started {
                Ok(started) => {
                    started.answer(context, (returns.shape(), returns.has_head()), (true, call_budget)).await
                }
                Err(error) => Err(error),
            };
            let refused = |error| returns.refuse(error);
            match answer.map_err(refused)? {
                Undecoded::Document(output) if returns.has_document_schema() => Ok(*output),
                mut undecoded => {
                    let (status, headers) = undecoded.head();
                    let next = undecoded.next();
                    let fresh = undecoded.fresh();
                    let shape = (returns.shape(), returns.is_string());
                    let relay = move |answered: Answered<'_>, head| returns.relay(answered, head);
                    let schema = move |generator: &mut SchemaGenerator| returns.schema(generator);
                    let decoded = undecoded.decode(context, shape, call_budget, (relay, schema)).await;
                    let output = decoded.map_err(refused)??;
                    // If the method returns nothing, the upstream's status is dropped: it may be one that requires a body.
                    let status = output.status.or(status.filter(|_| returns.shape() != Shape::Unit));
                    Ok(Output { status, headers, next, fresh, ..output })
                }
            }
        }))
    }
}

impl Undecoded {
    /// Returns the status and the headers to pass on.
    fn head(&mut self) -> (Option<http::StatusCode>, Option<Box<http::HeaderMap>>) {
        match self {
            Self::Call(_, answer) => (Some(answer.status), Output::boxed(std::mem::take(&mut answer.headers))),
            Self::Document(output) => (output.status, std::mem::take(&mut output.headers)),
        }
    }

    /// Returns how long the answer is fresh.
    fn fresh(&self) -> std::time::Duration {
        match self {
            Self::Call(_, answer) => answer.fresh,
            Self::Document(output) => output.fresh,
        }
    }

    /// Takes the next page out of the answer.
    fn next(&mut self) -> Result<Option<NextPage>> {
        let next = match self {
            Self::Call(_, answer) => &mut answer.next,
            Self::Document(output) => &mut output.next,
        };
        std::mem::replace(next, Ok(None))
    }
}

impl Consumed for Client {
    fn caller_values(&self) -> CallerValues {
        self.0.callers.clone()
    }

    fn has(&self, operation: usize) -> bool {
        // A method that is implemented in Rust replaces the document's operation of the same name.
        self.operation(operation).is_some_and(|operation| operation.method.output.is_answer())
    }

    fn forwards(&self) -> Vec<Forwarded> {
        self.0.document.as_ref().map(|document| document.forwards()).unwrap_or_default()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")?;
        f.debug_list().entries(&self.0.upstreams).finish()
    }
}

/// A generated `…Client`.
#[doc(hidden)]
pub trait FromClient: Describe {
    /// Prepares the operations of a document, for a trait that a document implements.
    const DOCUMENT: Option<LoadDocument> = None;

    /// Wraps the client.
    fn from_client(client: Client) -> Self;

    /// Returns the wrapped client.
    fn client(&self) -> &Client;
}

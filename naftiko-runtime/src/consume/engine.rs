//! The engine: sends the request of a call and converts the answer to what the call returns.

use super::answer::{self, Opened, open};
use super::body::StreamKind;
use super::context::ClientContext;
use super::effect::EarlierEffect;
use super::failure;
use super::items;
use super::layers::cache::remaining_freshness;
use super::layers::retry::SharedKey;
use super::paging::PageSearch;
use super::passed_headers::{DISPOSITION, UNPARSED, select};
use super::reading::{AnswerBody, AnswerReader, inexact};
use super::ready::ReadyCall;
use super::request::{Prepared, RequestBuilder};
use super::rotation::{Generation, Rotation};
use super::source::{Inputs, OwnedInputs};
use super::upstream::Upstream;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::on_blocking_thread;
use crate::limits::{CallBudget, memory};
use crate::numbers;
use crate::operation::{Answered, Download, Head, NextPage, RawJson, Shape, earlier_call};
use crate::schema::with_lists_of;
use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, LINK};
use http::{HeaderMap, HeaderValue, StatusCode};
use naftiko_spec::lower::Format;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The answer of a call.
pub(crate) struct UpstreamAnswer {
    /// The upstream's status.
    pub(crate) status: StatusCode,
    /// The Content-Type that the upstream declared.
    content_type: Option<HeaderValue>,
    /// The headers to pass on: the headers that the operation declares, and some headers of an answer that is not parsed.
    pub(crate) headers: HeaderMap,
    /// The status and all headers, if the options require them.
    head: Option<Box<Head>>,
    pub(crate) body: AnswerBody,
    /// The next page, if the options require it.
    pub(crate) next: Result<Option<NextPage>>,
    /// How long the answer is fresh.
    pub(crate) fresh: Duration,
    /// The context for decoding the answer; `None` for the client's context.
    context: Option<Arc<ClientContext>>,
}

/// Builds the request of a call. In a dry run, records the request and returns an error.
///
/// # Errors
/// Returns an error if a value cannot be sent where the call places it.
pub(crate) fn prepare(context: &ClientContext, call: &ReadyCall, inputs: Inputs<'_>) -> Result<Box<Prepared>> {
    let Some(rotation) = Rotation::of(context) else { return prepare_now(context, call, inputs) };
    let generation = rotation.current();
    let mut prepared = match current_call(generation.as_ref(), call) {
        Some((context, call)) => prepare_now(context, call, inputs)?,
        None => prepare_now(context, call, inputs)?,
    };
    prepared.generation = generation;
    prepared.again = OwnedInputs::of(inputs).map(Box::new);
    Ok(prepared)
}

/// Returns the generation's version of a call, with the generation's context; `None` without a generation, or if the
/// generation does not contain the call.
fn current_call<'a>(
    generation: Option<&'a Arc<Generation>>,
    call: &ReadyCall,
) -> Option<(&'a Arc<ClientContext>, &'a Arc<ReadyCall>)> {
    let generation = generation?;
    Some((&generation.context, generation.calls.get(call.number)?))
}

/// Builds the request of a call with the secrets that the call was prepared with.
fn prepare_now(context: &ClientContext, call: &ReadyCall, inputs: Inputs<'_>) -> Result<Box<Prepared>> {
    let builder = RequestBuilder::new(call, inputs, context.dry_run.is_some());
    let Some(dry_run) = &context.dry_run else {
        let prepared = builder.request()?;
        return match numbers::check_rounded() {
            Err(why) if inputs.results.is_some() => Err(inexact(why)),
            Err(why) => Err(Error::argument("", format!("the arguments cannot be sent: {why}"))),
            Ok(()) => Ok(prepared),
        };
    };
    let request = builder.describe()?;
    let request = call.upstream_call.upstream.as_written(&request);
    Err(dry_run.record(context.answers.mask_text(&request).into_owned()).in_operation(&call.upstream_call.name))
}

/// The options for reading an answer.
#[allow(clippy::struct_excessive_bools, reason = "independent options")]
#[derive(Clone, Copy)]
pub(crate) struct AnswerOptions<'a> {
    pub(crate) shape: Shape,
    /// Whether the result is returned as JSON text, not as a value.
    pub(crate) as_text: bool,
    /// Whether an answer that is passed on unparsed must be checked to be valid JSON; it is then not streamed.
    pub(crate) checked: bool,
    /// Whether the status and all headers are needed.
    pub(crate) head: bool,
    /// Whether the next page is wanted, if the call has pages.
    pub(crate) pages: bool,
    /// The memory budget for the answer.
    pub(crate) call_budget: &'a CallBudget,
}

/// Sends a request and reads its answer, without decoding it into a Rust type.
///
/// # Errors
/// Returns an error if the answer is not a success, or cannot be read.
pub(crate) async fn send(
    context: &Arc<ClientContext>,
    call: &ReadyCall,
    prepared: Box<Prepared>,
    wanted: AnswerOptions<'_>,
) -> Result<Box<UpstreamAnswer>> {
    let answer = match Rotation::of(context) {
        None => send_and_read(context, call, prepared, wanted).await,
        // In a box, since it is larger than the future of a call without rotation.
        Some(rotation) => Box::pin(send_with_rotation(context, call, prepared, wanted, rotation)).await,
    };
    answer.map_err(|error| match error.kind() {
        // Errors of these kinds are not errors of the API: a file of the caller cannot be read, for example.
        ErrorKind::Argument | ErrorKind::Application | ErrorKind::Internal => error,
        _ => error.of_api(&call.upstream_call.upstream.namespace),
    })
}

/// Sends a request whose secrets can change. If the API refuses the secrets and they have changed, sends the request once more with the
/// new secrets.
async fn send_with_rotation(
    context: &Arc<ClientContext>,
    call: &ReadyCall,
    mut prepared: Box<Prepared>,
    wanted: AnswerOptions<'_>,
    rotation: &Rotation,
) -> Result<Box<UpstreamAnswer>> {
    let generation = prepared.generation.clone();
    // A step of a document renews its secrets itself.
    let Some(again) = prepared.again.take() else {
        return send_and_read_in(generation.as_ref(), context, call, prepared, wanted).await;
    };
    let renewal = Renewal::of(rotation, call, &mut prepared);
    let answer = send_and_read_in(generation.as_ref(), context, call, prepared, wanted).await;
    let Some(repeat) = renewal.after(&answer).await else { return answer };
    let generation = rotation.current();
    let Some((context, call)) = current_call(generation.as_ref(), call) else { return answer };
    let mut prepared = prepare_now(context, call, again.inputs())?;
    repeat.begin(&mut prepared);
    send_and_read_in(generation.as_ref(), context, call, prepared, wanted).await
}

/// The renewal of secrets that an API has refused, once for each call.
pub(crate) struct Renewal<'a> {
    rotation: &'a Rotation,
    /// The generation of the request.
    generation: Option<Arc<Generation>>,
    /// The API, with the secrets of that generation.
    upstream: Arc<Upstream>,
    /// How to send the request again; `None` if its body can be read only once.
    repetition: Option<Repetition>,
    deadline: Instant,
}

/// The state that the second request of a call takes over from the first one.
pub(crate) struct Repetition {
    deadline: Instant,
    /// The idempotency key that both requests share: an attempt of the first request, before the refused attempt, may have had an
    /// effect.
    key: SharedKey,
    /// Whether an attempt of either request may have had an effect.
    effect: EarlierEffect,
}

impl Repetition {
    /// Marks a request as the second request of its call.
    pub(crate) fn begin(self, prepared: &mut Prepared) {
        prepared.deadline = Some(self.deadline);
        prepared.request.extensions_mut().insert(self.key);
        prepared.request.extensions_mut().insert(self.effect);
    }
}

impl<'a> Renewal<'a> {
    /// Creates the renewal for the call of this request; `None` if the secrets of the client cannot change.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents have steps"))]
    pub(crate) fn begin(context: &'a ClientContext, call: &ReadyCall, prepared: &mut Prepared) -> Option<Self> {
        Rotation::of(context).map(|rotation| Self::of(rotation, call, prepared))
    }

    fn of(rotation: &'a Rotation, call: &ReadyCall, prepared: &mut Prepared) -> Self {
        let deadline = *prepared.deadline.get_or_insert_with(|| Instant::now() + call.upstream_call.timeout);
        let generation = prepared.generation.clone();
        let upstream =
            current_call(generation.as_ref(), call).map_or(call, |(_, call)| call).upstream_call.upstream.clone();
        let repeats = prepared.request.body().try_clone().is_some();
        // Keeps the idempotency key that the renewal of a step, or the first request of the call, has already added.
        let key = prepared.request.extensions_mut().get_or_insert_default::<SharedKey>().clone();
        let effect = prepared.request.extensions_mut().get_or_insert_default::<EarlierEffect>().clone();
        Self {
            rotation,
            generation,
            upstream,
            repetition: repeats.then_some(Repetition { deadline, key, effect }),
            deadline,
        }
    }

    /// Reads the secrets again if the API has refused the capability's credential or another of its secrets: the call then had no
    /// effect (RFC 9110, section 15.5.2). Returns how to send the call again if there are newer secrets.
    pub(crate) fn after(
        self,
        answer: &Result<Box<UpstreamAnswer>>,
    ) -> impl Future<Output = Option<Repetition>> + Send + use<'a> {
        let (rotation, generation) = (self.rotation, self.generation.as_deref());
        let is_refused = answer.as_ref().is_err_and(|error| rotation.is_refusal(generation, &self.upstream, error));
        async move {
            if !is_refused {
                return None;
            }
            // The secrets are read again even if this request cannot be sent again, so that the next call has the new ones.
            let reading = self.rotation.after_refusal(self.generation.as_deref(), &self.upstream);
            let has_changed = timeout_at(self.deadline, reading).await.unwrap_or_default();
            self.repetition.filter(|_| has_changed)
        }
    }
}

/// Sends a request that was built from a generation, and masks the secrets of that generation in the answer.
async fn send_and_read_in(
    generation: Option<&Arc<Generation>>,
    context: &Arc<ClientContext>,
    call: &ReadyCall,
    prepared: Box<Prepared>,
    wanted: AnswerOptions<'_>,
) -> Result<Box<UpstreamAnswer>> {
    let Some((context, call)) = current_call(generation, call) else {
        return send_and_read(context, call, prepared, wanted).await;
    };
    let mut answer = send_and_read(context, call, prepared, wanted).await?;
    answer.context.get_or_insert_with(|| context.clone());
    Ok(answer)
}

/// Sends a request, and reads as much of the answer as the options require.
async fn send_and_read(
    context: &Arc<ClientContext>,
    call: &ReadyCall,
    mut prepared: Box<Prepared>,
    wanted: AnswerOptions<'_>,
) -> Result<Box<UpstreamAnswer>> {
    let page = prepared.page.take().filter(|_| wanted.pages);
    let opened = match open(context, &call.upstream_call, prepared, wanted.call_budget).await {
        Err(error) if call.means_nothing_found(&error) => return Ok(Box::new(UpstreamAnswer::nothing_found(&error))),
        opened => opened?,
    };
    if !call.method.is_idempotent() {
        earlier_call::remember(&call.upstream_call.upstream.namespace, &call.upstream_call.name, true);
    }
    let own_context = opened.context();
    let context = own_context.as_ref().unwrap_or(context);
    let (status, content_type) = (opened.status, opened.content_type().cloned());
    // The range and the validators describe the original answer, so they are only passed on with an unchanged body.
    let (status, mut headers) = match wanted.shape {
        Shape::Raw | Shape::File if call.output.is_none() && call.format != Format::Stream => {
            (status, select(&opened.headers, &UNPARSED))
        }
        _ if status == StatusCode::PARTIAL_CONTENT => (StatusCode::OK, HeaderMap::new()),
        _ => (status, HeaderMap::new()),
    };
    if !call.response_headers.is_empty() {
        headers.extend(select(&opened.headers, &call.response_headers));
    }
    if call.page.is_some() {
        // The links of a page are URLs of the API.
        headers.remove(LINK);
    }
    let head = wanted.head.then(|| Box::new(opened.head(status)));
    let fresh = remaining_freshness(&opened.headers);
    let mut search = page
        .zip(call.page.as_ref())
        .map(|(page, pager)| PageSearch::new(pager, (&call.upstream_call, &call.arguments), page, &opened.headers))
        .map(Box::new);
    let body = read(context, call, opened, content_type.as_ref(), (wanted, search.as_deref_mut())).await?;
    let next = search.map_or(Ok(None), |search| search.next_page());
    let context = own_context.clone();
    // In a box, since it is passed on by several functions.
    Ok(Box::new(UpstreamAnswer { status, content_type, headers, head, body, next, fresh, context }))
}

/// Reads the body of an answer in the form that the call returns.
async fn read(
    context: &Arc<ClientContext>,
    call: &ReadyCall,
    opened: Box<Opened>,
    content_type: Option<&HeaderValue>,
    (wanted, search): (AnswerOptions<'_>, Option<&mut PageSearch<'_>>),
) -> Result<AnswerBody> {
    let upstream_call = &call.upstream_call;
    if wanted.shape == Shape::Unit {
        opened.skip().await;
        return Ok(AnswerBody::Nothing);
    }
    if call.format == Format::Stream {
        return items::items(*opened, context, upstream_call, call.output.clone()).map(AnswerBody::Items);
    }
    let is_unchanged = wanted.shape == Shape::Raw && call.output.is_none();
    let search = search.filter(|search| search.reads_body());
    let streams = is_unchanged && search.is_none() && !wanted.checked && answer::may_be_json_in_utf8(content_type);
    if streams && call.format.is_json() {
        let body = opened.streamed(context, upstream_call, (StreamKind::Json, true)).await?;
        return Ok(body.map_or(AnswerBody::Nothing, AnswerBody::Raw));
    }
    if wanted.shape == Shape::File || call.format == Format::Binary {
        let disposition = select(&opened.headers, &DISPOSITION).remove(CONTENT_DISPOSITION);
        let may_be_json = answer::may_be_json(content_type);
        let body = match opened.streamed(context, upstream_call, (StreamKind::File, may_be_json)).await? {
            None if wanted.shape == Shape::File => Bytes::new().into(),
            None => return Ok(AnswerBody::Nothing),
            Some(body) => body,
        };
        let named = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        return Ok(AnswerBody::File(Box::new(Download::of(named, disposition, body))));
    }
    let is_json = call.format.is_json();
    let bytes = if is_json {
        opened.whole(context, upstream_call).await?
    } else {
        opened.unmasked(context, upstream_call).await?
    };
    if let Some(search) = search.filter(|_| !bytes.trim_ascii().is_empty()) {
        let whole = AnswerReader::new(context, call, (bytes.clone(), content_type), wanted.call_budget);
        search.answer = whole.decoded().await?;
    }
    match &call.output {
        // If only a part of the answer is returned, an empty answer becomes null or an empty list.
        Some(output) if bytes.trim_ascii().is_empty() && output.is_part() => {
            let part = output.apply(Value::Null).map(AnswerBody::Value);
            return part.map_err(|why| failure::mismatch(upstream_call, &why));
        }
        _ if bytes.trim_ascii().is_empty() => return Ok(AnswerBody::Nothing),
        None if is_json => {
            if !is_unchanged {
                return Ok(AnswerBody::Json(bytes));
            }
            let (context, call) = (context.clone(), upstream_call.clone());
            let content_type = content_type.cloned();
            let checked = on_blocking_thread(bytes.len(), move || match serde_json::from_slice::<&RawValue>(&bytes) {
                // `RawValue` checks the syntax and the encoding without building a value.
                Ok(_) => Ok(bytes),
                Err(why) => Err(answer::unreadable(&context, &call, &bytes, content_type.as_ref(), &why)),
            });
            return Ok(AnswerBody::Raw(wanted.call_budget.clone().attach(checked.await?).into()));
        }
        _ => {}
    }
    AnswerReader::new(context, call, (bytes, content_type), wanted.call_budget).body(wanted.as_text).await
}

impl UpstreamAnswer {
    /// Creates a null answer from a refusal that means "nothing found".
    fn nothing_found(error: &Error) -> Self {
        let head = error.upstream().map(|upstream| Head { status: upstream.status, headers: upstream.headers.clone() });
        let (status, headers, body) = (StatusCode::OK, HeaderMap::new(), AnswerBody::Value(Value::Null));
        Self {
            status,
            content_type: None,
            headers,
            head: head.map(Box::new),
            body,
            next: Ok(None),
            fresh: Duration::ZERO,
            context: None,
        }
    }

    /// Returns the answer as a value, whatever its format; bytes become base64.
    ///
    /// # Errors
    /// Returns an error if the answer cannot be read.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents use it"))]
    pub(crate) async fn value(
        self,
        context: &Arc<ClientContext>,
        call: &ReadyCall,
        call_budget: &CallBudget,
    ) -> Result<Value> {
        let json = match self.body {
            AnswerBody::Nothing => return Ok(Value::Null),
            AnswerBody::Value(value) => return Ok(value),
            AnswerBody::File(file) => return Ok(crate::operation::base64(&file.bytes().await?).into()),
            AnswerBody::Raw(raw) => raw.bytes().await?,
            AnswerBody::Items(items) => RawJson::from(items).bytes().await?,
            AnswerBody::Json(json) => json,
        };
        let context = self.context.as_ref().unwrap_or(context);
        AnswerReader::new(context, call, (json, self.content_type.as_ref()), call_budget).value().await
    }

    /// Returns how many bytes of JSON have to be parsed.
    pub(crate) fn size(&self) -> usize {
        match &self.body {
            AnswerBody::Json(json) => json.len(),
            _ => 0,
        }
    }

    /// Decodes the answer into a return type.
    ///
    /// # Errors
    /// Returns an error if the answer does not fit the type.
    pub(crate) fn decode<R>(
        self,
        context: &ClientContext,
        call: &ReadyCall,
        (shape, is_string): (Shape, bool),
        call_budget: &CallBudget,
        (decode, schema): (
            impl Fn(Answered<'_>, Head) -> Result<R, serde_json::Error>,
            impl FnOnce(&mut SchemaGenerator) -> Schema,
        ),
    ) -> Result<R> {
        // Plain text becomes a string, unless only a part of it is returned.
        let may_be_text = is_string && call.output.is_none();
        let context = self.context.as_deref().unwrap_or(context);
        let head = self.head.map(|head| *head).unwrap_or_default();
        let json = match self.body {
            AnswerBody::Raw(raw) => return decode(Answered::Raw(raw), head).map_err(Error::internal),
            AnswerBody::Items(items) => return decode(Answered::Items(items), head).map_err(Error::internal),
            AnswerBody::File(file) if shape == Shape::File => {
                return decode(Answered::File(file), head).map_err(Error::internal);
            }
            AnswerBody::File(file) => return decode(Answered::Raw(file.into()), head).map_err(Error::internal),
            AnswerBody::Nothing if shape == Shape::Raw => Bytes::from_static(b"null"),
            AnswerBody::Nothing => Bytes::new(),
            AnswerBody::Json(json) => json,
            AnswerBody::Value(value) => numbers::json(&value).map_err(|why| inexact(&why.to_string()))?.into(),
        };
        if shape == Shape::Raw {
            return decode(Answered::Raw(json.into()), head).map_err(Error::internal);
        }
        numbers::remember_typed_numbers(&json);
        // The decoded type contains the text a second time.
        call_budget.reserve(memory::typed_cost(&json).saturating_add(json.len()))?;
        let text =
            if may_be_text { answer::text(&call.upstream_call, &json, self.content_type.as_ref())? } else { None };
        let is_xml = call.format == Format::Xml;
        let again = is_xml.then(|| head.clone());
        let decoded = decode(Answered::Json(text.as_ref().unwrap_or(&json)), head);
        let decoded = decoded.or_else(|why| {
            // In XML, one element and a list of one look the same.
            let lists = again.and_then(|head| Some((with_lists_of(schema, &json)?, head)));
            lists.and_then(|(json, head)| decode(Answered::Json(&json), head).ok()).ok_or(why)
        });
        decoded.map_err(|why| {
            let (upstream_call, content_type) = (&call.upstream_call, self.content_type.as_ref());
            let is_text = may_be_text && !why.is_data();
            let unread = is_text.then(|| answer::unread_text(context, upstream_call, content_type)).flatten();
            unread.unwrap_or_else(|| answer::unreadable(context, upstream_call, &json, content_type, &why))
        })
    }
}

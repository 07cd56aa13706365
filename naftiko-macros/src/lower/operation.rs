//! Lowers a method to a fragment of a document.

use super::places::{self, PathAndMethod};
use super::{OperationSpans, consistent, exposed, page};
use crate::document::Matched;
use crate::errors::{Errors, SourceSpan};
use crate::keys::TextLiteral;
use crate::syntax::caller_headers as syntax;
use crate::syntax::constants::Constant;
use crate::syntax::verb::Verb;
use crate::syntax::{CapabilitySettings, Method, Parameter};
use naftiko_spec::Fragment;
use naftiko_spec::fragment::{Argument, ConsumedFragment, ToolFragment};
use naftiko_spec::model::{
    BodyKind, CallerHeader, ConsumedOperation, Document, ErrorAnswer, InputParameter, Method as HttpMethod,
    Milliseconds, OutputParameter, ParameterIn, RequestBody, Style, TypedBody, is_header_name,
};
use naftiko_spec::names;
use serde_json::Value;

/// A method that is a request to an API, or that callers can reach.
pub(crate) struct MethodOperation<'a> {
    pub(crate) method: &'a Method,
    /// Whether the client implements it: it has a verb, or is an operation of the document without a body.
    pub(crate) consumed: bool,
    /// Its match, if it is an operation of the document.
    pub(crate) matched: Option<Matched>,
}

/// Lowers a method; `None` if it has a mistake or is not an operation.
pub(super) fn lower<'a>(
    settings: &CapabilitySettings,
    head: &Document,
    method: &'a Method,
    errors: &mut Errors,
) -> Option<(MethodOperation<'a>, Fragment, OperationSpans)> {
    let helpers = &method.helpers;
    if method.broken || !consistent::check(settings, head, method, errors) {
        return None;
    }
    let verb = helpers.verb.as_ref();
    if verb.is_none() && helpers.skip.is_some() && !helpers.completes_others {
        return None;
    }
    let route = match verb {
        Some(verb) => PathAndMethod {
            path: verb.path.as_ref().map(|path| path.value.as_str()),
            method: verb.method,
            consume: Some(consistent::upstream(head, verb, errors)?),
        },
        None => match helpers.rest.as_ref().and_then(|rest| rest.route.as_ref()) {
            Some((method, _, path)) => PathAndMethod { path: Some(&path.value), method: *method, consume: None },
            None => PathAndMethod { path: None, method: HttpMethod::Post, consume: None },
        },
    };
    let of_rest = helpers.rests().find_map(|rest| rest.description.as_ref());
    let of_tool = helpers.tools().find_map(|tool| tool.description.as_ref());
    let description = verb.and_then(|verb| verb.description.as_ref()).or(method.description.as_ref());
    let of_resource = helpers.resource.as_ref().and_then(|resource| resource.description.as_ref());
    let of_prompt = helpers.prompt.as_ref().and_then(|prompt| prompt.description.as_ref());
    let description = description.or(of_rest).or(of_tool).or(of_resource).or(of_prompt);
    let rest_status = helpers.rest.as_ref().and_then(|rest| rest.status).map(|(status, _)| status);
    let mut fragment = Fragment {
        name: verb
            .and_then(|verb| verb.name.as_ref())
            .map_or_else(|| names::kebab(&method.name), |name| name.value.clone()),
        description: description.map(|text| text.value.clone()),
        arguments: places::arguments(settings, head, method, &route),
        status: verb.and_then(|verb| verb.status).or(rest_status),
        errors: verb.iter().flat_map(|verb| &verb.errors).map(|status| ErrorAnswer::of(*status)).collect(),
        response_headers: match (verb, &helpers.rest) {
            (Some(verb), _) => verb.response_headers.as_ref(),
            (None, rest) => rest.as_ref().and_then(|rest| rest.response_headers.as_ref()),
        }
        .map_or_else(Vec::new, |headers| headers.names.clone()),
        output: helpers.output.as_ref().map(|output| output.value.clone()),
        examples: helpers.examples.clone(),
        takes_context: method.context.is_some(),
        has_pages: helpers.page.is_some(),
        cfg: method.cfg.text.clone(),
        refinements: refinements(method),
        declares_body: verb.is_some_and(|verb| verb.body.is_some())
            || helpers.rest.as_ref().is_some_and(|rest| rest.body.is_some()),
        ..Fragment::default()
    };
    let body_key = verb.and_then(|verb| verb.body.as_ref());
    let body_key = body_key.or(helpers.rest.as_ref().and_then(|rest| rest.body.as_ref()));
    if let Some(key) = body_key.filter(|_| !fragment.arguments.iter().any(|argument| argument.whole_body)) {
        errors.add(
            key.span(),
            "`body` is declared, but no argument is the body",
            "add an argument `body: &T`, or remove `body`",
        );
    }
    for parameter in method.parameters.iter().filter(|parameter| parameter.format.file && parameter.place.is_none()) {
        let help = "write `#[body(bytes)]`, or `#[part]` for one part of a multipart body";
        errors.add(
            SourceSpan::of(&parameter.inner),
            "expected `#[body(bytes)]` or `#[part]` on this `Upload` argument",
            help,
        );
    }
    if let Some(verb) = verb {
        check_constants(method, verb, &fragment.arguments, errors);
    }
    fragment.consumed = verb.and_then(|verb| consumed(method, verb, &route, &fragment));
    if let (Some(consumed), Some(api)) =
        (&fragment.consumed, route.consume.and_then(|at| head.capability.consumes.get(at)))
    {
        let of_api = api.sent_caller_headers();
        fragment.caller_headers = of_api.iter().chain(&consumed.operation.caller_headers).cloned().collect();
    }
    exposed::expose(settings, head, method, &route, &mut fragment);
    check_tool_argument_names(method, &fragment, errors);
    let operation = MethodOperation { method, consumed: verb.is_some(), matched: None };
    let input_schemas = exposed::input_schemas(head, method, &fragment);
    Some((operation, fragment, OperationSpans { input_schemas, ..spans(method) }))
}

/// Returns the keywords that attributes add to the schema of each argument; empty if they add none.
fn refinements(method: &Method) -> Vec<serde_json::Value> {
    let all = method.parameters.iter().map(|parameter| parameter.refinement.clone());
    if all.clone().all(|added| added.is_none()) { Vec::new() } else { all.map(Option::unwrap_or_default).collect() }
}

/// Returns the constants of a verb's requests, with the Content-Type that the argument of its body sets.
fn constants(method: &Method, verb: &Verb) -> Vec<Constant> {
    let content_type = method.parameters.iter().find_map(|parameter| parameter.format.body_type());
    let content_type = content_type.map(|text| Constant {
        place: ParameterIn::Header,
        name: TextLiteral { value: "Content-Type".to_owned(), span: text.span },
        value: text.clone(),
    });
    verb.constants.iter().cloned().chain(content_type).collect()
}

/// Reports constants that have the name of an argument.
fn check_constants(method: &Method, verb: &Verb, arguments: &[Argument], errors: &mut Errors) {
    for constant in constants(method, verb) {
        let name = &constant.name.value;
        for (parameter, argument) in method.parameters.iter().zip(arguments) {
            let in_headers = argument.style == Some(Style::Members) && argument.place == ParameterIn::Header;
            let is_member = in_headers
                && name.get(..argument.name.len()).is_some_and(|start| start.eq_ignore_ascii_case(&argument.name));
            if constant.has_name(argument.place, &argument.name) || (constant.place == ParameterIn::Header && is_member)
            {
                let what = if is_member { "begins with the prefix of" } else { "has the same name as" };
                let message = format!("the constant `{name}` {what} the argument `{}`", parameter.name);
                let attribute = argument.place.as_str();
                let help = if is_member {
                    "remove the constant, or give the argument another prefix".to_owned()
                } else {
                    format!("remove one of them; to give the argument a default, write `#[{attribute}(default = …)]`")
                };
                errors.add(constant.name.span, message, help);
            }
        }
    }
}

/// Reports arguments whose names MCP clients refuse, unless every tool renames them.
fn check_tool_argument_names(method: &Method, fragment: &Fragment, errors: &mut Errors) {
    for (at, (parameter, argument)) in method.parameters.iter().zip(&fragment.arguments).enumerate() {
        let is_named = |tool: &ToolFragment| tool.arguments.iter().any(|own| own.argument == at && own.name.is_some());
        // A name that is not valid in a header is reported already.
        let is_reported = argument.place == ParameterIn::Header && !is_header_name(&argument.name);
        if names::is_tool_argument(&argument.name) || is_reported || fragment.tools.iter().all(is_named) {
            continue;
        }
        let message = format!("MCP clients refuse `{}` as the name of an argument", argument.name);
        let name = names::tool_argument(&argument.name);
        let help = format!("give it another name in tools: `#[tool(argument({} = \"{name}\"))]`", parameter.name);
        errors.add(argument_span(parameter), message, help);
    }
}

/// Returns the request of a method with a verb, as an operation of the consumed API; `None` if the path or the API is unknown.
fn consumed(method: &Method, verb: &Verb, route: &PathAndMethod<'_>, fragment: &Fragment) -> Option<ConsumedFragment> {
    let path = route.path?;
    let constant = |constant: &Constant| InputParameter {
        name: constant.name.value.clone(),
        place: Some(constant.place),
        value: Some(constant.value.value.clone()),
        ..InputParameter::default()
    };
    let mut input_parameters = exposed::consumed_inputs(method, &fragment.arguments);
    input_parameters.extend(constants(method, verb).iter().map(constant));
    let body = fragment.arguments.iter().find_map(|argument| Some((argument.body?, argument)));
    let body = body.map(|(kind, argument)| {
        let lists = (kind == BodyKind::FormUrlEncoded).then(|| argument.style.unwrap_or(Style::Repeated));
        RequestBody::Typed(TypedBody { kind, data: Value::Null, lists })
    });
    Some(ConsumedFragment {
        consume: route.consume?,
        resource: names::resource(path),
        path: path.to_owned(),
        operation: ConsumedOperation {
            name: fragment.name.clone(),
            method: verb.method,
            description: fragment.description.clone(),
            output_raw_format: Some(verb.format.map_or("json", |(format, _)| format.word()).to_owned()),
            none_on: verb.none_on.iter().flat_map(|none_on| &none_on.statuses).map(|(status, _)| *status).collect(),
            response_headers: fragment.response_headers.clone(),
            errors: fragment.errors.clone(),
            examples: fragment.examples.clone(),
            caller_headers: verb.caller_headers.iter().map(caller_header).collect(),
            timeout: verb.timeout_ms.map(Milliseconds),
            resilience: verb.resilience.resilience.clone(),
            page: page::lower(method, &fragment.arguments),
            cache: verb.cache.map(|(cache, _)| cache),
            output_parameters: vec![result_parameter(fragment.output.as_deref())],
            input_parameters,
            body,
            ..ConsumedOperation::default()
        },
    })
}

fn caller_header(header: &syntax::CallerHeader) -> CallerHeader {
    CallerHeader { name: header.name.value.clone(), required: header.required }
}

/// Returns the output parameter `result`, with `$.` for the whole answer, in the form of Naftiko's own documents.
fn result_parameter(output: Option<&str>) -> OutputParameter {
    OutputParameter {
        name: Some("result".to_owned()),
        kind: "object".to_owned(),
        value: Some(output.unwrap_or("$.").to_owned()),
        ..OutputParameter::default()
    }
}

/// Returns the spans of the parts of a method's fragment.
pub(super) fn spans(method: &Method) -> OperationSpans {
    let at = |text: Option<&TextLiteral>| text.map(|text| text.span);
    let helpers = &method.helpers;
    let verb = helpers.verb.as_ref();
    let route_path = helpers.rests().find_map(|rest| rest.path.as_ref());
    let route_path =
        route_path.or_else(|| helpers.rests().find_map(|rest| rest.route.as_ref().map(|(_, _, path)| path)));
    let constants = verb.map(|verb| constants(method, verb)).unwrap_or_default();
    let constants = constants.into_iter().map(|constant| constant.value.span);
    OperationSpans {
        operation: method.signature.ident.span().into(),
        path: at(verb.and_then(|verb| verb.path.as_ref())),
        name: at(verb.and_then(|verb| verb.name.as_ref())),
        route_path: at(route_path),
        tool_name: at(helpers.tools().find_map(|tool| tool.name.as_ref())),
        hints: helpers.tools().find_map(|tool| tool.hints.span),
        max_output: helpers.tools().find_map(|tool| tool.max_output).map(|(_, span)| span),
        input_schemas: Vec::new(),
        resource_uri: helpers.resource.as_ref().map(|resource| resource.uri.span),
        scope: at(helpers.scopes.first()),
        prompt_name: at(helpers.prompt.as_ref().and_then(|prompt| prompt.name.as_ref())),
        resilience: verb.map(|verb| verb.resilience.spans.clone()).unwrap_or_default(),
        page: helpers.page.as_ref().map(|page| page.spans.clone()).unwrap_or_default(),
        cache: verb.and_then(|verb| verb.cache).map(|(_, span)| span),
        caller_headers: verb.iter().flat_map(|verb| &verb.caller_headers).map(|header| header.name.span).collect(),
        arguments: method.parameters.iter().map(argument_span).chain(constants).collect(),
        output: at(helpers.output.as_ref()),
        description: at(verb.and_then(|verb| verb.description.as_ref()).or(method.description.as_ref())),
    }
}

/// Returns the span of an argument's name: of the name in its attribute, or of the name in the signature.
fn argument_span(parameter: &Parameter) -> SourceSpan {
    match &parameter.rename {
        Some(rename) => rename.span,
        None => parameter.ident.span().into(),
    }
}

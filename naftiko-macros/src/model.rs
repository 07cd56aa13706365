//! The input of code generation, with every decision made.

mod effects;

pub(crate) use effects::{CallEffect, MethodEffect, Promise};

use crate::document::DocumentSource;
use crate::errors::SourceSpan;
use crate::lower::{Lowered, MethodOperation as LoweredOperation};
use crate::skills::Skill;
use crate::syntax::condition::Cfg;
use crate::syntax::settings::AdapterKind;
use crate::syntax::{CapabilitySettings, Form, Method, Parameter, Trait, UsedCapability};
use naftiko_spec::fragment::{Argument, Fragment};
use naftiko_spec::lower::{Embedded, Work};
use naftiko_spec::model::Scheme;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use std::collections::HashMap;
use syn::Type;

/// The input for all the code that is generated for a trait.
pub(crate) struct Model<'a> {
    pub(crate) item: &'a Trait,
    pub(crate) krate: TokenStream,
    /// The head of the document, as JSON; the whole document if a document supplies the trait's operations.
    pub(crate) head: String,
    /// The namespaces of the adapters that declare one.
    pub(crate) named_adapters: Vec<String>,
    /// The location of the trait's document, as an expression.
    pub(crate) location: Option<&'a TokenStream>,
    /// The skills that the MCP adapters serve.
    pub(crate) skills: &'a [Skill],
    /// The routes of the document whose requests are forwarded unchanged, as JSON.
    pub(crate) forwards: String,
    pub(crate) has_client: bool,
    /// The capabilities that the trait is built on.
    pub(crate) uses: &'a [UsedCapability],
    /// The base URIs of the APIs that the client calls, for its documentation.
    pub(crate) upstreams: Vec<String>,
    /// The environment variables that the binds of the document name, for the client's documentation.
    pub(crate) variables: Vec<String>,
    pub(crate) operations: Vec<OperationModel<'a>>,
    /// The effects of the trait's methods.
    pub(crate) effects: Vec<MethodEffect<'a>>,
    pub(crate) descriptors: Vec<Descriptor>,
    /// The spans of the adapters' `authentication(oauth2(…))`. There, generated code requires the feature `oauth`.
    pub(crate) oauth: Vec<SourceSpan>,
}

/// One operation.
pub(crate) struct OperationModel<'a> {
    pub(crate) method: &'a Method,
    /// Whether the client implements it.
    pub(crate) consumed: bool,
    /// Its plan, as JSON.
    pub(crate) plan: String,
    /// Its arguments, in the order of the method.
    pub(crate) inputs: Vec<InputModel<'a>>,
    /// The descriptor of its return type.
    pub(crate) output: Ident,
    /// Whether the document declares its result: its return type is the one that a generated method would have.
    pub(crate) documented: bool,
    /// The name of the client method that returns its pages, if it has pages.
    pub(crate) pages: Option<String>,
}

/// One argument.
pub(crate) struct InputModel<'a> {
    pub(crate) parameter: &'a Parameter,
    /// Its index in the method, or in the document's operation.
    pub(crate) number: usize,
    /// Whether the document declares its schema.
    pub(crate) documented: bool,
    /// Whether its type is a list, although the document's operation takes a single value, which is then an array.
    pub(crate) is_list: bool,
    /// The descriptor of its type; `None` for `&str`, whose descriptor is in the runtime.
    pub(crate) descriptor: Option<Ident>,
    /// Whether it is sent as JSON.
    pub(crate) is_json: bool,
}

/// A static with the codec and the schema of a type.
pub(crate) struct Descriptor {
    pub(crate) ident: Ident,
    pub(crate) kind: Kind,
    pub(crate) ty: TokenStream,
    pub(crate) cfg: TokenStream,
    pub(crate) span: Span,
}

/// The use of a type, which determines its descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// An argument that is sent as a single string.
    Scalar,
    /// An argument of a consumed operation that is JSON: a body, a part of one, or an object in a query or in headers.
    Body,
    /// A file.
    Upload,
    /// An argument of an orchestration that callers send as JSON.
    Input,
    /// The result of a consumed operation.
    Answer,
    /// The result of an orchestration.
    Output,
}

impl Kind {
    /// Returns whether it describes an argument.
    pub(crate) fn is_input(self) -> bool {
        matches!(self, Self::Scalar | Self::Body | Self::Upload | Self::Input)
    }

    /// Returns the constructor of its descriptor.
    pub(crate) fn constructor(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Body => "body",
            Self::Upload => "upload",
            Self::Input => "input",
            Self::Answer => "answer",
            Self::Output => "output",
        }
    }
}

/// One descriptor for each type, kind and condition.
#[derive(Default)]
struct Descriptors {
    list: Vec<Descriptor>,
    known: HashMap<(Kind, String, String), Ident>,
    argument_count: usize,
    return_count: usize,
}

impl Descriptors {
    /// Returns the descriptor of a type that a method uses. An existing descriptor is reused if it is compiled whenever the method is.
    fn of(&mut self, kind: Kind, ty: &Type, cfg: &Cfg) -> Ident {
        let text = ty.to_token_stream().to_string();
        for condition in ["", cfg.text.as_str()] {
            if let Some(ident) = self.known.get(&(kind, text.clone(), condition.to_owned())) {
                return ident.clone();
            }
        }
        let (count, name) =
            if kind.is_input() { (&mut self.argument_count, "__IN") } else { (&mut self.return_count, "__RET") };
        let ident = format_ident!("{name}_{count}");
        *count += 1;
        self.known.insert((kind, text, cfg.text.clone()), ident.clone());
        let span = syn::spanned::Spanned::span(ty);
        self.list.push(Descriptor {
            ident: ident.clone(),
            kind,
            ty: ty.to_token_stream(),
            cfg: cfg.tokens.clone(),
            span,
        });
        ident
    }
}

/// Returns the spans of the adapters' `authentication(oauth2(…))`.
fn oauth(settings: &CapabilitySettings) -> Vec<SourceSpan> {
    let all = settings.exposes.iter().filter_map(|expose| expose.authentication.as_ref());
    all.filter(|own| own.scheme.word == Scheme::OAUTH2.word).map(|own| own.span).collect()
}

/// Returns the namespaces of the MCP adapters that declare one.
fn named_adapters(settings: &CapabilitySettings) -> Vec<String> {
    let adapters = settings.exposes.iter().filter(|expose| expose.kind == AdapterKind::Mcp);
    adapters.filter_map(|expose| expose.namespace.as_ref().map(|name| name.value.clone())).collect()
}

/// Returns the methods whose effects are derived from the calls in their bodies. Only the compiler knows these effects.
pub(crate) fn derived<'a>(
    settings: &'a CapabilitySettings,
    item: &'a Trait,
    source: Option<&'a DocumentSource>,
) -> Vec<&'a Method> {
    let effects = effects::of(settings, item, source, |_| true).into_iter();
    effects.filter(|effect| effect.is_derived).map(|effect| effect.method).collect()
}

/// Returns the path of the `naftiko` crate.
pub(crate) fn krate(settings: &CapabilitySettings) -> TokenStream {
    settings.krate.clone().unwrap_or_else(|| quote!(::naftiko))
}

impl<'a> Model<'a> {
    /// Builds the model of a draft without mistakes. Returns an error if an operation has no valid plan, or if a part of the model cannot
    /// be written as JSON.
    pub(crate) fn new(settings: &'a CapabilitySettings, item: &'a Trait, lowered: Lowered<'a>) -> Result<Self, String> {
        let Lowered { draft, operations, source, .. } = lowered;
        let mut descriptors = Descriptors::default();
        // Methods without a `cfg` come first, so that methods with a `cfg` can reuse their descriptors.
        for conditional in [false, true] {
            for (operation, fragment) in operations.iter().zip(&draft.fragments) {
                if operation.method.cfg.text.is_empty() != conditional {
                    describe(operation, &fragment.arguments, &mut descriptors);
                }
            }
        }
        let binds = draft.head.all_binds();
        let variables = binds.iter().filter(|bind| bind.namespace == "env" && bind.location.is_none());
        let variables = variables.flat_map(|bind| bind.keys.values().cloned()).collect();
        let upstreams: Vec<String> = draft.head.all_consumes().iter().map(|consume| consume.base_uri.clone()).collect();
        let is_operation = |method: &Method| operations.iter().any(|operation| std::ptr::eq(operation.method, method));
        let effects = effects::of(settings, item, source, is_operation);
        // The operations of the document come first.
        let mut of_document = source.iter().flat_map(|source| &source.operations);
        let operations = operations.iter().zip(&draft.fragments).map(|(operation, fragment)| {
            let mut derived = effects.iter().filter(|effect| effect.is_derived);
            let is_derived = derived.any(|effect| std::ptr::eq(effect.method, operation.method));
            // The runtime derives the hints of such a method's tools from its effects, unless the tools have hints.
            let without_derived_hints = |mut fragment: Fragment| {
                if is_derived {
                    fragment.tools.iter_mut().for_each(|part| part.tool.hints = None);
                }
                fragment
            };
            let plan = if let Some(documented) = of_document.next() {
                let mut merged = documented.merged.clone();
                merged.operation.fragment = without_derived_hints(merged.operation.fragment);
                Embedded::from(merged)
            } else {
                Embedded::of_trait(without_derived_hints(fragment.clone()))?
            };
            let has_pages = matches!(&plan.work, Some(Work::Call { call }) if call.page.is_some());
            let pages = has_pages.then(|| operation.method.pages_name());
            // If a method of the trait has this name, none is generated.
            let pages = pages.filter(|pages| operation.consumed && item.methods().all(|other| other.name != *pages));
            let (inputs, output) = describe(operation, &fragment.arguments, &mut descriptors);
            Ok(OperationModel {
                method: operation.method,
                consumed: operation.consumed,
                plan: plan.to_json().map_err(|error| error.to_string())?,
                inputs,
                output,
                documented: operation.matched.as_ref().is_some_and(|matched| matched.has_default_output),
                pages,
            })
        });
        let operations = operations.collect::<Result<_, String>>()?;
        let head = serde_json::to_string(source.map_or(&draft.head, |source| &source.document));
        let forwards = serde_json::to_string(source.map_or(&[][..], |source| &source.forwards));
        Ok(Self {
            item,
            krate: krate(settings),
            head: head.map_err(|error| error.to_string())?,
            named_adapters: named_adapters(settings),
            location: source.map(|source| &source.location),
            forwards: forwards.map_err(|error| error.to_string())?,
            skills: &settings.skill_folders,
            has_client: source.is_some() || !upstreams.is_empty(),
            uses: &settings.uses,
            upstreams,
            variables,
            operations,
            effects,
            descriptors: descriptors.list,
            oauth: oauth(settings),
        })
    }
}

/// Returns the arguments of an operation, each with the descriptor of its type, and the descriptor of the return type. Adds descriptors
/// that do not exist yet.
fn describe<'a>(
    operation: &LoweredOperation<'a>,
    arguments: &[Argument],
    descriptors: &mut Descriptors,
) -> (Vec<InputModel<'a>>, Ident) {
    let method = operation.method;
    let numbers: Vec<(usize, bool)> = match &operation.matched {
        Some(matched) => matched.arguments.clone(),
        None => (0..arguments.len()).map(|number| (number, false)).collect(),
    };
    let inputs = method.parameters.iter().zip(numbers).filter_map(|(parameter, (number, documented))| {
        let argument = arguments.get(number)?;
        // Operations of a document accept any JSON value, wherever it is sent.
        let is_json = argument.is_json() || (operation.matched.is_some() && parameter.form != Form::Str);
        let kind = match (is_json, operation.consumed) {
            _ if parameter.format.file => Kind::Upload,
            (false, _) => Kind::Scalar,
            (true, true) => Kind::Body,
            (true, false) => Kind::Input,
        };
        let descriptor = (parameter.form != Form::Str).then(|| descriptors.of(kind, &parameter.inner, &method.cfg));
        let is_list =
            operation.matched.is_some() && !argument.many && matches!(parameter.form, Form::Slice | Form::Vec);
        Some(InputModel { parameter, number, documented, is_list, descriptor, is_json })
    });
    let inputs = inputs.collect();
    let kind = if operation.consumed { Kind::Answer } else { Kind::Output };
    let unit: Type = syn::parse_quote!(());
    let output = descriptors.of(kind, method.output.as_ref().unwrap_or(&unit), &method.cfg);
    (inputs, output)
}

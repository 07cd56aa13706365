//! The data that `#[capability]` records about a trait: the document in pieces, and the types of each method.

use super::client_operations::Consumed;
use super::effects::MethodEffects;
use super::exposed_operation::{MethodTypes, Operation};
use super::relay::RelayArgument;
use super::ret::RelayReturn;
use super::skill::{EmbeddedSkill, SkillFolder};
use crate::schema::{self, SchemaValidator};
use naftiko_spec::fragment::{Draft, Fragment};
use naftiko_spec::lower::{Call, Embedded, Lowered, LoweredOperation, Work};
use naftiko_spec::model::{CallerHeader, Document, Expose, Tool};
use naftiko_spec::openapi::OperationTypes;
use std::sync::{Arc, OnceLock};

/// A type that represents a capability, usually its client.
#[doc(hidden)]
pub trait Describe: Sized + Send + Sync + 'static {
    /// The methods of the trait with their effects, for capabilities that are built on this one.
    const EFFECTS: &'static MethodEffects = &[];

    /// Returns the definition.
    fn definition() -> &'static Definition;

    /// Returns the operations that a client answers by calling its API.
    fn consumed(&self) -> Option<Arc<dyn Consumed>> {
        None
    }
}

/// The data that `#[capability]` records about a trait: the document in pieces, and the types.
#[doc(hidden)]
pub struct Definition {
    head: &'static str,
    /// The forward routes as JSON, if a document implements the trait. `head` is then the whole document, and its
    /// operations precede those that the trait adds.
    forwards: Option<&'static str>,
    operations: &'static [OperationDefinition],
    /// The crate that the trait is in.
    pub(super) krate: CrateInfo,
    /// The skills of its crate.
    skills: &'static [EmbeddedSkill],
    /// The definitions of the capabilities that the trait is built on.
    uses: &'static [fn() -> &'static Definition],
    /// The effects of methods' bodies, which follow from the operations that the bodies call. They become the hints of a method's tools
    /// that declare none.
    derived: &'static MethodEffects,
    parsed: OnceLock<ParsedDefinition>,
}

/// The crate that a trait is in.
#[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP servers have a name"))]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CrateInfo {
    /// Its name.
    pub(crate) name: Option<&'static str>,
    /// Its version.
    pub(crate) version: Option<&'static str>,
    /// The namespaces of the trait's adapters that declare one.
    pub(crate) named_adapters: &'static [&'static str],
}

/// The data that `#[capability]` records about one method.
#[doc(hidden)]
pub struct OperationDefinition {
    /// Its index: its position in the source, independent of `cfg`.
    pub index: usize,
    /// The method's name, without `r#`.
    pub method: &'static str,
    /// Its plan: an [`Embedded`] as JSON.
    pub plan: &'static str,
    /// The types of its arguments.
    pub inputs: &'static [&'static dyn RelayArgument],
    /// Its return type.
    pub output: &'static dyn RelayReturn,
}

/// The APIs that a capability calls through the capabilities that it is built on, and the callers' headers that are sent to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct UsedApis {
    /// The APIs: the label of the capability that consumes the API, and the API's namespace.
    pub(crate) apis: Vec<(String, String)>,
    /// The headers of a caller's request that are sent to the APIs.
    pub(crate) caller_headers: Vec<CallerHeader>,
}

#[cfg(feature = "cli")]
impl UsedApis {
    /// Returns the namespaces of the APIs.
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().map(|(_, namespace)| namespace.as_str())
    }
}

/// A parsed definition.
#[derive(Debug, Clone)]
pub(crate) struct ParsedDefinition {
    /// The head and the fragments.
    pub(crate) draft: Arc<Draft>,
    /// The calls of the trait's own operations, in the order of their fragments, which follow the fragments of the document.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only clients send requests"))]
    pub(crate) calls: Arc<[Option<Box<Call>>]>,
    /// The document that implements the trait.
    pub(crate) loaded: Option<Arc<LoadedDocument>>,
}

/// A document that implements a trait.
#[derive(Debug)]
pub(crate) struct LoadedDocument {
    /// The document itself.
    pub(crate) file: Document,
    /// Its lowered operations; routes and tools with the same behaviour are one operation.
    pub(crate) lowered: Lowered,
}

impl Definition {
    /// Creates a definition.
    #[must_use]
    pub const fn new(head: &'static str, operations: &'static [OperationDefinition]) -> Self {
        Self {
            head,
            forwards: None,
            operations,
            krate: CrateInfo { name: None, version: None, named_adapters: &[] },
            skills: &[],
            uses: &[],
            derived: &[],
            parsed: OnceLock::new(),
        }
    }

    /// Creates the definition of a trait that a document implements. The operations of the document precede those that the trait
    /// adds.
    #[must_use]
    pub const fn implemented_by(
        document: &'static str,
        forwards: &'static str,
        operations: &'static [OperationDefinition],
    ) -> Self {
        let mut definition = Self::new(document, operations);
        definition.forwards = Some(forwards);
        definition
    }

    /// Sets the name and the version of the crate, and the namespaces of the adapters that declare one.
    #[must_use]
    pub const fn of_crate(
        mut self,
        name: Option<&'static str>,
        version: Option<&'static str>,
        named_adapters: &'static [&'static str],
    ) -> Self {
        self.krate = CrateInfo { name, version, named_adapters };
        self
    }

    /// Adds the skills of the crate.
    #[must_use]
    pub const fn with_skills(mut self, skills: &'static [EmbeddedSkill]) -> Self {
        self.skills = skills;
        self
    }

    /// Adds the capabilities that the trait is built on.
    #[must_use]
    pub const fn using(mut self, uses: &'static [fn() -> &'static Definition]) -> Self {
        self.uses = uses;
        self
    }

    /// Adds the effects of the operations that the bodies of the trait's methods call.
    #[must_use]
    pub const fn with_effects(mut self, derived: &'static MethodEffects) -> Self {
        self.derived = derived;
        self
    }

    /// Sets the effects of a method's body as the hints of its tools that have no hints: the tools in `fragment`, and the tools at
    /// `locations` in `document`.
    fn add_effects(&self, method: &str, fragment: &mut Fragment, document: &mut Document, locations: &[String]) {
        let Some((_, effects)) = self.derived.iter().find(|(name, _)| *name == method) else { return };
        for part in &mut fragment.tools {
            part.tool.hints.get_or_insert(*effects);
        }
        for location in locations {
            if let Some(tool) = tool_at(document, location) {
                tool.hints.get_or_insert(*effects);
            }
        }
    }

    /// Returns the APIs that are called by the capabilities that the trait is built on, at any depth, and the callers' headers that
    /// are sent to them.
    pub(crate) fn used_apis(&self) -> UsedApis {
        let mut all = UsedApis::default();
        for used in self.uses {
            let used = used();
            let draft = &used.parsed().draft;
            let (label, consumes) = (&draft.head.info.label, draft.head.all_consumes());
            all.apis.extend(consumes.into_iter().map(|consume| (label.clone(), consume.namespace.clone())));
            all.caller_headers.extend(draft.fragments.iter().flat_map(|fragment| fragment.caller_headers.clone()));
            let nested = used.used_apis();
            all.apis.extend(nested.apis);
            all.caller_headers.extend(nested.caller_headers);
        }
        all
    }

    /// Returns the skills, for the first skill adapter of `document`; no skills if the document has no such adapter.
    pub(super) fn skills(&self, document: &Document) -> Vec<SkillFolder> {
        let exposes = document.capability.exposes.iter();
        let adapter = exposes.enumerate().find(|(_, expose)| matches!(expose, Expose::Skill(_)));
        let of = |(expose, _)| self.skills.iter().map(move |skill| SkillFolder::embedded(expose, skill));
        adapter.into_iter().flat_map(of).collect()
    }

    /// Returns the parsed definition. The first call parses it.
    pub(crate) fn parsed(&self) -> &ParsedDefinition {
        self.parsed.get_or_init(|| {
            #[allow(
                clippy::expect_used,
                reason = "this fails only if macro and runtime have different versions, and those are pinned"
            )]
            let parsed = self.parse().expect("use the same version of naftiko and naftiko-macros");
            parsed
        })
    }

    /// Parses the literals, which the macro serialized from the same types.
    fn parse(&self) -> Result<ParsedDefinition, serde_json::Error> {
        let mut head: Document = serde_json::from_str(self.head)?;
        let (mut fragments, mut calls) = (Vec::new(), Vec::new());
        let mut lowered = Lowered::default();
        for operation in self.operations {
            let Embedded { mut fragment, work, schemas, output, at, .. } = Embedded::from_json(operation.plan, &head)?;
            self.add_effects(operation.method, &mut fragment, &mut head, &at);
            fragments.push(fragment.clone());
            match (work, at.into_iter().next()) {
                (Some(work), Some(at)) => {
                    lowered.operations.push(LoweredOperation { fragment, schemas, output, work, at });
                }
                (Some(Work::Call { call }), None) => calls.push(Some(call)),
                _ => calls.push(None),
            }
        }
        let Some(forwards) = self.forwards else {
            return Ok(ParsedDefinition {
                draft: Arc::new(Draft { head, fragments }),
                calls: calls.into(),
                loaded: None,
            });
        };
        lowered.forwards = serde_json::from_str(forwards)?;
        let draft = Arc::new(Draft { head: super::from_document::head(&head), fragments });
        let loaded = Some(Arc::new(LoadedDocument { file: head, lowered }));
        Ok(ParsedDefinition { draft, calls: calls.into(), loaded })
    }

    /// Returns the definitions of its operations, in the order of the draft.
    #[cfg(feature = "client")]
    pub(crate) fn methods(&self) -> &'static [OperationDefinition] {
        self.operations
    }

    /// Returns its operations with their schemas.
    pub(super) fn operations(&'static self) -> Vec<Arc<Operation>> {
        let ParsedDefinition { draft, loaded, .. } = self.parsed();
        let effects = loaded.iter().flat_map(|loaded| super::from_document::effects(&loaded.lowered.operations));
        let effects: Vec<_> = effects.collect();
        let documented = loaded.iter().flat_map(|loaded| &loaded.lowered.operations).map(Some);
        let documented = documented.chain(std::iter::repeat(None));
        self.operations
            .iter()
            .zip(&draft.fragments)
            .zip(documented)
            .map(|((definition, fragment), documented)| {
                if let Some(documented) = documented {
                    return Arc::new(definition.as_documented(documented, &effects));
                }
                let (inputs, orders): (Vec<_>, Vec<_>) =
                    definition.inputs.iter().map(|input| schema::of_input(*input)).unzip();
                let output = schema::of_output(definition.output);
                let mut operation =
                    Operation::new(definition.index, definition.method, fragment.clone(), inputs, output);
                for (input, order) in operation.inputs.iter_mut().zip(orders) {
                    input.order = order;
                }
                let errors = schema::of_errors(definition.output);
                operation.output_order = schema::output_order(definition.output);
                Arc::new(Operation { errors, defined: Some(definition), ..operation })
            })
            .collect()
    }
}

/// Returns the tool at a location in a document, such as `/capability/exposes/1/tools/0`.
fn tool_at<'a>(document: &'a mut Document, location: &str) -> Option<&'a mut Tool> {
    let (expose, tool) = location.strip_prefix("/capability/exposes/")?.split_once("/tools/")?;
    match document.capability.exposes.get_mut(expose.parse::<usize>().ok()?)? {
        Expose::Mcp(mcp) => mcp.tools.get_mut(tool.parse::<usize>().ok()?),
        _ => None,
    }
}

impl MethodTypes for OperationDefinition {
    fn keep_type_names(&self, operation: &Operation, types: &mut OperationTypes) {
        let inputs = operation.inputs.iter().enumerate().zip(self.inputs).zip(&mut types.inputs);
        for (((at, input), ty), schema) in inputs {
            if !ty.has_document_schema() {
                let named = schema::for_argument(&input.argument, schema::of_input_named(*ty));
                *schema = schema::refined(named, operation.fragment.refinement(at));
            }
        }
        if !self.output.has_document_schema() {
            types.output = schema::of_output_named(self.output);
            types.errors = schema::of_errors_named(self.output);
        }
    }
}

impl OperationDefinition {
    /// Returns the operation of the document, with the types that the method declares. `effects` are the calls that have an effect.
    fn as_documented(&'static self, documented: &LoweredOperation, effects: &[(usize, String)]) -> Operation {
        let (mut operation, _) = super::from_document::adapted(self.index, documented.clone(), effects);
        operation.defined = Some(self);
        self.method.clone_into(&mut operation.method);
        for (input, ty) in operation.inputs.iter_mut().zip(self.inputs) {
            if !ty.has_document_schema() {
                let (schema, order) = schema::of_input(*ty);
                let schema = schema::for_argument(&input.argument, schema);
                (input.check, input.schema, input.order) = (SchemaValidator::new(&schema), schema, order);
            }
        }
        if !self.output.has_document_schema() {
            operation.output = schema::of_output(self.output);
            operation.output_order = schema::output_order(self.output);
            operation.errors = schema::of_errors(self.output);
        }
        operation
    }
}

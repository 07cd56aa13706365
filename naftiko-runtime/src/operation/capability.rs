//! A capability at run time: a document, its operations with their schemas, and their implementation.

use super::client_operations::ClientOperations;
use super::definition::{CrateInfo, Definition, Describe, ParsedDefinition, UsedApis};
use super::exposed_operation::Operation;
use super::files::OfferedFiles;
use super::generated_document;
use super::{Arguments, BoxFuture, CallerAuthentication, CallerValues, Forwarded, Operations, Output};
use crate::error::Result;
use crate::limits::{Limits, OperationLimiter};
use naftiko_spec::fragment::Draft;
use naftiko_spec::model::Document;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The client of a trait that `T` implements.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{T}` does not implement the trait that `{Self}` is the client of",
    label = "this type does not implement the client's trait",
    note = "call `demo` right after the client that it replaces: `run(TokensClient::from_env).demo(InMemory::default)`"
)]
pub trait Expose<T>: Describe {
    /// Returns `this` as the operations of the trait.
    fn operations(this: T) -> Arc<dyn Operations>;
}

/// A capability that can be exposed: an implementation of the trait, behind a REST router and an MCP server.
///
/// `#[capability]` adds a method `into_capability()` to every implementation of the trait. A capability is cheap to clone; the
/// clones share everything.
#[derive(Clone)]
pub struct Capability {
    shared: Arc<CapabilityInner>,
    /// The implementation, with the fallbacks of operations that only read.
    pub(super) implementation: Arc<dyn Operations>,
    limits: Limits,
    limiter: Arc<OperationLimiter>,
    /// How callers authenticate, if the program configures it.
    authentication: Option<Arc<CallerAuthentication>>,
    /// The calls that wait for approval.
    #[cfg(feature = "mcp")]
    pub(crate) approvals: super::Approvals,
}

struct CapabilityInner {
    document: Document,
    /// Whether a person wrote the document; `false` if it was generated from a trait.
    is_authored: bool,
    /// The document, split into fragments; created on first use for a capability of an existing document.
    draft: OnceLock<Arc<Draft>>,
    /// The crate that contains the trait.
    krate: CrateInfo,
    operations: Vec<Arc<Operation>>,
    implementation: Arc<dyn Operations>,
    forwards: Vec<Forwarded>,
    /// The files of MCP resources, prompts and skills.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP has them"))]
    files: OfferedFiles,
    /// The values for the variables in `authentication`.
    values: CallerValues,
    /// The APIs that are called by the capabilities that this capability is built on.
    used_apis: UsedApis,
}

impl CapabilityInner {
    /// Creates the part that the clones of a capability share, for a generated document, without forward routes, files and values.
    fn new(document: Document, operations: Vec<Arc<Operation>>, implementation: Arc<dyn Operations>) -> Self {
        Self {
            document,
            is_authored: false,
            draft: OnceLock::new(),
            krate: CrateInfo::default(),
            operations,
            implementation,
            forwards: Vec::new(),
            files: OfferedFiles::default(),
            values: CallerValues::default(),
            used_apis: UsedApis::default(),
        }
    }
}

impl Capability {
    /// Creates a capability; `into_capability` calls this.
    #[doc(hidden)]
    #[must_use]
    pub fn of<C: Expose<T>, T: 'static>(this: T) -> Self {
        let any: &dyn Any = &this;
        // A client can be shared in an `Arc`, which behaves like the client.
        let shared = || any.downcast_ref::<Arc<C>>().map(Arc::as_ref);
        let client = any.downcast_ref::<C>().or_else(shared);
        let client = client.or_else(|| any.downcast_ref::<&'static C>().copied());
        let consumed = client.and_then(C::consumed);
        let implemented = C::operations(this);
        let Some(consumed) = consumed else { return Self::defined(C::definition(), implemented, Vec::new()) };
        let forwards = consumed.forwards();
        let values = consumed.caller_values();
        Self::defined(C::definition(), Arc::new(ClientOperations { consumed, implemented }), forwards)
            .with_caller_values(values)
    }

    /// Creates the capability of a definition.
    fn defined(definition: &'static Definition, implementation: Arc<dyn Operations>, forwards: Vec<Forwarded>) -> Self {
        let (ParsedDefinition { draft, loaded, .. }, operations) = (definition.parsed(), definition.operations());
        let (document, files) = match loaded {
            None => {
                let document = generated_document::document(draft, &operations);
                let files = OfferedFiles::of_trait(&document, definition.skills(&document));
                (document, files)
            }
            Some(loaded) => {
                // The operations of the document come first, then those that the trait adds.
                let added = loaded.lowered.operations.len();
                let fragments = draft.fragments.get(added..).unwrap_or_default().to_vec();
                let document = Draft { head: loaded.file.clone(), fragments };
                let document = generated_document::document(&document, operations.get(added..).unwrap_or_default());
                let files = OfferedFiles::of_implementing_document(&document);
                (document, files)
            }
        };
        Self::from_inner(CapabilityInner {
            is_authored: loaded.is_some(),
            draft: draft.clone().into(),
            krate: definition.krate,
            forwards,
            files,
            used_apis: definition.used_apis(),
            ..CapabilityInner::new(document, operations, implementation)
        })
    }

    /// Returns the implementation without fallbacks.
    #[cfg(feature = "cli")]
    pub(super) fn own_implementation(&self) -> &Arc<dyn Operations> {
        &self.shared.implementation
    }

    /// Creates a capability without an implementation, for descriptions only.
    #[cfg(feature = "cli")]
    pub(crate) fn described(definition: &'static Definition) -> Self {
        let loaded = definition.parsed().loaded.as_ref();
        let forwards = loaded.into_iter().flat_map(|loaded| Forwarded::described(&loaded.lowered)).collect();
        Self::defined(definition, Arc::new(super::NotCallable), forwards)
    }

    /// Creates a capability at run time. To call `operations[i]`, the capability passes the index of that operation to
    /// `implementation`.
    #[must_use]
    pub fn assemble(draft: Arc<Draft>, operations: Vec<Arc<Operation>>, implementation: Arc<dyn Operations>) -> Self {
        let document = generated_document::document(&draft, &operations);
        let inner = CapabilityInner::new(document, operations, implementation);
        Self::from_inner(CapabilityInner { draft: draft.into(), ..inner })
    }

    /// Creates the capability of an existing document, which is published unchanged.
    #[cfg(feature = "document")]
    pub(crate) fn of_document(
        document: Document,
        operations: Vec<Arc<Operation>>,
        implementation: Arc<dyn Operations>,
        forwards: Vec<Forwarded>,
    ) -> Self {
        let inner = CapabilityInner::new(document, operations, implementation);
        Self::from_inner(CapabilityInner { is_authored: true, forwards, ..inner })
    }

    /// Returns the capability with the files of its MCP resources, prompts and skills.
    #[cfg(feature = "document")]
    pub(crate) fn with_files(mut self, files: OfferedFiles) -> Self {
        // The capability of a document that is being opened is not shared yet.
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.files = files;
        }
        self
    }

    /// Returns the files of its MCP resources, prompts and skills.
    #[cfg(feature = "mcp")]
    pub(super) fn files(&self) -> &OfferedFiles {
        &self.shared.files
    }

    fn from_inner(shared: CapabilityInner) -> Self {
        let limits = Limits::default();
        Self {
            implementation: shared.implementation.clone(),
            shared: Arc::new(shared),
            limiter: Arc::new(OperationLimiter::new(&limits)),
            limits,
            authentication: None,
            #[cfg(feature = "mcp")]
            approvals: super::Approvals::in_memory(),
        }
    }

    /// Returns the capability with values for the variables in `authentication`, in addition to the environment.
    pub(crate) fn with_caller_values(mut self, values: CallerValues) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.values = values;
        }
        self
    }

    /// Returns the capability with this authentication for the callers of all its adapters, whatever the trait or the
    /// document declares. Callers over stdin and stdout, and callers in Rust, are not authenticated.
    #[must_use]
    pub fn with_authentication(mut self, authentication: CallerAuthentication) -> Self {
        self.authentication = Some(Arc::new(authentication));
        self
    }

    /// Returns how callers authenticate, if the program configures it.
    pub(crate) fn authentication(&self) -> Option<&CallerAuthentication> {
        self.authentication.as_deref()
    }

    /// Returns the values for the variables in `authentication`.
    #[cfg_attr(
        not(any(feature = "rest", feature = "mcp")),
        allow(dead_code, reason = "only adapters authenticate callers")
    )]
    pub(crate) fn caller_values(&self) -> &CallerValues {
        &self.shared.values
    }

    /// Returns the document of this capability, as it is published.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.shared.document
    }

    /// Returns the APIs that are called by the capabilities that this capability is built on.
    pub(crate) fn used_apis(&self) -> &UsedApis {
        &self.shared.used_apis
    }

    /// Returns whether the capability calls APIs itself, or is built on capabilities that call APIs.
    pub(crate) fn calls_apis(&self) -> bool {
        !self.document().capability.consumes.is_empty() || !self.used_apis().apis.is_empty()
    }

    /// Returns the document, split into fragments.
    pub(crate) fn draft(&self) -> &Draft {
        self.shared.draft.get_or_init(|| {
            let fragments = self.operations().iter().map(|operation| operation.fragment.clone()).collect();
            Arc::new(Draft { head: super::from_document::head(&self.shared.document), fragments })
        })
    }

    /// Returns the version of the crate that contains the trait; `None` if the capability has no trait.
    pub(crate) fn crate_version(&self) -> Option<&'static str> {
        self.shared.krate.version
    }

    /// Returns the name of the MCP server with this namespace: the namespace, if the adapter or a document declares it, or otherwise the
    /// name of the crate that contains the trait.
    #[cfg(feature = "mcp")]
    pub(crate) fn server_name<'a>(&'a self, namespace: &'a str) -> &'a str {
        let is_own = self.is_authored() || self.shared.krate.named_adapters.contains(&namespace);
        self.shared.krate.name.filter(|_| !is_own).unwrap_or(namespace)
    }

    /// Returns whether a person wrote the document; `false` if it was generated from a trait.
    pub(crate) fn is_authored(&self) -> bool {
        self.shared.is_authored
    }

    /// Returns the routes whose requests are forwarded to an API.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST has them"))]
    pub(crate) fn forwards(&self) -> &[Forwarded] {
        &self.shared.forwards
    }

    /// Returns its operations.
    #[must_use]
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.shared.operations
    }

    /// Returns its limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the limiter that its running operations share.
    pub(crate) fn limiter(&self) -> &Arc<OperationLimiter> {
        &self.limiter
    }

    /// Returns the capability with other limits. Its limiter starts with no running operations and no memory in use.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limiter = Arc::new(OperationLimiter::new(&limits));
        self.limits = limits;
        self
    }

    /// Returns the operation with the given name: searches the methods first, then the names in the document, then the tools.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        let all = || self.shared.operations.iter();
        all()
            .find(|operation| operation.method == name)
            .or_else(|| all().find(|operation| operation.fragment.name == name))
            .or_else(|| all().find(|operation| operation.fragment.tools.iter().any(|part| part.tool.name == name)))
    }

    /// Starts an operation with arguments that have been checked.
    pub(crate) fn start<'a>(
        &'a self,
        arguments: &'a Arguments,
        operation: &Operation,
    ) -> Result<BoxFuture<'a, Result<Output>>> {
        self.implementation.call(operation.index, arguments)
    }

    /// Checks that arguments, which have been checked against their schemas, can be sent.
    #[cfg(feature = "mcp")]
    pub(crate) fn check(&self, arguments: &Arguments, operation: &Operation) -> Result<()> {
        self.implementation.check(operation.index, arguments)
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = &self.shared.document.info;
        write!(f, "Capability({}, {} operations)", info.label, self.shared.operations.len())
    }
}

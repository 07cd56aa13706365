//! What `#[capability]` knows of a trait: the document in pieces, and the types of each method.

use super::capability::Operation;
use super::{RelayArgument, RelayReturn};
use crate::schema::{self, Check};
use naftiko_spec::fragment::{Draft, Fragment};
use naftiko_spec::lower::{Lowered, LoweredOperation};
use naftiko_spec::model::Document;
use std::sync::{Arc, OnceLock};

/// What `#[capability]` knows of a trait: the document in pieces, and the types.
#[doc(hidden)]
pub struct Definition {
    head: &'static str,
    /// Whether the head is a whole document, whose operations come first.
    filled: bool,
    operations: &'static [OperationDefinition],
    loaded: OnceLock<Loaded>,
}

/// What `#[capability]` knows of one method.
#[doc(hidden)]
pub struct OperationDefinition {
    /// Its number: its place in the source, whatever `cfg` takes away.
    pub index: usize,
    /// The method's name, without `r#`.
    pub method: &'static str,
    /// Its fragment, as JSON; nothing for an operation that the document has.
    pub fragment: &'static str,
    /// The types of its arguments.
    pub inputs: &'static [&'static dyn RelayArgument],
    /// What it returns.
    pub output: &'static dyn RelayReturn,
}

/// A definition, read.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The head and the fragments.
    pub(crate) draft: Arc<Draft>,
    /// The document that the trait is filled from.
    pub(crate) filled: Option<Arc<LoadedDocument>>,
}

/// A document that a trait is filled from.
#[derive(Debug)]
pub(crate) struct LoadedDocument {
    /// The document itself.
    pub(crate) file: Document,
    /// What its operations do, routes and tools that do the same as one.
    pub(crate) lowered: Lowered,
}

impl Definition {
    /// A definition of those parts.
    #[must_use]
    pub const fn new(head: &'static str, operations: &'static [OperationDefinition]) -> Self {
        Self { head, filled: false, operations, loaded: OnceLock::new() }
    }

    /// The definition of a trait that is filled from a document: its operations come first, and have their numbers.
    #[must_use]
    pub const fn filled(document: &'static str, operations: &'static [OperationDefinition]) -> Self {
        Self { head: document, filled: true, operations, loaded: OnceLock::new() }
    }

    /// The draft; parsed once.
    pub(crate) fn loaded(&self) -> &Loaded {
        self.loaded.get_or_init(|| {
            // The macro wrote these literals from the very types that read them here.
            let read = || -> Result<Loaded, serde_json::Error> {
                let head: Document = serde_json::from_str(self.head)?;
                let own = self.operations.iter().filter(|operation| !operation.fragment.is_empty());
                let own = own.map(|operation| serde_json::from_str(operation.fragment));
                let own = own.collect::<Result<Vec<Fragment>, _>>()?;
                if !self.filled {
                    return Ok(Loaded { draft: Arc::new(Draft { head, fragments: own }), filled: None });
                }
                let lowered = naftiko_spec::lower::lower(&head).0;
                let operations = lowered.merged().into_iter().map(|merged| merged.operation).collect();
                let lowered = Lowered { operations, ..lowered };
                let mut draft = super::from_document::draft(&head, &lowered);
                draft.fragments.extend(own);
                Ok(Loaded { draft: Arc::new(draft), filled: Some(Arc::new(LoadedDocument { file: head, lowered })) })
            };
            #[allow(
                clippy::expect_used,
                reason = "only a macro and a runtime of different versions get here, and those are pinned"
            )]
            let loaded = read().expect("naftiko and naftiko-macros have the same version");
            loaded
        })
    }

    /// Its operations, in the order of the draft.
    #[cfg(feature = "client")]
    pub(crate) fn methods(&self) -> &'static [OperationDefinition] {
        self.operations
    }

    /// Its operations with their schemas.
    pub(super) fn operations(&'static self) -> Vec<Arc<Operation>> {
        let Loaded { draft, filled } = self.loaded();
        let documented = filled.iter().flat_map(|filled| &filled.lowered.operations).map(Some);
        let documented = documented.chain(std::iter::repeat(None));
        self.operations
            .iter()
            .zip(&draft.fragments)
            .zip(documented)
            .map(|((definition, fragment), documented)| {
                if let Some(documented) = documented {
                    return Arc::new(definition.as_documented(documented));
                }
                let inputs = definition.inputs.iter().map(|input| schema::of_input(*input)).collect();
                let output = schema::of_output(definition.output);
                Arc::new(Operation::new(definition.index, definition.method, fragment.clone(), inputs, output))
            })
            .collect()
    }
}

impl OperationDefinition {
    /// The operation of the document, with the types that the method has of its own.
    fn as_documented(&self, documented: &LoweredOperation) -> Operation {
        let mut operation = super::from_document::adapted(self.index, documented);
        self.method.clone_into(&mut operation.method);
        for (input, ty) in operation.inputs.iter_mut().zip(self.inputs) {
            if !ty.is_documented() {
                let schema = schema::for_argument(&input.argument, schema::of_input(*ty));
                (input.check, input.schema) = (Check::new(&schema), schema);
            }
        }
        if !self.output.is_documented() {
            operation.output = schema::of_output(self.output);
        }
        operation
    }
}

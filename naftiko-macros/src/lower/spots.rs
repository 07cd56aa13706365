//! Where the parts of a draft come from in the user's source.

use crate::errors::Spot;
use naftiko_spec::check::{At, Part};
use std::collections::HashMap;

/// Where the parts of a draft come from.
pub(crate) struct Spots {
    item: Spot,
    head: HashMap<String, Spot>,
    pub(crate) operations: Vec<OperationSpots>,
}

/// Where the parts of a fragment come from.
pub(crate) struct OperationSpots {
    /// The method's name.
    pub(crate) operation: Spot,
    pub(crate) path: Option<Spot>,
    pub(crate) name: Option<Spot>,
    pub(crate) route_path: Option<Spot>,
    pub(crate) tool_name: Option<Spot>,
    pub(crate) hints: Option<Spot>,
    pub(crate) arguments: Vec<Spot>,
    pub(crate) output: Option<Spot>,
    pub(crate) description: Option<Spot>,
}

impl Spots {
    /// Nothing but the trait's name.
    pub(crate) fn new(item: Spot) -> Self {
        Self { item, head: HashMap::new(), operations: Vec::new() }
    }

    /// What stands at that JSON Pointer comes from here.
    pub(crate) fn head(&mut self, pointer: impl Into<String>, spot: Spot) {
        self.head.insert(pointer.into(), spot);
    }

    /// Whether what stands at that JSON Pointer is said in the source.
    pub(crate) fn is_in_source(&self, pointer: &str) -> bool {
        self.head.contains_key(pointer)
    }

    /// Where a finding points.
    pub(crate) fn find(&self, at: &At) -> Spot {
        match at {
            At::Head(pointer) => self.in_head(pointer),
            At::Fragment(index, part) => match self.operations.get(*index) {
                Some(spots) => spots.find(part),
                None => self.item,
            },
        }
    }

    /// The nearest part of the head that stands in the source.
    fn in_head(&self, pointer: &str) -> Spot {
        let mut pointer = pointer;
        loop {
            if let Some(spot) = self.head.get(pointer) {
                return *spot;
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return self.item,
            }
        }
    }
}

impl OperationSpots {
    fn find(&self, part: &Part) -> Spot {
        let spot = match part {
            Part::Operation => None,
            Part::Path | Part::Placeholder(_) => self.path.or(self.route_path),
            Part::Name => self.name,
            Part::RoutePath => self.route_path.or(self.path),
            Part::ToolName => self.tool_name,
            Part::Hints => self.hints,
            Part::Argument(index) => self.arguments.get(*index).copied(),
            Part::Output => self.output,
            Part::Description => self.description,
        };
        spot.unwrap_or(self.operation)
    }
}

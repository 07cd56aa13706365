//! Reading documents as the world writes them: YAML with places, repairs that are numbered and named, and then the model.

mod repair;

pub use repair::{REPAIRS, Repair, RepairKind};

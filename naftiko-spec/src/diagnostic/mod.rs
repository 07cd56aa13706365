//! Diagnostics: what is wrong with a document, where, and how to fix it. One type for traits, files, reading and lowering.

mod finding;
pub mod fix;
mod repair;
mod rule;
mod severity;
mod show;
pub(crate) mod table;

pub use finding::{Diagnostic, Location};
pub use fix::Fix;
pub use repair::{REPAIRS, RepairKind};
pub use rule::{Allow, Rule, Serving};
pub use severity::Severity;
#[cfg(feature = "yaml")]
pub(crate) use show::plain;
pub use show::show;
pub use table::requests::invalid_pattern;
pub use table::served::{not_served, not_startable, unreadable_file};
pub use table::{rule, rules, trait_rules};

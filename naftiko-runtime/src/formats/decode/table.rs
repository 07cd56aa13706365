//! Rows as objects, named by a header.

use super::Budget;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Names for the columns of a table, no two the same: one without a name is `column3`, a second `name` is `name_2`.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
}

impl Columns {
    pub(super) fn new<'a>(header: impl Iterator<Item = &'a str>, budget: &mut Budget) -> Result<Self, String> {
        let mut taken = HashSet::new();
        let mut names = Vec::new();
        // Where to go on counting, so that many columns of one name do not take the square of their number.
        let mut counted = std::collections::HashMap::new();
        for (index, title) in header.enumerate() {
            let title = title.trim();
            budget.take(title.len().saturating_mul(3))?;
            let plain = if title.is_empty() { format!("column{}", index + 1) } else { title.to_owned() };
            let mut name = plain.clone();
            let number: &mut usize = counted.entry(plain.clone()).or_insert(1);
            while !taken.insert(name.clone()) {
                *number += 1;
                name = format!("{plain}_{number}");
            }
            names.push(name);
        }
        Ok(Self { names })
    }

    /// A row as an object. A short row lacks members; what a long one has over is called by its column's number.
    pub(super) fn row<'a>(&self, fields: impl Iterator<Item = &'a str>, budget: &mut Budget) -> Result<Value, String> {
        let mut row = Map::new();
        budget.object()?;
        for (index, field) in fields.enumerate() {
            let name = match self.names.get(index) {
                Some(name) => name.clone(),
                None => format!("column{}", index + 1),
            };
            budget.take(name.len() + field.len())?;
            // What is called `columnN` by the header comes first.
            row.entry(name).or_insert_with(|| Value::String(field.to_owned()));
        }
        Ok(Value::Object(row))
    }
}

//! Converts rows to objects, with names from a header.

use super::Budget;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Unique names for the columns of a table: a third column without a name is `column3`, a second `name` is `name_2`.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
}

impl Columns {
    pub(super) fn new<'a>(header: impl Iterator<Item = &'a str>, budget: &mut Budget) -> Result<Self, String> {
        let mut taken = HashSet::new();
        let mut names = Vec::new();
        // The last number for each name, so that many columns with the same name take linear time.
        let mut numbers = std::collections::HashMap::new();
        for (index, title) in header.enumerate() {
            let title = title.trim();
            budget.take(title.len().saturating_mul(3))?;
            let plain = if title.is_empty() { format!("column{}", index + 1) } else { title.to_owned() };
            let mut name = plain.clone();
            let number: &mut usize = numbers.entry(plain.clone()).or_insert(1);
            while !taken.insert(name.clone()) {
                *number += 1;
                name = format!("{plain}_{number}");
            }
            names.push(name);
        }
        Ok(Self { names })
    }

    /// Converts a row to an object. A short row lacks members; extra fields are named after their column's number.
    pub(super) fn row<'a>(&self, fields: impl Iterator<Item = &'a str>, budget: &mut Budget) -> Result<Value, String> {
        let mut row = Map::new();
        budget.object()?;
        for (index, field) in fields.enumerate() {
            let name = match self.names.get(index) {
                Some(name) => name.clone(),
                None => format!("column{}", index + 1),
            };
            budget.take(name.len() + field.len())?;
            // A header that is literally named `columnN` takes precedence.
            row.entry(name).or_insert_with(|| Value::String(field.to_owned()));
        }
        Ok(Value::Object(row))
    }
}

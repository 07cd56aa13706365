//! The missing values of a client, and the message that lists them.

/// A value that is missing.
struct MissingValue {
    name: String,
    purposes: Vec<String>,
    /// How to set it; `None` if the general help applies.
    remedy: Option<String>,
}

/// The missing values of a client.
#[derive(Default)]
pub(super) struct MissingValues(Vec<MissingValue>);

impl MissingValues {
    /// Adds a value, or another purpose of a value that is listed already. `remedy` says how to set it; without it, the general help
    /// applies.
    pub(super) fn add(&mut self, name: String, purpose: String, remedy: Option<String>) {
        match self.0.iter_mut().find(|missing| missing.name == name) {
            Some(missing) if missing.purposes.contains(&purpose) => {}
            Some(missing) => missing.purposes.push(purpose),
            None => self.0.push(MissingValue { name, purposes: vec![purpose], remedy }),
        }
    }

    /// Returns the lines of a message. `help`, the general help, says how to set values that have no remedy of their own.
    pub(super) fn lines(&self, help: &str) -> Vec<String> {
        let line = |MissingValue { name, purposes, remedy }: &MissingValue| {
            let remedy = remedy.as_ref().map_or_else(String::new, |remedy| format!("; {remedy}"));
            format!("{name} is not set; it is used for {}{remedy}", purposes.join(", "))
        };
        let help = self.0.iter().any(|missing| missing.remedy.is_none()).then(|| help.to_owned());
        self.0.iter().map(line).chain(help).collect()
    }
}

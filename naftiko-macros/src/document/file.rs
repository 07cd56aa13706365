//! The file: where it is, what it says, and what is wrong with it.

use crate::errors::Errors;
use crate::keys::Text;
use crate::syntax::settings::DocumentKey;
use naftiko_spec::lower::{Lowered, Trouble};
use naftiko_spec::read::{Reading, read, show};
use naftiko_spec::rules::{Allowances, Severity, Subject, check_document};
use proc_macro2::TokenStream;
use quote::quote;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: no document of that size is read either.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A file that was read.
pub(crate) struct File {
    /// Where it is, as an expression that is the same on every machine if the path is relative.
    pub(crate) location: TokenStream,
    name: String,
    text: String,
}

/// The folder of the crate that is compiled.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

impl File {
    /// Reads the file of that path, which is relative to the folder.
    pub(crate) fn read(path: &Text, folder: &Path, errors: &mut Errors) -> Option<Self> {
        let name = path.value.clone();
        let whole = folder.join(&name);
        let location = if Path::new(&name).is_absolute() {
            quote!(#name)
        } else {
            quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #name))
        };
        match text(&whole) {
            Ok(text) => Some(Self { location, name, text }),
            Err(why) => {
                let message = format!("the document `{}` cannot be read: {why}", whole.display());
                errors.add(path.spot, message, "its path is relative to the folder of the crate's `Cargo.toml`");
                None
            }
        }
    }

    /// What it says; none if that is no document.
    pub(super) fn reading(&self, key: &DocumentKey, errors: &mut Errors) -> Option<Reading> {
        match read(&self.text) {
            Ok(reading) => Some(reading),
            Err(mistakes) => {
                for mistake in mistakes {
                    let place = (mistake.line, mistake.column);
                    self.mistake(key, place, "error", &mistake.message, mistake.help.as_deref(), errors);
                }
                None
            }
        }
    }

    /// Reports what the rules call an error and what keeps operations from being worked out; repairs where they are mistakes.
    pub(super) fn report(
        &self,
        key: &DocumentKey,
        reading: &Reading,
        lowered: &Lowered,
        troubles: &[Trouble],
        errors: &mut Errors,
    ) {
        if key.strict {
            for repair in &reading.repairs {
                let place = (repair.line, repair.column);
                self.mistake(key, place, repair.kind.code(), &repair.message, Some(repair.kind.title()), errors);
            }
        }
        for trouble in troubles.iter().filter(|_| key.strict) {
            if let Some(repair) = trouble.repair {
                let place = reading.places.of(&trouble.at).unwrap_or_default();
                self.mistake(key, place, repair.code(), &trouble.message, Some(&trouble.help), errors);
            }
        }
        let Reading { document, repairs, .. } = reading;
        let mut allowances = Allowances::of(&self.text);
        for finding in check_document(Subject { document, repairs, lowered, troubles }) {
            let place = reading.places.of(&finding.at).unwrap_or_default();
            let mut is_allowed = || finding.can_be_allowed() && allowances.allow(finding.rule.name, &[place.0]);
            if finding.severity == Severity::Error && !is_allowed() {
                self.mistake(key, place, "error", &finding.message, finding.help.as_deref(), errors);
            }
        }
    }

    fn mistake(
        &self,
        key: &DocumentKey,
        (line, column): (u64, u64),
        label: &str,
        message: &str,
        help: Option<&str>,
        errors: &mut Errors,
    ) {
        errors.add_plain(key.path.spot, show(&self.name, &self.text, line, column, label, message, help));
    }
}

/// The text of a file, or why there is none.
fn text(path: &Path) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|error| told(&error))?;
    let metadata = file.metadata().map_err(|error| told(&error))?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    // One byte more, to know whether there is more.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| told(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST / 1024 / 1024));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn told(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "there is no permission to".to_owned(),
        _ => error.to_string(),
    }
}

//! Reads the file of a document, and reports its errors.

use crate::errors::Errors;
use crate::keys::TextLiteral;
use crate::syntax::settings::DocumentKey;
use naftiko_spec::load::{self, MAX_BYTES, load};
use naftiko_spec::{Diagnostic, Loaded, Policy};
use proc_macro2::TokenStream;
use quote::quote;
use std::fs;
use std::io::Read;
use std::path::Path;

/// The file of a document.
pub(crate) struct File {
    /// Its location, as an expression that is the same on every machine if the path is relative.
    pub(crate) location: TokenStream,
    name: String,
    text: String,
}

impl File {
    /// Reads the file at `path`, which may be relative to `folder`.
    pub(crate) fn read(path: &TextLiteral, folder: &Path, errors: &mut Errors) -> Option<Self> {
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
                if whole.is_file() {
                    errors.add_plain(path.span, message);
                } else if whole.exists() {
                    errors.add(path.span, message, "write the path of a document, a YAML file");
                } else {
                    errors.add(path.span, message, "write a path relative to the folder of the crate's `Cargo.toml`");
                }
                None
            }
        }
    }

    /// Parses and checks the document; `None` if it cannot be parsed. Each error is reported as a mistake; with `strict`, each
    /// repair too.
    pub(super) fn load(&self, key: &DocumentKey, errors: &mut Errors) -> Option<Loaded> {
        let policy = Policy { strict: key.strict, errors: load::Errors::Refuse, ..Policy::default() };
        let found = match load(&self.text, &policy) {
            Ok(loaded) => return Some(loaded),
            Err(refused) => refused.diagnostics,
        };
        for found in found {
            // The message of a repair describes the corrected text. The help says how to avoid the repair. An export
            // writes the corrected text, except for the parts that it does not change (`stays`).
            let fix = match found.rule.repair {
                None => found.fix.clone(),
                Some(repair) if repair.stays() => Some("correct this part of the document, or remove `strict`".into()),
                Some(_) => {
                    let export = format!("`naftiko export {} --to naftiko`", self.name);
                    Some(format!("{export} writes the repaired document; or remove `strict`").into())
                }
            };
            errors.add_plain(key.path.span, Diagnostic { fix, ..found }.show(&self.name, &self.text));
        }
        // Load it again without refusing errors, so that the trait still gets the methods of the document.
        load(&self.text, &Policy { errors: load::Errors::Report, ..Policy::default() }).ok()
    }
}

/// Returns the text of a file, or the reason why it cannot be read.
fn text(path: &Path) -> Result<String, String> {
    // Opening a named pipe would wait for a writer, and a device may have no end.
    let metadata = fs::metadata(path).map_err(|error| io_error_text(&error))?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    let file = fs::File::open(path).map_err(|error| io_error_text(&error))?;
    let mut bytes = Vec::new();
    // One byte more than the limit, to detect a larger file.
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| io_error_text(&error))?;
    if bytes.len() > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// Returns why a file cannot be read, in the words of a message.
fn io_error_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::text;
    use std::path::Path;

    #[test]
    fn only_a_file_is_read_as_a_document() {
        let pipe = std::env::temp_dir().join(format!("naftiko-macros-pipe-{}", std::process::id()));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Opening a pipe without a writer would not return.
        let found = text(&pipe);
        std::fs::remove_file(&pipe).unwrap();
        for found in [found, text(Path::new("/dev/zero")), text(Path::new("/"))] {
            assert_eq!(found.unwrap_err(), "it is not a file");
        }
    }
}

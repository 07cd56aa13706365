//! Files that the values of binds are read from: `location: file:///run/secrets.json`. JSON, YAML, or lines of `KEY=value`.

use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The deepest nesting that is read.
const DEEPEST: usize = 32;

/// The files that have been read, each once.
pub(super) struct Locations {
    folder: PathBuf,
    read: HashMap<String, Result<HashMap<String, SecretString>, String>>,
}

impl Locations {
    /// Relative paths are below that folder; below the process's own if there is none.
    pub(super) fn below(folder: Option<&Path>) -> Self {
        Self { folder: folder.unwrap_or(Path::new("")).to_owned(), read: HashMap::new() }
    }

    /// The value of a key at a location; none if it has no such key, or an empty one.
    ///
    /// # Errors
    /// If the location cannot be read. Nothing that stands there is in the message.
    pub(super) fn value(&mut self, location: &str, key: &str) -> Result<Option<SecretString>, String> {
        if !self.read.contains_key(location) {
            let values = read(&self.folder, location);
            self.read.insert(location.to_owned(), values);
        }
        match self.read.get(location) {
            Some(Ok(values)) => Ok(values.get(key).cloned()),
            Some(Err(why)) => Err(format!("the binds of {location}: {why}")),
            None => Ok(None),
        }
    }
}

/// The path that a location means: `file:///etc/x`, `file://./x`, `file:x` or a path alone.
fn path(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let written = match location.split_once(':') {
        Some(("file", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        Some((scheme, _)) if scheme.len() > 1 && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'+') => {
            return Err(format!("`{scheme}:` cannot be read here, only `file:`; set the variables in the environment"));
        }
        _ => location,
    };
    let written = written.strip_prefix("localhost/").map_or_else(|| written.to_owned(), |rest| format!("/{rest}"));
    let decoded =
        percent_encoding::percent_decode_str(&written).decode_utf8().map_err(|_| "it is no path".to_owned())?;
    if decoded.is_empty() || decoded.contains('\0') {
        return Err("it is no path".to_owned());
    }
    Ok(folder.join(decoded.as_ref()))
}

fn read(folder: &Path, location: &str) -> Result<HashMap<String, SecretString>, String> {
    let path = path(folder, location)?;
    let unreadable = |error: std::io::Error| format!("`{}` cannot be read ({})", path.display(), error.kind());
    // A pipe or a device would have no end.
    let file = File::open(&path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(format!("`{}` is no file", path.display()));
    }
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if read as u64 > LARGEST {
        return Err(format!("`{}` is larger than {LARGEST} bytes", path.display()));
    }
    let kind = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    values(&text, kind.as_deref()).map_err(|why| format!("`{}` {why}", path.display()))
}

/// The values of a text, by its file's extension, or else by what it looks like.
fn values(text: &str, extension: Option<&str>) -> Result<HashMap<String, SecretString>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = |text: &str| serde_json::from_str(text).map_err(|error| at("JSON", error.line()));
    let object = match extension {
        Some("json") => json(text)?,
        Some("yaml" | "yml") => yaml(text)?,
        Some("env") => return dotenv(text),
        _ if text.trim_start().starts_with('{') => json(text)?,
        _ => match dotenv(text) {
            Ok(values) => return Ok(values),
            Err(_) => yaml(text)?,
        },
    };
    Ok(flat(object))
}

fn at(what: &str, line: usize) -> String {
    format!("is no {what} object (line {line})")
}

fn yaml(text: &str) -> Result<Map<String, Value>, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEEPEST, max_documents: 1, max_aliases: 100, max_anchors: 100 },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        error.location().map_or_else(
            || "is no YAML object".to_owned(),
            |place| at("YAML", usize::try_from(place.line()).unwrap_or_default()),
        )
    })
}

/// Scalars by their keys, those of nested objects with a dot between: `database.password`. What is empty is not there.
fn flat(object: Map<String, Value>) -> HashMap<String, SecretString> {
    let scalar = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let mut values = HashMap::new();
    let mut add = |key: String, value: Value| {
        if let Some(text) = scalar(value).filter(|text| !text.is_empty()) {
            values.insert(key, SecretString::from(text));
        }
    };
    for (key, value) in object {
        match value {
            Value::Object(members) => {
                members.into_iter().for_each(|(name, value)| add(format!("{key}.{name}"), value));
            }
            value => add(key, value),
        }
    }
    values
}

/// Lines of `KEY=value`, as shells read them: `export` before, quotes around, comments behind.
fn dotenv(text: &str) -> Result<HashMap<String, SecretString>, String> {
    let mut values = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let wrong = || format!("is not made of lines like `KEY=value` (line {})", number + 1);
        let (key, value) = line.split_once('=').ok_or_else(wrong)?;
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.')) {
            return Err(wrong());
        }
        let value = value.trim();
        let quoted = |quote: char| {
            let inside = value.strip_prefix(quote)?;
            inside.rfind(quote).and_then(|end| inside.get(..end))
        };
        let value = match (quoted('"'), quoted('\'')) {
            (Some(text), _) => text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\"),
            (None, Some(text)) => text.to_owned(),
            (None, None) => value.split(" #").next().unwrap_or_default().trim_end().to_owned(),
        };
        if !value.is_empty() {
            values.insert(key.to_owned(), SecretString::from(value));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use secrecy::ExposeSecret;

    fn value(text: &str, extension: Option<&str>, key: &str) -> Option<String> {
        values(text, extension).unwrap().get(key).map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn a_file_is_read_as_what_it_is() {
        let json = r#"{"KEY": "a b", "n": 7, "empty": "", "db": {"password": "p", "deep": {"x": 1}}}"#;
        for extension in [Some("json"), None] {
            assert_eq!(value(json, extension, "KEY").as_deref(), Some("a b"));
            assert_eq!(value(json, extension, "n").as_deref(), Some("7"));
            assert_eq!(value(json, extension, "db.password").as_deref(), Some("p"));
            assert_eq!(value(json, extension, "empty"), None);
        }
        for extension in [Some("yaml"), Some("yml"), None] {
            assert_eq!(value("KEY: a b\ndb:\n  password: p\n", extension, "db.password").as_deref(), Some("p"));
        }
        let dotenv = "# secrets\nexport KEY=\"a b\"\nOTHER='x # y' # z\nPLAIN=a=b # c\n\nEMPTY=\n";
        for extension in [Some("env"), None] {
            assert_eq!(value(dotenv, extension, "KEY").as_deref(), Some("a b"));
            assert_eq!(value(dotenv, extension, "OTHER").as_deref(), Some("x # y"));
            assert_eq!(value(dotenv, extension, "PLAIN").as_deref(), Some("a=b"));
            assert_eq!(value(dotenv, extension, "EMPTY"), None);
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_what_stands_there() {
        for (text, extension) in
            [("[\"s3cret\"]", "json"), ("{\"s3cret\": ", "json"), ("- s3cret", "yaml"), ("s3cret", "env")]
        {
            let why = values(text, Some(extension)).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn a_location_is_a_path() {
        let folder = Path::new("/srv/app");
        for (location, expected) in [
            ("file:///etc/secrets.json", "/etc/secrets.json"),
            ("file://localhost/etc/secrets.json", "/etc/secrets.json"),
            ("file://./secrets.json", "/srv/app/./secrets.json"),
            ("file:secrets%20x.json", "/srv/app/secrets x.json"),
            ("secrets.json", "/srv/app/secrets.json"),
        ] {
            assert_eq!(path(folder, location).unwrap(), Path::new(expected), "{location}");
        }
        for location in ["https://vault.example/x", "file://", "vault:kv/x"] {
            assert!(path(folder, location).is_err(), "{location}");
        }
    }
}

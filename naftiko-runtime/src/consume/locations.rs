//! Reads the values of binds from files (`location: file://./secrets.json`): JSON, YAML or lines of `KEY=value`; a file
//! that is a single secret; or a folder of such single-secret files, each named after its key.

use crate::location::{bounded_text, path, reason};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fs::{Metadata, OpenOptions};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The maximum size of a file, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The flag that opens a named pipe without waiting for a writer.
const O_NONBLOCK: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 0o4000 } else { 4 };

/// The values of a file, or of a path in Vault, by key.
#[derive(Default)]
pub(super) struct SecretValues {
    pub(super) texts: HashMap<String, SecretString>,
    /// The kinds of the values that are not strings, by key, such as `an array`.
    pub(super) others: HashMap<String, &'static str>,
}

/// The content of a location.
enum LocationEntry {
    /// A folder with one file per key.
    Folder(PathBuf),
    /// A file: its values, and its whole text if that can be a single secret.
    File { values: SecretValues, secret: Option<WholeFileSecret> },
}

/// A file whose whole text is one secret.
struct WholeFileSecret {
    /// The file's name, which is the only key of this secret; `None` if any key matches, since the text can only be a secret.
    key: Option<String>,
    text: SecretString,
}

/// The state of the files at a location. If the files change, the stamp changes.
#[derive(Clone, PartialEq)]
pub(crate) struct Stamp(Vec<FileState>);

/// The state of a file.
#[derive(Clone, PartialEq)]
struct FileState {
    /// Its path without links.
    path: PathBuf,
    size: u64,
    modified: SystemTime,
    /// Its device and inode numbers, and when its metadata changed. A file that replaces it differs at least in these.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    /// Returns whether all files were modified at least `age` ago; `false` for a time in the future (another machine's clock).
    pub(crate) fn is_older_than(&self, age: Duration) -> bool {
        self.0.iter().all(|file| file.modified.elapsed().is_ok_and(|since| since >= age))
    }
}

/// The locations that have been read. A file is read once; a file in a folder is read each time its key is requested.
pub(crate) struct Locations {
    folder: PathBuf,
    /// Whether files outside `folder` are refused.
    confined: bool,
    read: HashMap<String, Result<LocationEntry, String>>,
}

impl Locations {
    /// Creates a reader that resolves relative paths against `folder`, or against the working directory.
    pub(crate) fn below(folder: Option<&Path>, confined: bool) -> Self {
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { folder: folder.to_owned(), confined, read: HashMap::new() }
    }

    /// Returns the value of a key at a location; `None` if the key is missing or empty.
    ///
    /// # Errors
    /// Returns an error if the location cannot be read. The message contains nothing of the file's content.
    pub(crate) fn value(&mut self, location: &str, key: &str) -> Result<Option<SecretString>, String> {
        if !self.read.contains_key(location) {
            let entry = self.read_location(location);
            self.read.insert(location.to_owned(), entry);
        }
        let value = match self.read.get(location) {
            Some(Ok(LocationEntry::Folder(folder))) => self.secret_in_folder(folder, key),
            Some(Ok(LocationEntry::File { values, secret })) => {
                let secret = secret.as_ref().filter(|secret| secret.key.as_deref().is_none_or(|name| name == key));
                match (values.texts.get(key).or(secret.map(|secret| &secret.text)), values.others.get(key)) {
                    (None, Some(found)) => Err(format!("expected a string in `{}`, found {found}", key.escape_debug())),
                    (text, _) => Ok(text.cloned()),
                }
            }
            Some(Err(why)) => Err(why.clone()),
            None => Ok(None),
        };
        value.map_err(|why| format!("the binds of {location}: {why}"))
    }

    /// Returns how to set a key that has no value at a location that has been read.
    pub(crate) fn remedy(&self, location: &str, key: &str) -> String {
        let key = key.escape_debug();
        match self.read.get(location) {
            Some(Ok(LocationEntry::Folder(_))) => format!("write it to the file `{key}` in this folder"),
            Some(Ok(LocationEntry::File { secret: Some(_), .. })) => {
                format!("set `{key}` in this file, or rename the file to `{key}` if its whole text is the secret")
            }
            _ => format!("set `{key}` in this file"),
        }
    }

    /// Returns the file or folder at a location, with all links resolved.
    ///
    /// # Errors
    /// Returns an error if the file or folder does not exist, or if the document may not read it.
    #[cfg(feature = "document")]
    pub(crate) fn file(&self, location: &str) -> Result<PathBuf, String> {
        self.checked_path(&path(&self.folder, location)?)
    }

    /// Returns the state of the files that contain these keys; `None` if a file cannot be read, or if the system reports no
    /// modification times.
    pub(crate) fn stamp(&self, location: &str, keys: &[String]) -> Option<Stamp> {
        let path = self.checked_path(&path(&self.folder, location).ok()?).ok()?;
        let state = |path: &Path| {
            // A folder that Kubernetes mounts contains links to another folder; all of them change at once.
            let path = path.canonicalize().ok()?;
            let metadata = std::fs::metadata(&path).ok()?;
            Some(FileState {
                path,
                size: metadata.len(),
                modified: metadata.modified().ok()?,
                #[cfg(unix)]
                identity: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
            })
        };
        if !path.is_dir() {
            return Some(Stamp(vec![state(&path)?]));
        }
        keys.iter().map(|key| state(&path.join(key))).collect::<Option<_>>().map(Stamp)
    }

    /// Reads the file at a location; a folder is read when a key is requested.
    fn read_location(&self, location: &str) -> Result<LocationEntry, String> {
        let path = self.checked_path(&path(&self.folder, location)?)?;
        if path.is_dir() {
            return Ok(LocationEntry::Folder(path));
        }
        let text = read(&path)?;
        let known = |extension: &&str| matches!(*extension, "json" | "yaml" | "yml" | "env");
        let extension = extension(&path);
        let extension = extension.as_deref().filter(known);
        let values = values(&text, extension);
        let secret = one_secret(&text).filter(|_| extension.is_none());
        // Uses the name in the document, not the name of a link's target.
        let name = location.rsplit('/').next().unwrap_or_default();
        match (values, secret) {
            (Ok(values), secret) => {
                let secret = secret.map(|text| WholeFileSecret { key: Some(name.to_owned()), text });
                Ok(LocationEntry::File { values, secret })
            }
            (Err(_), Some(text)) => {
                // One word can only be a secret, unless it begins like JSON. Any other text may be a file with mistakes, so it is a secret
                // only for the key that is the file's name.
                let is_one_word = !text.expose_secret().contains(char::is_whitespace);
                let key = (!is_one_word || text.expose_secret().starts_with('{')).then(|| name.to_owned());
                Ok(LocationEntry::File { values: SecretValues::default(), secret: Some(WholeFileSecret { key, text }) })
            }
            (Err(why), None) => Err(format!("`{}` {why}", path.display())),
        }
    }

    /// Reads the file that is named after the key in a folder: its text is the secret.
    fn secret_in_folder(&self, folder: &Path, key: &str) -> Result<Option<SecretString>, String> {
        if key.is_empty() || matches!(key, "." | "..") || key.contains(['/', '\\', '\0']) {
            return Err(format!("expected the name of a file in this folder, found `{}`", key.escape_debug()));
        }
        let path = folder.join(key);
        if !path.exists() {
            return Ok(None);
        }
        Ok(one_secret(&read(&self.checked_path(&path)?)?))
    }

    /// Resolves all links of a path, and checks that a document may read the file.
    fn checked_path(&self, path: &Path) -> Result<PathBuf, String> {
        let real = |path: &Path| {
            path.canonicalize().map_err(|error| format!("`{}` cannot be read ({})", path.display(), reason(&error)))
        };
        let file = real(path)?;
        if self.confined && !file.starts_with(real(&self.folder)?) {
            return Err(format!(
                "`{}` is outside the document's folder; allow it with `--allow-location-outside`, or in Rust with \
                 `Settings::allow_location_outside`",
                path.display()
            ));
        }
        Ok(file)
    }
}

/// Returns a string as one secret, without its last line break; `None` if it is empty.
fn one_secret(text: &str) -> Option<SecretString> {
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    (!text.is_empty()).then(|| text.to_owned().into())
}

/// Reads a regular file that is not too large.
fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("`{}` cannot be read ({})", path.display(), reason(&error));
    // Pipes and devices have no end. The check is repeated after opening, because the file could have been replaced.
    let regular = |metadata: std::io::Result<Metadata>| match metadata.map_err(unreadable) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(format!("`{}` is not a regular file", path.display())),
        Err(why) => Err(why),
    };
    regular(std::fs::metadata(path))?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, O_NONBLOCK);
    let file = options.open(path).map_err(unreadable)?;
    regular(file.metadata())?;
    let too_large = || format!("`{}` is larger than {MAX_FILE} bytes", path.display());
    let text = bounded_text(file, MAX_FILE).map_err(unreadable)?.ok_or_else(too_large)?;
    // Windows editors write a byte-order mark.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Returns the extension of a file in lower case. The file `.env` has the extension `env`.
fn extension(path: &Path) -> Option<String> {
    let extension = if path.file_name().is_some_and(|name| name == ".env") {
        Some("env")
    } else {
        path.extension().and_then(|extension| extension.to_str())
    };
    extension.map(str::to_ascii_lowercase)
}

/// Parses a string in the format of its file extension; detects the format if the extension is unknown.
fn values(text: &str, extension: Option<&str>) -> Result<SecretValues, String> {
    match extension {
        Some("json") => json(text),
        Some("yaml" | "yml") => yaml(text),
        Some("env") => dotenv(text),
        _ if text.trim_start().starts_with('{') => json(text),
        _ => dotenv(text).or_else(|_| yaml(text)),
    }
}

fn not_an_object(what: &str, line: u64) -> String {
    format!("is not a valid {what} object: error at line {line}")
}

#[cfg(feature = "formats")]
fn yaml(text: &str) -> Result<SecretValues, String> {
    let scalars = naftiko_spec::read::scalars(text).map_err(|line| not_an_object("YAML", line))?;
    Ok(by_key(scalars))
}

#[cfg(not(feature = "formats"))]
fn yaml(_text: &str) -> Result<SecretValues, String> {
    Err("is read as YAML, which requires the feature `formats` of `naftiko`".to_owned())
}

/// Returns the values of a JSON object by key. Numbers are kept as they are written.
///
/// # Errors
/// Returns an error if the text is not a JSON object.
pub(super) fn json(text: &str) -> Result<SecretValues, String> {
    let wrong = |error: serde_json::Error| not_an_object("JSON", error.line() as u64);
    let scalar = |value: &RawValue| match value.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(value.get()).map(|text| Some(Ok(text))),
        Some(b'[') => Ok(Some(Err("an array"))),
        Some(b'{') => Ok(Some(Err("an object"))),
        Some(b'n') | None => Ok(None),
        Some(_) => Ok(Some(Ok(value.get().to_owned()))),
    };
    let mut scalars = Vec::new();
    for (key, value) in serde_json::from_str::<HashMap<String, &RawValue>>(text).map_err(wrong)? {
        if value.get().starts_with('{') {
            for (name, value) in serde_json::from_str::<HashMap<String, &RawValue>>(value.get()).map_err(wrong)? {
                scalars.extend(scalar(value).map_err(wrong)?.map(|text| (key.clone(), Some(name), text)));
            }
        }
        scalars.extend(scalar(value).map_err(wrong)?.map(|text| (key, None, text)));
    }
    Ok(by_key(scalars))
}

/// Returns values by key. A member of a nested object has both keys, joined with a dot: `database.password`. Empty values are left out.
fn by_key(scalars: Vec<(String, Option<String>, Result<String, &'static str>)>) -> SecretValues {
    let mut values = SecretValues::default();
    for (key, name, text) in scalars {
        let key = match name {
            Some(name) => format!("{key}.{name}"),
            None => key,
        };
        match text {
            Ok(text) if text.is_empty() => {}
            Ok(text) => {
                values.texts.insert(key, text.into());
            }
            Err(kind) => {
                values.others.insert(key, kind);
            }
        }
    }
    values
}

/// Parses lines of `KEY=value` as shells do: with optional `export`, quotes, and trailing comments.
fn dotenv(text: &str) -> Result<SecretValues, String> {
    let mut values = SecretValues::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let wrong = || format!("has no valid `KEY=value` in line {}", number + 1);
        let (key, value) = line.split_once('=').ok_or_else(wrong)?;
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.')) {
            return Err(wrong());
        }
        let value = match quoted(value.trim_start()) {
            Some((text, rest)) if without_comment(rest).is_empty() => text,
            Some(_) => return Err(wrong()),
            None => without_comment(value).trim_start().to_owned(), // `KEY= # comment` has no value.
        };
        if !value.is_empty() {
            values.texts.insert(key.to_owned(), SecretString::from(value));
        }
    }
    Ok(values)
}

/// Returns an unquoted text without its trailing comment, which begins with a `#` after whitespace.
fn without_comment(text: &str) -> &str {
    let mut parts = text.match_indices('#').map(|(at, _)| text.split_at(at).0);
    parts.find(|before| before.ends_with([' ', '\t'])).unwrap_or(text).trim_end()
}

/// Returns the quoted text at the beginning of a value, and the text after its closing quote; `None` if the value is not quoted.
fn quoted(value: &str) -> Option<(String, &str)> {
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (mut text, mut characters) = (String::new(), value.chars());
    characters.next();
    loop {
        match characters.next()? {
            end if end == quote => return Some((text, characters.as_str())),
            '\\' if quote == '"' => match characters.next()? {
                'n' => text.push('\n'),
                escaped @ ('"' | '\\') => text.push(escaped),
                other => text.extend(['\\', other]),
            },
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn value(text: &str, extension: Option<&str>, key: &str) -> Option<String> {
        values(text, extension).unwrap().texts.get(key).map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn a_file_is_read_in_its_format() {
        let json = r#"{"KEY": "a b", "n": 7, "empty": "", "db": {"password": "p", "deep": {"x": 1}}}"#;
        for extension in [Some("json"), None] {
            assert_eq!(value(json, extension, "KEY").as_deref(), Some("a b"));
            assert_eq!(value(json, extension, "n").as_deref(), Some("7"));
            assert_eq!(value(json, extension, "db.password").as_deref(), Some("p"));
            assert_eq!(value(json, extension, "empty"), None);
        }
        for extension in [Some("yaml"), Some("yml"), None].iter().filter(|_| cfg!(feature = "formats")) {
            assert_eq!(value("KEY: a b\ndb:\n  password: p\n", *extension, "db.password").as_deref(), Some("p"));
        }
        let dotenv = "# secrets\nexport KEY=\"a b\"\nOTHER='x # y' # z\nPLAIN=a=b # c\n\nEMPTY=\n";
        for extension in [Some("env"), None] {
            assert_eq!(value(dotenv, extension, "KEY").as_deref(), Some("a b"));
            assert_eq!(value(dotenv, extension, "OTHER").as_deref(), Some("x # y"));
            assert_eq!(value(dotenv, extension, "PLAIN").as_deref(), Some("a=b"));
            assert_eq!(value(dotenv, extension, "EMPTY"), None);
        }
        for (line, expected) in [
            ("KEY='x' # it's mine", "x"),
            (r#"KEY="a" # say "b""#, "a"),
            ("KEY='a'  \t# b", "a"),
            ("KEY=a\t# b", "a"),
            ("KEY=a#b", "a#b"),
            (r#"KEY="a \"b\"""#, r#"a "b""#),
            (r#"KEY="C:\\new\n\d""#, "C:\\new\n\\d"),
            ("KEY='C:\\new'", "C:\\new"),
            ("KEY='a", "'a"),
            ("KEY=#a", "#a"),
        ] {
            assert_eq!(value(line, Some("env"), "KEY").as_deref(), Some(expected), "{line}");
        }
        let empty = ["KEY= # a", "KEY=\t#a", "KEY = # 'a'", "export KEY=   # a", "KEY=   ", "KEY='' # a"];
        assert_eq!(empty.map(|line| value(line, Some("env"), "KEY")), empty.map(|_| None));
        assert_eq!(super::dotenv("KEY='it's'").map(drop).unwrap_err(), "has no valid `KEY=value` in line 1");
    }

    #[test]
    fn a_value_that_is_not_a_text_is_named() {
        let json = r#"{"a": ["s3cret"], "o": {"t": "s3cret", "d": {"x": "s3cret"}, "l": []}, "n": null, "e": ""}"#;
        for extension in [Some("json"), None, Some("yaml")].iter().filter(|_| cfg!(feature = "formats")) {
            let SecretValues { texts, others } = values(json, *extension).unwrap();
            assert_eq!(texts.keys().collect::<Vec<_>>(), ["o.t"]);
            let expected = [("a", "an array"), ("o", "an object"), ("o.d", "an object"), ("o.l", "an array")];
            assert_eq!(others, expected.map(|(key, what)| (key.to_owned(), what)).into(), "{extension:?}");
        }
        let path = std::env::temp_dir().join(format!("naftiko-not-a-text-{}.json", std::process::id()));
        std::fs::write(&path, json).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let why = Locations::below(path.parent(), false).value(&name, "a").map(drop).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(why, format!("the binds of {name}: expected a string in `a`, found an array"));
    }

    #[test]
    fn a_byte_order_mark_is_not_a_part_of_a_secret() {
        let folder = std::env::temp_dir().join(format!("naftiko-byte-order-mark-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in [
            ("tok", "\u{feff}s3cret\n"),
            ("all.env", "\u{feff}tok=s3cret\n"),
            ("all.json", "\u{feff}{\"tok\":\"s3cret\"}"),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let mut locations = Locations::below(Some(&folder), false);
        let read: Vec<_> = [".", "tok", "all.env", "all.json"].map(|location| locations.value(location, "tok")).into();
        std::fs::remove_dir_all(&folder).unwrap();
        for value in read {
            assert_eq!(value.unwrap().unwrap().expose_secret(), "s3cret");
        }
    }

    #[test]
    fn the_file_env_is_read_as_dotenv() {
        for (path, expected) in [("a/.env", Some("env")), ("a/b.ENV", Some("env")), ("a/.key", None), ("a/key", None)] {
            assert_eq!(extension(Path::new(path)).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_secret_that_is_a_number_keeps_its_digits() {
        let wide = "12345678901234567890123";
        for secret in [wide, "12e45", "0.10", "-0", "1e400"] {
            assert_eq!(value(&format!(r#"{{"KEY":{secret}}}"#), Some("json"), "KEY").as_deref(), Some(secret));
            #[cfg(feature = "formats")]
            assert_eq!(value(&format!("KEY: {secret}\n"), Some("yaml"), "KEY").as_deref(), Some(secret));
        }
        let two = format!(r#"{{"KEY":{wide},"OTHER":12345678901234567890124}}"#);
        assert_eq!(value(&two, Some("json"), "KEY").as_deref(), Some(wide));
        assert_eq!(value(&two, Some("json"), "OTHER").as_deref(), Some("12345678901234567890124"));
        #[cfg(feature = "formats")]
        assert_eq!(value(&two, Some("yaml"), "KEY").as_deref(), Some(wide));
        #[cfg(feature = "formats")]
        for secret in ["0042", "-0123", "012e3", ".5", "5.", "+4912", "1_000", "0b11", "0x1F", ".inf", "True"] {
            assert_eq!(value(&format!("KEY: {secret}\n"), Some("yaml"), "KEY").as_deref(), Some(secret));
        }
    }

    #[cfg(not(feature = "formats"))]
    #[test]
    fn yaml_needs_a_feature_which_is_named() {
        for extension in [Some("yaml"), Some("yml"), None] {
            let why = values("KEY: s3cret\n", extension).map(drop).unwrap_err();
            assert_eq!(why, "is read as YAML, which requires the feature `formats` of `naftiko`");
        }
    }

    #[test]
    fn mistakes_are_reported_without_the_content_of_the_file() {
        for (text, extension) in
            [("[\"s3cret\"]", "json"), ("{\"s3cret\": ", "json"), ("- s3cret", "yaml"), ("s3cret", "env")]
        {
            let why = values(text, Some(extension)).map(drop).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }
}

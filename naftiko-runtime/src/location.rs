//! The paths of `location`: files and folders that documents and traits refer to, and why they cannot be read.

use std::io;
#[cfg(feature = "client")]
use std::io::Read;
#[cfg(any(feature = "client", feature = "mcp"))]
use std::path::{Path, PathBuf};

/// Returns why a file or a folder cannot be read, for the end of a message: `no such file or folder`, `permission denied`.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        kind => kind.to_string(),
    }
}

/// Reads a text of at most `most` bytes; `None` if it is larger.
///
/// # Errors
/// Returns an error if the text cannot be read, or is not UTF-8.
#[cfg(feature = "client")]
pub(crate) fn bounded_text(from: impl Read, most: u64) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    // One byte more than the limit shows that the text is too large. The bytes are converted afterwards, since the limit can be within a
    // character.
    let read = from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if read as u64 > most {
        return Ok(None);
    }
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "the text is not UTF-8");
    String::from_utf8(bytes).map(Some).map_err(not_text)
}

/// Returns the path of a location: `file:///etc/x`, `file://./x`, `file:x` or a plain path. A relative path is resolved against
/// `folder`.
///
/// # Errors
/// Returns an error if the location has another scheme than `file`, or is not a path.
#[cfg(any(feature = "client", feature = "mcp"))]
pub(crate) fn path(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let written = match location.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => match rest.strip_prefix("//") {
            Some(after) => after.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(after),
            None => rest,
        },
        // A scheme of one letter is a Windows drive.
        Some((scheme, _)) if scheme.len() > 1 && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'+') => {
            return Err(format!("`{scheme}:` cannot be read here; use a path or a `file:` URI"));
        }
        _ => location,
    };
    let decoded = percent_encoding::percent_decode_str(written)
        .decode_utf8()
        .map_err(|_| format!("the path `{written}` is not UTF-8 once it is percent-decoded"))?;
    if decoded.is_empty() {
        return Err("the path is empty".to_owned());
    }
    if decoded.contains('\0') {
        return Err("the path contains a NUL character".to_owned());
    }
    // Messages show the path. `components` removes each `.` in its middle.
    Ok(folder.join(decoded.as_ref()).components().collect())
}

#[cfg(any(feature = "client", feature = "mcp"))]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_location_is_a_path() {
        let folder = Path::new("/srv/app");
        for (location, expected) in [
            ("file:///etc/secrets.json", "/etc/secrets.json"),
            ("file://localhost/etc/secrets.json", "/etc/secrets.json"),
            ("file://./secrets.json", "/srv/app/./secrets.json"),
            ("file:secrets%20x.json", "/srv/app/secrets x.json"),
            ("secrets.json", "/srv/app/secrets.json"),
            ("localhost/secrets.json", "/srv/app/localhost/secrets.json"),
            ("file:localhost/secrets.json", "/srv/app/localhost/secrets.json"),
            ("file://localhost.d/secrets.json", "/srv/app/localhost.d/secrets.json"),
        ] {
            assert_eq!(path(folder, location).unwrap(), Path::new(expected), "{location}");
        }
        let shown = |folder: &str, location| path(Path::new(folder), location).unwrap().display().to_string();
        assert_eq!(shown(".", "file://./secrets.json"), "./secrets.json");
        assert_eq!(shown("/srv/./app", "file://./a/./b.json"), "/srv/app/a/b.json");
        for location in ["https://vault.example/x", "file://", "vault:kv/x"] {
            assert!(path(folder, location).is_err(), "{location}");
        }
    }
}

//! Reads documents from files, folders and stdin.

use clap::ArgMatches;
use naftiko_runtime::document::Settings;
use naftiko_spec::load::MAX_BYTES;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The maximum depth of folders.
const MAX_DEPTH: usize = 256;

/// The permissions that the command line gives to documents.
#[derive(Clone, Copy)]
pub(crate) struct Permissions {
    outside: bool,
    private: bool,
}

impl Permissions {
    /// Reads the permissions from the parsed command line.
    pub(crate) fn from_matches(given: &ArgMatches) -> Self {
        Self { outside: given.get_flag("outside"), private: given.get_flag("private") }
    }

    /// Applies these permissions to the settings of a document.
    pub(crate) fn apply(self, settings: Settings) -> Settings {
        let settings = if self.outside { settings.allow_location_outside() } else { settings };
        if self.private { settings.allow_private() } else { settings }
    }
}

/// The name of stdin in messages.
pub(crate) const STDIN: &str = "<stdin>";

/// The text of a document, and the name of its file in messages.
pub(crate) struct Source {
    /// The path as the user gave it, or `<stdin>`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A file that cannot be read: its name, and the reason.
pub(crate) struct Unreadable {
    pub(crate) name: String,
    pub(crate) why: String,
}

impl Unreadable {
    fn new(name: &str, why: impl std::fmt::Display) -> Self {
        Self { name: name.to_owned(), why: why.to_string() }
    }
}

/// Reads one file, or stdin for `-`, up to the maximum size of a document.
pub(crate) fn read(name: &str) -> Result<Source, Unreadable> {
    if name == "-" {
        return text(STDIN, io::stdin().lock());
    }
    let file = File::open(name).map_err(|error| Unreadable::new(name, error))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Unreadable::new(name, "it is a folder; specify its files")),
        _ => text(name, file),
    }
}

fn text(name: &str, from: impl Read) -> Result<Source, Unreadable> {
    let mut bytes = Vec::new();
    // One byte more than the limit shows that the text is too large.
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    from.take(limit).read_to_end(&mut bytes).map_err(|error| Unreadable::new(name, error))?;
    if bytes.len() > MAX_BYTES {
        return Err(Unreadable::new(name, format!("it is larger than the limit of {MAX_BYTES} bytes")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name: name.to_owned(), text }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(Unreadable::new(name, format!("invalid UTF-8 at byte {at}")))
        }
    }
}

/// Checks that stdin is given at most once: after the first document, nothing is left to read.
pub(crate) fn check_stdin(names: &[String]) -> Result<(), Unreadable> {
    match names.iter().filter(|name| *name == "-").count() {
        0 | 1 => Ok(()),
        _ => Err(Unreadable::new(STDIN, "`-` is given more than once")),
    }
}

/// Returns the files to check, and the files and folders that cannot be read, such as those deeper than [`MAX_DEPTH`]. Folders are
/// searched for `*.yaml` and `*.yml`, in order of their names. Hidden files and folders are skipped.
pub(crate) fn files(names: &[String]) -> Vec<Result<String, Unreadable>> {
    let mut files = Vec::new();
    for name in names {
        if name != "-" && Path::new(name).is_dir() {
            walk(Path::new(name), 0, &mut files);
        } else {
            files.push(Ok(name.clone()));
        }
    }
    files
}

/// Adds the YAML files below a folder, in the order of their paths. Hidden files and folders are skipped.
fn walk(folder: &Path, depth: usize, files: &mut Vec<Result<String, Unreadable>>) {
    let read = || -> io::Result<Vec<(PathBuf, bool)>> {
        std::fs::read_dir(folder)?
            .map(|entry| {
                let entry = entry?;
                Ok((entry.path(), entry.file_type()?.is_dir()))
            })
            .collect()
    };
    let mut entries = match read() {
        Ok(entries) => entries,
        Err(error) => return files.push(Err(Unreadable::new(&folder.display().to_string(), error))),
    };
    entries.sort();
    for (path, is_folder) in entries {
        // Editors and other programs write hidden files, such as locks, which are not documents.
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        // Links to folders are not followed, since they can form a cycle; opening a named pipe would wait for a writer.
        let is_special = || path.metadata().is_ok_and(|target| !target.is_file());
        if is_folder && depth == MAX_DEPTH {
            let too_deep = format!("it is a folder below {MAX_DEPTH} others; specify it, too");
            files.push(Err(Unreadable::new(&path.display().to_string(), too_deep)));
        } else if is_folder {
            walk(&path, depth + 1, files);
        } else if !is_folder && is_yaml && !is_special() {
            let not_utf8 = || Unreadable::new(&path.display().to_string(), "its name is not UTF-8; rename it");
            files.push(path.to_str().map(str::to_owned).ok_or_else(not_utf8));
        }
    }
}

/// Returns the folder of a document's file, to which each relative `location` in the document is relative.
pub(crate) fn folder(name: &str) -> PathBuf {
    let parent = Path::new(name).parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

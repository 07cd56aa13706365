//! Folders whose files are resources. No URI and no symbolic link leads out of the folder.

use super::file_content::file_contents;
use super::uri_template::decoded;
use crate::error::{Error, Result};
use crate::operation::encoded;
use crate::upload::media_type_of;
use http::StatusCode;
use naftiko_spec::model::McpResource;
use rmcp::model::{Resource, ResourceContents};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The maximum number of listed files.
const MAX_FILES: usize = 1000;
/// The maximum depth of the folders whose files are listed.
const MAX_DEPTH: usize = 8;

/// A folder whose files are resources, or a single file.
#[derive(Clone)]
pub(super) struct Folder {
    /// The prefix of its files' URIs, with a trailing slash.
    base: String,
    resource: McpResource,
    root: PathBuf,
}

impl Folder {
    /// Creates the folder or file of a resource.
    pub(super) fn of(resource: &McpResource, root: PathBuf) -> Self {
        let slash = if resource.uri.ends_with('/') { "" } else { "/" };
        let base = format!("{}{slash}", resource.uri);
        Self { base, resource: resource.clone(), root }
    }

    /// Returns the scopes that a caller needs to read the files.
    pub(super) fn scopes(&self) -> &[String] {
        &self.resource.scopes
    }

    /// Returns the prefix of its files' URIs.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Returns whether the resource itself has this URI. If the location is a file, this is the URI of the file.
    pub(super) fn is_at(&self, uri: &str) -> bool {
        uri == self.resource.uri
    }

    /// Returns the path of a file relative to the folder, if the URI belongs to this folder.
    pub(super) fn path_of(&self, uri: &str) -> Option<String> {
        decoded(uri.strip_prefix(&self.base)?)
    }

    /// Returns the current files of the folder.
    pub(super) fn list(&self) -> Vec<Resource> {
        let Ok(root) = self.root.canonicalize() else { return Vec::new() };
        let mut found = Vec::new();
        if root.is_file() {
            found.push(String::new());
        } else {
            walk(&root, "", 0, &mut found);
        }
        let declared = &self.resource;
        let of = |path: &String| {
            let (uri, name) = match path.as_str() {
                "" => (declared.uri.clone(), declared.name.clone()),
                path => {
                    let segments: Vec<String> = path.split('/').map(encoded).collect();
                    (format!("{}{}", self.base, segments.join("/")), format!("{}/{path}", declared.name))
                }
            };
            let mut resource = Resource::new(uri, name);
            resource.title = declared.label.as_ref().filter(|_| path.is_empty()).cloned();
            resource.description.clone_from(&declared.description);
            resource.mime_type = Some(self.mime_type(path).to_owned());
            resource
        };
        found.iter().map(of).collect()
    }

    /// Describes the resource for the page: with a URI template for the files of a folder, or with the URI of a single file.
    #[cfg(feature = "page")]
    pub(super) fn offered(&self) -> super::offered::OfferedResource {
        const PATH: &str = "path";
        let declared = &self.resource;
        let folder = !self.root.is_file();
        let argument =
            || super::offered::OfferedArgument::of(PATH, Some("The path of a file in this folder."), true, &[]);
        super::offered::OfferedResource {
            name: declared.name.clone(),
            title: declared.label.clone(),
            description: declared.description.clone(),
            uri: if folder { format!("{}{{+{PATH}}}", self.base) } else { declared.uri.clone() },
            mime_type: if folder { declared.mime_type.clone() } else { Some(self.mime_type("").to_owned()) },
            folder,
            arguments: folder.then(argument).into_iter().collect(),
        }
    }

    fn mime_type(&self, path: &str) -> &str {
        let declared = self.resource.mime_type.as_deref();
        let mime_type = if path.is_empty() {
            // The location is a file, and its type may be declared.
            declared.or_else(|| media_type_of(self.root.to_str()?))
        } else {
            media_type_of(path).or(declared)
        };
        mime_type.unwrap_or("application/octet-stream")
    }

    /// Reads a file of the folder. `path` is relative to the folder, or empty if the location is a file; `limit` is in bytes.
    ///
    /// # Errors
    /// Returns 404 if the file does not exist, 413 if it is too large.
    pub(super) async fn read(&self, path: &str, uri: &str, limit: usize) -> Result<Vec<ResourceContents>> {
        let (folder, path, uri) = (self.clone(), path.to_owned(), uri.to_owned());
        let read = tokio::task::spawn_blocking(move || {
            let file = contained(&folder.root, &path).ok_or_else(|| missing(&path))?;
            let too_large = |size: String| {
                let message = format!("the file has {size} bytes, but a resource can have at most {limit}");
                Error::new(StatusCode::PAYLOAD_TOO_LARGE, message)
            };
            let size = fs::metadata(&file).map_err(|_| missing(&path))?.len();
            if size > limit as u64 {
                return Err(too_large(size.to_string()));
            }
            let content = fs::File::open(&file).and_then(|open| {
                let mut content = Vec::new();
                // The file may have grown in the meantime. One byte more than the limit proves that it is too large.
                open.take((limit as u64).saturating_add(1)).read_to_end(&mut content).map(|_| content)
            });
            let content = content.map_err(|error| missing(&path).because(error))?;
            if content.len() > limit {
                return Err(too_large(format!("more than {limit}")));
            }
            Ok(vec![file_contents(&content, &uri, folder.mime_type(&path))])
        });
        read.await.map_err(Error::internal)?
    }
}

fn missing(path: &str) -> Error {
    if path.is_empty() {
        return Error::new(
            StatusCode::NOT_FOUND,
            "no file found at this URI; if it is a folder, `resources/list` lists its files",
        );
    }
    Error::new(StatusCode::NOT_FOUND, format!("there is no file `{}`", naftiko_spec::printable(path)))
}

/// Returns the file at a path below a folder, if it exists, is inside the folder, and is not hidden.
fn contained(root: &Path, path: &str) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let mut file = root.clone();
    for segment in path.split('/').filter(|_| !path.is_empty()) {
        if matches!(segment, "" | "." | "..") || segment.starts_with('.') || segment.contains(['\\', '\0', ':']) {
            return None;
        }
        file.push(segment);
    }
    let file = file.canonicalize().ok()?;
    (file.starts_with(&root) && file.is_file()).then_some(file)
}

/// Lists the files below a folder, up to the limits, without hidden files and symbolic links. `before` is the path of this folder
/// below the root.
fn walk(folder: &Path, before: &str, depth: usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else { continue };
        if name.starts_with('.') || name.contains(['\\', ':']) || found.len() >= MAX_FILES {
            continue;
        }
        let path = if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") };
        if kind.is_file() {
            found.push(path);
        } else if kind.is_dir() && depth < MAX_DEPTH {
            walk(&entry.path(), &path, depth + 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_file_that_is_larger_than_it_seemed_is_refused() {
        // The metadata of such a file says that it is empty.
        let resource = McpResource { uri: "proc://status".to_owned(), ..McpResource::default() };
        let folder = Folder::of(&resource, PathBuf::from("/proc/self/status"));
        let error = folder.read("", "proc://status", 10).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(error.to_string(), "the file has more than 10 bytes, but a resource can have at most 10");
        folder.read("", "proc://status", 1 << 20).await.unwrap();
    }

    #[test]
    fn nothing_leads_out_of_a_folder() {
        let outside = std::env::temp_dir().join(format!("naftiko-folder-{}", std::process::id()));
        let root = outside.join("docs");
        fs::create_dir_all(root.join("sub")).unwrap();
        for (file, text) in [("secret", "s"), ("docs/a.md", "# A"), ("docs/sub/b c.txt", "b"), ("docs/.hidden", "h")] {
            fs::write(outside.join(file), text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.join("secret"), root.join("link")).unwrap();
        let (name, uri) = ("docs".to_owned(), "docs://all".to_owned());
        let folder = Folder::of(&McpResource { name, uri, ..McpResource::default() }, root.clone());

        let listed: Vec<String> = folder.list().into_iter().map(|resource| resource.uri.clone()).collect();
        assert_eq!(listed, ["docs://all/a.md", "docs://all/sub/b%20c.txt"]);
        assert!(contained(&root, "sub/b c.txt").is_some());
        let absolute = outside.join("secret").display().to_string();
        for path in ["../secret", "sub/../../secret", "link", &absolute, ".hidden", "sub", "", "..\\secret", "a.md\0"] {
            assert_eq!(contained(&root, path), None, "{path}");
        }
        assert_eq!(folder.path_of("docs://all/%2e%2e/secret").as_deref(), Some("../secret"));
        assert!(missing("").to_string().contains("`resources/list`"));
        for uri in ["docs://", "file:///", "docs://all/"] {
            let resource = McpResource { uri: uri.to_owned(), ..McpResource::default() };
            let folder = Folder::of(&resource, root.clone());
            let first = folder.list()[0].uri.clone();
            assert_eq!((first.as_str(), folder.path_of(&first).as_deref()), (&*format!("{uri}a.md"), Some("a.md")));
        }

        let (name, uri) = ("a".to_owned(), "a://file".to_owned());
        let file = Folder::of(&McpResource { name, uri, ..McpResource::default() }, root.join("a.md"));
        let listed: Vec<_> =
            file.list().into_iter().map(|resource| (resource.uri.clone(), resource.mime_type.clone())).collect();
        assert_eq!(listed, [("a://file".to_owned(), Some("text/markdown".to_owned()))]);
        fs::remove_dir_all(outside).unwrap();
    }
}

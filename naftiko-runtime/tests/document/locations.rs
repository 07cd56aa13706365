//! The locations of secrets: folders, files with one secret, and files that a document must not name.
#![cfg(unix)]

use crate::support::load;
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::json;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = include_str!("field/bind-secretsdir.naftiko.yaml");
const FILE: &str = include_str!("field/bind-secretsfile.naftiko.yaml");

/// A temporary folder for a test.
struct Work(PathBuf);

impl Work {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("naftiko-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("scout/secrets")).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn settings(&self) -> Settings {
        Settings::default().folder(&self.0)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn at(yaml: &str, folder: &Path) -> String {
    yaml.replace("$WORKDIR", folder.to_str().unwrap())
}

fn located(location: &str) -> String {
    FILE.replace("file://$WORKDIR/scout/secrets/API_TOKEN", location)
}

/// Returns the credential that is sent.
async fn sent(yaml: &str, settings: Settings) -> String {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/x", Answer::json(200, json!({})));
    let capability = load(yaml, settings.upstream("up", upstream.url())).unwrap();
    capability.call("get-x", json!({})).await.unwrap();
    upstream.requests()[0].header("authorization").unwrap().to_owned()
}

fn refused(yaml: &str, settings: Settings) -> String {
    load(yaml, settings.upstream("up", "http://127.0.0.1:9")).unwrap_err().to_string()
}

#[tokio::test]
async fn a_location_can_be_a_folder_of_secrets_or_a_single_secret() {
    let work = Work::new("secrets");
    // Kubernetes mounts secrets like this: the files are links to files in a folder beside them.
    std::fs::create_dir_all(work.0.join("scout/secrets/..data")).unwrap();
    work.write("scout/secrets/..data/API_TOKEN", "t0k=en\n");
    symlink("..data/API_TOKEN", work.0.join("scout/secrets/API_TOKEN")).unwrap();
    work.write("scout/other", "s3cret+/\r\n");
    work.write("scout/KEY=VALUE", "API_TOKEN=from-a-line\n");
    for (yaml, expected) in [
        (at(FOLDER, &work.0), "Bearer t0k=en"),
        (at(FILE, &work.0), "Bearer t0k=en"),
        (located("file://./scout/secrets"), "Bearer t0k=en"),
        (located("scout/secrets/"), "Bearer t0k=en"),
        (located("scout/other"), "Bearer s3cret+/"),
        (located("scout/KEY=VALUE"), "Bearer from-a-line"),
    ] {
        assert_eq!(sent(&yaml, work.settings()).await, expected, "{yaml}");
    }
    // Text with `=`, several lines or several words counts as one secret only if the file is named after the key. A
    // folder must have a file with that name.
    work.write("scout/lines", "OTHER=1\n");
    work.write("scout/broken", "API_TOKEN s3cret\nOTHER\n");
    work.write("scout/padded", "czNjcmV0LXM=\n");
    work.write("scout/empty.json", "{\"API_TOKEN\":\"\"}");
    let rename = "set `API_TOKEN` in this file, or rename the file to `API_TOKEN` if its whole text is the secret";
    for (location, remedy) in [
        ("scout/lines", rename),
        ("scout/broken", rename),
        ("scout/padded", rename),
        ("scout/empty.json", "set `API_TOKEN` in this file"),
        ("scout", "write it to the file `API_TOKEN` in this folder"),
    ] {
        let error = refused(&located(location), work.settings());
        assert!(error.contains(&format!("`API_TOKEN` of {location} is not set; it is used for")), "{error}");
        // Only the file is read, so the error does not mention environment variables.
        assert!(error.ends_with(remedy) && !error.contains("s3cret") && !error.contains("environment"), "{error}");
    }
    let climbing = FOLDER.replace("API_TOKEN: API_TOKEN", "API_TOKEN: ../other");
    assert!(refused(&at(&climbing, &work.0), work.settings()).contains("the name of a file"));
}

#[tokio::test]
async fn a_pipe_or_a_device_is_refused_without_waiting() {
    let work = Work::new("pipe");
    assert!(Command::new("mkfifo").arg(work.0.join("scout/secrets/API_TOKEN")).status().unwrap().success());
    for yaml in [at(FOLDER, &work.0), at(FILE, &work.0), located("file:///dev/zero")] {
        let error = refused(&yaml, work.settings().allow_location_outside());
        assert!(error.contains("not a regular file"), "{error}");
    }
}

#[tokio::test]
async fn a_file_outside_the_documents_folder_is_refused_unless_allowed() {
    let work = Work::new("outside");
    let elsewhere = Work::new("elsewhere");
    elsewhere.write("API_TOKEN", "s3cret\n");
    let file = elsewhere.0.join("API_TOKEN");
    symlink(&file, work.0.join("link")).unwrap();
    symlink(&file, work.0.join("scout/secrets/API_TOKEN")).unwrap();
    symlink(&elsewhere.0, work.0.join("folder")).unwrap();
    let name = elsewhere.0.file_name().unwrap().to_str().unwrap();
    for location in [
        file.to_str().unwrap().to_owned(),
        format!("file://{}", elsewhere.0.display()),
        format!("../{name}/API_TOKEN"),
        format!("file:%2e%2e/{name}/API_TOKEN"),
        "link".to_owned(),
        "folder".to_owned(),
        "scout/secrets".to_owned(),
    ] {
        let error = refused(&located(&location), work.settings());
        assert!(error.contains("outside the document's folder"), "{location}: {error}");
        let allowed = work.settings().allow_location_outside();
        assert_eq!(sent(&located(&location), allowed).await, "Bearer s3cret", "{location}");
    }
}

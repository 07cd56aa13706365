//! Without the feature `client` the constructors of a generated client name the feature that is missing.
#![cfg(all(feature = "rest", not(feature = "client")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

const TRAIT: &str = r#"
use naftiko::{Result, capability};

/// Reads things.
#[capability(consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 8080)))]
pub trait Things {
    /// Reads a thing.
    #[get("/things/{id}")]
    async fn thing(&self, id: &str) -> Result<String>;
}
"#;

/// What the compiler says of a crate of its own, with the feature `rest` alone: whether it compiles, and its messages.
fn check(code: &str) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("without-client");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"without-client\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         naftiko = {{ path = {root:?}, default-features = false, features = [\"rest\"] }}\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    std::fs::write(folder.join("src/lib.rs"), format!("#![allow(missing_docs)]\n{TRAIT}{code}")).unwrap();
    let mut command = Command::new(env!("CARGO"));
    let command = command.args(["check", "--offline", "--quiet"]).current_dir(&folder);
    let output = command.env("CARGO_TARGET_DIR", folder.join("target")).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_constructors_of_a_client_name_the_feature_that_is_missing() {
    let (compiles, messages) = check("");
    assert!(compiles, "{messages}");
    for call in ["ThingsClient::from_env()", "ThingsClient::builder()"] {
        let (compiles, messages) = check(&format!("pub fn made() {{ let _ = {call}; }}"));
        assert!(
            !compiles && messages.contains("the feature `client` of `naftiko`, which is off"),
            "{call}: {messages}"
        );
        assert_eq!(messages.matches("error[").count(), 1, "{call}: {messages}");
    }
}

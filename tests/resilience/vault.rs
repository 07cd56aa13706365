//! Secrets from Vault. Its address comes from the environment, so each test starts a process of its own: this test
//! binary, which then runs only the test `the_program`. In other runs, `the_program` does nothing.

use super::rotation::{Folder, contains, document, open};
use naftiko::document::Settings;
use naftiko::testing::{Answer, Upstream};
use serde_json::{Value, json};
use std::env;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::process::Command;

const TOKEN: &str = "hvs.t0ken-of-vault";
const SECRETS: [&str; 2] = ["0ld-s3cret-value", "n3w-s3cret-value"];

/// Starts a Vault with one secret in a key/value engine of version 2; `version` selects the secret's value.
async fn vault(version: &Arc<AtomicUsize>) -> Upstream {
    let vault = Upstream::start().await;
    let version = version.clone();
    vault.answer_with("GET", "/v1/secret/data/weather", move |request| {
        if request.header("x-vault-token") != Some(TOKEN) || request.header("x-vault-namespace") != Some("team/a") {
            return Answer::json(403, json!({ "errors": ["permission denied"] }));
        }
        assert_eq!(request.header("x-vault-request"), Some("true"));
        let version = version.load(Ordering::SeqCst);
        let metadata = json!({ "created_time": "2018-03-22T02:24:06.945319214Z", "custom_metadata": null, "deletion_time": "",
            "destroyed": false, "version": version + 1 });
        let data = json!({ "data": { "key": SECRETS[version], "other": "x" }, "metadata": metadata });
        Answer::json(200, json!({ "request_id": "r", "lease_id": "", "renewable": false, "lease_duration": 0, "data": data,
            "wrap_info": null, "warnings": null, "auth": null }))
    });
    vault.answer("GET", "/v1/secret/data/other", Answer::json(404, json!({ "errors": [] })));
    let list = json!({ "data": { "data": { "key": [SECRETS[0]] }, "metadata": {} } });
    vault.answer("GET", "/v1/secret/data/list", Answer::json(200, list));
    vault.answer("GET", "/v1/sealed/data/weather", Answer::json(503, json!({ "errors": ["Vault is sealed"] })));
    vault
}

/// Runs the program, and returns what it prints, which must not contain a secret.
async fn run(location: &str, api: &str, variables: &[(&str, &str)]) -> String {
    let mut program = Command::new(env::current_exe().unwrap());
    program.args(["--exact", "vault::the_program", "--nocapture"]).stdin(Stdio::null());
    for name in
        ["VAULT_ADDR", "VAULT_TOKEN", "VAULT_TOKEN_FILE", "VAULT_NAMESPACE", "VAULT_CACERT", "HTTP_PROXY", "http_proxy"]
    {
        program.env_remove(name);
    }
    program.env("NAFTIKO_TEST_LOCATION", location).env("NAFTIKO_TEST_API", api).envs(variables.iter().copied());
    let output = program.output().await.unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    assert!(![TOKEN, "s3cret"].iter().any(|secret| printed.contains(secret)), "{printed}");
    printed
}

/// The program: prints the error at startup, or the answers of two calls.
#[tokio::test]
async fn the_program() {
    let (Ok(location), Ok(api)) = (env::var("NAFTIKO_TEST_LOCATION"), env::var("NAFTIKO_TEST_API")) else { return };
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::stderr);
    log.init();
    let bearer = "    authentication: { type: bearer, token: '{{vault.KEY}}' }";
    let yaml = document(bearer, &format!("location: '{location}', keys: {{ KEY: key }}"), "");
    let mut settings = Settings::default().upstream("api", api);
    if env::var("NAFTIKO_TEST_CONFINED").is_err() {
        settings = settings.allow_location_outside();
    }
    match open(&yaml, settings) {
        Err(error) => println!("error: {error}"),
        Ok(capability) => {
            for operation in ["read", "add"] {
                println!("{operation}: {:?}", capability.call(operation, json!({})).await);
            }
        }
    }
}

#[tokio::test]
async fn a_secret_of_vault_is_read_at_start_and_after_a_refusal() {
    let version = Arc::new(AtomicUsize::new(0));
    let vault = vault(&version).await;
    let folder = Folder::new("vault");
    folder.write("token", &format!("{TOKEN}\n"));
    let file = folder.0.join("token").display().to_string();
    for (location, token) in [
        ("vault://secret/data/weather", ("VAULT_TOKEN", TOKEN)),
        ("vault://my-vault/secret/data/weather", ("VAULT_TOKEN_FILE", file.as_str())),
    ] {
        version.store(0, Ordering::SeqCst);
        let before = vault.requests().len();
        let api = Upstream::start().await;
        for method in ["GET", "POST"] {
            let version = version.clone();
            api.answer_with(method, "/notes", move |request| {
                if method == "POST" {
                    version.store(1, Ordering::SeqCst);
                }
                if !contains(request, SECRETS[version.load(Ordering::SeqCst)]) {
                    return Answer::status(401);
                }
                // The program can mask the new secret only after it has read it.
                let known = if method == "POST" { &SECRETS[..] } else { &SECRETS[..1] };
                Answer::json(200, json!({ "is": "ok", "was": known }))
            });
        }
        let address = format!("{}/", vault.url());
        let printed = run(location, api.url(), &[("VAULT_ADDR", &address), ("VAULT_NAMESPACE", "team/a"), token]).await;
        assert_eq!(printed.matches("\"is\": String(\"ok\")").count(), 2, "{printed}");
        assert!(printed.contains("secrets have changed"), "{printed}");
        assert_eq!((vault.requests().len() - before, api.requests().len()), (2, 3));
    }
}

#[tokio::test]
async fn problems_of_vault_are_errors_at_start() {
    let version = Arc::new(AtomicUsize::new(0));
    let vault = vault(&version).await;
    let url = vault.url().to_owned();
    let (address, namespace, token) =
        (("VAULT_ADDR", url.as_str()), ("VAULT_NAMESPACE", "team/a"), ("VAULT_TOKEN", TOKEN));
    let path = "vault:///secret/data/weather";
    for (location, variables, expected) in [
        (path, vec![token], "VAULT_ADDR is not set"),
        (path, vec![address], "neither VAULT_TOKEN nor VAULT_TOKEN_FILE is set"),
        (path, vec![("VAULT_ADDR", "http://vault.acme.io"), token], "VAULT_ADDR must begin with `https://`"),
        (
            path,
            vec![address, token],
            "permission denied: the token in VAULT_TOKEN is not valid, or may not read `secret/data/weather`",
        ),
        ("vault:///sealed/data/weather", vec![address, token], "Vault is sealed"),
        ("vault:///secret/data/other", vec![address, token, namespace], "`secret/data/other` not found"),
        ("vault:///secret/data/list", vec![address, token, namespace], "expected a string, found an array"),
        ("vault:///secret", vec![address, token], "expected `vault:///MOUNT/PATH`"),
        (path, vec![("VAULT_ADDR", "http://127.0.0.1:1"), token], "Vault: connecting failed"),
        (path, vec![address, token, ("NAFTIKO_TEST_CONFINED", "1")], "--allow-location-outside"),
    ] {
        let printed = run(location, "http://127.0.0.1:1", &variables).await;
        let error = printed.lines().skip_while(|line| !line.starts_with("error: ")).collect::<Vec<_>>().join("\n");
        assert!(error.contains(expected) && error.contains(&format!("`key` of {location}")), "{expected}: {printed}");
    }
    let requests: Vec<Value> = vault.requests().iter().map(|request| json!(request.path())).collect();
    assert_eq!(requests.len(), 4, "{requests:?}");
}

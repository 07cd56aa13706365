//! Secrets in mounted files, in Vault, and from a source in code.

// part: all
use naftiko::{Result, capability};

/// Reads the weather.
#[capability(
    binds(mounted(location = "file:///run/secrets/weather", WEATHER_KEY)),
    consumes(
        namespace = "weather",
        base_uri = "https://weather.example",
        authentication(apikey(key = "X-Api-Key", value = "{{mounted.WEATHER_KEY}}")),
    ),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Weather {
    /// Reads the temperature of a place, in degrees.
    #[get("/temperature/{place}")]
    async fn temperature(&self, place: &str) -> Result<f64>;
}
// end: all

mod of_vault {
    // part: vault
    use naftiko::{Result, capability};

    /// Reads the weather.
    #[capability(
        binds(vault(location = "vault:///secret/data/weather", WEATHER_KEY = "api-key")),
        consumes(
            namespace = "weather",
            base_uri = "https://weather.example",
            authentication(apikey(key = "X-Api-Key", value = "{{vault.WEATHER_KEY}}")),
        )
    )]
    pub trait Weather {
        /// Reads the temperature of a place, in degrees.
        #[get("/temperature/{place}")]
        async fn temperature(&self, place: &str) -> Result<f64>;
    }
    // end: vault
}

#[test]
fn vault_needs_its_address() {
    if std::env::var_os("VAULT_ADDR").is_some() {
        // A test cannot change its own environment, so it runs again in a process without the variable.
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let again = again.arg("vault_needs_its_address").env_remove("VAULT_ADDR").output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        return;
    }
    let error = of_vault::WeatherClient::from_env().unwrap_err().to_string();
    assert!(error.contains("`api-key` of vault:///secret/data/weather: VAULT_ADDR is not set"), "{error}");
}

// part: source
use naftiko::layer::BoxError;
use naftiko::{SecretSource, SecretValue};
use std::time::Duration;

/// A cloud provider's secret manager.
struct Manager;

impl SecretSource for Manager {
    async fn get(&self, key: &str) -> std::result::Result<Option<SecretValue>, BoxError> {
        // Ask the secret manager here. `None` means that it has no such key.
        let value = (key == "WEATHER_KEY").then(|| SecretValue::new("t0p-s3cret"));
        Ok(value.map(|value| value.valid_for(Duration::from_secs(3600))))
    }
}
// end: source

#[tokio::test]
async fn a_secret_source_supplies_the_key() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/temperature/Oslo", Answer::json(200, json!(-3.5)));
    let client = tested::WeatherClient::builder().base_uri(upstream.url()).secrets("vault", Manager).build().unwrap();
    client.temperature("Oslo").await.unwrap();
    assert_eq!(upstream.requests()[0].header("x-api-key"), Some("t0p-s3cret"));
}

/// The capability of `of_vault`, with a folder instead of Vault.
mod tested {
    use naftiko::{Result, capability};

    /// Reads the weather.
    #[capability(
        binds(vault(location = "target/book-secrets", WEATHER_KEY)),
        consumes(
            namespace = "weather",
            base_uri = "https://weather.example",
            authentication(apikey(key = "X-Api-Key", value = "{{vault.WEATHER_KEY}}")),
        )
    )]
    pub trait Weather {
        /// Reads the temperature of a place, in degrees.
        #[get("/temperature/{place}")]
        async fn temperature(&self, place: &str) -> Result<f64>;
    }
}

use naftiko::testing::{Answer, Upstream};
use serde_json::json;
use tested::Weather as _;

#[tokio::test]
async fn the_key_is_the_text_of_its_file() {
    let folder = std::path::Path::new("target/book-secrets");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("WEATHER_KEY"), "s3cret\n").unwrap();
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/temperature/Oslo", Answer::json(200, json!(-3.5)));
    let client = tested::WeatherClient::builder().base_uri(upstream.url()).build().unwrap();
    assert!((client.temperature("Oslo").await.unwrap() + 3.5).abs() < 1e-9);
    assert_eq!(upstream.requests()[0].header("x-api-key"), Some("s3cret"));
    std::fs::remove_dir_all(folder).unwrap();
    // Without a mount, the error names the missing location.
    let error = WeatherClient::from_env().unwrap_err().to_string();
    assert!(error.contains("/run/secrets/weather"), "{error}");
}

//! Tests that the document of a trait has all settings of its APIs: their credentials, limits, caches and constants.

use super::tests::there_and_back;
use crate::errors::Errors;
use crate::syntax::settings;
use quote::quote;

#[test]
#[allow(clippy::too_many_lines, reason = "one trait with all settings of an API")]
fn settings_of_apis_survive_a_round_trip() {
    let mut errors = Errors::default();
    let settings = quote!(
        binds(env(CA, CERT, KEY, TOKEN, ID, SECRET)),
        consumes(
            namespace = "one",
            base_uri = "https://one.example",
            description = "The first.",
            authentication(bearer = "{{env.TOKEN}}"),
            tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = "{{env.KEY}}"),
            redirects = 3,
            timeout = "20s",
            cache("64MiB", answer = "2MiB"),
            query("v" = "2"),
            header("X-Client" = "naftiko"),
            resilience(
                timeout = "5s",
                retry(3, backoff = "200ms", max_backoff = "2s", idempotency_key),
                hedge = "300ms",
                circuit_breaker(failures = 5, reset = "30s"),
                rate_limit(50, per = "1m", queue = 10),
                concurrency(20, queue = 7),
            ),
        ),
        consumes(
            namespace = "two",
            base_uri = "https://two.example",
            authentication(apikey(key = "key", value = "{{env.KEY}}", placement = "query")),
        ),
        consumes(
            namespace = "three",
            base_uri = "https://three.example",
            authentication(basic(username = "{{env.ID}}", password = "{{env.SECRET}}")),
        ),
        consumes(
            namespace = "four",
            base_uri = "https://four.example",
            authentication(digest(username = "{{env.ID}}", password = "{{env.SECRET}}")),
        ),
        consumes(
            namespace = "five",
            base_uri = "https://five.example",
            authentication(hmac(api_id = "{{env.ID}}", api_key = "{{env.KEY}}")),
        ),
        consumes(
            namespace = "six",
            base_uri = "https://six.example",
            authentication(aws_sig_v4(
                access_key_id = "{{env.ID}}",
                secret_key = "{{env.SECRET}}",
                region = "us-east-1",
                service = "s3",
                session_token = "{{env.TOKEN}}",
            )),
        ),
        consumes(
            namespace = "seven",
            base_uri = "https://seven.example",
            authentication(oauth2(
                token_url = "https://login.example/token",
                client_id = "{{env.ID}}",
                client_secret = "{{env.SECRET}}",
                refresh_token = "{{env.TOKEN}}",
                scopes = ["read", "write"],
                audience = "things",
                resource = "https://seven.example/api",
                client_authentication = "body",
            )),
        ),
        consumes(
            namespace = "eight",
            base_uri = "https://eight.example",
            authentication(oauth1(
                consumer_key = "{{env.ID}}",
                signing_key = "{{env.SECRET}}",
                token_secret = "{{env.TOKEN}}",
                signature_method = "HMAC-SHA256",
            )),
        ),
        consumes(
            namespace = "nine",
            base_uri = "https://nine.example",
            authentication(oauth2(
                token_url = "https://login.example/token",
                client_id = "{{env.ID}}",
                client_secret = "{{env.SECRET}}",
                grant = "token-exchange",
            )),
        ),
        exposes(rest(port = 1), mcp(port = 2))
    );
    let settings = settings::parse(settings, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let item = quote!(
        /// Calls several APIs.
        pub trait Apis {
            /// Calls one.
            #[get(
                "/one",
                consumes = "one",
                timeout = "9s",
                resilience(timeout = "3s", retry(2, idempotency_key = "X-Once"), hedge(off))
            )]
            async fn one(&self) -> Result<Value>;
            /// Calls another.
            #[get("/seven", consumes = "seven", cache(answer = "512KiB"))]
            async fn seven(&self) -> Result<Value>;
        }
    );
    let compared = there_and_back(
        "apis",
        &settings,
        item,
        &[
            "description: The first.",
            "type: bearer",
            "ca: {{env.CA}}",
            "certificate: {{env.CERT}}",
            "key: {{env.KEY}}",
            "redirects: 3",
            "timeout: 20s",
            "timeout: 9s",
            "size: 64MiB",
            "answer: 2MiB",
            "answer: 512KiB",
            "name: v",
            "name: X-Client",
            "timeout: 5s",
            "tries: 3",
            "backoff: 200ms",
            "maxBackoff: 2s",
            "idempotencyKey: Idempotency-Key",
            "hedge: 300ms",
            "failures: 5",
            "reset: 30s",
            "calls: 50",
            "per: 1m",
            "queue: 10",
            "calls: 20",
            "queue: 7",
            "timeout: 3s",
            "tries: 2",
            "idempotencyKey: X-Once",
            "hedge: false",
            "type: apikey",
            "placement: query",
            "type: basic",
            "type: digest",
            "type: hmac",
            "apiId: ",
            "type: aws-sig-v4",
            "sessionToken: ",
            "type: oauth1",
            "tokenSecret: ",
            "signatureMethod: HMAC-SHA256",
            "type: oauth2",
            "tokenUrl: ",
            "refreshToken: ",
            "audience: things",
            "clientAuthentication: body",
            "- write",
            "grant: token-exchange",
        ],
    );
    assert_eq!(compared, Some((4, 2)), "a method came back as several, or not at all");
}

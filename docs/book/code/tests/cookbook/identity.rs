//! The identity of callers: their own credential is sent to the API, or a middleware passes a checked name to the
//! method.

/// The caller's credential is sent to the API.
mod own_credential {
    // part: credential
    use naftiko::{Result, capability};

    /// Reads a mailbox.
    #[capability(
        binds(env(MAIL_TOKEN)),
        consumes(namespace = "mail", base_uri = "https://mail.example", authentication(bearer = "{{env.MAIL_TOKEN}}")),
        exposes(rest(port = 8080))
    )]
    pub trait Mail {
        /// Lists the subjects in the caller's mailbox, or in the shared mailbox if the caller sends no credential.
        #[get("/subjects")]
        async fn subjects(&self, #[header("Authorization")] caller: Option<&str>) -> Result<Vec<String>>;
    }
    // end: credential
}

/// A middleware identifies the caller, and passes the name to the method.
mod checked {
    // part: checked
    use axum::extract::Request;
    use axum::middleware::{self, Next};
    use axum::response::{IntoResponse, Response};
    use naftiko::http::{HeaderValue, StatusCode};
    use naftiko::{Result, capability};

    /// Keeps notes.
    #[capability(exposes(rest(port = 8080), mcp(port = 9090)))]
    pub trait Notes {
        /// Lists the caller's notes.
        #[rest(get = "/notes")]
        #[tool(skip)]
        async fn notes(&self, #[header("X-Checked-User")] user: &str) -> Result<Vec<String>>;
    }

    /// Finds out who calls, and replaces whatever the caller wrote into the header.
    async fn identify(mut request: Request, next: Next) -> Response {
        let user = match request.headers().get("authorization").map(HeaderValue::as_bytes) {
            Some(b"Bearer token-of-ada") => "ada",
            Some(b"Bearer token-of-grace") => "grace",
            _ => return StatusCode::UNAUTHORIZED.into_response(),
        };
        request.headers_mut().insert("x-checked-user", HeaderValue::from_static(user));
        next.run(request).await
    }

    pub fn app(notes: impl Notes + 'static) -> axum::Router {
        notes.into_capability().rest_router().layer(middleware::from_fn(identify))
    }
    // end: checked
}

use checked::Notes;
use naftiko::http::Request;
use naftiko::testing::{Answer, Upstream};
use own_credential::{Mail, MailClient};
use serde_json::json;

#[tokio::test]
async fn the_callers_credential_replaces_that_of_the_capability() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/subjects", Answer::json(200, json!([])));
    let client = MailClient::builder().base_uri(upstream.url()).bind("MAIL_TOKEN", "shared").build().unwrap();
    let router = client.into_capability().rest_router();
    let own = Request::get("/subjects").header("authorization", "Bearer own").body(String::new()).unwrap();
    assert_eq!(crate::ask(&router, own).await.0, 200);
    assert_eq!(crate::ask(&router, crate::get("/subjects")).await.0, 200);
    let requests = upstream.requests();
    let sent: Vec<_> = requests.iter().map(|request| request.header("authorization").unwrap()).collect();
    assert_eq!(sent, ["Bearer own", "Bearer shared"]);
}

struct Mirror;

impl Notes for Mirror {
    async fn notes(&self, user: &str) -> naftiko::Result<Vec<String>> {
        Ok(vec![format!("of {user}")])
    }
}

#[tokio::test]
async fn nobody_can_claim_to_be_somebody_else() {
    let app = checked::app(Mirror);
    let request = Request::get("/notes").header("authorization", "Bearer token-of-ada");
    let claiming = request.header("x-checked-user", "grace").body(String::new()).unwrap();
    assert_eq!(crate::ask(&app, claiming).await, (200, r#"["of ada"]"#.to_owned()));
    assert_eq!(crate::ask(&app, crate::get("/notes")).await.0, 401);
}

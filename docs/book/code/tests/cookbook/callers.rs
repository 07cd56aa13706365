//! Authentication of callers: one token for all of them, or access tokens with names and scopes.

// part: bearer
use naftiko::{Result, capability};

/// Keeps notes.
#[capability(
    binds(env(NOTES_TOKEN)),
    exposes(
        rest(port = 8080, authentication(bearer = "{{env.NOTES_TOKEN}}")),
        mcp(port = 9090, authentication(bearer = "{{env.NOTES_TOKEN}}")),
    )
)]
pub trait Notes {
    /// Reads a note.
    #[rest(get = "/notes/{id}")]
    async fn note(&self, id: u32) -> Result<String>;
}
// end: bearer

/// The token is set in code.
mod embedded {
    use super::Notes;

    // part: embedded
    use axum::Router;
    use naftiko::{CallerAuthentication, Result};

    pub fn app(notes: impl Notes + 'static, token: String) -> Result<Router> {
        let capability = notes.into_capability().with_authentication(CallerAuthentication::bearer(token));
        // Reports an empty token here, not in each caller's request.
        capability.check_callers()?;
        Ok(Router::new().merge(capability.rest_router()).route_service("/mcp", capability.mcp_service()))
    }
    // end: embedded
}

/// Callers with access tokens of an authorization server.
mod known {
    // part: scopes
    use naftiko::{Caller, Context, Result, capability};

    /// Keeps notes of many people.
    #[capability(exposes(mcp(
        port = 9090,
        authentication(oauth2(issuer = "https://login.example.com", resource = "https://notes.example.com/mcp"))
    )))]
    pub trait SharedNotes {
        /// Says whose notes these are.
        #[tool(hints(read_only))]
        async fn owner(&self, context: &Context) -> Result<String> {
            Ok(context.caller().and_then(Caller::subject).unwrap_or("nobody").to_owned())
        }

        /// Deletes a note.
        #[tool]
        #[scope("notes:write")]
        async fn delete_note(&self, id: u32) -> Result<()>;
    }
    // end: scopes
}

use known::SharedNotes;
use naftiko::http::Request;
use serde_json::json;

struct Memory;

impl Notes for Memory {
    async fn note(&self, id: u32) -> Result<String> {
        Ok(format!("note {id}"))
    }
}

impl SharedNotes for Memory {
    async fn delete_note(&self, _: u32) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn only_callers_with_the_token_get_an_answer() {
    let app = embedded::app(Memory, "let-me-in".to_owned()).unwrap();
    let with =
        |credential: &str| Request::get("/notes/1").header("authorization", credential).body(String::new()).unwrap();
    assert_eq!(crate::ask(&app, with("Bearer let-me-in")).await, (200, r#""note 1""#.to_owned()));
    assert_eq!(crate::ask(&app, with("Bearer other")).await.0, 401);
    let refused = crate::send(&app, crate::get("/notes/1")).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    assert_eq!(
        crate::ask(&app, Request::post("/mcp").header("host", "localhost").body(String::new()).unwrap()).await.0,
        401
    );
    assert!(embedded::app(Memory, String::new()).is_err());
}

#[test]
fn a_variable_without_a_value_is_an_error() {
    let error = Notes::into_capability(Memory).check_callers().unwrap_err();
    assert!(error.to_string().contains("NOTES_TOKEN"), "{error}");
}

#[test]
fn scopes_are_in_the_document() {
    let document = serde_json::to_value(SharedNotes::into_capability(Memory).document()).unwrap();
    let tools = &document["capability"]["exposes"][0]["tools"];
    assert_eq!((&tools[0]["scopes"], &tools[1]["scopes"]), (&json!(null), &json!(["notes:write"])));
}

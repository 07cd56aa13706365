//! The generated clients of the examples, used from Rust.

use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result};
use serde_json::json;

macro_rules! examples {
    ($($name:ident $path:literal),* $(,)?) => {$(
        #[allow(dead_code, unused_imports, reason = "the example's program and demo are not used here")]
        #[path = $path]
        pub(crate) mod $name;
    )*};
}

examples! {
    humanitec_tokeninfo "../../examples/humanitec_tokeninfo.rs",
    label_studio_tokens "../../examples/label_studio_tokens.rs",
    logto_create_resource "../../examples/logto_create_resource.rs",
    logto_subject_tokens "../../examples/logto_subject_tokens.rs",
    stackrox_apitokens "../../examples/stackrox_apitokens.rs",
    orchestrate "../../examples/orchestrate.rs",
    reminders "../../examples/reminders.rs",
}

use humanitec_tokeninfo::TokenInfo as _;
use label_studio_tokens::Tokens as _;
use logto_create_resource::Resources as _;
use logto_subject_tokens::SubjectTokens as _;
use orchestrate::Customers as _;
use reminders::Reminders as _;
use stackrox_apitokens::ApiTokens as _;

/// Returns what the upstream received: request lines, and the credential of each.
fn seen(upstream: &Upstream) -> Vec<(String, Option<String>)> {
    let line = |request: &naftiko::testing::Recorded| {
        let line = format!("{} {}", request.method, request.path_and_query);
        (line, request.header("authorization").map(str::to_owned))
    };
    upstream.requests().iter().map(line).collect()
}

fn line(request: &str, credential: Option<&str>) -> (String, Option<String>) {
    (request.to_owned(), credential.map(str::to_owned))
}

#[tokio::test]
async fn humanitec() -> Result<()> {
    let upstream = Upstream::start().await;
    let token = json!({ "id": "ci", "type": "static", "description": "", "created_by": "u", "created_at": "2026" });
    upstream.answer("GET", "/users/{user}/tokens", Answer::json(200, json!([token])));
    upstream.answer("POST", "/users/{user}/tokens", Answer::json(200, json!({ "token": "t0ken" })));
    upstream.answer("GET", "/users/{user}/tokens/{token}", Answer::json(200, token));
    upstream.answer("DELETE", "/users/{user}/tokens/{token}", Answer::status(204));
    let client = humanitec_tokeninfo::TokenInfoClient::builder().base_uri(upstream.url()).build()?;

    assert_eq!(client.list_user_tokens("u/1").await?.len(), 1);
    let new = humanitec_tokeninfo::NewToken {
        id: "ci".to_owned(),
        kind: humanitec_tokeninfo::TokenType::Static,
        description: None,
        expires_at: None,
    };
    assert_eq!(client.create_user_token("ü", &new).await?.token, "t0ken");
    assert_eq!(client.get_user_token("a?b#c", "50%").await?.id, "ci");
    client.delete_user_token("\\", "-").await?;
    let refused = client.get_user_token("..", "ci").await.unwrap_err();
    assert_eq!((refused.kind(), refused.pointer()), (ErrorKind::Argument, Some("/userId")));

    assert_eq!(
        seen(&upstream),
        [
            line("GET /users/u%2F1/tokens", None),
            line("POST /users/%C3%BC/tokens", None),
            line("GET /users/a%3Fb%23c/tokens/50%25", None),
            line("DELETE /users/%5C/tokens/-", None),
        ]
    );
    assert_eq!(upstream.requests()[1].json().unwrap(), json!({ "id": "ci", "type": "static" }));
    Ok(())
}

#[tokio::test]
async fn logto() -> Result<()> {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/api/subject-tokens", Answer::json(201, json!({ "subjectToken": "s", "expiresIn": 600 })));
    let resource = json!({
        "tenantId": "t", "id": "r", "name": "n", "indicator": "https://x", "isDefault": false, "accessTokenTtl": 60,
    });
    upstream.answer("POST", "/api/resources", Answer::json(201, resource));
    let subjects = logto_subject_tokens::SubjectTokensClient::builder()
        .base_uri(upstream.url())
        .bind("LOGTO_API_KEY", "k3y")
        .build()?;
    let body = logto_subject_tokens::NewSubjectToken { user_id: "u-1".to_owned(), context: None };
    assert_eq!(subjects.create_subject_token(&body).await?.subject_token, "s");

    let resources = logto_create_resource::ResourcesClient::builder()
        .base_uri(upstream.url())
        .bind("LOGTO_API_KEY", "k3y")
        .build()?;
    let body = logto_create_resource::NewResource {
        tenant_id: None,
        name: "n".to_owned(),
        indicator: "https://x".to_owned(),
        access_token_ttl: 60.0,
    };
    assert_eq!(resources.create_resource(&body).await?.id, "r");
    let bearer = Some("Bearer k3y");
    assert_eq!(seen(&upstream), [line("POST /api/subject-tokens", bearer), line("POST /api/resources", bearer)]);
    assert_eq!(upstream.requests()[0].json().unwrap(), json!({ "userId": "u-1" }));
    Ok(())
}

#[tokio::test]
async fn label_studio() -> Result<()> {
    let upstream = Upstream::start().await;
    let token = json!({ "created_at": "a", "expires_at": "b", "token": "t" });
    upstream.answer("GET", "/api/token/", Answer::json(200, json!([token])));
    upstream.answer("POST", "/api/token/", Answer::json(201, token));
    upstream.answer("POST", "/api/token/blacklist/", Answer::status(204));
    upstream.answer("POST", "/api/token/refresh/", Answer::json(200, json!({ "access": "a" })));
    upstream.answer("POST", "/api/token/rotate/", Answer::json(200, json!({ "refresh": "r2" })));
    let client = label_studio_tokens::TokensClient::builder()
        .base_uri(upstream.url())
        .bind("LABEL_STUDIO_API_KEY", "Token own")
        .build()?;
    let refresh = label_studio_tokens::RefreshToken { refresh: "r".to_owned() };

    assert_eq!(client.list(None, "Token caller").await?.len(), 1);
    client.list(Some("a b"), "Token caller").await?;
    client.create("Token caller").await?;
    client.blacklist(Some(&refresh)).await?;
    assert_eq!(client.refresh(None).await?.access, "a");
    assert_eq!(client.rotate("Token caller", Some(&refresh)).await?.refresh, "r2");

    let (caller, own) = (Some("Token caller"), Some("Token own"));
    assert_eq!(
        seen(&upstream),
        [
            line("GET /api/token/", caller),
            line("GET /api/token/?ordering=a%20b", caller),
            line("POST /api/token/", caller),
            line("POST /api/token/blacklist/", own),
            line("POST /api/token/refresh/", own),
            line("POST /api/token/rotate/", caller),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn stackrox() -> Result<()> {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/v1/apitokens", Answer::json(200, json!({ "tokens": [{ "id": "1" }] })));
    upstream.answer("POST", "/v1/apitokens/generate", Answer::json(200, json!({ "token": "t" })));
    upstream.answer("PATCH", "/v1/apitokens/revoke/{id}", Answer::json(200, json!({})));
    upstream.answer("GET", "/v1/apitokens/{id}", Answer::json(200, json!({ "id": "1" })));
    let client = stackrox_apitokens::ApiTokensClient::builder()
        .base_uri(upstream.url())
        .bind("STACKROX_API_KEY", "Bearer k3y")
        .build()?;

    assert_eq!(client.get_api_tokens(Some(false)).await?.tokens.len(), 1);
    let body = stackrox_apitokens::NewToken { name: Some("ci".to_owned()), role: None };
    assert_eq!(client.clone().generate_token(&body).await?.token, "t");
    client.revoke_token("1").await?;
    assert_eq!(client.get_api_token("1").await?.id, "1");

    let credential = Some("Bearer k3y");
    assert_eq!(
        seen(&upstream),
        [
            line("GET /v1/apitokens?revoked=false", credential),
            line("POST /v1/apitokens/generate", credential),
            line("PATCH /v1/apitokens/revoke/1", credential),
            line("GET /v1/apitokens/1", credential),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn an_orchestration_calls_both_upstreams() -> Result<()> {
    let (crm, orders) = (Upstream::start().await, Upstream::start().await);
    crm.answer("GET", "/customers/{id}", Answer::json(200, json!({ "id": "c-1", "name": "Ada" })));
    let list = json!({ "orders": [{ "id": "o", "total": 850, "paid": false }], "page": 1 });
    orders.answer("GET", "/orders", Answer::json(200, list));
    let client = orchestrate::CustomersClient::builder()
        .base_uri_of("crm", crm.url())
        .base_uri_of("orders", orders.url())
        .bind("ORDERS_API_KEY", "k3y")
        .build()?;
    let summary = client.summary("c-1").await?;
    assert_eq!((summary.name.as_str(), summary.orders, summary.open), ("Ada", 1, 850));
    assert_eq!(seen(&crm), [line("GET /customers/c-1", None)], "an API without a credential got one");
    assert_eq!(seen(&orders), [line("GET /orders?customer=c-1", Some("Bearer k3y"))]);
    Ok(())
}

#[tokio::test]
async fn a_capability_built_on_others_calls_their_clients() -> Result<()> {
    let (billing, mail) = (Upstream::start().await, Upstream::start().await);
    billing.answer("GET", "/customers/{id}/amount-due", Answer::json(200, json!(850)));
    mail.answer("POST", "/customers/{id}/messages", Answer::status(202));
    let client = reminders::RemindersClient::new(
        reminders::BillingClient::builder().base_uri(billing.url()).bind("BILLING_API_KEY", "k3y").build()?,
        reminders::MailClient::builder().base_uri(mail.url()).build()?,
    );
    assert_eq!(client.total(vec![1, 3]).await?, 1700);
    assert!(client.remind(7).await?);
    let due = |id: u32| line(&format!("GET /customers/{id}/amount-due"), Some("Bearer k3y"));
    assert_eq!(seen(&billing), [due(1), due(3), due(7)]);
    assert_eq!(seen(&mail), [line("POST /customers/7/messages", None)], "an API got the credential of another");
    Ok(())
}

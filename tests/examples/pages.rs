//! The pages of the five published capabilities have the same operations, tools and badges as their published pages.

use crate::capabilities::{
    humanitec_tokeninfo::{self, TokenInfo as _},
    label_studio_tokens::{self, Tokens as _},
    logto_create_resource::{self, Resources as _},
    logto_subject_tokens::{self, SubjectTokens as _},
    stackrox_apitokens::{self, ApiTokens as _},
};
use axum::body::{Body, to_bytes};
use naftiko::Capability;
use serde_json::Value;
use tower::ServiceExt;

/// The address of the consumed API, which must not be on the page.
const UPSTREAM: &str = "http://upstream-of-the-tests.example";

/// Returns the page of a capability.
async fn page(capability: &Capability) -> String {
    let router: axum::Router = capability.page_router();
    let request = axum::http::Request::get("/").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().into()).unwrap()
}

/// The texts of a row, without the markup.
fn rows(html: &str, class: &str) -> Vec<String> {
    let html = html.split("<script").next().unwrap();
    let start = format!("<details class=\"{class}\"");
    let starts = html.split(&start).skip(1);
    starts.map(|row| texts(row.split_once('>').unwrap().1.split("</details>").next().unwrap())).collect()
}

fn texts(html: &str) -> String {
    let spaced = html.replace("</span>", " ");
    let parts = spaced.split('<').map(|part| part.rsplit_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a published page and of our page.
async fn compare(capability: Capability, title: &str, operations: &[&str], tools: &[&str]) {
    let html = page(&capability).await;
    assert!(html.contains(&format!("<h1 id=\"label\">{title}</h1>")));
    // Placeholders have the arguments' names on the wire; in published paths they are in lower case.
    let shown: Vec<_> = rows(&html, "row").iter().map(|row| row.to_lowercase()).collect();
    let published: Vec<_> = operations.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(shown, published);
    // Published pages have neither sizes of tools nor the badge that every tool with an upstream has.
    let without_cost = |row: &String| {
        let (before, after) = row.split_once(" open world ≈ ").unwrap();
        let (tokens, after) = after.split_once(" tokens").unwrap();
        assert!(tokens.parse::<usize>().unwrap() > 20);
        format!("{before}{after}")
    };
    assert_eq!(rows(&html, "row tool").iter().map(without_cost).collect::<Vec<_>>(), tools);
    assert!(!html.contains(UPSTREAM) && !html.contains("s3cret"));
    let data = html.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["order"].as_array().unwrap().len(), operations.len());
    assert_eq!(data["tools"].as_array().unwrap().len(), tools.len());
}

#[tokio::test]
async fn humanitec() {
    let client = humanitec_tokeninfo::TokenInfoClient::builder().base_uri(UPSTREAM).build().unwrap();
    compare(
        client.into_capability(),
        "Humanitec API — TokenInfo",
        &[
            "GET /v1/users/{userid}/tokens Lists tokens associated with a user",
            "POST /v1/users/{userid}/tokens Creates a new static token for a user.",
            "GET /v1/users/{userid}/tokens/{tokenid} Gets a specific token associated with a user",
            "DELETE /v1/users/{userid}/tokens/{tokenid} Deletes a specific token associated with a user",
        ],
        &[
            "lists-tokens-associated-user read-only idempotent Lists tokens associated with a user",
            "creates-new-static-token-user Creates a new static token for a user.",
            "gets-specific-token-associated-user read-only idempotent Gets a specific token associated with a user",
            "deletes-specific-token-associated-user destructive idempotent Deletes a specific token associated with a user",
        ],
    )
    .await;
}

#[tokio::test]
async fn label_studio() {
    let client = label_studio_tokens::TokensClient::builder().base_uri(UPSTREAM);
    let client = client.bind("LABEL_STUDIO_API_KEY", "s3cret").build().unwrap();
    compare(
        client.into_capability(),
        "API Reference — subpackage_tokens",
        &[
            "GET /v1/api/token List API tokens",
            "POST /v1/api/token Create API token",
            "POST /v1/api/token/blacklist Blacklist a JWT refresh token",
            "POST /v1/api/token/refresh Refresh JWT token",
            "POST /v1/api/token/rotate Rotate JWT refresh token",
        ],
        &[
            "list-api-tokens read-only idempotent List API tokens",
            "create-api-token Create API token",
            "blacklist-jwt-refresh-token read-only Blacklist a JWT refresh token",
            "refresh-jwt-token Refresh JWT token",
            "rotate-jwt-refresh-token Rotate JWT refresh token",
        ],
    )
    .await;
}

#[tokio::test]
async fn logto() {
    let resources = logto_create_resource::ResourcesClient::builder().base_uri(UPSTREAM);
    let resources = resources.bind("LOGTO_API_KEY", "s3cret").build().unwrap().into_capability();
    let label = resources.document().info.label.clone();
    compare(
        resources,
        &label,
        &["POST /v1/api/resources Create an API resource in the current tenant."],
        &["create-resource Create an API resource in the current tenant."],
    )
    .await;
    let subjects = logto_subject_tokens::SubjectTokensClient::builder().base_uri(UPSTREAM);
    let subjects = subjects.bind("LOGTO_API_KEY", "s3cret").build().unwrap();
    compare(
        subjects.into_capability(),
        "Logto API references — Subject tokens",
        &["POST /v1/api/subject-tokens Create a new subject token."],
        &["create-new-subject-token Create a new subject token."],
    )
    .await;
}

#[tokio::test]
async fn stackrox() {
    let client = stackrox_apitokens::ApiTokensClient::builder().base_uri(UPSTREAM);
    let client = client.bind("STACKROX_API_KEY", "s3cret").build().unwrap();
    compare(
        client.into_capability(),
        "API Reference — APITokenService",
        &[
            "GET /v1/v1/apitokens GetAPITokens returns all the API tokens.",
            "POST /v1/v1/apitokens/generate GenerateToken generates API token for a given user and role.",
            "PATCH /v1/v1/apitokens/revoke/{id} RevokeToken removes the API token for a given id.",
            "GET /v1/v1/apitokens/{id} GetAPIToken returns API token metadata for a given id.",
        ],
        &[
            "getapitokens-returns-all-api-tokens read-only idempotent GetAPITokens returns all the API tokens.",
            "generatetoken-generates-api-token-given GenerateToken generates API token for a given user and role.",
            "revoketoken-removes-api-token-given idempotent RevokeToken removes the API token for a given id.",
            "getapitoken-returns-api-token-metadata read-only idempotent GetAPIToken returns API token metadata for a given id.",
        ],
    )
    .await;
}

//! The pages that traits generate for the five published capabilities show the same operations, tools and badges as the published
//! pages.

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

/// Returns the text of each row, without markup.
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

/// Returns the tools of a page, without the badge `open world` and the size in tokens, which published pages do not have.
fn tools_of(html: &str) -> Vec<String> {
    let without_cost = |row: &String| {
        let (before, after) = row.split_once(" open world ≈ ").unwrap();
        let (tokens, after) = after.split_once(" tokens").unwrap();
        assert!(tokens.parse::<usize>().unwrap() > 20);
        format!("{before}{after}")
    };
    rows(html, "row tool").iter().map(without_cost).collect()
}

/// Returns the operations of a page in lower case: in published paths, placeholders are in lower case; in ours, they are the names that
/// are sent (`{userId}`).
fn operations_of(html: &str) -> Vec<String> {
    rows(html, "row").iter().map(|row| row.to_lowercase()).collect()
}

fn tags_of(html: &str) -> Vec<&str> {
    html.split_once("<ul class=\"tags\"")
        .and_then(|(_, list)| list.split_once("</ul>"))
        .map(|(list, _)| list.split("<li>").skip(1).filter_map(|tag| tag.split("</li>").next()).collect())
        .unwrap_or_default()
}

/// What a published page shows.
struct Published<'a> {
    title: &'a str,
    tags: &'a [&'a str],
    operations: &'a [&'a str],
    tools: &'a [&'a str],
}

/// Compares the page of a capability with the published page. Returns the HTML of the capability's page.
async fn compare(capability: Capability, published: Published<'_>) -> String {
    let Published { title, tags, operations, tools } = published;
    let html = page(&capability).await;
    assert!(html.contains(&format!("<h1 id=\"label\">{title}</h1>")));
    assert_eq!(tags_of(&html), tags);
    let published: Vec<_> = operations.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(operations_of(&html), published);
    assert_eq!(tools_of(&html), tools);
    assert!(!html.contains(UPSTREAM) && !html.contains("s3cret"));
    let data = html.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["order"].as_array().unwrap().len(), operations.len());
    assert_eq!(data["tools"].as_array().unwrap().len(), tools.len());
    html
}

/// Compares a page with the page of the published document `name`. The document must have one API, also called `name`, and one
/// variable, `key`.
#[cfg(feature = "document")]
async fn compare_with_document(html: &str, name: &str, key: &str) {
    let path = format!("{}/naftiko-spec/tests/documents/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let settings = naftiko::document::Settings::default().upstream(name, UPSTREAM).bind(key, "s3cret");
    let from_document = page(&naftiko::document::open(&path, settings).unwrap()).await;
    assert_eq!(
        (operations_of(html), tools_of(html), tags_of(html)),
        (operations_of(&from_document), tools_of(&from_document), tags_of(&from_document)),
        "{name}"
    );
}

#[cfg(not(feature = "document"))]
async fn compare_with_document(_: &str, _: &str, _: &str) {}

#[tokio::test]
async fn humanitec() {
    let client = humanitec_tokeninfo::TokenInfoClient::builder().base_uri(UPSTREAM).build().unwrap();
    let html = compare(
        client.into_capability(),
        Published {
            title: "Humanitec API — TokenInfo",
            tags: &["Humanitec", "TokenInfo"],
            operations: &[
                "GET /v1/users/{userid}/tokens Lists tokens associated with a user",
                "POST /v1/users/{userid}/tokens Creates a new static token for a user.",
                "GET /v1/users/{userid}/tokens/{tokenid} Gets a specific token associated with a user",
                "DELETE /v1/users/{userid}/tokens/{tokenid} Deletes a specific token associated with a user",
            ],
            tools: &[
                "lists-tokens-associated-user read-only idempotent Lists tokens associated with a user",
                "creates-new-static-token-user Creates a new static token for a user.",
                "gets-specific-token-associated-user read-only idempotent Gets a specific token associated with a user",
                "deletes-specific-token-associated-user destructive idempotent Deletes a specific token associated with a user",
            ],
        },
    )
    .await;
    compare_with_document(&html, "humanitec-tokeninfo", "HUMANITEC_API_KEY").await;
}

#[tokio::test]
async fn label_studio() {
    let client = label_studio_tokens::TokensClient::builder().base_uri(UPSTREAM);
    let client = client.bind("LABEL_STUDIO_API_KEY", "s3cret").build().unwrap();
    let html = compare(
        client.into_capability(),
        Published {
            title: "API Reference — subpackage_tokens",
            tags: &["Label Studio", "subpackage_tokens"],
            operations: &[
                "GET /v1/api/token List API tokens",
                "POST /v1/api/token Create API token",
                "POST /v1/api/token/blacklist Blacklist a JWT refresh token",
                "POST /v1/api/token/refresh Refresh JWT token",
                "POST /v1/api/token/rotate Rotate JWT refresh token",
            ],
            tools: &[
                "list-api-tokens read-only idempotent List API tokens",
                "create-api-token Create API token",
                "blacklist-jwt-refresh-token read-only Blacklist a JWT refresh token",
                "refresh-jwt-token Refresh JWT token",
                "rotate-jwt-refresh-token Rotate JWT refresh token",
            ],
        },
    )
    .await;
    compare_with_document(&html, "label-studio-subpackage-tokens", "LABEL_STUDIO_API_KEY").await;
}

#[tokio::test]
async fn logto() {
    let resources = logto_create_resource::ResourcesClient::builder().base_uri(UPSTREAM);
    let resources = resources.bind("LOGTO_API_KEY", "s3cret").build().unwrap().into_capability();
    compare(
        resources,
        Published {
            title: "Logto API references — Resources",
            tags: &["Logto", "Resources"],
            operations: &["POST /v1/api/resources Create an API resource in the current tenant."],
            tools: &["create-resource Create an API resource in the current tenant."],
        },
    )
    .await;
    let subjects = logto_subject_tokens::SubjectTokensClient::builder().base_uri(UPSTREAM);
    let subjects = subjects.bind("LOGTO_API_KEY", "s3cret").build().unwrap();
    let html = compare(
        subjects.into_capability(),
        Published {
            title: "Logto API references — Subject tokens",
            tags: &["Logto", "Subject tokens"],
            operations: &["POST /v1/api/subject-tokens Create a new subject token."],
            tools: &["create-new-subject-token Create a new subject token."],
        },
    )
    .await;
    compare_with_document(&html, "logto-subject-tokens", "LOGTO_API_KEY").await;
}

#[tokio::test]
async fn stackrox() {
    let client = stackrox_apitokens::ApiTokensClient::builder().base_uri(UPSTREAM);
    let client = client.bind("STACKROX_API_KEY", "s3cret").build().unwrap();
    let html = compare(
        client.into_capability(),
        Published {
            title: "API Reference — APITokenService",
            tags: &["Stackrox", "APITokenService"],
            operations: &[
                "GET /v1/v1/apitokens GetAPITokens returns all the API tokens.",
                "POST /v1/v1/apitokens/generate GenerateToken generates API token for a given user and role.",
                "PATCH /v1/v1/apitokens/revoke/{id} RevokeToken removes the API token for a given id.",
                "GET /v1/v1/apitokens/{id} GetAPIToken returns API token metadata for a given id.",
            ],
            tools: &[
                "getapitokens-returns-all-api-tokens read-only idempotent GetAPITokens returns all the API tokens.",
                "generatetoken-generates-api-token-given GenerateToken generates API token for a given user and role.",
                "revoketoken-removes-api-token-given idempotent RevokeToken removes the API token for a given id.",
                "getapitoken-returns-api-token-metadata read-only idempotent GetAPIToken returns API token metadata for a given id.",
            ],
        },
    )
    .await;
    compare_with_document(&html, "stackrox-apitokenservice", "STACKROX_API_KEY").await;
}

//! Errors, examples and constraints that a trait declares: a capability from its document publishes and enforces them
//! too.

use crate::errors::TokenError;
use naftiko::{Capability, Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A thing.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    id: u32,
}

/// Reads things.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example"),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Things {
    /// Reads things.
    ///
    /// # Examples
    ///
    /// ```json
    /// [{ "id": 8 }]
    /// ```
    #[get("/things", errors(410))]
    #[example([{ "id": 7 }])]
    async fn list(
        &self,
        /// How many.
        ///
        /// # Example
        /// ```json
        /// 20
        /// ```
        #[query(default = 30)]
        #[schemars(range(min = 1, max = 100))]
        limit: u32,
        #[example("a")]
        #[schemars(length(max = 8))]
        name: Option<&str>,
    ) -> Result<Vec<Thing>, TokenError>;
}

/// Returns the capabilities of the trait and of its document.
fn both(test: &str) -> [Capability; 2] {
    let of_trait = ThingsClient::builder().build().unwrap().into_capability();
    let path = std::env::temp_dir().join(format!("naftiko-kept-{test}-{}.yaml", std::process::id()));
    std::fs::write(&path, of_trait.document().to_yaml().unwrap()).unwrap();
    let of_document = naftiko::document::open(&path, naftiko::document::Settings::default());
    std::fs::remove_file(&path).unwrap();
    [of_trait, of_document.unwrap()]
}

#[tokio::test]
async fn a_document_publishes_what_its_trait_declares() {
    for capability in both("published") {
        let openapi = capability.openapi();
        let operation = &openapi["paths"]["/things"]["get"];
        let limit = &operation["parameters"][0]["schema"];
        for (keyword, value) in
            [("examples", json!([20])), ("default", json!(30)), ("minimum", json!(1)), ("maximum", json!(100))]
        {
            assert_eq!(limit[keyword], value, "{openapi:#}");
        }
        let name = &operation["parameters"][1]["schema"];
        assert_eq!((&name["examples"], &name["maxLength"]), (&json!(["a"]), &json!(8)));
        let examples = &operation["responses"]["200"]["content"]["application/json"]["examples"];
        assert_eq!(
            *examples,
            json!({ "example-1": { "value": [{ "id": 7 }] }, "example-2": { "value": [{ "id": 8 }] } })
        );
        let responses = &operation["responses"];
        assert_eq!(responses["404"]["description"], "There is no such token.");
        assert_eq!(responses["410"], json!({ "$ref": "#/components/responses/Gone" }));
        let conflict = &responses["409"]["content"]["application/problem+json"]["schema"];
        assert_eq!(conflict["allOf"][0], json!({ "$ref": "#/components/schemas/Problem" }));
        let body = &conflict["allOf"][1]["properties"]["upstream"]["properties"]["body"];
        // A document does not name types, except recursive ones.
        let own = json!("#/components/schemas/Problem2");
        let of_causes = &body["properties"]["causes"]["items"]["$ref"];
        assert!([&body["$ref"], of_causes].contains(&&own), "the user's type is not `Problem2`: {openapi:#}");
        let schemas = &openapi["components"]["schemas"];
        assert!(schemas["Problem"]["properties"]["detail"].is_object());
        assert!(schemas["Problem2"]["properties"]["code"].is_object());
    }
}

#[tokio::test]
async fn a_document_enforces_what_its_trait_declares() {
    for capability in both("enforced") {
        for arguments in [json!({ "limit": 101 }), json!({ "name": "much too long" })] {
            let error = capability.call("list", arguments).await.unwrap_err();
            assert_eq!(error.kind(), naftiko::ErrorKind::Argument);
        }
    }
}

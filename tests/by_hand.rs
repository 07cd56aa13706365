//! What `#[capability]` expands to, written by hand: the contract between the macro and the runtime, without the macro.
#![deny(missing_docs, unreachable_pub, clippy::pedantic)]

use naftiko::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its ID.
    pub id: String,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// How many there are.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Count {
    /// The number.
    pub tokens: usize,
}

// What the user wrote:
//
// #[capability(label = "Humanitec tokens", binds(env(HUMANITEC_API_KEY)), consumes(namespace = "humanitec-tokens",
//     base_uri = "https://api.humanitec.io", authentication(bearer = "{{env.HUMANITEC_API_KEY}}")),
//     exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090)))]
// pub trait HumanitecTokens {
//     #[get("/users/{userId}/tokens")]
//     async fn list_tokens(&self, user_id: &str, page: Option<u32>) -> Result<Vec<Token>>;
//     #[post("/users/{userId}/tokens", status = 201)]
//     async fn create_token(&self, user_id: &str, body: &Token) -> Result<Token>;
//     #[delete("/users/{userId}/tokens/{tokenId}")]
//     async fn delete_token(&self, user_id: &str, token_id: &str) -> Result<()>;
//     #[rest(get = "/users/{userId}/eternal-tokens")]
//     async fn count_eternal(&self, user_id: &str) -> Result<Count> { … }
// }

/// Lists, creates and deletes the static tokens of a Humanitec user.
pub trait HumanitecTokens: ::core::marker::Send + ::core::marker::Sync {
    /// Lists the tokens of a user.
    fn list_tokens(
        &self,
        user_id: &str,
        page: Option<u32>,
    ) -> impl ::core::future::Future<Output = Result<Vec<Token>>> + ::core::marker::Send;

    /// Creates a static token for a user.
    fn create_token(
        &self,
        user_id: &str,
        body: &Token,
    ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send;

    /// Deletes a token of a user.
    fn delete_token(
        &self,
        user_id: &str,
        token_id: &str,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send;

    /// How many tokens of a user never expire.
    fn count_eternal(
        &self,
        user_id: &str,
    ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
        async move {
            let tokens = self.list_tokens(user_id, None).await?;
            Ok(Count { tokens: tokens.iter().filter(|t| t.expires_at.is_none()).count() })
        }
    }

    /// This implementation as a capability: the REST router and the MCP server are made from it.
    fn into_capability(self) -> ::naftiko::Capability
    where
        Self: ::core::marker::Sized + 'static,
    {
        ::naftiko::Capability::of::<HumanitecTokensClient, Self>(self)
    }
}

/// The HTTP client of [`HumanitecTokens`].
#[derive(Debug, Clone)]
pub struct HumanitecTokensClient(::naftiko::__private::Client);

const _: () = {
    use ::naftiko::__private as p;

    static IN_0: p::In<u32> = p::scalar::<u32>();
    static IN_1: p::In<Token> = p::body::<Token>();
    static RET_0: p::Ret<Result<Vec<Token>>> = p::answer::<Result<Vec<Token>>>();
    static RET_1: p::Ret<Result<Token>> = p::answer::<Result<Token>>();
    static RET_2: p::Ret<Result<()>> = p::answer::<Result<()>>();
    static RET_3: p::Ret<Result<Count>> = p::output::<Result<Count>>();
    static DEFINITION: p::Definition = p::Definition::new(
        r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Humanitec tokens","description":"Lists, creates and deletes the static tokens of a Humanitec user."},"binds":[{"namespace":"env","keys":{"HUMANITEC_API_KEY":"HUMANITEC_API_KEY"}}],"capability":{"consumes":[{"type":"http","namespace":"humanitec-tokens","baseUri":"https://api.humanitec.io","authentication":{"type":"bearer","token":"{{env.HUMANITEC_API_KEY}}"}}],"exposes":[{"type":"rest","namespace":"humanitec-tokens-rest","port":8080},{"type":"mcp","namespace":"humanitec-tokens-mcp","port":9090,"transport":"http"}]}}"#,
        &[
            p::OperationDefinition {
                index: 0,
                method: "list_tokens",
                fragment: r#"{"name":"list-tokens","description":"Lists the tokens of a user.","consumed":{"consume":0,"resource":"users-userId-tokens","path":"/users/{userId}/tokens","operation":{"name":"list-tokens","method":"GET","description":"Lists the tokens of a user.","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"page","in":"query","type":"integer"}]}},"routes":[{"expose":0,"path":"/v1/users/{userid}/tokens","resource":"users-userid-tokens","description":"REST surface for users-userId-tokens.","operation":{"method":"GET","name":"list-tokens","description":"Lists the tokens of a user.","call":"humanitec-tokens.list-tokens","with":{"userId":"rest.userId","page":"rest.page"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"list-tokens","description":"Lists the tokens of a user.","hints":{"readOnly":true,"destructive":false,"idempotent":true},"call":"humanitec-tokens.list-tokens","with":{"userId":"tools.userId","page":"tools.page"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"page","in":"query"}]}"#,
                inputs: &[&p::STR, &IN_0],
                output: &RET_0,
            },
            p::OperationDefinition {
                index: 1,
                method: "create_token",
                fragment: r#"{"name":"create-token","description":"Creates a static token for a user.","consumed":{"consume":0,"resource":"users-userId-tokens","path":"/users/{userId}/tokens","operation":{"name":"create-token","method":"POST","description":"Creates a static token for a user.","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"body","in":"body","type":"object","description":"Request body (JSON).","required":true}]}},"routes":[{"expose":0,"path":"/v1/users/{userid}/tokens","resource":"users-userid-tokens","description":"REST surface for users-userId-tokens.","operation":{"method":"POST","name":"create-token","description":"Creates a static token for a user.","call":"humanitec-tokens.create-token","with":{"userId":"rest.userId","body":"rest.body"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"create-token","description":"Creates a static token for a user.","hints":{"readOnly":false,"destructive":false,"idempotent":false},"call":"humanitec-tokens.create-token","with":{"userId":"tools.userId","body":"tools.body"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"body","in":"body","required":true,"wholeBody":true,"description":"Request body (JSON)."}],"status":201}"#,
                inputs: &[&p::STR, &IN_1],
                output: &RET_1,
            },
            p::OperationDefinition {
                index: 2,
                method: "delete_token",
                fragment: r#"{"name":"delete-token","description":"Deletes a token of a user.","consumed":{"consume":0,"resource":"users-userId-tokens-tokenId","path":"/users/{userId}/tokens/{tokenId}","operation":{"name":"delete-token","method":"DELETE","description":"Deletes a token of a user.","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"tokenId","in":"path","type":"string","required":true}]}},"routes":[{"expose":0,"path":"/v1/users/{userid}/tokens/{tokenid}","resource":"users-userid-tokens-tokenid","description":"REST surface for users-userId-tokens-tokenId.","operation":{"method":"DELETE","name":"delete-token","description":"Deletes a token of a user.","call":"humanitec-tokens.delete-token","with":{"userId":"rest.userId","tokenId":"rest.tokenId"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"delete-token","description":"Deletes a token of a user.","hints":{"readOnly":false,"destructive":true,"idempotent":true},"call":"humanitec-tokens.delete-token","with":{"userId":"tools.userId","tokenId":"tools.tokenId"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"tokenId","in":"path","required":true}]}"#,
                inputs: &[&p::STR, &p::STR],
                output: &RET_2,
            },
            p::OperationDefinition {
                index: 3,
                method: "count_eternal",
                fragment: r#"{"name":"count-eternal","description":"How many tokens of a user never expire.","routes":[{"expose":0,"path":"/v1/users/{userId}/eternal-tokens","resource":"users-userid-eternal-tokens","description":"REST surface for users-userId-eternal-tokens.","operation":{"method":"GET","name":"count-eternal","description":"How many tokens of a user never expire.","inputParameters":[{"name":"userId","in":"path","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"count-eternal","description":"How many tokens of a user never expire.","hints":{"readOnly":true,"destructive":false,"idempotent":true},"inputParameters":[{"name":"userId","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true}]}"#,
                inputs: &[&p::STR],
                output: &RET_3,
            },
        ],
    );

    impl p::Describe for HumanitecTokensClient {
        fn definition() -> &'static p::Definition {
            &DEFINITION
        }
    }

    struct Served<T>(T);

    impl<T: HumanitecTokens + 'static> p::Expose<T> for HumanitecTokensClient {
        fn operations(this: T) -> p::Arc<dyn p::Operations> {
            p::Arc::new(Served(this))
        }
    }

    impl<T: HumanitecTokens + 'static> p::Operations for Served<T> {
        fn call<'a>(
            &'a self,
            operation: usize,
            want: p::Want,
            args: &'a p::Arguments,
        ) -> ::naftiko::Result<p::BoxFuture<'a, ::naftiko::Result<p::Output>>> {
            let this = &self.0;
            match operation {
                0 => p::run(want, &RET_0, T::list_tokens(this, args.str(0)?, args.opt_own(1, &IN_0)?)),
                1 => p::run(want, &RET_1, T::create_token(this, args.str(0)?, args.by(1, &IN_1)?)),
                2 => p::run(want, &RET_2, T::delete_token(this, args.str(0)?, args.str(1)?)),
                3 => p::run(want, &RET_3, T::count_eternal(this, args.str(0)?)),
                other => p::no_operation(other),
            }
        }
    }

    p::client! {
        impl p::FromClient for HumanitecTokensClient {
            fn from_client(client: p::Client) -> Self {
                Self(client)
            }
        }

        impl HumanitecTokensClient {
            /// A client set up from the environment: credentials and the variables of the base URI.
            ///
            /// # Errors
            /// If a variable is missing (one error names all that are) or does not fit where it is used.
            pub fn from_env() -> ::naftiko::Result<Self> {
                Self::builder().build()
            }

            /// A client set up by hand: base URI, variables, credentials, time limits.
            #[must_use]
            pub fn builder() -> ::naftiko::ClientBuilder<Self> {
                ::naftiko::ClientBuilder::new()
            }
        }
    }

    impl HumanitecTokens for HumanitecTokensClient {
        fn list_tokens(
            &self,
            user_id: &str,
            page: Option<u32>,
        ) -> impl ::core::future::Future<Output = Result<Vec<Token>>> + ::core::marker::Send {
            self.0.call(0, &RET_0, &[p::Sent::str(user_id), IN_0.opt_text(page.as_ref())])
        }

        fn create_token(
            &self,
            user_id: &str,
            body: &Token,
        ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send {
            self.0.call(1, &RET_1, &[p::Sent::str(user_id), IN_1.json(body)])
        }

        fn delete_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            self.0.call(2, &RET_2, &[p::Sent::str(user_id), p::Sent::str(token_id)])
        }
    }
};

/// An implementation that a user writes: plain `async fn`.
#[derive(Default)]
struct InMemory;

impl HumanitecTokens for InMemory {
    async fn list_tokens(&self, user_id: &str, page: Option<u32>) -> Result<Vec<Token>> {
        Ok(vec![Token { id: format!("{user_id}-{}", page.unwrap_or(0)), expires_at: None }])
    }

    async fn create_token(&self, _user_id: &str, body: &Token) -> Result<Token> {
        Ok(body.clone())
    }

    async fn delete_token(&self, _user_id: &str, _token_id: &str) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn any_implementation_is_called_by_name() {
    let capability = InMemory.into_capability();
    let tokens = capability.call("list_tokens", serde_json::json!({ "userId": "u-1", "page": 2 })).await.unwrap();
    assert_eq!(tokens, serde_json::json!([{ "id": "u-1-2" }]));
    let token = serde_json::json!({ "id": "ci" });
    let made = capability.call("create_token", serde_json::json!({ "userId": "u-1", "body": token })).await.unwrap();
    assert_eq!(made, token);
    let count = capability.call("count-eternal", serde_json::json!({ "userId": "u-1" })).await.unwrap();
    assert_eq!(count, serde_json::json!({ "tokens": 1 }));
}

//! A typical capability: three requests to an API, and a method that calls one of them.
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
/// Lists, creates and deletes the static tokens of a Humanitec user.
pub trait HumanitecTokens: ::core::marker::Send + ::core::marker::Sync + ::naftiko::__private::NotDyn {
    /// Lists the tokens of a user.
    /**
 Sends `GET /users/{userId}/tokens`.*/
    fn list_tokens(
        &self,
        user_id: &str,
        page: Option<u32>,
    ) -> impl ::core::future::Future<Output = Result<Vec<Token>>> + ::core::marker::Send;
    /// Creates a static token for a user.
    /**
 Sends `POST /users/{userId}/tokens`.*/
    fn create_token(
        &self,
        user_id: &str,
        body: &Token,
    ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send;
    /// Deletes a token of a user.
    /**
 Sends `DELETE /users/{userId}/tokens/{tokenId}`.*/
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
            if let ::core::option::Option::Some(__returned) = ::core::option::Option::None::<
                Result<Count>,
            > {
                return __returned;
            }
            let tokens = self.list_tokens(user_id, None).await?;
            Ok(Count {
                tokens: tokens.iter().filter(|token| token.expires_at.is_none()).count(),
            })
        }
    }
    /// Converts the implementation to a capability, from which the REST router and the MCP server are created.
    #[allow(
        dead_code,
        deprecated,
        reason = "the trait may be used only for its client, and it may be deprecated"
    )]
    fn into_capability(self) -> ::naftiko::Capability
    where
        Self: ::core::marker::Sized + 'static,
    {
        ::naftiko::Capability::of::<HumanitecTokensClient, Self>(self)
    }
}
/// The HTTP client of [`HumanitecTokens`]: its operations are requests to `https://api.humanitec.io`.
///
/// It is cheap to clone; the clones share one pool of connections.
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct HumanitecTokensClient(::naftiko::__private::Client);
const _: () = {
    use ::naftiko::__private as __p;
    #[allow(unused_imports, reason = "for editors")]
    use ::naftiko::attributes::{get as _, post as _, delete as _, rest as _};
    #[allow(
        unused_imports,
        reason = "not used if the error type distinguishes statuses: the inherent `STATUSES` of `ErrorsOf` takes precedence"
    )]
    use __p::NoStatuses as _;
    #[allow(
        unused_imports,
        reason = "not used if all types implement `Deserialize`: the inherent `MEMBERS` takes precedence"
    )]
    use __p::NotExamined as _;
    static __IN_0: __p::ArgumentCodec<u32> = __p::scalar::<u32>();
    static __RET_0: __p::ReturnCodec<Result<Vec<Token>>> = __p::answer::<
        Result<Vec<Token>>,
        _,
    >(__p::ErrorsOf::<Result<Vec<Token>>>::STATUSES);
    static __IN_1: __p::ArgumentCodec<Token> = __p::body::<Token>();
    static __RET_1: __p::ReturnCodec<Result<Token>> = __p::answer::<
        Result<Token>,
        _,
    >(__p::ErrorsOf::<Result<Token>>::STATUSES);
    static __RET_2: __p::ReturnCodec<Result<()>> = __p::answer::<
        Result<()>,
        _,
    >(__p::ErrorsOf::<Result<()>>::STATUSES);
    static __RET_3: __p::ReturnCodec<Result<Count>> = __p::output::<
        Result<Count>,
        _,
    >(__p::ErrorsOf::<Result<Count>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<Count>>::MEMBERS);
    static __DEFINITION: __p::Definition = __p::Definition::new(
            r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Humanitec tokens","description":"Lists, creates and deletes the static tokens of a Humanitec user."},"binds":[{"namespace":"env","keys":{"HUMANITEC_API_KEY":"HUMANITEC_API_KEY"}}],"capability":{"consumes":[{"type":"http","namespace":"humanitec-tokens","baseUri":"https://api.humanitec.io","authentication":{"type":"bearer","token":"{{env.HUMANITEC_API_KEY}}"}}],"exposes":[{"type":"rest","namespace":"humanitec-tokens-rest","port":8080},{"type":"mcp","namespace":"humanitec-tokens-mcp","port":9090,"transport":"http","tools":[]}]}}"#,
            &[
                __p::OperationDefinition {
                    index: 0,
                    method: "list_tokens",
                    plan: r#"{"fragment":{"name":"list-tokens","description":"Lists the tokens of a user.","consumed":{"consume":0,"resource":"users-userId-tokens","path":"/users/{userId}/tokens","operation":{"name":"list-tokens","method":"GET","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"page","in":"query","type":"integer"}]}},"routes":[{"expose":0,"path":"/v1/users/{userid}/tokens","resource":"users-userid-tokens","description":"REST surface for users-userId-tokens.","operation":{"method":"GET","name":"list-tokens","description":"","call":"humanitec-tokens.list-tokens","with":{"userId":"rest.userId","page":"rest.page"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"list-tokens","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true},"call":"humanitec-tokens.list-tokens","with":{"userId":"tools.userId","page":"tools.page"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"page","in":"query","required":false}]},"work":{"call":{"call":{"consume":0,"operation":"list-tokens","method":"GET","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens"}],"query":[["page",{"argument":1}]]}}},"stripped":true}"#,
                    inputs: &[&__p::STR, &__IN_0],
                    output: &__RET_0,
                },
                __p::OperationDefinition {
                    index: 1,
                    method: "create_token",
                    plan: r#"{"fragment":{"name":"create-token","description":"Creates a static token for a user.","consumed":{"consume":0,"resource":"users-userId-tokens","path":"/users/{userId}/tokens","operation":{"name":"create-token","method":"POST","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"body","in":"body","type":"object","description":"Request body (JSON).","required":true}]}},"routes":[{"expose":0,"path":"/v1/users/{userid}/tokens","resource":"users-userid-tokens","description":"REST surface for users-userId-tokens.","operation":{"method":"POST","name":"create-token","description":"","call":"humanitec-tokens.create-token","with":{"userId":"rest.userId","body":"rest.body"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"create-token","description":"","hints":{"readOnly":false,"idempotent":false},"call":"humanitec-tokens.create-token","with":{"userId":"tools.userId","body":"tools.body"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"body","in":"body","required":true,"wholeBody":true,"description":"Request body (JSON)."}],"status":201},"work":{"call":{"call":{"consume":0,"operation":"create-token","method":"POST","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens"}],"body":{"json":{"argument":1}}}}},"stripped":true}"#,
                    inputs: &[&__p::STR, &__IN_1],
                    output: &__RET_1,
                },
                __p::OperationDefinition {
                    index: 2,
                    method: "delete_token",
                    plan: r#"{"fragment":{"name":"delete-token","description":"Deletes a token of a user.","consumed":{"consume":0,"resource":"users-userId-tokens-tokenId","path":"/users/{userId}/tokens/{tokenId}","operation":{"name":"delete-token","method":"DELETE","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"tokenId","in":"path","type":"string","required":true}]}},"routes":[{"expose":0,"path":"/v1/users/{userid}/tokens/{tokenid}","resource":"users-userid-tokens-tokenid","description":"REST surface for users-userId-tokens-tokenId.","operation":{"method":"DELETE","name":"delete-token","description":"","call":"humanitec-tokens.delete-token","with":{"userId":"rest.userId","tokenId":"rest.tokenId"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"delete-token","description":"","hints":{"readOnly":false,"destructive":true,"idempotent":true},"call":"humanitec-tokens.delete-token","with":{"userId":"tools.userId","tokenId":"tools.tokenId"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"tokenId","in":"path","required":true}]},"work":{"call":{"call":{"consume":0,"operation":"delete-token","method":"DELETE","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens/"},{"value":{"argument":1}}]}}},"stripped":true}"#,
                    inputs: &[&__p::STR, &__p::STR],
                    output: &__RET_2,
                },
                __p::OperationDefinition {
                    index: 3,
                    method: "count_eternal",
                    plan: r#"{"fragment":{"name":"count-eternal","description":"How many tokens of a user never expire.","routes":[{"expose":0,"path":"/v1/users/{userId}/eternal-tokens","resource":"users-userid-eternal-tokens","description":"REST surface for users-userId-eternal-tokens.","operation":{"method":"GET","name":"count-eternal","description":"","inputParameters":[{"name":"userId","in":"path","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"count-eternal","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true},"inputParameters":[{"name":"userId","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true}]},"stripped":true}"#,
                    inputs: &[&__p::STR],
                    output: &__RET_3,
                },
            ],
        )
        .of_crate(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[],
        );
    #[automatically_derived]
    impl __p::Describe for HumanitecTokensClient {
        const EFFECTS: &'static __p::MethodEffects = &[
            ("list_tokens", __p::GET),
            ("create_token", __p::POST),
            ("delete_token", __p::DELETE),
            ("count_eternal", __p::GET),
        ];
        fn definition() -> &'static __p::Definition {
            &__DEFINITION
        }
        fn consumed(&self) -> ::core::option::Option<__p::Arc<dyn __p::Consumed>> {
            self.0.consumed()
        }
    }
    struct __Served<__T>(__T);
    #[automatically_derived]
    impl<__T: HumanitecTokens + 'static> __p::Expose<__T> for HumanitecTokensClient {
        fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
            __p::Arc::new(__Served(this))
        }
    }
    #[automatically_derived]
    impl<__T: HumanitecTokens + 'static> __p::Operations for __Served<__T> {
        fn call<'a>(
            &'a self,
            operation: ::core::primitive::usize,
            args: &'a __p::Arguments,
        ) -> ::naftiko::Result<__p::BoxFuture<'a, ::naftiko::Result<__p::Output>>> {
            let this = &self.0;
            match operation {
                0 => {
                    __p::run(
                        &__RET_0,
                        <__T as HumanitecTokens>::list_tokens(
                            this,
                            args.str(0)?,
                            args.opt_value(1, &__IN_0)?,
                        ),
                    )
                }
                1 => {
                    __p::run(
                        &__RET_1,
                        <__T as HumanitecTokens>::create_token(
                            this,
                            args.str(0)?,
                            args.reference(1, &__IN_1)?,
                        ),
                    )
                }
                2 => {
                    __p::run(
                        &__RET_2,
                        <__T as HumanitecTokens>::delete_token(
                            this,
                            args.str(0)?,
                            args.str(1)?,
                        ),
                    )
                }
                3 => {
                    __p::run(
                        &__RET_3,
                        <__T as HumanitecTokens>::count_eternal(this, args.str(0)?),
                    )
                }
                other => __p::no_operation(other),
            }
        }
    }
    __p::client! {
        #[automatically_derived] impl __p::FromClient for HumanitecTokensClient { fn
        from_client(client : __p::Client) -> Self { Self(client) } fn client(& self) -> &
        __p::Client { & self.0 } } #[allow(dead_code, reason =
        "a client can be created in several ways")] impl HumanitecTokensClient { #[doc =
        " Builds a client that is set up from the environment: credentials and the variables of the base URI. Reads `HUMANITEC_API_KEY`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc =
        r" Returns an error if a variable is missing (the error lists all of them) or does not fit where it is used."]
        pub fn from_env() -> ::naftiko::Result < Self > { Self::builder().build() } #[doc
        = r" Sets up a client by hand: base URI, variables, credentials, time limits."]
        #[must_use] pub fn builder() -> ::naftiko::ClientBuilder < Self > {
        ::naftiko::ClientBuilder::new() } }
    }
    __p::no_client! {
        #[allow(dead_code, reason =
        "these functions exist only for an error that names the missing feature")] impl
        HumanitecTokensClient { #[doc(hidden)] pub fn from_env() -> ::naftiko::Result <
        Self > where for < '__a > Self : __p::HasClient < '__a >, { __p::without_client()
        } #[doc(hidden)] pub fn builder() -> ::naftiko::Result < Self > where for < '__a
        > Self : __p::HasClient < '__a >, { __p::without_client() } }
    }
    #[automatically_derived]
    impl HumanitecTokens for HumanitecTokensClient {
        fn list_tokens(
            &self,
            user_id: &str,
            page: Option<u32>,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<Token>>,
        > + ::core::marker::Send {
            self.0
                .call(
                    0,
                    &__RET_0,
                    &[__p::Arg::str(user_id), __IN_0.opt_text(page.as_ref())],
                )
        }
        fn create_token(
            &self,
            user_id: &str,
            body: &Token,
        ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send {
            self.0.call(1, &__RET_1, &[__p::Arg::str(user_id), __IN_1.json(body)])
        }
        fn delete_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            self.0.call(2, &__RET_2, &[__p::Arg::str(user_id), __p::Arg::str(token_id)])
        }
    }
    trait __Pointer: ::core::marker::Send + ::core::marker::Sync {
        type To: HumanitecTokens;
        fn to(&self) -> &Self::To;
    }
    #[automatically_derived]
    impl<__T: HumanitecTokens> __Pointer for __p::Arc<__T> {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__T: HumanitecTokens> __Pointer for &__T {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__P: __Pointer> HumanitecTokens for __P {
        fn list_tokens(
            &self,
            user_id: &str,
            page: Option<u32>,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<Token>>,
        > + ::core::marker::Send {
            <__P::To as HumanitecTokens>::list_tokens(self.to(), user_id, page)
        }
        fn create_token(
            &self,
            user_id: &str,
            body: &Token,
        ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send {
            <__P::To as HumanitecTokens>::create_token(self.to(), user_id, body)
        }
        fn delete_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <__P::To as HumanitecTokens>::delete_token(self.to(), user_id, token_id)
        }
        fn count_eternal(
            &self,
            user_id: &str,
        ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
            <__P::To as HumanitecTokens>::count_eternal(self.to(), user_id)
        }
    }
};

//! A trait with the operations of a document: three are unchanged, one has types, one has a body. Two methods are
//! added.
use naftiko::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its ID.
    pub id: String,
}
/// How many there are.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Count {
    /// The number.
    pub tokens: usize,
}
/// Lists, creates and deletes the tokens of a user.
pub trait Tokens: ::core::marker::Send + ::core::marker::Sync + ::naftiko::__private::NotDyn {
    /// Lists the tokens of a user.
    ///
    /// - `user_id`: The user's ID.
    fn list_tokens(
        &self,
        state: Option<&[String]>,
        user_id: &str,
        page_size: Option<u32>,
    ) -> impl ::core::future::Future<Output = Result<Vec<Token>>> + ::core::marker::Send;
    /// Says which version this is.
    fn version(
        &self,
    ) -> impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send {
        async move {
            if let ::core::option::Option::Some(__returned) = ::core::option::Option::None::<
                Result<String>,
            > {
                return __returned;
            }
            Ok("4".to_owned())
        }
    }
    /// Counts the tokens of a user.
    fn count_tokens(
        &self,
        user_id: &str,
    ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
        async move {
            if let ::core::option::Option::Some(__returned) = ::core::option::Option::None::<
                Result<Count>,
            > {
                return __returned;
            }
            let tokens = self.list_tokens(None, user_id, Some(100)).await?;
            Ok(Count { tokens: tokens.len() })
        }
    }
    /// Reads one token of a user.
    /**
 Sends `GET /users/{userId}/tokens/{tokenId}`.*/
    fn get_token(
        &self,
        user_id: &str,
        token_id: &str,
    ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send;
    /// Creates a token for a user.
    ///
    /// - `body`: Request body (JSON).
    fn create_token(
        &self,
        user_id: &str,
        body: &::naftiko::Value,
    ) -> impl ::core::future::Future<
        Output = ::naftiko::Result<::naftiko::RawJson>,
    > + ::core::marker::Send;
    /// Creates a token, and gives its name alone.
    ///
    /// - `body`: Request body (JSON).
    fn create_token_tool(
        &self,
        user_id: &str,
        body: &::naftiko::Value,
    ) -> impl ::core::future::Future<
        Output = ::naftiko::Result<::naftiko::RawJson>,
    > + ::core::marker::Send;
    /// Deletes a token of a user.
    fn revoke_token(
        &self,
        user_id: &str,
        token_id: &str,
    ) -> impl ::core::future::Future<
        Output = ::naftiko::Result<::naftiko::RawJson>,
    > + ::core::marker::Send;
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
        ::naftiko::Capability::of::<TokensClient, Self>(self)
    }
}
/// The HTTP client of [`Tokens`]: its operations are requests to `https://api.example.com`.
///
/// It is cheap to clone; the clones share one pool of connections.
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct TokensClient(::naftiko::__private::Client);
const _: () = {
    use ::naftiko::__private as __p;
    #[allow(unused_imports, reason = "for editors")]
    use ::naftiko::attributes::{rest as _, get as _};
    const _: &[::core::primitive::u8] = ::core::include_bytes!(
        ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/",
        "tests/documents/tokens.naftiko.yaml")
    );
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
    static __IN_0: __p::ArgumentCodec<String> = __p::body::<String>();
    static __IN_1: __p::ArgumentCodec<u32> = __p::body::<u32>();
    static __RET_0: __p::ReturnCodec<Result<Vec<Token>>> = __p::answer::<
        Result<Vec<Token>>,
        _,
    >(__p::ErrorsOf::<Result<Vec<Token>>>::STATUSES);
    static __IN_2: __p::ArgumentCodec<::naftiko::Value> = __p::body::<
        ::naftiko::Value,
    >();
    static __RET_1: __p::ReturnCodec<::naftiko::Result<::naftiko::RawJson>> = __p::answer::<
        ::naftiko::Result<::naftiko::RawJson>,
        _,
    >(__p::ErrorsOf::<::naftiko::Result<::naftiko::RawJson>>::STATUSES);
    static __RET_2: __p::ReturnCodec<Result<String>> = __p::output::<
        Result<String>,
        _,
    >(__p::ErrorsOf::<Result<String>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<String>>::MEMBERS);
    static __RET_3: __p::ReturnCodec<Result<Count>> = __p::output::<
        Result<Count>,
        _,
    >(__p::ErrorsOf::<Result<Count>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<Count>>::MEMBERS);
    static __RET_4: __p::ReturnCodec<Result<Token>> = __p::answer::<
        Result<Token>,
        _,
    >(__p::ErrorsOf::<Result<Token>>::STATUSES);
    static __DEFINITION: __p::Definition = __p::Definition::implemented_by(
            r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Tokens","description":"Lists, creates and deletes the tokens of a user.","tags":["tokens"],"created":"2026-05-19"},"binds":[{"namespace":"env","keys":{"TOKENS_API_KEY":"TOKENS_API_KEY"}}],"capability":{"consumes":[{"type":"http","namespace":"tokens","baseUri":"https://api.example.com","resources":[{"name":"users-userId-tokens","path":"/users/{userId}/tokens","operations":[{"name":"listUserTokens","method":"GET","description":"Lists the tokens of a user.","outputRawFormat":"json","inputParameters":[{"name":"userId","in":"path","type":"string","description":"The user's ID.","required":true},{"name":"page[size]","in":"query","type":"integer"},{"name":"state","in":"query","type":"array","items":{"type":"string"}}]},{"name":"createUserToken","method":"POST","description":"Creates a token for a user.","outputRawFormat":"json","inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"body","in":"body","type":"object","description":"Request body (JSON).","required":true}]}]},{"name":"users-userId-tokens-tokenId","path":"/users/{userId}/tokens/{tokenId}","operations":[{"name":"deleteUserToken","method":"DELETE","description":"Deletes a token of a user.","inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"tokenId","in":"path","type":"string","required":true}]}]}],"authentication":{"type":"bearer","token":"{{env.TOKENS_API_KEY}}"}}],"exposes":[{"type":"rest","namespace":"tokens-rest","port":8080,"resources":[{"path":"/v1/users/{userid}/tokens","name":"users-userid-tokens","description":"The tokens of a user.","operations":[{"method":"GET","name":"list-tokens","description":"Lists the tokens of a user.","call":"tokens.listUserTokens","with":{"userId":"rest.userId","page[size]":"rest.page[size]","state":"rest.state"},"outputParameters":[{"type":"object","mapping":"$."}]},{"method":"POST","name":"create-token","description":"Creates a token for a user.","call":"tokens.createUserToken","with":{"userId":"rest.userId","body":"rest.body"},"outputParameters":[{"type":"object","mapping":"$."}]}]}]},{"type":"mcp","namespace":"tokens-mcp","port":9090,"transport":"http","tools":[{"name":"list-tokens","description":"Lists the tokens of a user.","hints":{"readOnly":true,"destructive":false,"idempotent":true},"call":"tokens.listUserTokens","with":{"page[size]":"tools.page[size]","userId":"tools.userId","state":"tools.state"},"outputParameters":[{"type":"object","mapping":"$."}]},{"name":"create-token","description":"Creates a token, and gives its name alone.","call":"tokens.createUserToken","with":{"userId":"tools.userId","body":"tools.body"},"outputParameters":[{"type":"object","properties":{"name":{"type":"string","mapping":"$.name"}}}]},{"name":"revoke-token","description":"Deletes a token of a user.","call":"tokens.deleteUserToken","with":{"userId":"tools.userId","tokenId":"tools.tokenId"}},{"name":"version","description":"Says which version this is.","outputParameters":[{"type":"string","value":"3"}]}]}]}}"#,
            "[]",
            &[
                __p::OperationDefinition {
                    index: 0,
                    method: "list_tokens",
                    plan: r#"{"fragment":{"name":"list-tokens","routes":[{"expose":0,"path":"/v1/users/{userid}/tokens","resource":"users-userid-tokens","description":"","operation":{"method":"GET"}}],"tools":[{"expose":1,"tool":{"name":"list-tokens","hints":{"readOnly":true,"destructive":false,"idempotent":true,"openWorld":true}}}],"arguments":[{"name":"userId","in":"path","required":true,"description":"The user's ID."},{"name":"page[size]","in":"query","required":false},{"name":"state","in":"query","required":false,"many":true}]},"work":{"call":{"call":{"consume":0,"operation":"listUserTokens","method":"GET","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens"}],"query":[["page[size]",{"argument":1}],["state",{"argument":2}]]}}},"schemas":[{"type":"string"},{"type":"integer"},{"items":{"type":"string"},"type":"array"}],"output":{},"at":["/capability/exposes/0/resources/0/operations/0","/capability/exposes/1/tools/0"],"stripped":true}"#,
                    inputs: &[&__p::AS_DOCUMENTED, &__IN_1, &__p::AS_DOCUMENTED],
                    output: &__RET_0,
                },
                __p::OperationDefinition {
                    index: 1,
                    method: "create_token",
                    plan: r#"{"fragment":{"name":"create-token","routes":[{"expose":0,"path":"/v1/users/{userid}/tokens","resource":"users-userid-tokens","description":"","operation":{"method":"POST"}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"body","in":"body","required":true,"wholeBody":true,"description":"Request body (JSON)."}]},"work":{"call":{"call":{"consume":0,"operation":"createUserToken","method":"POST","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens"}],"body":{"json":{"argument":1}}}}},"schemas":[{"type":"string"},{"type":"object"}],"output":{},"at":["/capability/exposes/0/resources/0/operations/1"],"stripped":true}"#,
                    inputs: &[&__p::AS_DOCUMENTED, &__p::AS_DOCUMENTED],
                    output: &__p::AS_DOCUMENTED,
                },
                __p::OperationDefinition {
                    index: 2,
                    method: "create_token_tool",
                    plan: r#"{"fragment":{"name":"create-token","tools":[{"expose":1,"tool":{"name":"create-token","hints":{"readOnly":false,"idempotent":false,"openWorld":true}}}],"arguments":[{"name":"userId","in":"query","required":true},{"name":"body","in":"body","required":true,"wholeBody":true,"description":"Request body (JSON)."}]},"work":{"call":{"call":{"consume":0,"operation":"createUserToken","method":"POST","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens"}],"body":{"json":{"argument":1}},"output":{"one":{"type":"object","properties":{"name":{"type":"string","mapping":"$.name"}}}}}}},"schemas":[{"type":"string"},{"type":"object"}],"output":{"properties":{"name":{"description":"A string, or null if the upstream sends none."}},"required":["name"],"type":"object"},"at":["/capability/exposes/1/tools/1"],"stripped":true}"#,
                    inputs: &[&__p::AS_DOCUMENTED, &__p::AS_DOCUMENTED],
                    output: &__p::AS_DOCUMENTED,
                },
                __p::OperationDefinition {
                    index: 3,
                    method: "revoke_token",
                    plan: r#"{"fragment":{"name":"revoke-token","tools":[{"expose":1,"tool":{"name":"revoke-token","hints":{"readOnly":false,"destructive":true,"idempotent":true,"openWorld":true}}}],"arguments":[{"name":"userId","in":"query","required":true},{"name":"tokenId","in":"query","required":true}]},"work":{"call":{"call":{"consume":0,"operation":"deleteUserToken","method":"DELETE","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens/"},{"value":{"argument":1}}]}}},"schemas":[{"type":"string"},{"type":"string"}],"output":{},"at":["/capability/exposes/1/tools/2"],"stripped":true}"#,
                    inputs: &[&__p::AS_DOCUMENTED, &__p::AS_DOCUMENTED],
                    output: &__p::AS_DOCUMENTED,
                },
                __p::OperationDefinition {
                    index: 4,
                    method: "version",
                    plan: r#"{"fragment":{"name":"version","tools":[{"expose":1,"tool":{"name":"version","hints":{"readOnly":true,"destructive":false,"idempotent":true,"openWorld":true}}}]},"work":{"constant":{"constant":"3"}},"output":{"type":"string"},"at":["/capability/exposes/1/tools/3"],"stripped":true}"#,
                    inputs: &[],
                    output: &__RET_2,
                },
                __p::OperationDefinition {
                    index: 5,
                    method: "count_tokens",
                    plan: r#"{"fragment":{"name":"count-tokens","description":"Counts the tokens of a user.","routes":[{"expose":0,"path":"/v1/users/{userId}/count","resource":"v1-users-userid-count","description":"REST surface for v1-users-userId-count.","operation":{"method":"GET","name":"count-tokens","description":"","inputParameters":[{"name":"userId","in":"path","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"count-tokens","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true},"inputParameters":[{"name":"userId","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true}]},"stripped":true}"#,
                    inputs: &[&__p::STR],
                    output: &__RET_3,
                },
                __p::OperationDefinition {
                    index: 6,
                    method: "get_token",
                    plan: r#"{"fragment":{"name":"get-token","description":"Reads one token of a user.","consumed":{"consume":0,"resource":"users-userId-tokens-tokenId","path":"/users/{userId}/tokens/{tokenId}","operation":{"name":"get-token","method":"GET","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"userId","in":"path","type":"string","required":true},{"name":"tokenId","in":"path","type":"string","required":true}]}},"routes":[{"expose":0,"path":"/users/{userid}/tokens/{tokenid}","resource":"users-userid-tokens-tokenid","description":"REST surface for users-userId-tokens-tokenId.","operation":{"method":"GET","name":"get-token","description":"","call":"tokens.get-token","with":{"userId":"rest.userId","tokenId":"rest.tokenId"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"get-token","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true},"call":"tokens.get-token","with":{"userId":"tools.userId","tokenId":"tools.tokenId"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"userId","in":"path","required":true},{"name":"tokenId","in":"path","required":true}]},"work":{"call":{"call":{"consume":0,"operation":"get-token","method":"GET","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/tokens/"},{"value":{"argument":1}}]}}},"stripped":true}"#,
                    inputs: &[&__p::STR, &__p::STR],
                    output: &__RET_4,
                },
            ],
        )
        .of_crate(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[],
        );
    #[automatically_derived]
    impl __p::Describe for TokensClient {
        const EFFECTS: &'static __p::MethodEffects = &[
            ("list_tokens", __p::GET),
            ("version", __p::GET),
            ("count_tokens", __p::GET),
            ("get_token", __p::GET),
            ("create_token", __p::POST),
            ("create_token_tool", __p::POST),
            ("revoke_token", __p::DELETE),
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
    impl<__T: Tokens + 'static> __p::Expose<__T> for TokensClient {
        fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
            __p::Arc::new(__Served(this))
        }
    }
    #[automatically_derived]
    impl<__T: Tokens + 'static> __p::Operations for __Served<__T> {
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
                        <__T as Tokens>::list_tokens(
                            this,
                            args.opt_slice(2, &__IN_0)?,
                            args.str(0)?,
                            args.opt_value(1, &__IN_1)?,
                        ),
                    )
                }
                1 => {
                    __p::run(
                        &__RET_1,
                        <__T as Tokens>::create_token(
                            this,
                            args.str(0)?,
                            args.reference(1, &__IN_2)?,
                        ),
                    )
                }
                2 => {
                    __p::run(
                        &__RET_1,
                        <__T as Tokens>::create_token_tool(
                            this,
                            args.str(0)?,
                            args.reference(1, &__IN_2)?,
                        ),
                    )
                }
                3 => {
                    __p::run(
                        &__RET_1,
                        <__T as Tokens>::revoke_token(this, args.str(0)?, args.str(1)?),
                    )
                }
                4 => __p::run(&__RET_2, <__T as Tokens>::version(this)),
                5 => {
                    __p::run(&__RET_3, <__T as Tokens>::count_tokens(this, args.str(0)?))
                }
                6 => {
                    __p::run(
                        &__RET_4,
                        <__T as Tokens>::get_token(this, args.str(0)?, args.str(1)?),
                    )
                }
                other => __p::no_operation(other),
            }
        }
    }
    __p::client! {
        #[automatically_derived] impl __p::FromClient for TokensClient { const DOCUMENT :
        ::core::option::Option < __p::LoadDocument > = __p::DOCUMENT; fn
        from_client(client : __p::Client) -> Self { Self(client) } fn client(& self) -> &
        __p::Client { & self.0 } } #[allow(dead_code, reason =
        "a client can be created in several ways")] impl TokensClient { #[doc =
        " Builds a client that is set up from the environment: credentials and the variables of the base URI. Reads `TOKENS_API_KEY`."]
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
        TokensClient { #[doc(hidden)] pub fn from_env() -> ::naftiko::Result < Self >
        where for < '__a > Self : __p::HasClient < '__a >, { __p::without_client() }
        #[doc(hidden)] pub fn builder() -> ::naftiko::Result < Self > where for < '__a >
        Self : __p::HasClient < '__a >, { __p::without_client() } }
    }
    #[automatically_derived]
    impl Tokens for TokensClient {
        fn list_tokens(
            &self,
            state: Option<&[String]>,
            user_id: &str,
            page_size: Option<u32>,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<Token>>,
        > + ::core::marker::Send {
            self.0
                .call(
                    0,
                    &__RET_0,
                    &[
                        __p::Arg::str(user_id),
                        __IN_1.opt_json(page_size.as_ref()),
                        __IN_0.opt_json_many(state),
                    ],
                )
        }
        fn create_token(
            &self,
            user_id: &str,
            body: &::naftiko::Value,
        ) -> impl ::core::future::Future<
            Output = ::naftiko::Result<::naftiko::RawJson>,
        > + ::core::marker::Send {
            self.0.call(1, &__RET_1, &[__p::Arg::str(user_id), __IN_2.json(body)])
        }
        fn create_token_tool(
            &self,
            user_id: &str,
            body: &::naftiko::Value,
        ) -> impl ::core::future::Future<
            Output = ::naftiko::Result<::naftiko::RawJson>,
        > + ::core::marker::Send {
            self.0.call(2, &__RET_1, &[__p::Arg::str(user_id), __IN_2.json(body)])
        }
        fn revoke_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<
            Output = ::naftiko::Result<::naftiko::RawJson>,
        > + ::core::marker::Send {
            self.0.call(3, &__RET_1, &[__p::Arg::str(user_id), __p::Arg::str(token_id)])
        }
        fn get_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send {
            self.0.call(6, &__RET_4, &[__p::Arg::str(user_id), __p::Arg::str(token_id)])
        }
    }
    trait __Pointer: ::core::marker::Send + ::core::marker::Sync {
        type To: Tokens;
        fn to(&self) -> &Self::To;
    }
    #[automatically_derived]
    impl<__T: Tokens> __Pointer for __p::Arc<__T> {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__T: Tokens> __Pointer for &__T {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__P: __Pointer> Tokens for __P {
        fn list_tokens(
            &self,
            state: Option<&[String]>,
            user_id: &str,
            page_size: Option<u32>,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<Token>>,
        > + ::core::marker::Send {
            <__P::To as Tokens>::list_tokens(self.to(), state, user_id, page_size)
        }
        fn version(
            &self,
        ) -> impl ::core::future::Future<
            Output = Result<String>,
        > + ::core::marker::Send {
            <__P::To as Tokens>::version(self.to())
        }
        fn count_tokens(
            &self,
            user_id: &str,
        ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
            <__P::To as Tokens>::count_tokens(self.to(), user_id)
        }
        fn get_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<Output = Result<Token>> + ::core::marker::Send {
            <__P::To as Tokens>::get_token(self.to(), user_id, token_id)
        }
        fn create_token(
            &self,
            user_id: &str,
            body: &::naftiko::Value,
        ) -> impl ::core::future::Future<
            Output = ::naftiko::Result<::naftiko::RawJson>,
        > + ::core::marker::Send {
            <__P::To as Tokens>::create_token(self.to(), user_id, body)
        }
        fn create_token_tool(
            &self,
            user_id: &str,
            body: &::naftiko::Value,
        ) -> impl ::core::future::Future<
            Output = ::naftiko::Result<::naftiko::RawJson>,
        > + ::core::marker::Send {
            <__P::To as Tokens>::create_token_tool(self.to(), user_id, body)
        }
        fn revoke_token(
            &self,
            user_id: &str,
            token_id: &str,
        ) -> impl ::core::future::Future<
            Output = ::naftiko::Result<::naftiko::RawJson>,
        > + ::core::marker::Send {
            <__P::To as Tokens>::revoke_token(self.to(), user_id, token_id)
        }
    }
};

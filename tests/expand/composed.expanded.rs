//! A capability built on others, with a request of its own.
use naftiko::Result;
/// Looks up users.
pub trait Users: ::core::marker::Send + ::core::marker::Sync + ::naftiko::__private::NotDyn {
    /// Returns the name of a user.
    /**
 Sends `GET /users/{id}/name`.*/
    fn name(
        &self,
        id: &str,
    ) -> impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send;
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
        ::naftiko::Capability::of::<UsersClient, Self>(self)
    }
}
/// The HTTP client of [`Users`]: its operations are requests to `https://users.example`.
///
/// It is cheap to clone; the clones share one pool of connections.
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct UsersClient(::naftiko::__private::Client);
const _: () = {
    use ::naftiko::__private as __p;
    #[allow(unused_imports, reason = "for editors")]
    use ::naftiko::attributes::get as _;
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
    static __RET_0: __p::ReturnCodec<Result<String>> = __p::answer::<
        Result<String>,
        _,
    >(__p::ErrorsOf::<Result<String>>::STATUSES);
    static __DEFINITION: __p::Definition = __p::Definition::new(
            r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Users","description":"Looks up users."},"binds":[{"namespace":"env","keys":{"COMPOSED_USERS_KEY":"COMPOSED_USERS_KEY"}}],"capability":{"consumes":[{"type":"http","namespace":"users","baseUri":"https://users.example","authentication":{"type":"bearer","token":"{{env.COMPOSED_USERS_KEY}}"}}]}}"#,
            &[
                __p::OperationDefinition {
                    index: 0,
                    method: "name",
                    plan: r#"{"fragment":{"name":"name","description":"Returns the name of a user.","consumed":{"consume":0,"resource":"users-id-name","path":"/users/{id}/name","operation":{"name":"name","method":"GET","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"id","in":"path","type":"string","required":true}]}},"arguments":[{"name":"id","in":"path","required":true}]},"work":{"call":{"call":{"consume":0,"operation":"name","method":"GET","path":[{"literal":"/users/"},{"value":{"argument":0}},{"literal":"/name"}]}}},"stripped":true}"#,
                    inputs: &[&__p::STR],
                    output: &__RET_0,
                },
            ],
        )
        .of_crate(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[],
        );
    #[automatically_derived]
    impl __p::Describe for UsersClient {
        const EFFECTS: &'static __p::MethodEffects = &[("name", __p::GET)];
        fn definition() -> &'static __p::Definition {
            &__DEFINITION
        }
        fn consumed(&self) -> ::core::option::Option<__p::Arc<dyn __p::Consumed>> {
            self.0.consumed()
        }
    }
    struct __Served<__T>(__T);
    #[automatically_derived]
    impl<__T: Users + 'static> __p::Expose<__T> for UsersClient {
        fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
            __p::Arc::new(__Served(this))
        }
    }
    #[automatically_derived]
    impl<__T: Users + 'static> __p::Operations for __Served<__T> {
        fn call<'a>(
            &'a self,
            operation: ::core::primitive::usize,
            args: &'a __p::Arguments,
        ) -> ::naftiko::Result<__p::BoxFuture<'a, ::naftiko::Result<__p::Output>>> {
            let this = &self.0;
            match operation {
                0 => __p::run(&__RET_0, <__T as Users>::name(this, args.str(0)?)),
                other => __p::no_operation(other),
            }
        }
    }
    __p::client! {
        #[automatically_derived] impl __p::FromClient for UsersClient { fn
        from_client(client : __p::Client) -> Self { Self(client) } fn client(& self) -> &
        __p::Client { & self.0 } } #[allow(dead_code, reason =
        "a client can be created in several ways")] impl UsersClient { #[doc =
        " Builds a client that is set up from the environment: credentials and the variables of the base URI. Reads `COMPOSED_USERS_KEY`."]
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
        UsersClient { #[doc(hidden)] pub fn from_env() -> ::naftiko::Result < Self >
        where for < '__a > Self : __p::HasClient < '__a >, { __p::without_client() }
        #[doc(hidden)] pub fn builder() -> ::naftiko::Result < Self > where for < '__a >
        Self : __p::HasClient < '__a >, { __p::without_client() } }
    }
    #[automatically_derived]
    impl Users for UsersClient {
        fn name(
            &self,
            id: &str,
        ) -> impl ::core::future::Future<
            Output = Result<String>,
        > + ::core::marker::Send {
            self.0.call(0, &__RET_0, &[__p::Arg::str(id)])
        }
    }
    trait __Pointer: ::core::marker::Send + ::core::marker::Sync {
        type To: Users;
        fn to(&self) -> &Self::To;
    }
    #[automatically_derived]
    impl<__T: Users> __Pointer for __p::Arc<__T> {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__T: Users> __Pointer for &__T {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__P: __Pointer> Users for __P {
        fn name(
            &self,
            id: &str,
        ) -> impl ::core::future::Future<
            Output = Result<String>,
        > + ::core::marker::Send {
            <__P::To as Users>::name(self.to(), id)
        }
    }
};
/// Looks up teams.
pub trait Teams: ::core::marker::Send + ::core::marker::Sync + ::naftiko::__private::NotDyn {
    /// Lists the members of a team.
    /**
 Sends `GET /teams/{team}/members`.*/
    fn members(
        &self,
        team: &str,
    ) -> impl ::core::future::Future<
        Output = Result<Vec<String>>,
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
        ::naftiko::Capability::of::<TeamsClient, Self>(self)
    }
}
/// The HTTP client of [`Teams`]: its operations are requests to `https://teams.example`.
///
/// It is cheap to clone; the clones share one pool of connections.
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct TeamsClient(::naftiko::__private::Client);
const _: () = {
    use ::naftiko::__private as __p;
    #[allow(unused_imports, reason = "for editors")]
    use ::naftiko::attributes::get as _;
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
    static __RET_0: __p::ReturnCodec<Result<Vec<String>>> = __p::answer::<
        Result<Vec<String>>,
        _,
    >(__p::ErrorsOf::<Result<Vec<String>>>::STATUSES);
    static __DEFINITION: __p::Definition = __p::Definition::new(
            r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Teams","description":"Looks up teams."},"binds":[{"namespace":"env","keys":{"COMPOSED_TEAMS_KEY":"COMPOSED_TEAMS_KEY"}}],"capability":{"consumes":[{"type":"http","namespace":"teams","baseUri":"https://teams.example","authentication":{"type":"bearer","token":"{{env.COMPOSED_TEAMS_KEY}}"}}]}}"#,
            &[
                __p::OperationDefinition {
                    index: 0,
                    method: "members",
                    plan: r#"{"fragment":{"name":"members","description":"Lists the members of a team.","consumed":{"consume":0,"resource":"teams-team-members","path":"/teams/{team}/members","operation":{"name":"members","method":"GET","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"team","in":"path","type":"string","required":true}]}},"arguments":[{"name":"team","in":"path","required":true}]},"work":{"call":{"call":{"consume":0,"operation":"members","method":"GET","path":[{"literal":"/teams/"},{"value":{"argument":0}},{"literal":"/members"}]}}},"stripped":true}"#,
                    inputs: &[&__p::STR],
                    output: &__RET_0,
                },
            ],
        )
        .of_crate(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[],
        );
    #[automatically_derived]
    impl __p::Describe for TeamsClient {
        const EFFECTS: &'static __p::MethodEffects = &[("members", __p::GET)];
        fn definition() -> &'static __p::Definition {
            &__DEFINITION
        }
        fn consumed(&self) -> ::core::option::Option<__p::Arc<dyn __p::Consumed>> {
            self.0.consumed()
        }
    }
    struct __Served<__T>(__T);
    #[automatically_derived]
    impl<__T: Teams + 'static> __p::Expose<__T> for TeamsClient {
        fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
            __p::Arc::new(__Served(this))
        }
    }
    #[automatically_derived]
    impl<__T: Teams + 'static> __p::Operations for __Served<__T> {
        fn call<'a>(
            &'a self,
            operation: ::core::primitive::usize,
            args: &'a __p::Arguments,
        ) -> ::naftiko::Result<__p::BoxFuture<'a, ::naftiko::Result<__p::Output>>> {
            let this = &self.0;
            match operation {
                0 => __p::run(&__RET_0, <__T as Teams>::members(this, args.str(0)?)),
                other => __p::no_operation(other),
            }
        }
    }
    __p::client! {
        #[automatically_derived] impl __p::FromClient for TeamsClient { fn
        from_client(client : __p::Client) -> Self { Self(client) } fn client(& self) -> &
        __p::Client { & self.0 } } #[allow(dead_code, reason =
        "a client can be created in several ways")] impl TeamsClient { #[doc =
        " Builds a client that is set up from the environment: credentials and the variables of the base URI. Reads `COMPOSED_TEAMS_KEY`."]
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
        TeamsClient { #[doc(hidden)] pub fn from_env() -> ::naftiko::Result < Self >
        where for < '__a > Self : __p::HasClient < '__a >, { __p::without_client() }
        #[doc(hidden)] pub fn builder() -> ::naftiko::Result < Self > where for < '__a >
        Self : __p::HasClient < '__a >, { __p::without_client() } }
    }
    #[automatically_derived]
    impl Teams for TeamsClient {
        fn members(
            &self,
            team: &str,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<String>>,
        > + ::core::marker::Send {
            self.0.call(0, &__RET_0, &[__p::Arg::str(team)])
        }
    }
    trait __Pointer: ::core::marker::Send + ::core::marker::Sync {
        type To: Teams;
        fn to(&self) -> &Self::To;
    }
    #[automatically_derived]
    impl<__T: Teams> __Pointer for __p::Arc<__T> {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__T: Teams> __Pointer for &__T {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__P: __Pointer> Teams for __P {
        fn members(
            &self,
            team: &str,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<String>>,
        > + ::core::marker::Send {
            <__P::To as Teams>::members(self.to(), team)
        }
    }
};
/// Greets teams.
pub trait Greetings: ::core::marker::Send + ::core::marker::Sync + ::naftiko::__private::NotDyn {
    /// Returns a greeting.
    /**
 Sends `GET /greetings/{language}`.*/
    fn greeting(
        &self,
        language: &str,
    ) -> impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send;
    /// Greets every member of a team.
    fn greet_team(
        &self,
        team: &str,
        language: &str,
    ) -> impl ::core::future::Future<
        Output = Result<Vec<String>>,
    > + ::core::marker::Send;
    /// Combines a greeting and a name.
    fn greet(&self, __1: (&str, &str)) -> String;
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
        ::naftiko::Capability::of::<GreetingsClient, Self>(self)
    }
}
/// [`Greetings`] built on [`Users`] and [`Teams`].
///
/// It contains the bodies of the trait's methods, and calls any implementations of those traits.
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct GreetingsClient<A = UsersClient, B = TeamsClient>(A, B, __GreetingsRequests);
#[doc(hidden)]
#[derive(::core::fmt::Debug, ::core::clone::Clone)]
pub struct __GreetingsRequests(::naftiko::__private::Client);
const _: () = {
    use ::naftiko::__private as __p;
    #[allow(unused_imports, reason = "for editors")]
    use ::naftiko::attributes::{get as _, rest as _, skip as _};
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
    static __RET_0: __p::ReturnCodec<Result<String>> = __p::answer::<
        Result<String>,
        _,
    >(__p::ErrorsOf::<Result<String>>::STATUSES);
    static __RET_1: __p::ReturnCodec<Result<Vec<String>>> = __p::output::<
        Result<Vec<String>>,
        _,
    >(__p::ErrorsOf::<Result<Vec<String>>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<Vec<String>>>::MEMBERS);
    const _: () = ::core::assert!(
        __p::effect_of(< TeamsClient as __p::Describe > ::EFFECTS, "members").reads(),
        "`greet_team` is a GET, but it calls `teams.members`, which may write\nhelp: make it a POST: `#[rest(post = \"/path\")]`; if what it calls only reads, write `allow(understated_hint, reason = \"…\")` in `#[rest(…)]`"
    );
    const _: () = ::core::assert!(
        __p::effect_of(< UsersClient as __p::Describe > ::EFFECTS, "name").reads(),
        "`greet_team` is a GET, but it calls `users.name`, which may write\nhelp: make it a POST: `#[rest(post = \"/path\")]`; if what it calls only reads, write `allow(understated_hint, reason = \"…\")` in `#[rest(…)]`"
    );
    static __DEFINITION: __p::Definition = __p::Definition::new(
            r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Greetings","description":"Greets teams."},"binds":[{"namespace":"env","keys":{"COMPOSED_GREETINGS_KEY":"COMPOSED_GREETINGS_KEY"}}],"capability":{"consumes":[{"type":"http","namespace":"greetings","baseUri":"https://greetings.example","authentication":{"type":"bearer","token":"{{env.COMPOSED_GREETINGS_KEY}}"}}],"exposes":[{"type":"rest","namespace":"greetings-rest","port":8080},{"type":"mcp","namespace":"greetings-mcp","port":9090,"transport":"http","tools":[]}]}}"#,
            &[
                __p::OperationDefinition {
                    index: 0,
                    method: "greeting",
                    plan: r#"{"fragment":{"name":"greeting","description":"Returns a greeting.","consumed":{"consume":0,"resource":"greetings-language","path":"/greetings/{language}","operation":{"name":"greeting","method":"GET","description":"","outputRawFormat":"json","outputParameters":[{"name":"result","type":"object","value":"$."}],"inputParameters":[{"name":"language","in":"path","type":"string","required":true}]}},"routes":[{"expose":0,"path":"/greetings/{language}","resource":"greetings-language","description":"REST surface for greetings-language.","operation":{"method":"GET","name":"greeting","description":"","call":"greetings.greeting","with":{"language":"rest.language"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"greeting","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true},"call":"greetings.greeting","with":{"language":"tools.language"},"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"language","in":"path","required":true}]},"work":{"call":{"call":{"consume":0,"operation":"greeting","method":"GET","path":[{"literal":"/greetings/"},{"value":{"argument":0}}]}}},"stripped":true}"#,
                    inputs: &[&__p::STR],
                    output: &__RET_0,
                },
                __p::OperationDefinition {
                    index: 1,
                    method: "greet_team",
                    plan: r#"{"fragment":{"name":"greet-team","description":"Greets every member of a team.","routes":[{"expose":0,"path":"/teams/{team}/greetings","resource":"teams-team-greetings","description":"REST surface for teams-team-greetings.","operation":{"method":"GET","name":"greet-team","description":"","inputParameters":[{"name":"team","in":"path","type":"string","required":true},{"name":"language","in":"query","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"greet-team","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true},"inputParameters":[{"name":"team","type":"string","required":true},{"name":"language","type":"string","required":true}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"team","in":"path","required":true},{"name":"language","in":"query","required":true}]},"stripped":true}"#,
                    inputs: &[&__p::STR, &__p::STR],
                    output: &__RET_1,
                },
            ],
        )
        .of_crate(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[],
        )
        .using(
            &[
                <UsersClient as __p::Describe>::definition,
                <TeamsClient as __p::Describe>::definition,
            ],
        );
    #[automatically_derived]
    impl<__A: Users + 'static, __B: Teams + 'static> __p::Describe
    for GreetingsClient<__A, __B> {
        const EFFECTS: &'static __p::MethodEffects = &[
            ("greeting", __p::GET),
            ("greet_team", __p::GET),
        ];
        fn definition() -> &'static __p::Definition {
            &__DEFINITION
        }
        fn consumed(&self) -> ::core::option::Option<__p::Arc<dyn __p::Consumed>> {
            self.2.0.consumed()
        }
    }
    struct __Served<__T>(__T);
    #[automatically_derived]
    impl<
        __A: Users + 'static,
        __B: Teams + 'static,
        __T: Greetings + 'static,
    > __p::Expose<__T> for GreetingsClient<__A, __B> {
        fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
            __p::Arc::new(__Served(this))
        }
    }
    #[automatically_derived]
    impl<__T: Greetings + 'static> __p::Operations for __Served<__T> {
        fn call<'a>(
            &'a self,
            operation: ::core::primitive::usize,
            args: &'a __p::Arguments,
        ) -> ::naftiko::Result<__p::BoxFuture<'a, ::naftiko::Result<__p::Output>>> {
            let this = &self.0;
            match operation {
                0 => __p::run(&__RET_0, <__T as Greetings>::greeting(this, args.str(0)?)),
                1 => {
                    __p::run(
                        &__RET_1,
                        <__T as Greetings>::greet_team(this, args.str(0)?, args.str(1)?),
                    )
                }
                other => __p::no_operation(other),
            }
        }
    }
    #[automatically_derived]
    impl __p::Describe for __GreetingsRequests {
        fn definition() -> &'static __p::Definition {
            &__DEFINITION
        }
        fn consumed(&self) -> ::core::option::Option<__p::Arc<dyn __p::Consumed>> {
            self.0.consumed()
        }
    }
    __p::client! {
        #[automatically_derived] impl __p::FromClient for __GreetingsRequests { fn
        from_client(client : __p::Client) -> Self { Self(client) } fn client(& self) -> &
        __p::Client { & self.0 } }
    }
    #[allow(dead_code, reason = "a client can be created in several ways")]
    impl<__A: Users, __B: Teams> GreetingsClient<__A, __B> {
        /// Builds the client on implementations of [`Users`] and [`Teams`].
        ///
        /// `client` sends the requests of the trait itself; `builder` builds it.
        #[must_use]
        pub fn new(client: __GreetingsRequests, users: __A, teams: __B) -> Self {
            Self(users, teams, client)
        }
        /// Returns the implementation of [`Users`] that the client calls.
        #[must_use]
        pub fn users(&self) -> &__A {
            &self.0
        }
        /// Returns the implementation of [`Teams`] that the client calls.
        #[must_use]
        pub fn teams(&self) -> &__B {
            &self.1
        }
    }
    __p::client! {
        #[allow(dead_code, reason = "a client can be created in several ways")] impl
        GreetingsClient { #[doc =
        " Builds the client on clients of [`Users`] and [`Teams`], all set up from the environment: reads `COMPOSED_GREETINGS_KEY`, and the variables of those clients."]
        #[doc = r""] #[doc = r" # Errors"] #[doc =
        r" Returns an error if a variable is missing (the error lists all of them) or does not fit where it is used."]
        pub fn from_env() -> ::naftiko::Result < Self > { __p::from_environment() } #[doc
        =
        r" Sets up the client of the trait's own requests by hand: base URI, variables, credentials, time limits. Pass"]
        #[doc = r" what it builds to `new`."] #[must_use] pub fn builder() ->
        ::naftiko::ClientBuilder < __GreetingsRequests > {
        ::naftiko::ClientBuilder::new() } } #[automatically_derived] impl < __A : Users +
        __p::ConnectClient, __B : Teams + __p::ConnectClient, > __p::ConnectClient for
        GreetingsClient < __A, __B > { fn connect(clients : & __p::SharedClients < '_ >)
        -> ::naftiko::Result < Self > { let (__part0, (__part1, (__part2, ()))) =
        __p::ConnectClient::connect(clients) ?; ::core::result::Result::Ok(Self(__part0,
        __part1, __part2)) } fn reconnected(self, clients : & __p::SharedClients < '_ >)
        -> ::naftiko::Result < Self > { let Self(__part0, __part1, __part2) = self; let
        (__part0, (__part1, (__part2, ()))) = __p::ConnectClient::reconnected((__part0,
        (__part1, (__part2, ()))), clients) ?; ::core::result::Result::Ok(Self(__part0,
        __part1, __part2)) } }
    }
    __p::no_client! {
        #[allow(dead_code, reason =
        "these functions exist only for an error that names the missing feature")] impl
        GreetingsClient { #[doc(hidden)] pub fn from_env() -> ::naftiko::Result < Self >
        where for < '__a > Self : __p::HasClient < '__a >, { __p::without_client() }
        #[doc(hidden)] pub fn builder() -> ::naftiko::Result < Self > where for < '__a >
        Self : __p::HasClient < '__a >, { __p::without_client() } }
    }
    #[automatically_derived]
    impl<__A: Users, __B: Teams> Greetings for GreetingsClient<__A, __B> {
        fn greeting(
            &self,
            language: &str,
        ) -> impl ::core::future::Future<
            Output = Result<String>,
        > + ::core::marker::Send {
            self.2.0.call(0, &__RET_0, &[__p::Arg::str(language)])
        }
        fn greet_team(
            &self,
            team: &str,
            language: &str,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<String>>,
        > + ::core::marker::Send {
            async move {
                if let ::core::option::Option::Some(__returned) = ::core::option::Option::None::<
                    Result<Vec<String>>,
                > {
                    return __returned;
                }
                let greeting = self.greeting(language).await?;
                let mut greetings = Vec::new();
                for member in self.teams().members(team).await? {
                    greetings
                        .push(
                            self.greet((&greeting, &self.users().name(&member).await?)),
                        );
                }
                Ok(greetings)
            }
        }
        fn greet(&self, (greeting, name): (&str, &str)) -> String {
            format!("{greeting}, {name}!")
        }
        fn into_capability(self) -> ::naftiko::Capability
        where
            Self: ::core::marker::Sized + 'static,
        {
            ::naftiko::Capability::of::<Self, Self>(self)
        }
    }
};

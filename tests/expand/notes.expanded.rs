//! A capability without an API: every implementation does the work itself. No client is generated.
use naftiko::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
/// A note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Its text.
    pub text: String,
}
/// Keeps notes.
pub(crate) trait Notes: ::core::marker::Send + ::core::marker::Sync + ::naftiko::__private::NotDyn + std::fmt::Debug {
    /// Writes a note down.
    fn write(
        &self,
        text: String,
        tags: &[String],
        pinned: Option<bool>,
    ) -> impl ::core::future::Future<Output = Result<Note>> + ::core::marker::Send;
    /// Finds notes.
    fn find(
        &self,
        word: &str,
        limit: Option<u32>,
    ) -> impl ::core::future::Future<Output = Result<Vec<Note>>> + ::core::marker::Send;
    /// Reads a note again.
    #[cfg(test)]
    fn again(
        &self,
        r#type: Option<&str>,
        note: Option<&Note>,
    ) -> impl ::core::future::Future<
        Output = Result<Option<Note>>,
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
        ::naftiko::Capability::of::<__NotesDefinition, Self>(self)
    }
}
/// The type that represents [`Notes`] without a client.
#[doc(hidden)]
#[derive(::core::fmt::Debug)]
pub(crate) struct __NotesDefinition;
const _: () = {
    use ::naftiko::__private as __p;
    #[allow(unused_imports, reason = "for editors")]
    use ::naftiko::attributes::{rest as _, rest as _, tool as _, tool as _};
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
    static __IN_0: __p::ArgumentCodec<String> = __p::input::<String>();
    static __IN_1: __p::ArgumentCodec<bool> = __p::input::<bool>();
    static __RET_0: __p::ReturnCodec<Result<Note>> = __p::output::<
        Result<Note>,
        _,
    >(__p::ErrorsOf::<Result<Note>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<Note>>::MEMBERS);
    static __IN_2: __p::ArgumentCodec<u32> = __p::scalar::<u32>();
    static __RET_1: __p::ReturnCodec<Result<Vec<Note>>> = __p::output::<
        Result<Vec<Note>>,
        _,
    >(__p::ErrorsOf::<Result<Vec<Note>>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<Vec<Note>>>::MEMBERS);
    #[cfg(test)]
    static __IN_3: __p::ArgumentCodec<Note> = __p::input::<Note>();
    #[cfg(test)]
    static __RET_2: __p::ReturnCodec<Result<Option<Note>>> = __p::output::<
        Result<Option<Note>>,
        _,
    >(__p::ErrorsOf::<Result<Option<Note>>>::STATUSES)
        .with_members(__p::SuccessOf::<Result<Option<Note>>>::MEMBERS);
    static __DEFINITION: __p::Definition = __p::Definition::new(
            r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Notes","description":"Keeps notes."},"capability":{"exposes":[{"type":"rest","namespace":"notes-rest","port":8080},{"type":"mcp","namespace":"notes-mcp","port":9090,"transport":"http","tools":[],"resources":[{"name":"guide","uri":"docs://guide","description":"How to take notes.","location":"docs/guide"}]}]}}"#,
            &[
                __p::OperationDefinition {
                    index: 0,
                    method: "write",
                    plan: r#"{"fragment":{"name":"write","description":"Writes a note down.","routes":[{"expose":0,"path":"/notes","resource":"notes","description":"REST surface for notes.","operation":{"method":"POST","name":"write","description":"","inputParameters":[{"name":"text","in":"body","type":"string","required":true},{"name":"tags","in":"body","type":"array","required":true},{"name":"pinned","in":"body","type":"boolean"}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"write","description":"","hints":{"readOnly":false,"idempotent":false},"inputParameters":[{"name":"text","type":"string","required":true},{"name":"tags","type":"array","required":true},{"name":"pinned","type":"boolean"}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"text","in":"body","required":true},{"name":"tags","in":"body","required":true,"many":true},{"name":"pinned","in":"body","required":false}],"status":201},"stripped":true}"#,
                    inputs: &[&__IN_0, &__IN_0, &__IN_1],
                    output: &__RET_0,
                },
                __p::OperationDefinition {
                    index: 1,
                    method: "find",
                    plan: r#"{"fragment":{"name":"find","description":"Finds notes.","routes":[{"expose":0,"path":"/notes","resource":"notes","description":"REST surface for notes.","operation":{"method":"GET","name":"find","description":"","inputParameters":[{"name":"word","in":"query","type":"string","required":true},{"name":"limit","in":"query","type":"integer"}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"tools":[{"expose":1,"tool":{"name":"find-notes","label":"Find notes","description":"","hints":{"readOnly":true,"destructive":false,"idempotent":true,"openWorld":false},"inputParameters":[{"name":"word","type":"string","required":true},{"name":"limit","type":"integer"}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"word","in":"query","required":true},{"name":"limit","in":"query","required":false}]},"stripped":true}"#,
                    inputs: &[&__p::STR, &__IN_2],
                    output: &__RET_1,
                },
                #[cfg(test)]
                __p::OperationDefinition {
                    index: 2,
                    method: "again",
                    plan: r#"{"fragment":{"name":"again","description":"Reads a note again.","tools":[{"expose":1,"tool":{"name":"again","description":"","hints":{"readOnly":false,"idempotent":false},"inputParameters":[{"name":"type","type":"string"},{"name":"note","type":"object"}],"outputParameters":[{"type":"object","mapping":"$."}]}}],"arguments":[{"name":"type","in":"body","required":false},{"name":"note","in":"body","required":false}]},"stripped":true}"#,
                    inputs: &[&__p::STR, &__IN_3],
                    output: &__RET_2,
                },
            ],
        )
        .of_crate(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            &[],
        );
    #[automatically_derived]
    impl __p::Describe for __NotesDefinition {
        fn definition() -> &'static __p::Definition {
            &__DEFINITION
        }
    }
    struct __Served<__T>(__T);
    #[automatically_derived]
    impl<__T: Notes + 'static> __p::Expose<__T> for __NotesDefinition {
        fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
            __p::Arc::new(__Served(this))
        }
    }
    #[automatically_derived]
    impl<__T: Notes + 'static> __p::Operations for __Served<__T> {
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
                        <__T as Notes>::write(
                            this,
                            args.value(0, &__IN_0)?,
                            args.slice(1, &__IN_0)?,
                            args.opt_value(2, &__IN_1)?,
                        ),
                    )
                }
                1 => {
                    __p::run(
                        &__RET_1,
                        <__T as Notes>::find(
                            this,
                            args.str(0)?,
                            args.opt_value(1, &__IN_2)?,
                        ),
                    )
                }
                #[cfg(test)]
                2 => {
                    __p::run(
                        &__RET_2,
                        <__T as Notes>::again(
                            this,
                            args.opt_str(0)?,
                            args.opt_reference(1, &__IN_3)?,
                        ),
                    )
                }
                other => __p::no_operation(other),
            }
        }
    }
    trait __Pointer: ::core::marker::Send + ::core::marker::Sync {
        type To: Notes;
        fn to(&self) -> &Self::To;
    }
    #[automatically_derived]
    impl<__T: Notes> __Pointer for __p::Arc<__T> {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__T: Notes> __Pointer for &__T {
        type To = __T;
        fn to(&self) -> &__T {
            self
        }
    }
    #[automatically_derived]
    impl<__P: __Pointer> Notes for __P
    where
        __P: std::fmt::Debug,
    {
        fn write(
            &self,
            text: String,
            tags: &[String],
            pinned: Option<bool>,
        ) -> impl ::core::future::Future<Output = Result<Note>> + ::core::marker::Send {
            <__P::To as Notes>::write(self.to(), text, tags, pinned)
        }
        fn find(
            &self,
            word: &str,
            limit: Option<u32>,
        ) -> impl ::core::future::Future<
            Output = Result<Vec<Note>>,
        > + ::core::marker::Send {
            <__P::To as Notes>::find(self.to(), word, limit)
        }
        #[cfg(test)]
        fn again(
            &self,
            r#type: Option<&str>,
            note: Option<&Note>,
        ) -> impl ::core::future::Future<
            Output = Result<Option<Note>>,
        > + ::core::marker::Send {
            <__P::To as Notes>::again(self.to(), r#type, note)
        }
    }
};

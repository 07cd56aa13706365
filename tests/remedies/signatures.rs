// Mistakes in traits and signatures, and their remedies.

remedies! {
    a_constant_in_the_trait {
        wrong: {
            const LIMIT: u32;
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "a capability trait can contain only methods, found a constant"
        help: "move it to another trait, or to the module"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_reserved_name {
        wrong: {
            #[get("/things")]
            async fn into_capability(&self) -> Result<Value>;
        }
        error: "the name `into_capability` is reserved"
        help: "choose another name; `#[capability]` generates a method with this name"
        right: {
            #[get("/things")]
            async fn capability(&self) -> Result<Value>;
        }
    }

    a_const_method {
        wrong: {
            #[get("/things")]
            const async fn list(&self) -> Result<Value>;
        }
        error: "an operation cannot be `const`"
        help: "remove `const`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_unsafe_method {
        wrong: {
            #[get("/things")]
            async unsafe fn list(&self) -> Result<Value>;
        }
        error: "an operation cannot be `unsafe`"
        help: "remove `unsafe`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_extern_method {
        wrong: {
            #[get("/things")]
            async extern "C" fn list(&self) -> Result<Value>;
        }
        error: "an operation cannot be `extern`"
        help: "remove `extern`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_future_that_is_written_out {
        wrong: {
            #[get("/things")]
            fn list(&self) -> impl Future<Output = Result<Value>> + Send;
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn` and the output type of the future; the macro generates the same future from it"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_generic_method {
        wrong: {
            #[post("/things")]
            async fn add<T: Serialize>(&self, body: &Filter) -> Result<Value>;
        }
        error: "an operation cannot have type parameters"
        help: "callers over REST and MCP cannot choose a type: write a concrete type"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter) -> Result<Value>;
        }
    }

    a_const_parameter {
        wrong: {
            #[get("/things")]
            async fn list<const LIMIT: u32>(&self) -> Result<Value>;
        }
        error: "an operation cannot have const parameters"
        help: "callers over REST and MCP cannot choose a const parameter: make it an argument"
        right: {
            #[get("/things")]
            async fn list(&self, limit: u32) -> Result<Value>;
        }
    }

    a_method_without_self {
        wrong: {
            #[get("/things")]
            async fn list() -> Result<Value>;
        }
        error: "an operation must take `&self`"
        help: "add `&self` as the first argument"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_method_that_takes_self {
        wrong: {
            #[get("/things")]
            async fn list(self) -> Result<Value>;
        }
        error: "an operation must take `&self`: it is called many times"
        help: "write `&self`; for state that changes, use a lock or an atomic inside"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_method_that_takes_self_mutably {
        wrong: {
            #[get("/things")]
            async fn list(&mut self) -> Result<Value>;
        }
        error: "an operation cannot take `&mut self`: calls run concurrently"
        help: "write `&self`; for state that changes, use a lock or an atomic inside"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_method_that_returns_nothing {
        wrong: {
            #[post("/things")]
            async fn touch(&self);
        }
        error: "an operation must return a `Result`"
        help: "write `-> naftiko::Result<()>` after its arguments"
        right: {
            #[post("/things")]
            async fn touch(&self) -> naftiko::Result<()>;
        }
    }

    a_return_type_that_borrows {
        wrong: {
            #[get("/things")]
            async fn name(&self) -> Result<&str>;
        }
        error: "a return type cannot contain borrowed data"
        help: "write `String` for `&str`"
        right: {
            #[get("/things")]
            async fn name(&self) -> Result<String>;
        }
    }

    a_mutable_argument {
        wrong: {
            #[rest(get = "/things")]
            async fn list(&self, mut limit: u32) -> Result<u32> {
                limit += 1;
                Ok(limit)
            }
        }
        error: "an argument of an operation cannot be `mut`"
        help: "write `limit`, and `let mut limit = limit;` in the body"
        right: {
            #[rest(get = "/things")]
            async fn list(&self, limit: u32) -> Result<u32> {
                let mut limit = limit;
                limit += 1;
                Ok(limit)
            }
        }
    }

    an_argument_that_is_a_pattern {
        wrong: {
            #[tool]
            async fn list(&self, (one, other): (u32, u32)) -> Result<u32> {
                Ok(one + other)
            }
        }
        error: "expected a name for this argument, found a pattern"
        help: "write a name, and destructure it in the body"
        right: {
            #[tool]
            async fn list(&self, both: (u32, u32)) -> Result<u32> {
                let (one, other) = both;
                Ok(one + other)
            }
        }
    }

    an_argument_by_mutable_reference {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: &mut Filter) -> Result<Value>;
        }
        error: "an argument cannot be `&mut`"
        help: "write `&T` or `T`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter) -> Result<Value>;
        }
    }

    a_static_argument {
        wrong: {
            #[get("/things")]
            async fn list(&self, name: &'static str) -> Result<Value>;
        }
        error: "an argument cannot be `&'static`: arguments live only as long as the call"
        help: "remove `'static`, or take an owned type"
        right: {
            #[get("/things")]
            async fn list(&self, name: &str) -> Result<Value>;
        }
    }

    a_reference_to_an_option {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(style = "members")] filter: &Option<Filter>) -> Result<Value>;
        }
        error: "an argument cannot be a reference to `Option`"
        help: "write `Option<&T>`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(style = "members")] filter: Option<&Filter>) -> Result<Value>;
        }
    }

    a_reference_to_a_vec {
        wrong: {
            #[get("/things")]
            async fn list(&self, tags: &Vec<String>) -> Result<Value>;
        }
        error: "an argument cannot be a reference to `Vec`"
        help: "write `&[T]`"
        right: {
            #[get("/things")]
            async fn list(&self, tags: &[String]) -> Result<Value>;
        }
    }

    an_option_of_an_option {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: Option<Option<Filter>>) -> Result<Value>;
        }
        error: "an argument cannot be an `Option` of an `Option`"
        help: "write one `Option`; to distinguish null from an absent argument, use `Option<Cleared>` with `type Cleared = \
            Option<T>;`"
        right: {
            #[post("/things")]
            async fn add(&self, body: Option<Cleared>) -> Result<Value>;
        }
    }

    an_argument_that_is_impl_trait {
        wrong: {
            #[get("/things")]
            async fn list(&self, name: impl Display) -> Result<Value>;
        }
        error: "an argument cannot be `impl Trait`"
        help: "write a concrete type"
        right: {
            #[get("/things")]
            async fn list(&self, name: &str) -> Result<Value>;
        }
    }

    an_argument_behind_cfg {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[cfg(test)] name: &str) -> Result<Value>;
        }
        error: "an argument cannot be behind `cfg`"
        help: "write a method for each case, each with its own `#[cfg(…)]`"
        right: {
            #[cfg(test)]
            #[get("/things")]
            async fn list(&self, name: &str) -> Result<Value>;
            #[cfg(not(test))]
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_argument_in_two_places {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query] #[header] name: &str) -> Result<Value>;
        }
        error: "an argument can be sent in only one place"
        help: "keep `#[query]` or `#[header]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[header] name: &str) -> Result<Value>;
        }
    }

    an_attribute_of_arguments_on_a_method {
        wrong: {
            #[get("/things")]
            #[query]
            async fn list(&self, name: &str) -> Result<Value>;
        }
        error: "`#[query]` can only be applied to an argument"
        help: "put it before an argument"
        right: {
            #[get("/things")]
            async fn list(&self, #[query] name: &str) -> Result<Value>;
        }
    }

    a_second_verb {
        wrong: {
            #[get("/things")]
            #[post("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "a method can have only one HTTP verb"
        help: "keep one of them, or write a method for each"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
            #[post("/things")]
            async fn add(&self) -> Result<Value>;
        }
    }

    a_type_with_a_lifetime {
        wrong: {
            #[get("/things")]
            async fn list<'a>(&self, filter: Cow<'a, str>) -> Result<Value>;
        }
        error: "an argument cannot contain borrowed data"
        help: "remove `'a`: use `String` and `Vec<T>` in the type"
        right: {
            #[get("/things")]
            async fn list(&self, filter: String) -> Result<Value>;
        }
    }

    a_type_that_contains_self {
        wrong: {
            #[post("/things")]
            async fn list(&self, #[body] filters: &[Box<Self>]) -> Result<Value>;
        }
        error: "`Self` is a different type in each implementation, but callers see only one"
        help: "write a concrete type"
        right: {
            #[post("/things")]
            async fn list(&self, #[body] filters: &[Filter]) -> Result<Value>;
        }
    }

    a_return_type_that_is_impl_trait {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<impl Clone>;
        }
        error: "callers see one type, with one schema, not `impl Trait`"
        help: "write a concrete type"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_argument_that_is_a_trait_object {
        wrong: {
            #[get("/things")]
            async fn list(&self, name: &dyn std::fmt::Display) -> Result<Value>;
        }
        error: "an argument cannot be `dyn Trait`"
        help: "write a concrete type"
        right: {
            #[get("/things")]
            async fn list(&self, name: &str) -> Result<Value>;
        }
    }

    a_return_type_with_a_lifetime {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<Cow<'_, str>>;
        }
        error: "a return type cannot contain borrowed data"
        help: "remove `'_`: use `String` and `Vec<T>` in the type, or `Cow<'static, str>`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<std::borrow::Cow<'static, str>>;
        }
    }

    a_reference_to_a_path_in_a_list {
        wrong: {
            #[get("/things")]
            async fn list(&self, tags: Vec<&std::string::String>) -> Result<Value>;
        }
        error: "an argument cannot contain borrowed data"
        help: "write `std::string::String` without the `&`"
        right: {
            #[get("/things")]
            async fn list(&self, tags: Vec<std::string::String>) -> Result<Value>;
        }
    }

    two_arguments_called_the_same {
        wrong: {
            #[get("/things")]
            async fn list(&self, tag: u8, tag: u8) -> Result<Value>;
        }
        error: "the method already has an argument `tag`"
        help: "give one of them another name"
        right: {
            #[get("/things")]
            async fn list(&self, tag: u8, kind: u8) -> Result<Value>;
        }
    }

    a_public_method {
        wrong: {
            #[get("/things")]
            pub async fn list(&self) -> Result<Value>;
        }
        error: "a method of a trait cannot have a visibility"
        help: "remove it: the methods of a trait are as visible as the trait"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_helper_of_an_argument_behind_a_condition {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[cfg_attr(test, query("tag"))] name: &str) -> Result<Value>;
        }
        error: "`#[query]` cannot be in `cfg_attr`"
        help: "write a method for each case, each with its own `#[cfg(…)]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query("tag")] #[cfg_attr(test, allow(unused))] name: &str) -> Result<Value>;
        }
    }

    a_receiver_that_is_not_a_reference {
        wrong: {
            #[get("/things")]
            async fn list(self: Box<Self>) -> Result<Value>;
        }
        error: "an operation must take `&self`: it is called many times"
        help: "write `&self`; for state that changes, use a lock or an atomic inside"
        right: {
            #[get("/things")]
            async fn list(self: &Self) -> Result<Value>;
        }
    }

    a_future_of_async_trait {
        wrong: {
            #[get("/things")]
            fn list<'a>(&'a self) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<u32>> + Send + 'a>>;
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`; if `#[async_trait]` is above the trait, remove it there and above each `impl`: `#[capability]` makes the futures `Send` itself"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<u32>;
        }
    }
}

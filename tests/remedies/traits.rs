// Mistakes in traits, and their remedies.

remedies_of_items! {
    an_unsafe_trait {
        wrong: {
            pub unsafe trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "a capability trait cannot be `unsafe`"
        help: "remove `unsafe`"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    an_auto_trait {
        wrong: {
            pub auto trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "a capability trait cannot be `auto`"
        help: "remove `auto`"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    an_attribute_without_a_method {
        wrong: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;

                #[rest(get = "/things/{id}")]
            }
        }
        error: "expected a method after this attribute"
        help: "write the method below it, or remove it"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;

                #[rest(get = "/things/{id}")]
                async fn one(&self, id: u32) -> Result<u32>;
            }
        }
    }

    a_generic_trait {
        wrong: {
            pub trait Things<T> {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "a capability trait cannot be generic"
        help: "remove the parameter; types that implement the trait may be generic"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    a_trait_with_a_where_clause {
        wrong: {
            pub trait Things
            where
                Self: std::fmt::Debug,
            {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "a capability trait cannot have a `where` clause"
        help: "write the bounds as supertraits"
        right: {
            pub trait Things: std::fmt::Debug {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    an_attribute_of_a_method_on_a_trait {
        wrong: {
            #[tool(name = "list")]
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "`#[tool]` can only be applied to a method"
        help: "put it before a method"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                #[tool(name = "list")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    a_struct {
        wrong: {
            pub struct Things;
        }
        error: "`#[capability]` can only be applied to a trait"
        help: "write the attribute above a trait: `pub trait Name { … }`"
        right: {
            pub trait Name {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    a_description_that_only_the_compiler_reads {
        wrong: {
            pub trait Things {
                #[doc = compute!("description")]
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "`#[capability]` cannot evaluate this description"
        help: "write the text itself, `/// …`, or add `description = \"…\"` to `#[rest]`"
        right: {
            pub trait Things {
                #[rest(get = "/things", description = "…")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    a_description_of_a_tool_that_only_the_compiler_reads {
        wrong: {
            pub trait Things {
                #[doc = compute!("description")]
                #[tool]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "`#[capability]` cannot evaluate this description"
        help: "write the text itself, `/// …`, or add `description = \"…\"` to `#[tool]`"
        right: {
            pub trait Things {
                #[tool(description = "…")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    an_operation_with_a_variable_number_of_arguments {
        wrong: {
            pub trait Things {
                #[tool]
                async fn list(&self, names: ...) -> Result<u32>;
            }
        }
        error: "an operation cannot be variadic"
        help: "take a list: `&[T]`"
        right: {
            pub trait Things {
                #[tool]
                async fn list(&self, names: &[String]) -> Result<u32>;
            }
        }
    }

    a_trait_with_a_bound_on_another_type {
        wrong: {
            pub trait Things
            where
                Vec<Self>: Clone,
            {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "a capability trait cannot have a `where` clause"
        help: "remove it; bounds on `Self` are written as supertraits"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    a_capability_that_is_declared_twice {
        wrong: {
            #[naftiko::capability(exposes(rest(port = 1)))]
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "`#[capability]` is given twice"
        help: "keep one of them"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }

    an_async_trait {
        wrong: {
            #[async_trait]
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
        error: "a capability cannot have `#[async_trait]`"
        help: "remove it, and above each `impl`: `#[capability]` makes the futures `Send` itself"
        right: {
            pub trait Things {
                #[rest(get = "/things")]
                async fn list(&self) -> Result<u32>;
            }
        }
    }
}

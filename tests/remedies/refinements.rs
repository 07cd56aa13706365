// Mistakes in defaults, constraints and types of arguments, and their remedies.

remedies! {
    a_default_of_an_option {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = 1)] page: Option<u32>) -> Result<Value>;
        }
        error: "an argument with a default cannot be an `Option`"
        help: "write its type without `Option`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = 1)] page: u32) -> Result<Value>;
        }
    }

    a_default_that_is_a_constant {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = LIMIT)] page: u32) -> Result<Value>;
        }
        error: "expected a literal as the default, found `LIMIT`"
        help: "write a number, a string, `true`, `false` or a list of them; for any other default, take an `Option`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = 7)] page: u32) -> Result<Value>;

            #[get("/things1")]
            async fn list1(&self, #[query(default = true)] flag: bool) -> Result<Value>;

            #[get("/things2")]
            async fn list2(&self, #[query(default = ["a"])] names: &[String]) -> Result<Value>;

            #[get("/things3")]
            async fn list3(&self, page: Option<u32>) -> Result<Value>;
        }
    }

    a_default_of_another_type {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = "a")] flag: bool) -> Result<Value>;
        }
        error: "expected `true` or `false`, found `\"a\"`"
        help: "write a default of the argument's type"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = true)] flag: bool) -> Result<Value>;
        }
    }

    a_default_given_twice {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = 1, default = 2)] page: u32) -> Result<Value>;
        }
        error: "`default` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = 1)] page: u32) -> Result<Value>;
        }
    }

    a_default_in_the_path {
        wrong: {
            #[get("/things/{id}")]
            async fn list(&self, #[path(default = "a")] id: &str) -> Result<Value>;
        }
        error: "a path argument cannot have a default"
        help: "remove `default`"
        right: {
            #[get("/things/{id}")]
            async fn list(&self, #[path] id: &str) -> Result<Value>;
        }
    }

    a_default_of_a_body {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(default = "a")] body: &Filter) -> Result<Value>;
        }
        error: "a body or a `#[part]` cannot have a default"
        help: "write `Option<&T>`, or `#[serde(default)]` on the members of `T`"
        right: {
            #[post("/things")]
            async fn add(&self, body: Option<&Filter>) -> Result<Value>;
        }
    }

    a_range_of_a_string {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(max = 3))] name: &str) -> Result<Value>;
        }
        error: "`range` can only be used for numbers"
        help: "remove it; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, name: &str) -> Result<Value>;
        }
    }

    a_length_of_a_number {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(length(max = 3))] page: u32) -> Result<Value>;
        }
        error: "`length` can only be used for strings and lists"
        help: "remove it; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, page: u32) -> Result<Value>;
        }
    }

    an_inner_constraint_of_a_string {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(inner(length(max = 3)))] name: &str) -> Result<Value>;
        }
        error: "`inner` can only be used for lists"
        help: "remove it; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, name: &str) -> Result<Value>;
        }
    }

    an_email_that_is_a_number {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(email)] page: u32) -> Result<Value>;
        }
        error: "`email` can only be used for strings"
        help: "remove it; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, page: u32) -> Result<Value>;
        }
    }

    a_range_without_its_bounds {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range = 3)] page: u32) -> Result<Value>;
        }
        error: "expected `range(…)`, found `range = …`"
        help: "write `range(min = 1, max = 100)`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(range(min = 1, max = 100))] page: u32) -> Result<Value>;
        }
    }

    a_bound_that_is_a_constant {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(max = LIMIT))] page: u32) -> Result<Value>;
        }
        error: "expected a number literal for `max`, found `LIMIT`"
        help: "write `max = 1`; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(range(min = 1, max = 1))] page: u32) -> Result<Value>;

            #[get("/things1")]
            async fn list1(&self, #[schemars(range(exclusive_min = 1))] page: u32) -> Result<Value>;

            #[get("/things2")]
            async fn list2(&self, #[schemars(range(exclusive_max = 1))] page: u32) -> Result<Value>;
        }
    }

    a_bound_with_an_unknown_key {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(most = 3))] page: u32) -> Result<Value>;
        }
        error: "unknown key `most` in `range`"
        help: "the keys are `min`, `max`, `exclusive_min`, `exclusive_max`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(range(max = 3))] page: u32) -> Result<Value>;
        }
    }

    a_bound_without_a_key {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(length(3))] name: &str) -> Result<Value>;
        }
        error: "expected a key with a number in `length`, found `3`"
        help: "write `length(min = 1)`; the keys are `min`, `max`, `equal`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(length(min = 1))] name: &str) -> Result<Value>;
        }
    }

    a_pattern_without_its_key {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(regex("^[a-z]+$"))] name: &str) -> Result<Value>;
        }
        error: "expected `pattern` in `regex`"
        help: "write `regex(pattern = \"^[a-z]+$\")`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(regex(pattern = "^[a-z]+$"))] name: &str) -> Result<Value>;
        }
    }

    a_keyword_without_a_literal {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("multipleOf"))] page: u32) -> Result<Value>;
        }
        error: "expected a keyword and a literal in `extend`, found `\"multipleOf\"`"
        help: "write `extend(\"multipleOf\" = 5)`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(extend("multipleOf" = 5))] page: u32) -> Result<Value>;
        }
    }

    a_broken_pattern {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(regex(pattern = "(a|b"))] name: &str) -> Result<Value>;
        }
        error: "expected a regular expression for `pattern`, found `\"(a|b\"`: unclosed group"
        help: "write `regex(pattern = \"^[a-z]+$\")`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(regex(pattern = "^[a-z]+$"))] name: &str) -> Result<Value>;
        }
    }

    a_multiple_of_zero {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("multipleOf" = 0))] page: u32) -> Result<Value>;
        }
        error: "expected a number greater than 0 for `multipleOf`, found `0`"
        help: "write `extend(\"multipleOf\" = 5)`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(extend("multipleOf" = 5))] page: u32) -> Result<Value>;
        }
    }

    a_negative_length {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(inner(length(max = -1)))] names: &[String]) -> Result<Value>;
        }
        error: "expected a non-negative integer for `maxLength`, found `-1`"
        help: "write `max = 5`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(inner(length(max = 5)))] names: &[String]) -> Result<Value>;
        }
    }

    a_keyword_without_its_schema {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[schemars(extend("not" = "empty"))] body: &Filter) -> Result<Value>;
        }
        error: "expected a schema for `not`, found `\"empty\"`"
        help: "remove it; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter) -> Result<Value>;
        }
    }

    a_keyword_given_twice {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(max = 7), extend("maximum" = 5))] page: u32) -> Result<Value>;
        }
        error: "an earlier constraint already sets `maximum`"
        help: "keep one of them"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(range(max = 7))] page: u32) -> Result<Value>;

            #[get("/things1")]
            async fn list1(&self, #[schemars(extend("maximum" = 5))] page: u32) -> Result<Value>;
        }
    }

    a_misspelt_keyword {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("multipelOf" = 5))] page: u32) -> Result<Value>;
        }
        error: "unknown keyword `multipelOf`"
        help: "did you mean `multipleOf`? for a keyword of your own, write `x-multipelOf`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(extend("multipleOf" = 5))] page: u32) -> Result<Value>;

            #[get("/things1")]
            async fn list1(&self, #[schemars(extend("x-multipelOf" = 5))] page: u32) -> Result<Value>;
        }
    }

    a_default_as_a_keyword {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("default" = 5))] page: u32) -> Result<Value>;
        }
        error: "`extend` cannot set `default`"
        help: "write `#[query(default = …)]`, or `default = …` in its `#[header]` or `#[cookie]`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = 5)] page: u32) -> Result<Value>;
        }
    }

    an_example_as_a_keyword {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("examples" = [5]))] page: u32) -> Result<Value>;
        }
        error: "`extend` cannot set `examples`"
        help: "write `#[example(…)]`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[example(5)] page: u32) -> Result<Value>;
        }
    }

    a_description_as_a_keyword {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("description" = "The page."))] page: u32) -> Result<Value>;
        }
        error: "`extend` cannot set `description`"
        help: "write a doc comment before the argument"
        right: {
            #[get("/things0")]
            async fn list0(
                &self,
                /// The page.
                page: u32,
            ) -> Result<Value>;
        }
    }

    a_type_as_a_keyword {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(extend("type" = "string"))] page: u32) -> Result<Value>;
        }
        error: "`extend` cannot set `type`"
        help: "remove it; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, page: u32) -> Result<Value>;
        }
    }

    a_default_that_is_not_a_multiple {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = 7)] #[schemars(extend("multipleOf" = 5))] page: u32) -> Result<Value>;
        }
        error: "the default `7` is not allowed by the constraints: the value must be a multiple of 5"
        help: "write a default that satisfies the constraints, or change the constraints"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = 10)] #[schemars(extend("multipleOf" = 5))] page: u32) -> Result<Value>;
        }
    }

    constraints_of_a_file {
        wrong: {
            #[post("/things")]
            async fn add(&self, #[body(bytes)] #[schemars(length(max = 3))] file: Upload) -> Result<Value>;
        }
        error: "a file cannot have constraints"
        help: "remove `#[schemars]`; `limit = \"1MiB\"` in `#[body(bytes)]` or `#[part]` limits its size"
        right: {
            #[post("/things0")]
            async fn add0(&self, #[body(bytes, limit = "1MiB")] file: Upload) -> Result<Value>;

            #[post("/things1")]
            async fn add1(&self, #[part(limit = "1MiB")] file: Upload) -> Result<Value>;
        }
    }

    a_default_as_a_constraint {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(default = 3)] page: u32) -> Result<Value>;
        }
        error: "`default` is not a constraint"
        help: "write `#[query(default = …)]`, or `default = …` in its `#[header]` or `#[cookie]`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[query(default = 3)] page: u32) -> Result<Value>;
        }
    }

    a_misspelt_constraint {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(lenght(max = 3))] name: &str) -> Result<Value>;
        }
        error: "unknown constraint `lenght`"
        help: "did you mean `length(min = 1, max = 64)`? the constraints of an argument are `range(min = 1, max = 100)`, `length(min = 1, max = 64)`, `regex(pattern = \"^[a-z]+$\")`, `email`, `url`, `inner(length(max = 64))`, `extend(\"multipleOf\" = 5)`, `title = \"…\"`; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(length(min = 1, max = 64))] name: &str) -> Result<Value>;
        }
    }

    a_constraint_that_is_unknown {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(skip)] page: u32) -> Result<Value>;
        }
        error: "unknown constraint `skip`"
        help: "the constraints of an argument are `range(min = 1, max = 100)`, `length(min = 1, max = 64)`, `regex(pattern = \"^[a-z]+$\")`, `email`, `url`, `inner(length(max = 64))`, `extend(\"multipleOf\" = 5)`, `title = \"…\"`; for any other schema, make the argument a newtype that derives `schemars::JsonSchema`"
        right: {
            #[get("/things0")]
            async fn list0(&self, #[schemars(range(min = 1, max = 100), extend("multipleOf" = 5), title = "…")] page: u32) -> Result<Value>;

            #[get("/things1")]
            async fn list1(&self, #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z]+$"))] name: &str) -> Result<Value>;

            #[get("/things2")]
            async fn list2(&self, #[schemars(email)] email: &str) -> Result<Value>;

            #[get("/things3")]
            async fn list3(&self, #[schemars(url)] url: &str) -> Result<Value>;

            #[get("/things4")]
            async fn list4(&self, #[schemars(inner(length(max = 64)))] names: &[String]) -> Result<Value>;
        }
    }

    an_attribute_of_a_method_on_an_argument {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[tool] page: u32) -> Result<Value>;
        }
        error: "`#[tool]` can only be applied to a method"
        help: "put it before the method"
        right: {
            #[get("/things")]
            #[tool]
            async fn list(&self, page: u32) -> Result<Value>;
        }
    }

    an_argument_that_holds_a_reference {
        wrong: {
            #[get("/things")]
            async fn list(&self, names: &[&str]) -> Result<Value>;
        }
        error: "an argument cannot contain borrowed data"
        help: "write `String` for `&str`"
        right: {
            #[get("/things")]
            async fn list(&self, names: &[String]) -> Result<Value>;
        }
    }

    an_argument_that_holds_a_borrowed_type {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: Vec<&Filter>) -> Result<Value>;
        }
        error: "an argument cannot contain borrowed data"
        help: "write `Filter` without the `&`"
        right: {
            #[post("/things")]
            async fn add(&self, body: Vec<Filter>) -> Result<Value>;
        }
    }

    an_argument_that_holds_a_slice {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: Vec<&[Filter]>) -> Result<Value>;
        }
        error: "an argument cannot contain borrowed data"
        help: "write a type that owns its data: `String`, `Vec<T>`"
        right: {
            #[post("/things")]
            async fn add(&self, body: Vec<Vec<Filter>>) -> Result<Value>;
        }
    }
}

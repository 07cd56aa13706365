// Mistakes in completions, contexts and the names of attributes, and their remedies.

remedies! {
    a_completion_that_is_empty {
        wrong: {
            #[tool]
            #[complete]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }
        }
        error: "`#[complete]` is empty"
        help: "write `#[complete(user_id = complete_user)]`: an argument, and the method that completes it"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_by_a_string {
        wrong: {
            #[prompt]
            #[complete(user_id = "users")]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }
        }
        error: "expected the name of a method of this trait, found `\"users\"`"
        help: "write `#[complete(user_id = complete_user)]`: an argument, and the method that completes it"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_by_a_path {
        wrong: {
            #[prompt]
            #[complete(user_id = Self::users)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }
        }
        error: "expected the name of a method of this trait, found `Self::users`"
        help: "write `#[complete(user_id = complete_user)]`: an argument, and the method that completes it"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_given_twice {
        wrong: {
            #[prompt]
            #[complete(user_id = complete_user, user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
        error: "`user_id` is given twice"
        help: "keep one of them"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_of_an_unknown_argument {
        wrong: {
            #[prompt]
            #[complete(usr_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
        error: "`greet` has no argument `usr_id`"
        help: "did you mean `user_id`?"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_by_an_unknown_method {
        wrong: {
            #[prompt]
            #[complete(user_id = complete_usr)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            #[tool]
            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
        error: "the trait has no method `complete_usr`"
        help: "did you mean `complete_user`? the methods are `greet`, `complete_user`"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            #[tool]
            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    two_contexts {
        wrong: {
            #[tool]
            async fn greet(&self, one: &naftiko::Context, other: &naftiko::Context) -> Result<bool> {
                Ok(one.can_ask() && other.can_ask())
            }
        }
        error: "a method can have only one context"
        help: "remove one of the arguments"
        right: {
            #[tool]
            async fn greet(&self, one: &naftiko::Context) -> Result<bool> {
                Ok(one.can_ask())
            }
        }
    }

    a_context_by_value {
        wrong: {
            #[tool]
            async fn greet(&self, context: naftiko::Context) -> Result<bool> {
                Ok(context.can_ask())
            }
        }
        error: "the context of a call must have the type `&Context`"
        help: "write `&Context`; for a type of your own with that name, write its path: `crate::Context`"
        right: {
            #[tool]
            async fn greet(&self, context: &naftiko::Context) -> Result<bool> {
                Ok(context.can_ask())
            }

            #[tool]
            async fn of_their_own(&self, context: self::own::Context) -> Result<bool> {
                Ok(context.flag)
            }
        }
    }

    a_misspelt_attribute {
        wrong: {
            #[promt]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "unknown attribute `#[promt]`"
        help: "did you mean `#[prompt]`?"
        right: {
            #[prompt]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    a_misspelt_attribute_of_an_argument {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[heder("X-Tag")] tag: &str) -> Result<Value>;
        }
        error: "unknown attribute `#[heder]`"
        help: "did you mean `#[header]`?"
        right: {
            #[get("/things")]
            async fn list(&self, #[header("X-Tag")] tag: &str) -> Result<Value>;
        }
    }

    a_completion_of_a_tool {
        wrong: {
            #[tool]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
        error: "`greet` is neither a resource nor a prompt: MCP clients complete no other arguments"
        help: "remove `#[complete]`, or add `#[resource(uri = \"…\")]` or `#[prompt]`"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_without_the_typed_text {
        wrong: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self) -> Result<Vec<String>> {
                Ok(Vec::new())
            }
        }
        error: "`complete_user` completes `user_id`, but has no argument for the text typed so far"
        help: "add an argument: `typed: &str`"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_of_a_number {
        wrong: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: u8) -> Result<Vec<String>> {
                Ok(vec![typed.to_string()])
            }
        }
        error: "the first argument of `complete_user` is the text typed so far, so it cannot be `u8`"
        help: "write `&str`"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_completion_with_an_argument_of_another_method {
        wrong: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str, user_ids: &str) -> Result<Vec<String>> {
                Ok(vec![format!("{typed}{user_ids}")])
            }
        }
        error: "`greet` has no argument `user_ids`, so clients cannot send it"
        help: "did you mean `user_id`?"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str, user_id: &str) -> Result<Vec<String>> {
                Ok(vec![format!("{typed}{user_id}")])
            }
        }
    }

    a_completion_that_is_not_a_list {
        wrong: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<String> {
                Ok(typed.to_owned())
            }
        }
        error: "`complete_user` completes `user_id`, but does not return a list"
        help: "return a `Result<Vec<String>>`"
        right: {
            #[prompt]
            #[complete(user_id = complete_user)]
            async fn greet(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }

            async fn complete_user(&self, typed: &str) -> Result<Vec<String>> {
                Ok(vec![typed.to_owned()])
            }
        }
    }

    a_placeholder_of_a_resource_given_twice {
        wrong: {
            #[resource(uri = "things://{id}/{id}")]
            async fn read(&self, id: &str) -> Result<String> {
                Ok(id.to_owned())
            }
        }
        error: "the URI has the placeholder `{id}` twice"
        help: "give each a unique name"
        right: {
            #[resource(uri = "things://{id}/{part}")]
            async fn read(&self, id: &str, part: &str) -> Result<String> {
                Ok(format!("{id}{part}"))
            }
        }
    }
}

// Mistakes in resources and prompts, and their remedies.

remedies! {
    a_resource_without_a_scheme {
        wrong: {
            #[resource(uri = "app/current")]
            async fn current(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "the URI `app/current` does not begin with a scheme"
        help: "write `uri = \"config://app/current\"`; a template is `uri = \"tokens://{user_id}\"`"
        right: {
            #[resource(uri = "config://app/current")]
            async fn current(&self) -> Result<String> {
                Ok(String::new())
            }

            #[resource(uri = "tokens://{user_id}")]
            async fn tokens(&self, user_id: &str) -> Result<String> {
                Ok(user_id.to_owned())
            }
        }
    }

    a_resource_without_a_uri {
        wrong: {
            #[resource]
            async fn current(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "missing `uri` in `#[resource]`"
        help: "add `uri = \"config://app/current\"`"
        right: {
            #[resource(uri = "config://app/current")]
            async fn current(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    placeholders_that_touch {
        wrong: {
            #[resource(uri = "tokens://{user}{id}")]
            async fn token(&self, user: &str, id: &str) -> Result<String> {
                Ok(user.to_owned() + id)
            }
        }
        error: "nothing separates `{user}` and `{id}` in the URI"
        help: "write a `/` between them"
        right: {
            #[resource(uri = "tokens://{user}/{id}")]
            async fn token(&self, user: &str, id: &str) -> Result<String> {
                Ok(user.to_owned() + id)
            }
        }
    }

    a_placeholder_of_a_uri_without_an_argument {
        wrong: {
            #[resource(uri = "users://{user}")]
            async fn user(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "no argument fills `{user}`"
        help: "add an argument `user: &str`"
        right: {
            #[resource(uri = "users://{user}")]
            async fn user(&self, user: &str) -> Result<String> {
                Ok(user.to_owned())
            }
        }
    }

    a_misspelt_placeholder_of_a_uri {
        wrong: {
            #[resource(uri = "users://{usr}")]
            async fn user(&self, user: Option<&str>) -> Result<String> {
                Ok(user.unwrap_or_default().to_owned())
            }
        }
        error: "no argument fills `{usr}`"
        help: "did you mean `user`?"
        right: {
            #[resource(uri = "users://{user}")]
            async fn user(&self, user: Option<&str>) -> Result<String> {
                Ok(user.unwrap_or_default().to_owned())
            }
        }
    }

    a_required_argument_without_a_placeholder {
        wrong: {
            #[resource(uri = "users://all")]
            async fn users(&self, user: &str) -> Result<String> {
                Ok(user.to_owned())
            }
        }
        error: "the URI has no placeholder for the required argument `user`"
        help: "write `{user}` in the URI, or make the argument an `Option`"
        right: {
            #[resource(uri = "users://all/{user}")]
            async fn one(&self, user: &str) -> Result<String> {
                Ok(user.to_owned())
            }

            #[resource(uri = "users://all")]
            async fn users(&self, user: Option<&str>) -> Result<String> {
                Ok(user.unwrap_or_default().to_owned())
            }
        }
    }

    a_list_as_an_argument_of_a_prompt {
        wrong: {
            #[prompt]
            async fn ask(&self, users: &[String]) -> Result<String> {
                Ok(users.join(", "))
            }
        }
        error: "invalid argument `users` of a prompt: clients send each argument as one string"
        help: "take a `&str`, a number, a `bool` or an enum"
        right: {
            #[prompt]
            async fn ask(&self, users: &str, number: u8, flag: bool) -> Result<String> {
                Ok(format!("{users} {number} {flag}"))
            }
        }
    }

    a_misspelt_name_in_a_template {
        wrong: {
            #[prompt(template = "Summarize {{topik}}.")]
            async fn ask(&self, topic: &str) -> Result<String>;
        }
        error: "no argument fills `{{topik}}`"
        help: "did you mean `topic`?"
        right: {
            #[prompt(template = "Summarize {{topic}}.")]
            async fn ask(&self, topic: &str) -> Result<String>;
        }
    }

    a_name_in_a_template_without_an_argument {
        wrong: {
            #[prompt(template = "Summarize {{topic}}.")]
            async fn ask(&self) -> Result<String>;
        }
        error: "no argument fills `{{topic}}`"
        help: "add an argument `topic: &str`, or remove `{{topic}}` from the template"
        right: {
            #[prompt(template = "Summarize {{topic}}.")]
            async fn ask(&self, topic: &str) -> Result<String>;

            #[prompt(template = "Summarize.")]
            async fn all(&self) -> Result<String>;
        }
    }

    an_argument_that_a_template_does_not_use {
        wrong: {
            #[prompt(template = "Summarize {{topic}}.")]
            async fn ask(&self, topic: &str, sentences: u8) -> Result<String>;
        }
        error: "the template does not use the argument `sentences`"
        help: "write `{{sentences}}` in the template, or remove the argument"
        right: {
            #[prompt(template = "Summarize {{topic}} in {{sentences}} sentences.")]
            async fn ask(&self, topic: &str, sentences: u8) -> Result<String>;

            #[prompt(template = "Summarize {{topic}}.")]
            async fn short(&self, topic: &str) -> Result<String>;
        }
    }

    a_template_and_a_body {
        wrong: {
            #[prompt(template = "Hello.")]
            async fn ask(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "a prompt with a template cannot have a body or a verb"
        help: "remove the template, or remove the body and the verb"
        right: {
            #[prompt]
            async fn ask(&self) -> Result<String> {
                Ok(String::new())
            }

            #[prompt(template = "Hello.")]
            async fn greet(&self) -> Result<String>;
        }
    }

    a_title_and_a_label {
        wrong: {
            #[prompt(title = "Greet", label = "Greet")]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "`title` and `label` mean the same thing"
        help: "keep one of them"
        right: {
            #[prompt(label = "Greet")]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    a_prompt_without_an_mcp_adapter {
        wrong: (exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[prompt]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "a prompt needs an MCP adapter"
        help: "add `exposes(mcp(port = 9090))` to `#[capability]`"
        right: (exposes(mcp(port = 9090)), allow(missing_description, reason = "a test")) {
            #[prompt]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    a_prompt_of_an_unknown_adapter {
        wrong: {
            #[prompt(on = "things-mpc")]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "no MCP adapter has the namespace `things-mpc`"
        help: "did you mean `things-mcp`?"
        right: {
            #[prompt(on = "things-mcp")]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    a_prompt_that_is_skipped {
        wrong: {
            #[prompt]
            #[skip]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "`#[prompt]` cannot be combined with `#[skip]`"
        help: "keep one of them"
        right: {
            #[prompt]
            async fn greet(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    two_resources_with_one_uri {
        wrong: {
            #[resource(uri = "users://{id}")]
            async fn user(&self, id: u64) -> Result<String> {
                Ok(id.to_string())
            }

            #[resource(uri = "users://{name}")]
            async fn named(&self, name: &str) -> Result<String> {
                Ok(name.to_owned())
            }
        }
        error: "another resource has the URI `users://{name}`: clients reach only the first"
        help: "give this resource another `uri`"
        right: {
            #[resource(uri = "users://{id}")]
            async fn user(&self, id: u64) -> Result<String> {
                Ok(id.to_string())
            }

            #[resource(uri = "names://{name}")]
            async fn named(&self, name: &str) -> Result<String> {
                Ok(name.to_owned())
            }
        }
    }

    two_prompts_with_one_name {
        wrong: {
            #[prompt]
            async fn explain(&self) -> Result<String> {
                Ok(String::new())
            }

            #[prompt(name = "explain")]
            async fn again(&self) -> Result<String> {
                Ok(String::new())
            }
        }
        error: "another prompt is called `explain`: clients reach only the first"
        help: "give this prompt another `name`"
        right: {
            #[prompt]
            async fn explain(&self) -> Result<String> {
                Ok(String::new())
            }

            #[prompt(name = "explain-again")]
            async fn again(&self) -> Result<String> {
                Ok(String::new())
            }
        }
    }

    folders_without_an_entry {
        wrong: (exposes(mcp(port = 1, resources())), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "`resources` is empty"
        help: "write `resources(guide(uri = \"docs://guide\", location = \"docs/guide\"))`"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_folder_without_keys {
        wrong: (exposes(mcp(port = 1, resources(guide))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "`guide` has no keys"
        help: "write `resources(guide(uri = \"docs://guide\", location = \"docs/guide\"))`"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_folder_without_a_location {
        wrong: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `location` in `guide`"
        help: "add `location = \"docs/guide\"`"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_folder_without_a_scheme {
        wrong: (exposes(mcp(port = 1, resources(guide(uri = "guide", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "the URI `guide` does not begin with a scheme"
        help: "write `uri = \"docs://guide\"`"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_folder_with_placeholders {
        wrong: (exposes(mcp(port = 1, resources(guide(uri = "docs://{page}", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "the URI `docs://{page}` of a folder has placeholders"
        help: "remove them: the paths of the files in the folder are appended to this URI"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://", location = "docs/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    folders_with_one_name {
        wrong: (exposes(mcp(port = 1, resources(guide(uri = "docs://a", location = "a"), guide(uri = "docs://b", location = "b")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "another entry of `resources` is called `guide`"
        help: "give one of them another name"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://a", location = "a"), other(uri = "docs://b", location = "b")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_folder_elsewhere {
        wrong: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "https://a.example")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a path or a `file://` URI for the resource `guide`, found `https://a.example`"
        help: "write a path such as `docs/guide`, or `file:///srv/guide`"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "docs/guide"), other(uri = "docs://other", location = "file:///srv/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_folder_outside {
        wrong: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "../guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a path in the program's working directory for the resource `guide`, found `../guide`"
        help: "write a path without `..`, or an absolute `file://` URI such as `file:///srv/guide`"
        right: (exposes(mcp(port = 1, resources(guide(uri = "docs://guide", location = "guide"), other(uri = "docs://other", location = "file:///srv/guide")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    prompt_files_without_an_entry {
        wrong: (exposes(mcp(port = 1, prompts())), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "`prompts` is empty"
        help: "write `prompts(review(location = \"prompts/review.txt\", arguments(code)))`"
        right: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt", arguments(code))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_prompt_file_without_a_location {
        wrong: (exposes(mcp(port = 1, prompts(review(arguments(code))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `location` in `review`"
        help: "add `location = \"prompts/review.txt\"`"
        right: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt", arguments(code))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_prompt_file_with_an_empty_list_of_arguments {
        wrong: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt", arguments())))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "`arguments` is empty"
        help: "write `arguments(code, style(description = \"…\", required = false))`"
        right: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt", arguments(code, style(description = "…", required = false)))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_prompt_file_with_a_string_as_argument {
        wrong: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt", arguments("code"))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the name of an argument in `arguments`, found `\"code\"`"
        help: "write `arguments(code, style(description = \"…\", required = false))`"
        right: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt", arguments(code, style(description = "…", required = false)))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_argument_of_a_prompt_file_twice {
        wrong: (exposes(mcp(port = 1, prompts(review(location = "a.txt", arguments(code, code))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "another entry of `arguments` is called `code`"
        help: "give one of them another name"
        right: (exposes(mcp(port = 1, prompts(review(location = "a.txt", arguments(code, style))))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Mistakes in `uses`, and their remedies.

remedies! {
    uses_without_a_capability {
        wrong: (uses(), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(1)
            }
        }
        error: "`uses` names no capability"
        help: "write `uses(github: GitHub)`: a name, and the trait of a capability; or remove it"
        right: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }

    a_used_capability_without_a_name {
        wrong: (uses(GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
        error: "expected a name and a trait in `uses`, found `GitHub`"
        help: "write `git_hub: GitHub`"
        right: (uses(git_hub: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.git_hub().list().await?.len())
            }
        }
    }

    a_used_capability_that_is_a_string {
        wrong: (uses("GitHub"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
        error: "expected a name and a trait in `uses`, found `\"GitHub\"`"
        help: "write `uses(github: GitHub)`: a name, and the trait of a capability"
        right: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }

    a_used_capability_with_parameters {
        wrong: (uses(github: GitHub<u8>), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
        error: "expected the trait of a capability, found `GitHub<u8>`"
        help: "write `uses(github: GitHub)`: a name, and the trait of a capability"
        right: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }

    a_used_capability_with_a_reserved_name {
        wrong: (uses(new: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(1)
            }
        }
        error: "the name `new` is reserved"
        help: "choose another name; the generated client has a function with this name"
        right: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }

    a_used_capability_with_the_name_of_a_method {
        wrong: (uses(count: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(1)
            }
        }
        error: "`count` is also the name of a method"
        help: "rename one of the two: `self.count()` is the capability"
        right: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }

    two_used_capabilities_of_one_name {
        wrong: (uses(github: GitHub, github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
        error: "`github` is given twice"
        help: "give one of them another name"
        right: (uses(github: GitHub, other: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }

    a_method_without_a_body {
        wrong: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize>;
        }
        error: "`count` has neither a verb nor a body"
        help: "add a body that calls the capabilities in `uses`"
        right: (uses(github: GitHub), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn count(&self) -> Result<usize> {
                Ok(self.github().list().await?.len())
            }
        }
    }
}

//! A capability built on others, with a request of its own.

use naftiko::{Result, capability};

/// Looks up users.
#[capability(
    binds(env(COMPOSED_USERS_KEY)),
    consumes(
        namespace = "users",
        base_uri = "https://users.example",
        authentication(bearer = "{{env.COMPOSED_USERS_KEY}}"),
    )
)]
pub trait Users {
    /// Returns the name of a user.
    #[get("/users/{id}/name")]
    async fn name(&self, id: &str) -> Result<String>;
}

/// Looks up teams.
#[capability(
    binds(env(COMPOSED_TEAMS_KEY)),
    consumes(
        namespace = "teams",
        base_uri = "https://teams.example",
        authentication(bearer = "{{env.COMPOSED_TEAMS_KEY}}"),
    )
)]
pub trait Teams {
    /// Lists the members of a team.
    #[get("/teams/{team}/members")]
    async fn members(&self, team: &str) -> Result<Vec<String>>;
}

/// Greets teams.
#[capability(
    binds(env(COMPOSED_GREETINGS_KEY)),
    consumes(
        namespace = "greetings",
        base_uri = "https://greetings.example",
        authentication(bearer = "{{env.COMPOSED_GREETINGS_KEY}}"),
    ),
    uses(users: Users, teams: Teams),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Greetings {
    /// Returns a greeting.
    #[get("/greetings/{language}")]
    async fn greeting(&self, language: &str) -> Result<String>;

    /// Greets every member of a team.
    #[rest(get = "/teams/{team}/greetings")]
    async fn greet_team(&self, team: &str, language: &str) -> Result<Vec<String>> {
        let greeting = self.greeting(language).await?;
        let mut greetings = Vec::new();
        for member in self.teams().members(team).await? {
            greetings.push(self.greet((&greeting, &self.users().name(&member).await?)));
        }
        Ok(greetings)
    }

    /// Combines a greeting and a name.
    #[skip]
    fn greet(&self, (greeting, name): (&str, &str)) -> String {
        format!("{greeting}, {name}!")
    }
}

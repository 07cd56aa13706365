//! Capabilities built on others: methods that are declared as read-only, but call operations that may write.

use naftiko::{Result, capability};

/// Sends bills.
#[capability(consumes(namespace = "billing", base_uri = "https://billing.example"))]
pub trait Billing {
    /// Reads a bill.
    #[get("/bills/{id}")]
    async fn bill(&self, id: u32) -> Result<String>;

    /// Charges a customer.
    #[post("/customers/{id}/charges")]
    async fn charge(&self, id: u32) -> Result<()>;
}

/// Has methods that are declared as read-only, but write.
#[capability(
    consumes(namespace = "own", base_uri = "https://own.example"),
    uses(billing: Billing),
    exposes(rest(port = 8080), mcp(namespace = "first", port = 9090), mcp(namespace = "second", port = 9091))
)]
pub trait Promises {
    /// Claims to be read-only.
    #[tool(hints(read_only))]
    async fn claims(&self, id: u32) -> Result<String> {
        self.billing().charge(id).await?;
        self.billing().bill(id).await
    }

    /// Is a GET that writes.
    #[rest(get = "/charges/{id}")]
    async fn gets(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Is a GET that passes the used capability to a function.
    #[rest(get = "/bills/{id}")]
    async fn passes_on(&self, id: u32) -> Result<String> {
        first(self.billing(), id).await
    }

    /// Calls a helper that writes.
    #[tool(hints(read_only))]
    async fn calls_a_helper(&self, id: u32) -> Result<()> {
        self.helper(id).await
    }

    /// Writes to its own API.
    #[tool(hints(read_only))]
    async fn calls_its_api(&self, id: u32) -> Result<()> {
        self.write(id).await
    }

    /// Declares that it writes.
    #[rest(get = "/written/{id}")]
    #[tool(hints(read_only = false))]
    async fn says_so(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Is allowed by `allow`.
    #[tool(hints(read_only), allow(understated_hint, reason = "the charge is a trial"))]
    async fn is_allowed(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Declares on only one of two adapters that it writes.
    #[rest(get = "/partly/{id}")]
    #[tool(on = "first", hints(read_only = false))]
    #[tool(on = "second")]
    async fn says_so_once(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }

    /// Writes.
    #[post("/written")]
    #[skip]
    async fn write(&self, body: u32) -> Result<()>;

    #[skip]
    async fn helper(&self, id: u32) -> Result<()> {
        self.billing().charge(id).await
    }
}

/// Replaces an operation that its document says only reads.
#[capability(document = "tests/ui/documents/things.naftiko.yaml", uses(billing: Billing))]
pub trait Replaces {
    async fn read(&self, id: &str, part: Option<&str>) -> Result<String> {
        self.billing().charge(1).await?;
        Ok(format!("{id} {part:?}"))
    }
}

/// Replaces what a GET of its document does.
#[capability(document = "tests/ui/documents/looked.naftiko.yaml", uses(billing: Billing))]
pub trait ReplacesARoute {
    async fn look(&self, id: &str) -> Result<String> {
        self.billing().charge(1).await?;
        Ok(id.to_owned())
    }
}

/// Has `max_output` on a method that writes.
#[capability(uses(billing: Billing), exposes(mcp(port = 9092)))]
pub trait Cuts {
    /// Charges.
    #[tool(max_output = "16KiB")]
    async fn charges(&self, id: u32) -> Result<Vec<String>> {
        self.billing().charge(id).await?;
        Ok(vec![self.billing().bill(id).await?])
    }
}

/// A trait that is not a capability.
pub trait Extra {
    fn extra(&self) -> u32;
}

/// Has a supertrait, whose methods may write.
#[capability(uses(billing: Billing), exposes(rest(port = 8081)))]
pub trait Extends: Extra {
    /// Is a GET that calls the supertrait.
    #[rest(get = "/extra")]
    async fn extends(&self) -> Result<u32> {
        Ok(self.extra())
    }
}

impl<T: Billing> Extra for ExtendsClient<T> {
    fn extra(&self) -> u32 {
        1
    }
}

/// Is not built on other capabilities.
#[capability(
    consumes(namespace = "alone", base_uri = "https://alone.example"),
    exposes(rest(port = 8082), mcp(port = 9093))
)]
pub trait Alone {
    /// Removes a thing.
    #[delete("/things/{id}", status = 204)]
    async fn remove(&self, id: u32) -> Result<()>;

    /// Is a GET that calls a DELETE.
    #[rest(get = "/tidied/{id}")]
    async fn tidies(&self, id: u32) -> Result<()> {
        self.remove(id).await
    }

    /// Calls a DELETE through another method.
    #[tool(hints(read_only))]
    async fn claims(&self, id: u32) -> Result<()> {
        self.helps(id).await
    }

    #[skip]
    async fn helps(&self, id: u32) -> Result<()> {
        self.remove(id).await
    }
}

/// Has a resource and a prompt that write, although clients get both without asking their user.
#[capability(uses(billing: Billing), exposes(mcp(port = 9094)))]
pub trait Offers {
    /// Is a resource that writes.
    #[resource(uri = "charges://{id}")]
    async fn resource(&self, id: u32) -> Result<String> {
        self.billing().charge(id).await?;
        self.billing().bill(id).await
    }

    /// Is a prompt that writes.
    #[prompt]
    async fn prompt(&self, id: u32) -> Result<String> {
        self.billing().charge(id).await?;
        self.billing().bill(id).await
    }

    /// Only reads.
    #[resource(uri = "bills://{id}")]
    async fn reads(&self, id: u32) -> Result<String> {
        self.billing().bill(id).await
    }
}

/// Has a resource that writes, which `allow` allows.
#[capability(
    uses(billing: Billing),
    exposes(mcp(port = 9095)),
    allow(understated_hint, reason = "the charge is a trial")
)]
pub trait AllowedOffers {
    /// Is a resource that writes.
    #[resource(uri = "charges://{id}")]
    async fn allowed_resource(&self, id: u32) -> Result<String> {
        self.billing().charge(id).await?;
        self.billing().bill(id).await
    }
}

async fn first(billing: &impl Billing, id: u32) -> Result<String> {
    billing.bill(id).await
}

fn main() {}

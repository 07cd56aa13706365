//! Mistakes in the keys of `exposes`, and adapters that conflict with each other.

use naftiko::{Result, capability};

/// Has adapters with unknown keys and invalid values.
#[capability(exposes(grpc(port = 1), rest(port = "8080", prefix = "v1"), mcp(port = 70000, prefix = "/mcp"), rest = 8080))]
pub trait Unread {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has adapters with the same port or namespace.
#[capability(exposes(rest(port = 8080), mcp(port = 8080), rest(port = 8081)))]
pub trait InTheWay {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has a control port with mistakes.
#[capability(exposes(rest(port = 8080), control(port = "9100", without(metrics, stauts)), control = 9100, control(without())))]
pub trait Controlled {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has two control ports: one uses the port of another adapter, one can be reached from other machines.
#[capability(exposes(rest(port = 8080), control(port = 8080), control(port = 9100, address = "0.0.0.0")))]
pub trait TwoControls {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

/// Has `page` with a value, and in an adapter that cannot have a page.
#[capability(exposes(rest(port = 8080, page = "/"), mcp(port = 9090, page)))]
pub trait Pages {
    /// Reads one.
    #[rest(get = "/things/{id}")]
    async fn read(&self, id: &str) -> Result<String>;
}

struct Fake;

impl Unread for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl InTheWay for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Controlled for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl TwoControls for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

impl Pages for Fake {
    async fn read(&self, id: &str) -> Result<String> {
        Ok(id.to_owned())
    }
}

fn main() {
    let _ = Unread::into_capability(Fake);
    let _ = InTheWay::into_capability(Fake);
    let _ = Controlled::into_capability(Fake);
    let _ = TwoControls::into_capability(Fake);
    let _ = Pages::into_capability(Fake);
}

//! Reads the messages of MCP from a stream of server-sent events. The tests of tasks use it, too.

use serde_json::Value;

/// The messages of a stream of server-sent events.
pub(crate) struct Messages {
    response: reqwest::Response,
    read: String,
    /// The ID of the last event.
    #[allow(dead_code, reason = "not every test resumes a stream")]
    pub(crate) last: String,
}

impl Messages {
    pub(crate) fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new(), last: String::new() }
    }

    /// Returns the next message; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                let field = |name| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let Some(id) = field("id:") {
                    id.clone_into(&mut self.last);
                }
                match field("data:").filter(|data| !data.is_empty()) {
                    Some(data) => return Some(serde_json::from_str(data).unwrap()),
                    None => continue,
                }
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

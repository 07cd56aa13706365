//! The MCP adapter: tools over Streamable HTTP and stdio.

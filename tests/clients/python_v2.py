"""Version 2 of the Python SDK, in both eras, over HTTP and over pipes: `python python_v2.py PROGRAM HTTP STATELESS`."""

import asyncio
import sys

from mcp import Client as McpClient
from mcp import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult
from scenario import CONTACT, scenario


class Client:
    errors = MCPError

    def __init__(self, client):
        self.client = client

    async def tools(self):
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name, arguments=None, progress=None):
        return await self.client.call_tool(name, arguments or {}, progress_callback=progress)

    async def cancelled(self):
        """Does nothing: this version of the SDK tells the server by itself."""

    async def read(self, uri):
        return (await self.client.read_resource(uri)).contents[0].text

    async def prompt(self, name, arguments):
        return (await self.client.get_prompt(name, arguments)).messages[0].content.text


async def elicited(_context, _params):
    return ElicitResult(**CONTACT)


async def main(program, http, stateless):
    for era, mode, version, url in [
        ("legacy", "legacy", "2025-11-25", http),
        ("modern", "auto", "2026-07-28", stateless),
    ]:
        for transport, server in [("HTTP", url), ("stdio", StdioServerParameters(command=program, args=["stdio"]))]:
            async with McpClient(server, mode=mode, elicitation_callback=elicited) as client:
                assert client.session.protocol_version == version, client.session.protocol_version
                await scenario(f"Python SDK 2, {era}, {transport}", Client(client))


asyncio.run(main(*sys.argv[1:]))

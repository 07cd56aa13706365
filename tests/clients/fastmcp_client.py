"""The client of FastMCP, in both eras, over HTTP and over pipes: `python fastmcp_client.py PROGRAM HTTP STATELESS`."""

import asyncio
import sys

from fastmcp import Client as FastClient
from fastmcp.client.transports import StdioTransport
from mcp.shared.exceptions import MCPError
from scenario import CONTACT, scenario


class Client:
    errors = MCPError

    def __init__(self, client):
        self.client = client

    async def tools(self):
        return [tool.name for tool in await self.client.list_tools()]

    async def call(self, name, arguments=None, progress=None):
        return await self.client.call_tool(name, arguments or {}, progress_handler=progress, raise_on_error=False)

    async def cancelled(self):
        """Does nothing: FastMCP tells the server by itself."""

    async def read(self, uri):
        return (await self.client.read_resource(uri))[0].text

    async def prompt(self, name, arguments):
        return (await self.client.get_prompt(name, arguments)).messages[0].content.text


async def elicited(_message, response_type, _params, _context):
    return response_type(**CONTACT["content"])


async def main(program, http, stateless):
    for era, mode, url in [("legacy", "legacy", http), ("modern", "auto", stateless)]:
        for transport, server in [("HTTP", url), ("stdio", StdioTransport(command=program, args=["stdio"]))]:
            async with FastClient(server, mode=mode, elicitation_handler=elicited) as client:
                await scenario(f"FastMCP, {era}, {transport}", Client(client))


asyncio.run(main(*sys.argv[1:]))

"""Version 1 of the Python SDK, over HTTP and over pipes: `python python_v1.py PROGRAM HTTP`."""

import asyncio
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.exceptions import McpError
from mcp.types import CancelledNotification, CancelledNotificationParams, ClientNotification, ElicitResult
from scenario import CONTACT, scenario


class Client:
    errors = McpError

    def __init__(self, session):
        self.session = session

    async def tools(self):
        return [tool.name for tool in (await self.session.list_tools()).tools]

    async def call(self, name, arguments=None, progress=None):
        return await self.session.call_tool(name, arguments or {}, progress_callback=progress)

    async def cancelled(self):
        """Tells the server that the last call was cancelled, which this version of the SDK leaves to its users."""
        params = CancelledNotificationParams(requestId=self.session._request_id - 1)
        await self.session.send_notification(ClientNotification(CancelledNotification(params=params)))

    async def read(self, uri):
        return (await self.session.read_resource(uri)).contents[0].text

    async def prompt(self, name, arguments):
        return (await self.session.get_prompt(name, arguments)).messages[0].content.text


async def elicited(_context, _params):
    return ElicitResult(**CONTACT)


async def main(program, url):
    async with streamablehttp_client(url) as (read, write, _):
        async with ClientSession(read, write, elicitation_callback=elicited) as session:
            await session.initialize()
            await scenario("Python SDK 1, HTTP", Client(session))
    async with stdio_client(StdioServerParameters(command=program, args=["stdio"])) as (read, write):
        async with ClientSession(read, write, elicitation_callback=elicited) as session:
            await session.initialize()
            await scenario("Python SDK 1, stdio", Client(session))


asyncio.run(main(*sys.argv[1:]))

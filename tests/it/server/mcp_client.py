"""One session with the official client: lists everything, makes the requests of stdin, prints all responses.

Usage: mcp_client.py TARGET ERA < requests.json
TARGET is a URL or a command as a JSON list; ERA is `legacy` (initialize) or `auto` (server/discover).
"""

import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def target(name):
    if name.startswith("["):
        command, *args = json.loads(name)
        return StdioServerParameters(command=command, args=args)
    token = os.environ.get("TOKEN_OF_TEST")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = httpx2.AsyncClient(headers=headers, timeout=60)
    return streamable_http_client(name, http_client=client)


async def call(client, name, arguments):
    received = []

    async def progress(done, total, message):
        received.append([done, total, message])

    result = await client.call_tool(name, arguments, progress_callback=progress)
    return {"progress": received, **plain(result)}


async def result_of(pending):
    try:
        result = await pending
        return result if isinstance(result, dict) else plain(result)
    except MCPError as error:
        return {"error": plain(error.error)}


async def main():
    requests = json.load(sys.stdin)
    async with Client(target(sys.argv[1]), mode=sys.argv[2], read_timeout_seconds=120) as client:
        print(
            json.dumps(
                {
                    "protocol": client.protocol_version,
                    "server": plain(client.server_info),
                    "capabilities": plain(client.server_capabilities),
                    "instructions": client.instructions,
                    "tools": plain(await client.list_tools())["tools"],
                    "resources": plain(await client.list_resources())["resources"],
                    "templates": plain(await client.list_resource_templates())["resourceTemplates"],
                    "prompts": plain(await client.list_prompts())["prompts"],
                    "calls": [await result_of(call(client, *one)) for one in requests.get("calls", [])],
                    "reads": [await result_of(client.read_resource(uri)) for uri in requests.get("reads", [])],
                    "prompted": [await result_of(client.get_prompt(*one)) for one in requests.get("prompts", [])],
                }
            )
        )


asyncio.run(main())

#!/usr/bin/env python3
"""`headwater serve` under load, on loopback.

    python3 benches/load.py [--clients N] [--seconds N] [--bytes N] [--upload N]

--clients  concurrent clients, default 50; each has its own connection and sends the next request as soon
           as it has a response: a brief, a page of findings, a small SQL statement, in turn
--seconds  duration, default 60
--bytes    raw bytes of the simulated day, default 4 MB
--upload   bytes of one upload, default 1 GB: lines of business logs, sent as one body

Requires only a release build of headwater (see measure.py). Prints responses per second and their
latency, then the server's peak memory during the upload; the limit is 512 MiB. A status other than 200
ends the run with an error, except 503 (statement limit reached), which is counted separately and must
have `Retry-After`.
"""
import argparse
import asyncio
import collections
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no __pycache__ beside the sources

import measure

DAY = "2026-11-22"
PEAK_MIB = 512
STATEMENT = {"sql": "select reason, count(*) as n from event group by reason order by n desc limit 5"}
REQUESTS = {
    "brief": ("GET", f"/v1/brief?date={DAY}", None),
    "findings": ("GET", f"/v1/findings?date={DAY}&limit=20", None),
    "sql": ("POST", "/v1/sql", STATEMENT),
}


class Server:
    """A server that runs until the end of the block."""

    def __init__(self, binary, folder, lake):
        config = pathlib.Path(folder, "load.toml")
        config.write_text("[serve]\nqueries = 4\n")
        command = [binary, "--config", config, "--lake", lake, "serve", "--listen", "127.0.0.1:0"]
        self.log = pathlib.Path(folder, "serve.log")
        self.process = subprocess.Popen(list(map(str, command)), stderr=self.log.open("wb"))

    def __enter__(self):
        for _ in range(100):
            line = self.log.read_text().partition("\n")[0]
            if line.startswith("listening on http://"):
                host, _, port = line.removeprefix("listening on http://").rpartition(":")
                self.host, self.port = host, int(port)
                return self
            time.sleep(0.1)
        self.process.kill()
        sys.exit(f"error: the server does not listen\n{self.log.read_text()}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def peak_mib(self):
        """Returns its peak memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1024


async def request(server, reader, writer, method, path, arguments):
    """Sends a request over an open connection; returns status, headers and body."""
    body = json.dumps(arguments).encode() if arguments else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nContent-Length: {len(body)}\r\n"
    writer.write((head + ("Content-Type: application/json\r\n" if arguments else "") + "\r\n").encode() + body)
    await writer.drain()
    return await response(reader)


async def response(reader):
    """Reads a response with a Content-Length."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def client(server, first, until, took, busy):
    """Sends the requests in turn until the time is up."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    names = list(REQUESTS)
    turn = first
    while time.perf_counter() < until:
        name = names[turn % len(names)]
        begun = time.perf_counter()
        status, headers, body = await request(server, reader, writer, *REQUESTS[name])
        if status == 503 and "retry-after" in headers:
            busy[name] += 1
        elif status != 200:
            raise SystemExit(f"error: {name}: {status} {body.decode(errors='replace')}")
        else:
            took[name].append(time.perf_counter() - begun)
        turn += 1
    writer.close()


async def load(server, clients, seconds):
    """Runs all clients; prints the results."""
    took, busy = collections.defaultdict(list), collections.Counter()
    begun = time.perf_counter()
    until = begun + seconds
    await asyncio.gather(*(client(server, first, until, took, busy) for first in range(clients)))
    passed = time.perf_counter() - begun
    title = f"{clients} clients, {passed:.0f} s"
    print(f"{title:22}{'responses':>9}{'per second':>11}{'p50 ms':>9}{'p99 ms':>9}{'503':>8}")
    for name, times in [*took.items(), ("all", [one for times in took.values() for one in times])]:
        at = statistics.quantiles(times, n=100)
        count = sum(busy.values()) if name == "all" else busy[name]
        print(f"{name:22}{len(times):9}{len(times) / passed:11.0f}{at[49] * 1e3:9.1f}{at[98] * 1e3:9.1f}{count:8}")


async def upload(server, size):
    """Sends one body of `size` bytes; returns the response of the server."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = f"POST /v1/logs?name=business/{DAY.replace('-', '/')}/cart.log HTTP/1.1\r\nContent-Length: {size}\r\n"
    writer.write((head + f"Host: {server.host}:{server.port}\r\n\r\n").encode())
    sent, line = 0, 0
    while sent < size:
        chunk = bytearray()
        while len(chunk) < measure.CHUNK_BYTES:
            second, line = line // 500, line + 1
            chunk += (f"{DAY}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}.{line % 1000:03}Z INFO "
                      f"cart: order {line * 7919 % 1000003} of customer {line % 4999} was stored\n").encode()
        chunk = chunk[: size - sent]
        sent += len(chunk)
        writer.write(chunk)
        await writer.drain()
    status, _, body = await response(reader)
    writer.close()
    if status != 200:
        raise SystemExit(f"error: the upload: {status} {body.decode(errors='replace')}")
    return json.loads(body)


def main():
    """Runs both measurements and prints the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50, metavar="N")
    parser.add_argument("--seconds", type=int, default=60, metavar="N")
    parser.add_argument("--bytes", type=int, default=4_000_000, metavar="N")
    parser.add_argument("--upload", type=int, default=1_000_000_000, metavar="N")
    arguments = parser.parse_args()
    binary = measure.find_headwater()
    with tempfile.TemporaryDirectory(prefix="headwater-load-") as folder:
        headwater = measure.Headwater(binary, folder)
        bucket, lake = pathlib.Path(folder, "bucket"), pathlib.Path(folder, "lake")
        headwater("simulate", "--scenario", "memory_limit_lowered", "--seed", 3, "--size", arguments.bytes, "--out", bucket)
        (bucket / "truth.json").unlink()
        headwater("--lake", lake, "ingest", bucket)
        headwater("--lake", lake, "analyze", "--date", DAY, "--json")
        with Server(binary, folder, lake) as server:
            asyncio.run(load(server, arguments.clients, arguments.seconds))
        with Server(binary, folder, lake) as server:
            begun = time.perf_counter()
            done = asyncio.run(upload(server, arguments.upload))
            seconds, peak = time.perf_counter() - begun, server.peak_mib()
        assert done["records"] == done["parsed"] + done["unparsed"] + done["dropped"], done
        print(f"\nupload of {arguments.upload / 1e6:.0f} MB: {seconds:.1f} s, {done['records']} records, "
              f"peak {peak:.0f} MiB of {PEAK_MIB}")
        if peak >= PEAK_MIB:
            sys.exit("error: the server exceeded its memory limit")


if __name__ == "__main__":
    main()

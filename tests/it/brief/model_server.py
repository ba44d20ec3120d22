"""An OpenAI-compatible server whose responses are scripted by a test. Each request is validated against
the types that the `openai` package generates from the published API; an invalid one gets status 400 and
is marked in the log. The first line of output is the port. The server exits at the end of its stdin."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import TypeAdapter

REQUEST = TypeAdapter(CompletionCreateParamsNonStreaming)
FIELDS = set(CompletionCreateParamsNonStreaming.__annotations__)
for base in CompletionCreateParamsNonStreaming.__orig_bases__:
    FIELDS |= set(getattr(base, "__annotations__", {}))
KEY = "sk-test-3f9a1c77"

scripts, logs, lock = {}, {}, threading.Lock()


def faults(path, headers, body):
    """Yields the errors of a request."""
    if not path.endswith("/v1/chat/completions"):
        yield f"path {path}"
    if headers.get("authorization") != f"Bearer {KEY}":
        yield "authorization"
    try:
        valid = REQUEST.validate_python(body)
        # an iterable is validated while it is iterated
        messages = list(valid["messages"])
        if not messages or not all(message["content"].strip() for message in messages):
            yield "an empty message"
    except Exception as error:
        yield str(error)[:300]
    unknown = set(body) - FIELDS - {"enable_thinking"}
    if unknown:
        yield f"unknown fields {sorted(unknown)}"
    if body.get("tools") or body.get("stream"):
        yield "tools or stream"
    form = body.get("response_format", {}).get("type")
    if form == "json_object" and "json" not in json.dumps(body["messages"]).lower():
        yield "'messages' must contain the word 'json' in some form"
    if form == "json_schema":
        yield from strict(body["response_format"]["json_schema"]["schema"])


def strict(schema):
    """Yields violations of OpenAI's strict subset of JSON Schema."""
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield "additionalProperties must be false"
        if set(schema.get("required", [])) != set(schema.get("properties", {})):
            yield "all properties must be required"
    items = [schema["items"]] if "items" in schema else []
    for part in [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *items]:
        yield from strict(part)


def obey(messages, also):
    """Returns a reply that repeats every text of the data as a sentence, once about the fact that contains
    it and once about all facts, after the sentences `also`."""
    facts = [json.loads(line) for line in messages[1]["content"].split("\n")[1:-1]]
    everything = [fact["id"] for fact in facts if fact["id"][0] in "FT"]
    said = {}

    def texts(value):
        if isinstance(value, str):
            yield value
            yield from (part.strip() for part in value.replace("。", ".").split(".") if len(part) > 5)
        elif isinstance(value, list):
            for item in value:
                yield from texts(item)

    for fact in facts:
        for text in [*texts(fact.get("samples")), *texts(fact.get("what"))]:
            said.setdefault(text, fact["id"])
    sentences = [{"text": text, "cites": cites} for text, id in said.items() for cites in ([id], everything)]
    return json.dumps({"sentences": also + sentences})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def plain(self, status, text, headers=()):
        body = text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with lock:
            self.plain(200, json.dumps(logs.get(self.path.strip("/"), [])))

    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"]))
        name = self.path.strip("/").split("/")[0]
        if self.path.startswith("/script/"):
            with lock:
                scripts[self.path.split("/")[2]] = json.loads(text)
            return self.plain(200, "")
        body = json.loads(text)
        wrong = list(faults(self.path, self.headers, body))
        with lock:
            log = logs.setdefault(name, [])
            script = scripts[name]
            step = script[min(len(log), len(script) - 1)]
            log.append({"body": body, "wrong": wrong})
        if wrong:
            return self.plain(400, json.dumps({"error": {"message": "; ".join(wrong)}}))
        self.follow(step, body)

    def follow(self, step, body):
        time.sleep(step.get("sleep", 0))
        if step.get("reset"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            self.wfile.flush()
            self.close_connection = True
            return self.connection.shutdown(2)
        if "status" in step:
            return self.plain(step["status"], step.get("raw", "{}"), step.get("headers", {}).items())
        content = obey(body["messages"], step["obey"]) if "obey" in step else step.get("content")
        message = {"role": "assistant", "content": content, **step.get("message", {})}
        answer = json.dumps({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": step.get("finish", "stop")}],
            "usage": {"prompt_tokens": 700, "completion_tokens": 60, "total_tokens": 760},
        })
        answer = step.get("raw", answer)
        if size := step.get("pad"):
            self.send_response(200)
            self.send_header("content-length", str(size))
            self.end_headers()
            try:
                for _ in range(size // 65536):
                    self.wfile.write(b" " * 65536)
                    with lock:
                        logs[self.path.strip("/").split("/")[0]][-1].setdefault("sent", 0)
                        logs[self.path.strip("/").split("/")[0]][-1]["sent"] += 65536
            except OSError:
                self.close_connection = True
            return None
        self.plain(200, "\n" * step.get("blank", 0) + answer)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()

"""Hostile objects at a size and at twice the size: time and memory must grow with the input alone.

Nothing stands beside it: what counts is the ratio of the two times (2 is linear) and the peak.
"""
import json
import pathlib
import shutil

import measure


def shapes(size):
    """Yields the name and the bytes of each shape."""
    audit = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","verb":"get","requestReceivedTimestamp":"2026-11-22T10:12:03Z"'
    big = "x" * 20_000
    records = max(size // 60, 1)
    record = {"timeUnixNano": "1795342323000000000", "body": {"stringValue": "a"}}
    resource = {"attributes": [{"key": "note", "value": {"stringValue": big}}]}
    def fill(unit):
        return (unit * (size // len(unit) + 1))[:size]
    yield "token=[ without end", "2026-11-22 10:12:03 ERROR " + fill("token=[") + "\n"
    yield "token=[ on each line", fill("2026-11-22 10:12:03 ERROR " + "token=[" * 200 + "\n")
    yield "brackets that open", fill("[")
    yield "objects within objects", fill('{"a":') + "\n"
    yield "one string without end", '{"log":"' + fill("a")
    yield "escapes", '{"log":"' + fill("\\u0041")[:-6] + '"}\n'
    yield "a record of many keys", "{" + ",".join(f'"k{n}":{n}' for n in range(size // 12)) + "}\n"
    yield "key=value without end", "level=info " + fill("k=v ") + "\n"
    yield "lines of base64", "-----BEGIN RSA PRIVATE KEY-----\n" + fill("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHU\n")
    yield "indented lines", "2026-11-22 10:12:03 ERROR a\n" + fill("\tat a.b.C.d(C.java:1)\n")
    yield "causes", "2026-11-22 10:12:03 ERROR a\n" + fill("Caused by: a.b.CException: x\n")
    yield "parts that never end", fill("2026-11-22T10:12:03.123456789Z stdout P " + "x" * 80 + "\n")
    yield "many streams", "".join(
        f'{{"log":"a","stream":"stdout","kubernetes":{{"pod_name":"p-{n}","namespace_name":"n"}}}}\n' for n in range(size // 80))
    # a file of the lake for each date: fewer lines, so that a run ends
    yield "a date on each line", "".join(
        f"{2000 + n // 336 % 26}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02} 10:12:03 INFO a\n" for n in range(size // 512))
    yield "one resource, many records", json.dumps(
        {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record] * records}]}]}) + "\n"
    yield "one stream, many events", json.dumps(
        {"messageType": "DATA_MESSAGE", "logGroup": big, "logStream": big,
         "logEvents": [{"timestamp": 1795342323000, "message": "a"}] * (size // 48)}) + "\n"
    yield "an open quote in CSV", "timestamp,message\n" + fill('2026-11-22T10:12:03Z,"a\n')
    yield "colours", fill("\x1b[31m") + "\n"
    yield "NUL bytes", fill("\0") + "\n2026-11-22 10:12:03 INFO a\n"
    yield "prefixes in prefixes", fill("Nov 22 10:12:03 host prog: ") + "\n"
    yield "audit bodies", fill(audit + ',"requestObject":{"a":"' + "b" * 500 + '"}}\n')
    yield "long words", "2026-11-22 10:12:03 INFO " + fill("a1") + "\n"


def hostile(headwater, folder, size):
    """Each shape at a size and at twice the size; the better of three runs."""
    for (name, small), (_, large) in zip(shapes(size), shapes(size * 2)):
        runs = []
        for text in (small, large):
            root = pathlib.Path(folder, "hostile")
            root.mkdir(exist_ok=True)
            (root / "app.log").write_text(text)
            best = None
            for _ in range(3):
                shutil.rmtree(pathlib.Path(folder, "hostile-lake"), ignore_errors=True)
                run = headwater("--lake", pathlib.Path(folder, "hostile-lake"), "ingest", root,
                                accepted=(0, 1))  # 1: some of it could not be parsed, as it should be
                best = run if best is None or run.seconds < best.seconds else best
            runs.append(best)
            shutil.rmtree(root)
        once, twice = runs
        start = 0.09  # seconds of any run
        ratio = max(twice.seconds - start, 1e-3) / max(once.seconds - start, 1e-3)
        yield measure.Row(f"hostile: {name}", f"{size / 1e6:.0f}+{size * 2 / 1e6:.0f} MB", "", twice,
                          note=f"{name}: {once.seconds:.2f} s, {twice.seconds:.2f} s, {ratio:.2f} times; peak {twice.peak_mib:.0f} MiB")

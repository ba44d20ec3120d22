"""Runs a program in a terminal and types into it. Arguments: lines and columns of the terminal, steps as JSON, the
command. Each step is {"send": keys, "until": pattern}: the keys are sent, again each second if "again" is set, until
what the terminal then shows matches. Prints what each step showed, without escapes, as a JSON list."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[()=>][A-Z0-9]?|\][^\x07]*\x07)|\r|\x07")
SECONDS = 100

lines, columns, steps, command = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def run(step):
    """Returns what the terminal shows until the pattern of the step matches."""
    shown, end, again = b"", time.monotonic() + SECONDS, 0.0
    while True:
        text = ESCAPES.sub("", shown.decode(errors="replace"))
        if again and re.search(step["until"], shown.decode(errors="replace") if step.get("raw") else text):
            return shown.decode(errors="replace") if step.get("raw") else text
        if time.monotonic() > end:
            sys.exit(f"{step} was not met: {text!r}")
        if again == 0.0 or (step.get("again") and time.monotonic() > again):
            os.write(terminal, step["send"].encode())
            again = time.monotonic() + 1
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # the program has ended
                part = b""
            if not part:
                shown += b"<end>"
                continue
            shown += part


print(json.dumps([run(step) for step in steps]))
os.close(terminal)

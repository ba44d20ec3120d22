#!/usr/bin/env python3
"""Mutation test of the shipped rules: changes one threshold or predicate of a rule at a time and runs the rule's tests.

A change that no test notices (a survivor) is a threshold or predicate that could be wrong without anybody seeing it.
Many changes are tested in one call of the program, each as a rule of its own, and only until a case notices it.

    python3 benches/mutate.py target/release/headwater               # all rules
    python3 benches/mutate.py target/release/headwater event/oom     # those whose ids begin so
    python3 benches/mutate.py target/release/headwater --survivors   # and what was not noticed
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
GOAL = 0.9
STATES = ("noticed", "survived", "invalid")
# changes tested in one call of the program, and the cases of each that are tried together
AT_ONCE = 300
STAGES = ((0, 2), (2, 6), (6, None))

TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<name>\"[^\"]*\"|[A-Za-z_$][A-Za-z0-9_$]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<op><>|!=|>=|<=|->>|->|\|\||!~\*|!~|~\*|::|[-+*/%<>=~(),.;\[\]])",
    re.S,
)
# a comparison turned round, and its boundary moved
OPPOSITE = {"=": "<>", "<>": "=", "!=": "=", ">": "<=", "<": ">=", ">=": "<", "<=": ">",
            "~": "!~", "!~": "~", "~*": "!~*", "!~*": "~*"}
BOUNDARY = {">": ">=", "<": "<=", ">=": ">", "<=": "<"}
# what ends a condition
END = {"and", "or", "then", "else", "end", "when", "group", "order", "having", "limit", "union", "except",
       "qualify", "window", "where", "on", "left", "join", "inner", "cross", "full", "select", "from"}
UNITS = r"(?:second|minute|hour|day|week)s?"


class Token:
    """A token of a statement: its kind, text and place."""

    def __init__(self, match):
        self.kind, self.text, self.at, self.end = match.lastgroup, match.group(), match.start(), match.end()
        self.word = self.text.lower() if self.kind == "name" else self.text


def tokens(sql, start):
    """Returns the tokens after `start`, without comments."""
    return [t for t in map(Token, TOKEN.finditer(sql, start)) if t.kind != "comment"]


def numbers(text):
    """Returns a number made larger and smaller: by one if it is small, else by half."""
    if "." in text:
        value = float(text)
        return [f"{value * 1.5:g}", f"{value / 1.5:g}"] if value else ["1.0"]
    value = int(text)
    if value == 0:
        return ["1"]
    return [str(value + 1), str(value - 1)] if value <= 10 else [str(value * 3 // 2), str(value * 2 // 3)]


def of_params(sql, header_end):
    """Changes of the numbers in `params = {…}`."""
    line = re.compile(r"^params\s*=\s*\{[^\n]*\}", re.M).search(sql, 0, header_end)
    if line:
        for match in re.compile(r"(?<=[=\s])([0-9]+(?:\.[0-9]+)?)(?=\s*[,}])").finditer(sql, line.start(), line.end()):
            for changed in numbers(match.group()):
                if float(changed) >= 0:
                    yield match.start(), match.end(), changed
        for match in re.compile(r"(?<=\")([0-9]+)(?= " + UNITS + ")").finditer(sql, line.start(), line.end()):
            yield match.start(), match.end(), str(int(match.group()) * 2)
            yield match.start(), match.end(), str(int(match.group()) // 2)


def of_comparisons(found):
    """Changes of comparison operators, and of the numbers and texts that they compare with."""
    for i, token in enumerate(found[:-1]):
        after = found[i + 1]
        if token.kind != "op" or token.text not in OPPOSITE:
            continue
        if after.word in ("any", "all"):
            continue
        yield token.at, token.end, OPPOSITE[token.text]
        is_number = after.kind == "number" or after.text.startswith("$")
        if is_number and token.text in BOUNDARY:
            yield token.at, token.end, BOUNDARY[token.text]
        if after.kind == "number":
            for changed in numbers(after.text):
                yield after.at, after.end, changed
        if after.kind == "text" and len(after.text) > 2:
            yield after.at, after.end, "'(no such text)'"


def of_texts(found):
    """Changes of the texts in `in (…)`, `like`, functions of regular expressions, and spans of time."""
    for i, token in enumerate(found[:-1]):
        after = found[i + 1]
        if token.word in ("like", "ilike") and after.kind == "text":
            yield after.at, after.end, "'(no such text)'"
        if token.word == "interval" and after.kind == "text":
            count = re.match(r"'([0-9]+) " + UNITS + "'$", after.text)
            if count:
                at, end = after.at + 1, after.at + 1 + len(count.group(1))
                yield at, end, str(int(count.group(1)) * 2)
                yield at, end, str(int(count.group(1)) // 2)
        if token.word == "in" and after.text == "(" and found[i + 2].kind in ("text", "number"):
            for member in found[i + 2:]:
                if member.text == ")":
                    break
                if member.kind == "text":
                    yield member.at, member.end, "'(no such text)'"
                elif member.kind == "number":
                    yield member.at, member.end, "987654"


def of_conjuncts(found):
    """Conditions joined by `and`, each dropped: replaced by `true`."""
    between = 0
    for i, token in enumerate(found):
        if token.word == "between":
            between += 1
        elif token.word == "and" and between:
            between -= 1
        elif token.word in ("where", "having", "and", "on") and i + 1 < len(found):
            span = condition(found, i + 1)
            if span:
                yield span[0], span[1], "true"


def condition(found, first):
    """Returns where the condition that begins at a token starts and ends; None if that is not clear."""
    depth, between, cases = 0, 0, 0
    for i in range(first, len(found)):
        token = found[i]
        if token.text in "([":
            depth += 1
        elif token.text in ")]":
            depth -= 1
            if depth < 0:
                return (found[first].at, found[i - 1].end) if i > first else None
        elif depth == 0 and token.word == "case":
            cases += 1
        elif depth == 0 and token.word == "end" and cases:
            cases -= 1
        elif depth == 0 and token.word == "between":
            between += 1
        elif depth == 0 and token.word == "and" and between:
            between -= 1
        elif depth == 0 and cases == 0 and (token.word in END or token.text in ",;") and token.kind in ("name", "op"):
            if token.word == "from" and found[i - 1].word == "distinct":
                continue
            return (found[first].at, found[i - 1].end) if i > first else None
    return found[first].at, found[-1].end


def mutants(sql):
    """Returns the changed texts of a rule, each with a description, in a fixed order."""
    header_end = sql.index("*/") + 2
    found = tokens(sql, header_end)
    changes = [*of_params(sql, header_end), *of_comparisons(found), *of_texts(found), *of_conjuncts(found)]
    seen, result = set(), []
    for at, end, text in sorted(changes):
        changed = sql[:at] + text + sql[end:]
        if changed == sql or changed in seen:
            continue
        seen.add(changed)
        before = " ".join(sql[at:end].split())
        line = sql.count("\n", 0, at) + 1
        result.append((changed, f"line {line}: {before[:90]} → {text}"))
    return result


def cases_of(text):
    """Returns the cases of a test file by name; cases with one name are one."""
    cases = {}
    for case in text.split("[[case]]\n")[1:]:
        name = re.search(r"^name = (?P<quote>[\"'])(.*)(?P=quote)$", case, re.M)[2].replace('\\"', '"')
        cases[name] = cases.get(name, "") + "[[case]]\n" + case
    return cases


def run(binary, jobs):
    """Tests changed rules, each with some cases: `(rule, statement, cases)`.

    Returns for each the reasons of its failed cases by name; None if the statement cannot be planned.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number, (rule, sql, cases) in enumerate(jobs):
            path = pathlib.Path(folder, rule.split("/")[0], f"mutant{number:05}")
            path.parent.mkdir(exist_ok=True)
            path.with_suffix(".sql").write_text(sql)
            path.with_suffix(".test.toml").write_text("".join(cases))
        agents = sorted({rule.split("/")[0] for rule, _, _ in jobs})
        command = [binary, "--rules", folder, "rules", "test", *(f"{agent}/mutant" for agent in agents)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    if "cases passed" not in done.stdout:
        sys.exit(f"{' '.join(command[:5])}: {done.stderr[:2000]}")
    failed = [{} for _ in jobs]
    for match in re.finditer(r"^FAIL [a-z]+/mutant(\d+) · ([^\n]*)\n  ([^\n]*)", done.stdout, re.M):
        if match[2] != "(coverage)":
            failed[int(match[1])][match[2]] = match[3]
    for number in re.findall(r"/mutant(\d{5})\b", done.stderr):
        failed[int(number)] = None
    return failed


def state_of(reasons):
    """Returns `noticed`, `invalid` or `survived` for the reasons of the cases that failed."""
    if reasons is None:
        return "invalid"
    if any(reason.startswith("expected") or "as expected" in reason for reason in reasons.values()):
        return "noticed"
    return "invalid" if reasons else "survived"


def measure(binary, planned, tests, done):
    """Tries each planned change `(rule, changed statement, description)`, and calls `done(rule, description, state)`.

    The cases that noticed most are tried first, and the others only if those notice nothing.
    """
    noticed = {rule: dict.fromkeys(cases, 0) for rule, cases in tests.items()}
    for start in range(0, len(planned), AT_ONCE):
        active = []
        for rule, sql, text in planned[start:start + AT_ONCE]:
            active.append((rule, sql, text, sorted(tests[rule], key=lambda name: -noticed[rule][name])))
        for first, last in STAGES:
            active = [job for job in active if first < len(job[3])]
            if not active:
                break
            failed = run(binary, [(r, sql, [tests[r][n] for n in names[first:last]]) for r, sql, _, names in active])
            left = []
            for job, reasons in zip(active, failed):
                rule, _, text, names = job
                for name in reasons or ():
                    noticed[rule][name] = noticed[rule].get(name, 0) + 1
                state = state_of(reasons)
                if state == "survived" and last is not None and last < len(names):
                    left.append(job)
                else:
                    done(rule, text, state)
            active = left


def main():
    """Prints a table of the rules and the share of the changes that their tests notice."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("rules", nargs="*", help="ids of rules, or their beginnings [default: all]")
    parser.add_argument("--survivors", action="store_true", help="print each change that no test noticed")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try every Nth change of a rule")
    options = parser.parse_args()
    ids = sorted(str(path.relative_to(RULES))[:-4] for path in RULES.glob("*/*.sql"))
    ids = [rule for rule in ids if not options.rules or any(rule.startswith(p) for p in options.rules)]
    tests = {rule: cases_of((RULES / f"{rule}.test.toml").read_text()) for rule in ids}
    originals = {rule: (RULES / f"{rule}.sql").read_text() for rule in ids}
    unchanged = run(options.binary, [(rule, sql, tests[rule].values()) for rule, sql in originals.items()])
    if failed := [rule for rule, reasons in zip(ids, unchanged) if reasons != {}]:
        sys.exit(f"tests fail without any change: {', '.join(failed)}")
    planned = [
        (number, rule, *mutant)
        for rule, sql in originals.items()
        for number, mutant in enumerate(mutants(sql)[::options.every])
    ]
    planned = [job[1:] for job in sorted(planned, key=lambda job: job[0])]
    states = {rule: [] for rule in ids}
    begun, tried = time.monotonic(), 0

    def done(rule, text, state):
        nonlocal tried
        states[rule].append((state, text))
        tried += 1
        print(f"\r{tried}/{len(planned)} changes, {time.monotonic() - begun:.0f} s", end="", file=sys.stderr)

    measure(options.binary, planned, tests, done)
    print(file=sys.stderr)
    report(states, options.survivors)


def report(states, with_survivors):
    """Prints the table, worst rules first, the total of each agent and of all."""
    count = {r: {s: sum(of == s for of, _ in found) for s in STATES} for r, found in states.items()}

    def line(name, rules):
        noticed, survived, invalid = (sum(count[r][state] for r in rules) for state in STATES)
        share = noticed / max(1, noticed + survived)
        return share, f"{name:<46} {noticed + survived:>7} {noticed:>7} {share:>6.1%} {invalid:>8}"

    print(f"{'rule':<46} {'changes':>7} {'noticed':>7} {'share':>6} {'not SQL':>8}")
    for rule in sorted(states, key=lambda rule: (line(rule, [rule])[0], rule)):
        print(line(rule, [rule])[1])
        if with_survivors:
            for state, text in states[rule]:
                if state == "survived":
                    print(f"    {text}")
    for agent in sorted({rule.split("/")[0] for rule in states}):
        print(line(agent, [rule for rule in states if rule.startswith(f"{agent}/")])[1])
    total, text = line("all", list(states))
    print(text)
    sys.exit(0 if total >= GOAL else 1)


if __name__ == "__main__":
    main()

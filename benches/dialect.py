"""SQL of rules as DuckDB reads it: the statements of rules/ and sql/ are DataFusion's dialect.

Most differences are names, which macros and settings of DuckDB make the same (SETUP). The rest is rewritten on
tokens, never inside texts or comments:
- `a->'b'->>'c'` becomes json_extract_string(a, '$."b"."c"'): DuckDB's own operators bind less tightly;
- `regexp_match(text, pattern)[1]` becomes the first group, else the whole match, and null without a match;
- `first_value(x order by y)` is an aggregate, which DuckDB calls `first`;
- `cast(x as bigint)` cuts a fraction off, where DuckDB rounds;
- `array_to_string` of nulls alone is an empty text, in DuckDB null;
- 0.85 is a double, where DuckDB has decimals.
"""
import re

TOKEN = re.compile(r"""
    (?P<text>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*") | (?P<note>--[^\n]*|/\*.*?\*/)
    | (?P<number>\d+\.\d+|\d+) | (?P<word>[A-Za-z_$][A-Za-z0-9_]*) | (?P<space>\s+)
    | (?P<sign>->>|->|\|\||<>|!=|<=|>=|::|.)
""", re.VERBOSE | re.DOTALL)

# In DataFusion a time bucket begins at the epoch, nulls sort as the greatest, and integers divide to integers.
SETUP = [
    "set integer_division = true",
    "set default_null_order = 'nulls_last_on_asc_first_on_desc'",
    "create macro date_bin(width, ts) as time_bucket(width, ts, timestamptz '1970-01-01 00:00:00+00')",
    "create macro regexp_like(text, pattern) as regexp_matches(text, pattern)",
    "create macro to_bigint(x) as cast(trunc(cast(x as double)) as bigint)",
    "create macro joined(list, separator) as "
    "coalesce(array_to_string(list, separator), case when list is not null then '' end)",
    "create macro json_str(doc, path) as "
    "case when json_type(doc, path) = 'VARCHAR' then json_extract_string(doc, path) end",
    "create macro json_int(doc, path) as try_cast(json_extract_string(doc, path) as bigint)",
    "create macro json_bool(doc, path) as try_cast(json_extract_string(doc, path) as boolean)",
]

NAMES = {"array_to_string": "joined"}
JSON_FUNCTIONS = {"json_get_str": "json_str", "json_get_int": "json_int", "json_get_bool": "json_bool",
                  "json_get_json": "json_extract"}


def tokens(sql):
    """Returns the tokens of a statement without its comments; what separates tokens is one of them."""
    return [match.group() for match in TOKEN.finditer(sql) if match.lastgroup != "note"]


def for_duckdb(sql):
    """Returns a statement of DataFusion's dialect as DuckDB reads it."""
    found = [NAMES.get(token, token) for token in tokens(sql)]
    for step in (json_functions, json_operators, first_groups, aggregates, casts, doubles):
        found = step(found)
    return "".join(found)


def closing(found, at):
    """Returns the place of the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(found)):
        depth += (found[place] in ("(", "[")) - (found[place] in (")", "]"))
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not closed: {''.join(found[at:at + 20])}")


def opening(found, at):
    """Returns the place of the bracket that the one at `at` closes."""
    depth = 0
    for place in range(at, -1, -1):
        depth += (found[place] in (")", "]")) - (found[place] in ("(", "["))
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not opened: {''.join(found[max(0, at - 20):at])}")


def arguments(found, at):
    """Returns the arguments in the brackets that open at `at`, each a list of tokens, and where they close."""
    end, depth, parts = closing(found, at), 0, [[]]
    for token in found[at + 1:end]:
        depth += (token in ("(", "[")) - (token in (")", "]"))
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, end


def called(found, names):
    """Yields the places of calls of functions, the last first, so that what is replaced moves no other."""
    for at in range(len(found) - 2, -1, -1):
        if found[at] in names and found[at + 1] == "(":
            yield at


def path(keys):
    """Returns a JSON path to keys and indexes, as a text of SQL."""
    steps = ['."' + key[1:-1] + '"' if key.startswith("'") else f"[{key}]" for key in keys]
    return "'$" + "".join(steps) + "'"


def json_functions(found):
    """Rewrites `json_get_str(x, 'a', 0)` and its kind."""
    for at in called(found, JSON_FUNCTIONS):
        (document, *keys), end = arguments(found, at + 1)
        keys = ["".join(key).strip() for key in keys]
        found[at:end + 1] = [JSON_FUNCTIONS[found[at]], "(", *document, ", ", path(keys), ")"]
    return found


def json_operators(found):
    """Rewrites chains of `->` and `->>`, each with what it reads from."""
    at = 0
    while at < len(found):
        if found[at] not in ("->", "->>"):
            at += 1
            continue
        begin, end, keys = operand(found, at), at, []
        while end < len(found) and found[end] in ("->", "->>"):
            operator, key = found[end], end + 1
            while found[key].isspace():
                key += 1
            keys.append(found[key])
            end = key + 1
        function = "json_extract_string" if operator == "->>" else "json_extract"
        found[begin:end] = [function, "(", *found[begin:at], ", ", path(keys), ")"]
        at = begin + 1
    return found


def operand(found, at):
    """Returns where the operand before the operator at `at` begins: a column, a call or brackets."""
    begin = at - 1
    while found[begin].isspace():
        begin -= 1
    if found[begin] in (")", "]"):
        begin = opening(found, begin)
        if begin and re.fullmatch(r"\w+", found[begin - 1]):
            begin -= 1
    while begin > 1 and found[begin - 1] == ".":
        begin -= 2
    return begin


def first_groups(found):
    """Rewrites `regexp_match(text, pattern)[1]`."""
    for at in called(found, ["regexp_match"]):
        (text, pattern), end = arguments(found, at + 1)
        if found[end + 1:end + 4] != ["[", "1", "]"]:
            raise ValueError("regexp_match is read by [1] only")
        group = "1" if has_group("".join(part[1:-1] for part in pattern if part.startswith("'"))) else "0"
        extract = ["regexp_extract", "(", *text, ",", *pattern, ", ", group, ")"]
        found[at:end + 4] = ["nullif", "(", *extract, ", ", "''", ")"]
    return found


def has_group(pattern):
    """Returns true if a regular expression has a group that captures."""
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "", re.sub(r"\\.", "", pattern))
    return re.search(r"\((?!\?)|\(\?P?<(?![=!])", bare) is not None


def aggregates(found):
    """Rewrites `first_value` and `last_value` where they are aggregates."""
    for at in called(found, ["first_value", "last_value"]):
        after = "".join(found[closing(found, at + 1) + 1:]).split(maxsplit=1)[:1]
        if after != ["over"]:
            found[at] = found[at].removesuffix("_value")
    return found


def casts(found):
    """Rewrites `cast(x as bigint)`."""
    for at in called(found, ["cast"]):
        end = closing(found, at + 1)
        inner = "".join(found[at + 2:end])
        value, _, kind = inner.rpartition(" as ")
        if kind.strip() == "bigint" and value.strip() != "null":
            found[at:end + 1] = tokens(f"to_bigint({value})")
    return found


def doubles(found):
    """Rewrites decimals as doubles."""
    return [f"{token}e0" if re.fullmatch(r"\d+\.\d+", token) else token for token in found]

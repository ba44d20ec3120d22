"""A client of the Postgres protocol, as people write one with psycopg: `postgres_client.py PORT`. Prints one JSON object:
the result of each check by name."""

import datetime
import json
import sys
import threading

import psycopg

DAY = "2026-11-22"
INFO = f"host=127.0.0.1 port={sys.argv[1]} dbname=headwater user=grafana password=let-me-in"
results = {}


def check(work):
    """Runs a check, which has a connection of its own."""
    with psycopg.connect(INFO, autocommit=True) as connection:
        results[work.__name__] = work(connection)
    return work


def shown(value):
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.datetime) else repr(value)


def error(connection, sql, parameters=None):
    try:
        connection.execute(sql, parameters)
    except psycopg.Error as error:
        diagnosis = error.diag
        return [error.sqlstate, diagnosis.message_primary, diagnosis.message_hint, diagnosis.statement_position]
    return None


@check
def types(connection):
    sql = """select true, cast(1 as smallint), 2, cast(3 as bigint), cast(1.5 as real), 2.5::double, 'text',
        cast('2026-11-22' as date), timestamp '2026-11-22T10:00:00Z' , arrow_cast('2026-11-22T10:00:00.5Z', 'Timestamp(Microsecond, Some("UTC"))'),
        make_array(1, null, 3), make_array('a', 'b "c"', 'null', ''), cast(12.340 as decimal(10, 3)), cast(-0.05 as decimal(10, 3)), null,
        named_struct('a', 1, 'b', make_array('x')), X'00ff', arrow_cast(7, 'UInt64'), 'NaN'::double, make_array(arrow_cast('2026-11-22T10:00:00Z', 'Timestamp(Microsecond, Some("UTC"))'))"""
    rows = []
    for is_binary in (False, True):
        with connection.cursor(binary=is_binary) as cursor:
            rows.append([shown(value) for value in cursor.execute(sql).fetchone()])
    assert rows[0] == rows[1], rows
    return rows[0]


@check
def parameters(connection):
    sql = "select count(*) from audit where ts >= %s and ts < %s and verb = %s and code >= %s and verb <> any(%s)"
    start = datetime.datetime.fromisoformat(f"{DAY}T00:00:00+00:00")
    values = (start, start + datetime.timedelta(days=1), "patch", 200, ["a'b", "c\\d"])
    counts = [connection.execute(sql, values, binary=binary, prepare=True).fetchone()[0] for binary in (False, True)]
    plain = connection.execute(f"select count(*) from audit where verb = 'patch' and code >= 200 and ts between '{DAY}T00:00:00Z' and '{DAY}T23:59:59.999999Z'").fetchone()[0]
    one = connection.execute("select %s::int - %s, %s, %s::text is null, %s, %b, %t", (1, -2, "it's; -- $1", None, True, 5, 1.5)).fetchone()
    return [counts, plain, [str(value) for value in one]]


@check
def transactions(connection):
    with connection.transaction():
        value = connection.execute("select 1").fetchone()
    connection.execute("set timezone to 'Asia/Shanghai'")
    return [value, connection.execute("show timezone").fetchone(), connection.info.parameter_status("server_version")]


@check
def cursors(connection):
    with connection.transaction():
        stream = connection.cursor().stream("select line from audit order by line limit 20")
        return len(list(stream))


@check
def errors(connection):
    return [
        error(connection, "select verb,\n  verbb from audit"),
        error(connection, "select * from audits"),
        error(connection, "drop table audit"),
        error(connection, "selec 1"),
        error(connection, "select 1/0"),
        error(connection, "select %s::int", ("x",)),
        error(connection, "set datafusion.runtime.memory_limit = '100G'"),
        connection.execute("select 1").fetchone(),
    ]


@check
def describe(connection):
    with connection.cursor() as cursor:
        cursor.execute("select ts, verb, code from audit where false")
        return [[column.name, column.type_code] for column in cursor.description]


@check
def cut(connection):
    notices = []
    connection.add_notice_handler(lambda notice: notices.append([notice.severity, notice.sqlstate, notice.message_primary]))
    return [len(connection.execute("select line from audit").fetchall()), notices]


@check
def cancel(connection):
    done = threading.Event()

    def cancel():
        while not done.wait(0.2):
            connection.cancel_safe()

    thread = threading.Thread(target=cancel)
    thread.start()
    found = error(connection, "select count(*) from audit a, audit b, audit c where a.row_id < b.row_id || c.row_id")
    done.set()
    thread.join()
    return [found, connection.execute("select 1").fetchone()]


print(json.dumps(results, default=str))

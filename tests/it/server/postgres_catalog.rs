//! What clients of Postgres read to list tables and columns, in the shapes in which each of them writes it.

use crate::server::day::Day;
use crate::server::postgres_raw::Raw;

#[test]
fn grafana_lists_tables_and_columns() {
    let day = Day::small();
    let server = day.serve("[serve]\npostgres = \"127.0.0.1:0\"\n");
    let mut raw = Raw::session(&server);
    let visible = "quote_ident(table_schema) in (
        select case when trim(s[i]) = '\"$user\"' then user else trim(s[i]) end
        from generate_series(
            array_lower(string_to_array(current_setting('search_path'), ','), 1),
            array_upper(string_to_array(current_setting('search_path'), ','), 1)
        ) as i, string_to_array(current_setting('search_path'), ',') s
    )";
    let tables = raw.rows(&format!(
        "select case when {visible} then quote_ident(table_name)
                else quote_ident(table_schema) || '.' || quote_ident(table_name) end as \"table\"
            from information_schema.tables
            where quote_ident(table_schema) not in ('information_schema', 'pg_catalog')
            order by case when {visible} then 0 else 1 end, 1"
    ));
    assert_eq!(tables.first().map(String::as_str), Some("audit"));
    assert!(tables.iter().any(|table| table == "report.incident"), "{tables:?}");
    for (table, column) in [("audit", "ts"), ("report.incident", "severity")] {
        let columns = raw.rows(&format!(
            "select quote_ident(column_name) as \"column\", data_type as \"type\"
                from information_schema.columns
                where case when array_length(parse_ident('{table}'), 1) = 2
                    then quote_ident(table_schema) = (parse_ident('{table}'))[1]
                        and quote_ident(table_name) = (parse_ident('{table}'))[2]
                    else quote_ident(table_name) = '{table}' and {visible} end"
        ));
        assert!(columns.iter().any(|row| row.split('|').next() == Some(column)), "{table}: {columns:?}");
    }
    assert_eq!(raw.rows("SELECT pg_catalog.version()").len(), 1);
    assert_eq!(raw.rows("select name, setting from pg_settings where name = 'timescaledb.version'").len(), 0);
    assert_eq!(raw.rows("SELECT 1 from pg_extension where extname = 'timescaledb'").len(), 0);
    assert_eq!(raw.rows("SHOW server_version_num"), ["140000"]);
}

#[test]
fn drivers_and_tools_list_tables_and_columns() {
    let day = Day::small();
    let server = day.serve("[serve]\npostgres = \"127.0.0.1:0\"\n");
    let mut raw = Raw::session(&server);
    for (sql, expected) in [
        // JDBC
        (
            "SELECT c.relname AS TABLE_NAME, NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, CASE n.nspname ~ '^pg_' OR n.nspname = 'information_schema'
                WHEN true THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TABLE' ELSE NULL END
                WHEN false THEN CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' ELSE NULL END ELSE NULL END AS TABLE_TYPE,
                d.description AS REMARKS
            FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 and d.classoid = 'pg_class'::regclass)
            WHERE c.relnamespace = n.oid AND n.nspname LIKE 'public'
                AND (false OR (c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'))
            ORDER BY TABLE_TYPE, TABLE_SCHEM, TABLE_NAME",
            "audit",
        ),
        (
            "SELECT * FROM (SELECT a.attname, current_database() AS current_database, n.nspname, c.relname, a.atttypid,
                a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS attnotnull, a.atttypmod, a.attlen, t.typtypmod,
                row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS attnum, nullif(a.attidentity, '') as attidentity,
                nullif(a.attgenerated, '') as attgenerated, pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS adsrc,
                dsc.description, t.typbasetype, t.typtype
            FROM pg_catalog.pg_namespace n
            JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid)
            JOIN pg_catalog.pg_attribute a ON (a.attrelid=c.oid)
            JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
            LEFT JOIN pg_catalog.pg_attrdef def ON (a.attrelid=def.adrelid AND a.attnum = def.adnum)
            LEFT JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
            LEFT JOIN pg_catalog.pg_class dc ON (dc.oid=dsc.classoid AND dc.relname='pg_class')
            WHERE c.relkind in ('r','p','v','f','m') and a.attnum > 0 AND NOT a.attisdropped
                AND n.nspname LIKE 'public' AND c.relname LIKE 'audit') c
            WHERE true ORDER BY nspname, c.relname, attnum",
            "verb",
        ),
        (
            "SELECT t.typname, t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON (t.typnamespace = n.oid) WHERE n.nspname != 'pg_toast' AND t.typname = 'timestamptz'",
            "timestamptz",
        ),
        (
            "SELECT nspname AS TABLE_SCHEM, NULL AS TABLE_CATALOG FROM pg_catalog.pg_namespace  WHERE nspname <> 'pg_toast' AND (nspname !~ '^pg_temp_'  OR nspname = (pg_catalog.current_schemas(true))[1]) AND (nspname !~ '^pg_toast_temp_'  OR nspname = replace((pg_catalog.current_schemas(true))[1], 'pg_temp_', 'pg_toast_temp_'))  ORDER BY TABLE_SCHEM",
            "report",
        ),
        (
            "SELECT t.typname,t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON (t.typnamespace = n.oid)  WHERE n.nspname  != 'pg_toast' AND  (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid))",
            "timestamptz",
        ),
        (
            "SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid   FROM pg_catalog.pg_type   LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r           from pg_namespace as ns           join ( select s.r, (current_schemas(false))[s.r] as nspname                    from generate_series(1, array_upper(current_schemas(false), 1)) as s(r) ) as r          using ( nspname )        ) as sp     ON sp.nspoid = typnamespace  WHERE typname = '_text'  ORDER BY sp.r, pg_type.oid DESC",
            "_text",
        ),
        ("SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = '1184'", "t"),
        // DBeaver
        (
            "SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass ORDER BY nspname",
            "public",
        ),
        (
            "SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key
            FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
            WHERE c.relnamespace=2200 AND c.relkind not in ('i','I','c')",
            "event",
        ),
        (
            "SELECT c.relname, a.*, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value, dsc.description, dep.objid
            FROM pg_catalog.pg_attribute a
            INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
            LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
            LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
            LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
            WHERE NOT a.attisdropped AND c.oid='audit'::regclass ORDER BY a.attnum",
            "username",
        ),
        ("SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE datallowconn AND NOT datistemplate OR db.datname = 'headwater' ORDER BY db.datname", "headwater"),
        (
            "SELECT t.typname, t.oid, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
            FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
            LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
            WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') ORDER BY 1",
            "_text",
        ),
        // SQLAlchemy
        (
            "SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p']) AND pg_catalog.pg_class.relpersistence != 't' AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid) AND pg_catalog.pg_namespace.nspname != 'pg_catalog'",
            "standard",
        ),
        // by hand
        ("select current_user as current_user, 1 as region", "headwater"),
        ("select count(*) from pg_catalog.pg_trigger", "0"),
        ("select tgname from pg_trigger union all select relname from pg_catalog.pg_class", "audit"),
        ("select tablename from pg_tables where schemaname = 'public'", "state"),
        ("select table_name from information_schema.tables where table_schema = 'report'", "incident"),
        ("select data_type from information_schema.columns where table_name = 'audit' and column_name = 'groups'", "text[]"),
        ("select description from pg_description d where objoid = 'report.run'::regclass and objsubid = 0", "runs of the daily job"),
    ] {
        let rows = raw.rows(sql);
        assert!(rows.iter().any(|row| row.split('|').any(|value| value == expected)), "{expected}: {rows:?}\n{sql}");
    }
    for sql in [
        "SELECT i.*, i.indkey as keys FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid",
        "SELECT c.oid, c.*, t.relname as tabrelname FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid",
        "SELECT p.oid, p.* FROM pg_catalog.pg_proc p",
        "SELECT        result.TABLE_CAT,        result.TABLE_SCHEM,        result.TABLE_NAME,        result.COLUMN_NAME,        result.KEY_SEQ,        result.PK_NAME FROM      (SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM,   ct.relname AS TABLE_NAME, a.attname AS COLUMN_NAME,   (information_schema._pg_expandarray(i.indkey)).n AS KEY_SEQ, ci.relname AS PK_NAME,   information_schema._pg_expandarray(i.indkey) AS KEYS, a.attnum AS A_ATTNUM FROM pg_catalog.pg_class ct   JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid)   JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid)   JOIN pg_catalog.pg_index i ON ( a.attrelid = i.indrelid)   JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid) WHERE true  AND n.nspname = 'public' AND ct.relname = 'event' AND i.indisprimary ) result where  result.A_ATTNUM = (result.KEYS).x  ORDER BY result.table_name, result.pk_name, result.key_seq",
        "SELECT tmp.TABLE_CAT, tmp.TABLE_NAME, trim(both '\"' from pg_catalog.pg_get_indexdef(tmp.CI_OID, tmp.ORDINAL_POSITION, false)) AS COLUMN_NAME FROM (SELECT NULL AS TABLE_CAT, ct.relname AS TABLE_NAME, ci.oid AS CI_OID, (information_schema._pg_expandarray(i.indkey)).n AS ORDINAL_POSITION FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_index i ON (ct.oid = i.indrelid) JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid)) AS tmp",
        "SELECT pkn.nspname AS PKTABLE_SCHEM, pos.n AS KEY_SEQ FROM pg_catalog.pg_namespace pkn, pg_catalog.pg_constraint con, pg_catalog.generate_series(1, 32) pos(n) WHERE pkn.oid = con.connamespace",
        "select tgname from pg_trigger union all select rulename from pg_rewrite",
        "SELECT x.oid, x.* FROM pg_catalog.pg_trigger x WHERE x.tgrelid = 16384 AND NOT x.tgisinternal",
        "SELECT c.relname, a.*, (select count(*) from pg_index i where i.indrelid = c.oid) FROM pg_catalog.pg_class c, pg_catalog.pg_inherits a WHERE a.inhparent = c.oid",
    ] {
        assert!(raw.rows(sql).is_empty(), "{sql}");
    }
    assert_eq!(raw.query("select * from pg_catalog.pg_authid").as_deref(), Some("42P01"));
    assert_eq!(raw.query("select * from report.saved").as_deref(), Some("42P01"));
}

/// Names that only look like those of the catalog are names like others.
#[test]
fn other_statements_are_those_of_the_client() {
    let day = Day::small();
    let server = day.serve("[serve]\npostgres = \"127.0.0.1:0\"\n");
    let mut raw = Raw::session(&server);
    let rows = raw.rows("select (select count(*) from audit)");
    let [count] = &rows[..] else { panic!("one row: {rows:?}") };
    assert!(count.parse::<u64>().is_ok_and(|count| count > 0), "{count}");
    for sql in [
        "with registry as (select * from audit) select (select count(*) from registry) as n",
        "with pg_errors as (select * from audit) select (select count(*) from pg_errors) as n",
        "with pg_locks as (select * from audit) select (select count(*) from pg_locks) as n",
        "select (select count(*) as region from audit a) as n",
        "select (select count(*) from audit where current_user <> '') as n",
        "select (select count(*) from audit where 'regular' = 'regular'::text) as n from pg_catalog.pg_database",
        "select sum(n) as registered_total from (select count(*) as n from audit where verb in (select verb from audit where verb <> 'search_path')) as t",
    ] {
        assert_eq!(raw.rows(sql), std::slice::from_ref(count), "{sql}");
    }
    let columns = "select count(*) from (select t.verb, t.* from (select verb as region from audit) as r, (select 1 as a) as t)";
    assert_eq!(raw.query(columns).as_deref(), Some("42703"));
    // the guard refuses what is nested more deeply, and nothing of it was replaced before
    let deep = format!("select current_user, {}1{}", "(select ".repeat(6_000), ")".repeat(6_000));
    assert_eq!(raw.query(&deep).as_deref(), Some("42501"));
    assert_eq!(raw.query("select current_user").as_deref(), None);
}

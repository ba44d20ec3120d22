-- The catalog of Postgres over that of the engine, for clients that list tables and columns. Numbers from 16384 are
-- those of the lake's tables, in the order of their names.

-- view pg_namespace
select oid, nspname, cast(10 as bigint) as nspowner, arrow_cast(null, 'List(Utf8)') as nspacl
from (values (11, 'pg_catalog'), (2200, 'public'), (2201, 'report'), (13000, 'information_schema')) as t (oid, nspname)

-- view pg_database
select
    cast(16383 as bigint) as oid, 'headwater' as datname, cast(10 as bigint) as datdba, 6 as encoding,
    'c' as datlocprovider, 'C' as datcollate, 'C' as datctype, cast(null as varchar) as daticulocale,
    cast(null as varchar) as datlocale, cast(null as varchar) as daticurules, false as datistemplate,
    true as datallowconn, -1 as datconnlimit, cast(1663 as bigint) as dattablespace,
    arrow_cast(null, 'List(Utf8)') as datacl

-- view pg_roles
select
    cast(10 as bigint) as oid, 'headwater' as rolname, false as rolsuper, true as rolinherit,
    false as rolcreaterole, false as rolcreatedb, true as rolcanlogin, false as rolreplication,
    false as rolbypassrls, -1 as rolconnlimit, cast(null as varchar) as rolvaliduntil

-- view pg_user
select 'headwater' as usename, cast(10 as bigint) as usesysid, false as usecreatedb, false as usesuper

-- view pg_tablespace
select
    cast(1663 as bigint) as oid, 'pg_default' as spcname, cast(10 as bigint) as spcowner,
    arrow_cast(null, 'List(Utf8)') as spcacl, arrow_cast(null, 'List(Utf8)') as spcoptions

-- view pg_am
select cast(2 as bigint) as oid, 'heap' as amname, 't' as amtype

-- view pg_collation
select cast(100 as bigint) as oid, 'default' as collname, cast(11 as bigint) as collnamespace

-- view pg_settings
select name, setting, cast(null as varchar) as unit, 'headwater' as category, '' as short_desc, setting as boot_val,
    setting as reset_val, 'user' as context, 'string' as vartype, 'default' as source
from (values {settings}) as t (name, setting)

-- view pg_type
select
    oid, typname, cast(11 as bigint) as typnamespace, cast(10 as bigint) as typowner, typlen,
    typlen > 0 and typlen <= 8 as typbyval, 'b' as typtype, typcategory, false as typispreferred, true as typisdefined,
    ',' as typdelim, cast(0 as bigint) as typrelid, typelem, typarray, case typcategory when 'A' then 'array_in' else typname || 'in' end as typinput,
    false as typnotnull, cast(0 as bigint) as typbasetype, -1 as typtypmod, 0 as typndims,
    cast(0 as bigint) as typcollation, cast(null as varchar) as typdefault, arrow_cast(null, 'List(Utf8)') as typacl
from (values {types}) as t (oid, typname, typlen, typcategory, typelem, typarray)

-- view pg_class
select
    cast(16383 + row_number() over (order by table_schema, table_name) as bigint) as oid, table_name as relname,
    cast(case table_schema when 'report' then 2201 else 2200 end as bigint) as relnamespace,
    cast(0 as bigint) as reltype, cast(0 as bigint) as reloftype, cast(10 as bigint) as relowner,
    cast(2 as bigint) as relam, cast(0 as bigint) as relfilenode,
    cast(0 as bigint) as reltablespace, 0 as relpages, cast(-1 as double) as reltuples,
    cast(0 as bigint) as reltoastrelid, false as relhasindex, false as relisshared, 'p' as relpersistence,
    'r' as relkind, 0 as relnatts, 0 as relchecks,
    false as relhasrules, false as relhastriggers, false as relhassubclass, false as relrowsecurity,
    false as relforcerowsecurity, true as relispopulated, 'n' as relreplident, false as relispartition,
    arrow_cast(null, 'List(Utf8)') as relacl, arrow_cast(null, 'List(Utf8)') as reloptions, cast(null as varchar) as relpartbound
from (select distinct table_schema, table_name from information_schema.columns where table_schema in ('public', 'report') and table_name in ({tables})) as t

-- view pg_attribute
select
    cast(16383 + dense_rank() over (order by table_schema, table_name) as bigint) as attrelid, column_name as attname,
    pg_type_number(data_type) as atttypid, -1 as attstattarget, cast(-1 as int) as attlen,
    cast(ordinal_position as int) + 1 as attnum, 0 as attndims, -1 as attcacheoff, -1 as atttypmod, false as attbyval,
    'p' as attstorage, 'i' as attalign, false as attnotnull, false as atthasdef, false as atthasmissing,
    '' as attidentity, '' as attgenerated, false as attisdropped, true as attislocal, 0 as attinhcount,
    cast(0 as bigint) as attcollation, '' as attcompression, arrow_cast(null, 'List(Utf8)') as attacl,
    arrow_cast(null, 'List(Utf8)') as attoptions, arrow_cast(null, 'List(Utf8)') as attfdwoptions
from information_schema.columns
where table_schema in ('public', 'report') and table_name in ({tables})

-- view pg_description
select objoid, cast(1259 as bigint) as classoid, objsubid, description
from (
    select
        cast(16383 + dense_rank() over (order by table_schema, table_name) as bigint) as objoid, cast(ordinal_position as int) + 1 as objsubid,
        pg_about(table_name, column_name) as description
    from information_schema.columns
    where table_schema in ('public', 'report') and table_name in ({tables})
    union all
    select cast(16383 + row_number() over (order by table_schema, table_name) as bigint), 0, pg_about(table_name, '')
    from (select distinct table_schema, table_name from information_schema.columns where table_schema in ('public', 'report') and table_name in ({tables})) as t
) as t
where description <> ''

-- view pg_tables
select
    nspname as schemaname, relname as tablename, 'headwater' as tableowner, cast(null as varchar) as tablespace,
    false as hasindexes, false as hasrules, false as hastriggers, false as rowsecurity
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace

-- view pg_views
select '' as schemaname, '' as viewname, '' as viewowner, '' as definition where false

-- view tables
select
    'headwater' as table_catalog, schemaname as table_schema, tablename as table_name,
    'BASE TABLE' as table_type, 'NO' as is_insertable_into
from pg_catalog.pg_tables

-- view columns
select
    'headwater' as table_catalog, n.nspname as table_schema, c.relname as table_name, a.attname as column_name,
    a.attnum as ordinal_position, cast(null as varchar) as column_default, 'YES' as is_nullable,
    format_type(a.atttypid, -1) as data_type, t.typname as udt_name, 'pg_catalog' as udt_schema,
    cast(null as int) as character_maximum_length, cast(null as int) as numeric_precision,
    cast(null as int) as numeric_scale, cast(null as int) as datetime_precision, 'NO' as is_updatable,
    'NO' as is_identity, 'NEVER' as is_generated
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_type as t on t.oid = a.atttypid

-- view schemata
select 'headwater' as catalog_name, nspname as schema_name, 'headwater' as schema_owner
from pg_catalog.pg_namespace

-- view pg_attrdef
select cast(0 as bigint) as oid, cast(0 as bigint) as adrelid, 0 as adnum, '' as adbin where false

-- view pg_inherits
select cast(0 as bigint) as inhrelid, cast(0 as bigint) as inhparent, 1 as inhseqno, false as inhdetachpending
where false

-- view pg_constraint
select
    cast(0 as bigint) as oid, '' as conname, cast(0 as bigint) as connamespace, 'p' as contype,
    cast(0 as bigint) as conrelid, cast(0 as bigint) as confrelid, cast(0 as bigint) as conindid, '' as consrc,
    make_array(0) as conkey, make_array(0) as confkey, cast(0 as bigint) as conparentid
where false

-- view pg_index
select
    cast(0 as bigint) as indexrelid, cast(0 as bigint) as indrelid, 0 as indnatts, false as indisunique,
    false as indisprimary, false as indisclustered, true as indisvalid, false as indisreplident,
    make_array(0) as indkey, '' as indexprs, '' as indpred
where false

-- view pg_proc
select
    cast(0 as bigint) as oid, '' as proname, cast(0 as bigint) as pronamespace, cast(0 as bigint) as prorettype,
    'f' as prokind, cast(0 as bigint) as proowner, cast(0 as bigint) as prolang
where false

-- view pg_enum
select cast(0 as bigint) as oid, cast(0 as bigint) as enumtypid, cast(0 as double) as enumsortorder, '' as enumlabel
where false

-- view pg_range
select cast(0 as bigint) as rngtypid, cast(0 as bigint) as rngsubtype where false

-- view pg_depend
select
    cast(0 as bigint) as classid, cast(0 as bigint) as objid, 0 as objsubid, cast(0 as bigint) as refclassid,
    cast(0 as bigint) as refobjid, 0 as refobjsubid, '' as deptype
where false

-- view pg_extension
select cast(0 as bigint) as oid, '' as extname, cast(0 as bigint) as extnamespace, '' as extversion where false

-- view pg_shdescription
select cast(0 as bigint) as objoid, cast(0 as bigint) as classoid, '' as description where false

-- view pg_auth_members
select
    cast(0 as bigint) as roleid, cast(0 as bigint) as member, cast(0 as bigint) as grantor,
    false as admin_option
where false

-- view pg_cast
select
    cast(0 as bigint) as oid, cast(0 as bigint) as castsource, cast(0 as bigint) as casttarget,
    cast(0 as bigint) as castfunc, '' as castcontext, '' as castmethod
where false

-- view pg_event_trigger
select
    cast(0 as bigint) as oid, '' as evtname, '' as evtevent, cast(0 as bigint) as evtowner,
    cast(0 as bigint) as evtfoid, '' as evtenabled, arrow_cast(null, 'List(Utf8)') as evttags
where false

-- view pg_foreign_data_wrapper
select
    cast(0 as bigint) as oid, '' as fdwname, cast(0 as bigint) as fdwowner, cast(0 as bigint) as fdwhandler,
    cast(0 as bigint) as fdwvalidator, arrow_cast(null, 'List(Utf8)') as fdwacl,
    arrow_cast(null, 'List(Utf8)') as fdwoptions
where false

-- view pg_foreign_server
select
    cast(0 as bigint) as oid, '' as srvname, cast(0 as bigint) as srvowner, cast(0 as bigint) as srvfdw,
    '' as srvtype, '' as srvversion, arrow_cast(null, 'List(Utf8)') as srvacl,
    arrow_cast(null, 'List(Utf8)') as srvoptions
where false

-- view pg_foreign_table
select
    cast(0 as bigint) as ftrelid, cast(0 as bigint) as ftserver, arrow_cast(null, 'List(Utf8)') as ftoptions
where false

-- view pg_language
select
    cast(0 as bigint) as oid, '' as lanname, cast(0 as bigint) as lanowner, false as lanispl,
    false as lanpltrusted, arrow_cast(null, 'List(Utf8)') as lanacl
where false

-- view pg_operator
select
    cast(0 as bigint) as oid, '' as oprname, cast(0 as bigint) as oprnamespace, cast(0 as bigint) as oprowner,
    '' as oprkind, cast(0 as bigint) as oprleft, cast(0 as bigint) as oprright, cast(0 as bigint) as oprresult
where false

-- view pg_policy
select
    cast(0 as bigint) as oid, '' as polname, cast(0 as bigint) as polrelid, '' as polcmd,
    false as polpermissive, arrow_cast(null, 'List(Utf8)') as polroles, '' as polqual, '' as polwithcheck
where false

-- view pg_publication
select
    cast(0 as bigint) as oid, '' as pubname, cast(0 as bigint) as pubowner, false as puballtables,
    false as pubinsert, false as pubupdate, false as pubdelete, false as pubtruncate
where false

-- view pg_rewrite
select
    cast(0 as bigint) as oid, '' as rulename, cast(0 as bigint) as ev_class, '' as ev_type, '' as ev_enabled,
    false as is_instead
where false

-- view pg_sequence
select
    cast(0 as bigint) as seqrelid, cast(0 as bigint) as seqtypid, cast(0 as bigint) as seqstart,
    cast(0 as bigint) as seqincrement, cast(0 as bigint) as seqmax, cast(0 as bigint) as seqmin,
    cast(0 as bigint) as seqcache, false as seqcycle
where false

-- view pg_statistic_ext
select
    cast(0 as bigint) as oid, cast(0 as bigint) as stxrelid, '' as stxname, cast(0 as bigint) as stxnamespace,
    cast(0 as bigint) as stxowner, 0 as stxstattarget, arrow_cast(null, 'List(Utf8)') as stxkind
where false

-- view pg_stat_activity
select
    cast(0 as bigint) as datid, '' as datname, 0 as pid, cast(0 as bigint) as usesysid, '' as usename,
    '' as application_name, '' as state, '' as query
where false

-- view pg_locks
select
    '' as locktype, cast(0 as bigint) as database, cast(0 as bigint) as relation, 0 as pid, '' as mode,
    false as granted
where false

-- view pg_trigger
select
    cast(0 as bigint) as oid, cast(0 as bigint) as tgrelid, '' as tgname, cast(0 as bigint) as tgfoid,
    0 as tgtype, '' as tgenabled, false as tgisinternal, cast(0 as bigint) as tgconstraint
where false

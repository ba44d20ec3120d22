-- Saved reports as tables: incidents, findings, and the rows that each day is based on. The table
-- `report.saved` has one report a day as JSON.

-- view incident
select
    date, json_get_str(incident, 'id') as id, json_get_str(incident, 'severity') as severity,
    json_get_str(incident, 'status') as status, json_get_str(incident, 'title') as title,
    json_get_str(incident, 'title_zh') as title_zh,
    arrow_cast(json_get_str(incident, 'first_ts'), {time}) as first_ts,
    arrow_cast(json_get_str(incident, 'last_ts'), {time}) as last_ts,
    arrow_cast(json_get_str(incident, 'over_since'), {time}) as over_since,
    json_get_str(incident, 'entity', 'namespace') as namespace,
    json_get_str(incident, 'entity', 'workload') as workload, json_get_str(incident, 'entity', 'pod') as pod,
    json_get_str(incident, 'entity', 'node') as node, json_get_str(incident, 'verdict') as verdict,
    json_get_str(incident, 'impact', 'words') as impact,
    cast(json_length(incident, 'findings') as bigint) as findings
from (select date, unnest(json_get_array(report, 'incidents')) as incident from report.saved) as t

-- view finding
select
    date, json_get_str(finding, 'id') as id, json_get_str(finding, 'incident') as incident,
    json_get_str(finding, 'rule') as rule, json_get_str(finding, 'agent') as agent,
    json_get_str(finding, 'severity') as severity, json_get_str(finding, 'status') as status,
    json_get_str(finding, 'title') as title, json_get_str(finding, 'zh', 'title') as title_zh,
    arrow_cast(json_get_str(finding, 'first_ts'), {time}) as first_ts,
    arrow_cast(json_get_str(finding, 'last_ts'), {time}) as last_ts, json_get_int(finding, 'count') as count,
    json_get_str(finding, 'entity', 'namespace') as namespace,
    json_get_str(finding, 'entity', 'workload') as workload, json_get_str(finding, 'entity', 'pod') as pod,
    json_get_str(finding, 'entity', 'node') as node, json_get_str(finding, 'summary') as summary
from (select date, unnest(json_get_array(report, 'findings')) as finding from report.saved) as t

-- view coverage
select
    date, json_get_str(part, 'table') as table_name, json_get_int(part, 'rows') as rows,
    json_get_int(part, 'unparsed') as unparsed, arrow_cast(json_get_str(part, 'last_ts'), {time}) as last_ts,
    cast(json_length(part, 'hours_without_data') as bigint) as hours_without_data
from (select date, unnest(json_get_array(report, 'coverage', 'tables')) as part from report.saved) as t

-- the most frequent events
select reason, count(*) from event group by 1 order by 2 desc limit 20;

-- who changed which field of which object
select ts, username, namespace, kind, name, field, old, new from change order by ts desc limit 20;

-- changes of configuration
select ts, username, namespace, message from audit where operation = 'config' order by ts limit 20;

-- errors of applications, by workload and five minutes
select date_bin(interval '5 minutes', ts) as time, workload, count(*) as errors
from business where level in ('error', 'fatal') group by 1, 2 order by 1, 3 desc limit 20;

-- fields of a JSON record
select ts, workload, attrs->>'path' as path, message from business where (attrs->>'path') is not null limit 20;

-- containers that were killed
select ts, namespace, workload, pod, message from state where reason = 'OOMKilled' order by ts limit 20;

-- who depends on whom
select * from topology limit 20;

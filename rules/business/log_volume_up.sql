/*
title    = "Far more log lines than before"
severity = "low"
params   = { lines = 10000, factor = 5 }
finding  = "{namespace}/{workload} wrote {count} lines, in the same hours before at most {worst}"
why      = "A loop that logs, a raised log level or much more traffic. It costs disk on the node and money in the store, and hides other faults."
advice   = """
1. See which lines grew: select template, count(*) from business where namespace = '{namespace}' and workload = '{workload}' group by template order by 2 desc limit 10.
2. See when it began: select date_trunc('hour', ts), count(*) from business where namespace = '{namespace}' and workload = '{workload}' group by 1 order by 1.
3. Look for a changed log level: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "traffic grew as planned"
tags     = ["volume", "baseline"]
[zh]
title   = "日志量远高于以往"
finding = "{namespace}/{workload} 输出 {count} 行日志，此前同时段最多 {worst} 行"
why     = "可能是循环打印、日志级别被调低，或流量大增；会占用节点磁盘与存储成本，并掩盖其他故障。"
advice  = """
1. 查看增长的日志：select template, count(*) from business where namespace = '{namespace}' and workload = '{workload}' group by template order by 2 desc limit 10。
2. 查看开始时间：select date_trunc('hour', ts), count(*) from business where namespace = '{namespace}' and workload = '{workload}' group by 1 order by 1。
3. 查找日志级别的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "流量按计划增长"
*/
with today as (
    select cluster, namespace, workload,
        count(*) as count,
        min(ts) as first_ts,
        max(ts) as last_ts,
        min(row_id) as row_id
    from business
    group by cluster, namespace, workload
    -- Below ten thousand lines even a multiple costs nothing.
    having count(*) >= $lines
)
select today.cluster, today.namespace, today.workload, today.count,
    usual.most_records as worst,
    today.first_ts, today.last_ts, today.row_id
from today
join business_usual as usual
    on today.workload = usual.owner
    and (today.namespace is not distinct from usual.namespace)
    and (today.cluster is not distinct from usual.cluster)
-- A new feature doubles the lines, a loop multiplies them.
where today.count > $factor * usual.most_records

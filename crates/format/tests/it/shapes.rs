//! Exports and tools that name the place, the time or the text in a way of their own: documents → rows.

use crate::envelope::check;

#[test]
fn a_label_of_google_names_the_node() {
    check(
        r#"{"insertId":"a","jsonPayload":{"message":"till is stuck"},"labels":{"compute.googleapis.com/resource_name":"pool-1-ab","k8s-pod/app":"till"},"logName":"projects/shop/logs/stderr","resource":{"type":"k8s_container","labels":{"cluster_name":"prod","container_name":"app","namespace_name":"shop","pod_name":"till-0"}},"severity":"ERROR","timestamp":"2026-11-22T02:12:01Z"}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error prod/shop/till-0/app/pool-1-ab | till is stuck stream=stderr",
        ],
    );
}

#[test]
fn sls_names_the_place_beside_a_record() {
    check(
        r#"{"__time__":"1795313599","__source__":"10.2.0.9","_namespace_":"shop","_pod_name_":"till-0","_container_name_":"app","_container_ip_":"10.2.0.7","_image_name_":"till:7","_source_":"stderr","level":"ERROR","message":"till is stuck","time":"2026-11-22T02:12:01Z"}
{"_namespace_":"shop","_pod_name_":"till-0","_container_name_":"app","level":"WARN","message":"no oil","time":"2026-11-22T02:12:02Z"}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/shop/till-0/app/- | till is stuck stream=stderr",
            "2.0 standard 2026-11-22T02:12:02.000000Z warn -/shop/till-0/app/- | no oil",
        ],
    );
}

#[test]
fn records_of_topics_are_unwrapped() {
    check(
        r#"{"topic":"till","partition":0,"offset":71,"ts":1795313521000,"key":null,"payload":"{\"level\":\"error\",\"message\":\"till is stuck\",\"ts\":\"2026-11-22T02:12:01Z\"}"}
{"topic":"till","partition":0,"offset":72,"timestamp":1795313522000,"key":"a","value":"WARN no oil"}
{"topic":"till","partition":0,"offset":73,"level":"info","message":"committed","ts":"2026-11-22T02:12:03Z"}"#,
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z error -/-/-/-/- | till is stuck",
            "2.0 business 2026-11-22T02:12:02.000000Z warn -/-/-/-/- | no oil",
            "3.0 business 2026-11-22T02:12:03.000000Z info -/-/-/-/- | committed",
        ],
    );
}

#[test]
fn splunk_keeps_entries_of_a_watch() {
    check(
        r#"{"time":1795313599.5,"host":"unknown","source":"kube:object:events","sourcetype":"kube:object:events","event":{"object":{"kind":"Event","apiVersion":"v1","metadata":{"name":"till-0.17","namespace":"shop"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"till-0"},"reason":"BackOff","message":"no oil","type":"Warning","count":4,"lastTimestamp":"2026-11-22T02:12:01Z"},"type":"MODIFIED"}}"#,
        &["1.0 event 2026-11-22T02:12:01.000000Z warn -/shop/till-0/-/- | no oil reason=BackOff name=till-0"],
    );
}

#[test]
fn an_alert_of_falco_has_its_place_among_the_fields() {
    check(
        r#"{"hostname":"node-1","output":"02:12:01.000000000: Critical Miner found in the till","priority":"Critical","rule":"Miner","source":"syscall","time":"2026-11-22T02:12:01Z","output_fields":{"container.name":"app","k8s.ns.name":"shop","k8s.pod.name":"till-0","proc.cmdline":"sh"}}"#,
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z fatal -/shop/till-0/app/node-1 | 02:12:01.000000000: Critical Miner found in the till",
        ],
    );
}

#[test]
fn events_are_shown_in_columns_of_the_users() {
    let table = "LAST                   NS      KIND   NAME     TYPE      REASON    COUNT    MESSAGE\n\
                 2026-11-22T02:12:01Z   shop    Pod    till-0   Warning   BackOff   4        no oil   in the till\n\
                 2026-11-22T02:12:02Z   <none>  Node   node-1   Normal    Rebooted  <none>   node is up\n";
    let rows = [
        "2.0 event 2026-11-22T02:12:01.000000Z warn -/shop/till-0/-/- | no oil   in the till reason=BackOff name=till-0",
        "3.0 event 2026-11-22T02:12:02.000000Z info -/-/-/-/node-1 | node is up reason=Rebooted name=node-1",
    ];
    check(table, &rows);
}

#[test]
fn a_collectors_time_shows_which_zone_cst_is() {
    let line = |at: &str| format!("{at} stdout F 2026-11-22 10:12:01.100 CST [17] app@shop 错误:  没有油\n");
    check(
        &format!("{}{}", line("2026-11-22T02:12:01.5Z"), line("2026-11-22T16:12:01.5Z")),
        &[
            "1.0 standard 2026-11-22T02:12:01.100000Z error -/-/-/-/- | 没有油 stream=stdout",
            "2.0 standard 2026-11-22T16:12:01.100000Z error -/-/-/-/- | 没有油 stream=stdout",
        ],
    );
}

//! Records of collectors and exports of consoles: documents → rows.

use crate::envelope::{check, read};

#[test]
fn docker_names_hold_the_place() {
    check(
        r#"{"__REALTIME_TIMESTAMP":"1795313521000000","_HOSTNAME":"node-1","CONTAINER_NAME":"k8s_app_pay-0_shop_0c1d9a2e_0","PRIORITY":"3","MESSAGE":"charge failed"}
{"container_name":"/k8s_app_pay-0_shop_0c1d9a2e_0","source":"stderr","log":"charge failed","container_id":"3b7f"}
{"docker":{"name":"/k8s_app_pay-0_shop_0c1d9a2e_0","id":"3b7f"},"message":"charge failed","stream":"stderr"}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/shop/pay-0/app/node-1 | charge failed",
            "2.0 standard 2026-11-21T16:00:00.000000Z - -/shop/pay-0/app/- | charge failed stream=stderr",
            "3.0 standard 2026-11-21T16:00:00.000000Z - -/shop/pay-0/app/- | charge failed stream=stderr",
        ],
    );
}

#[test]
fn fluentd_and_fluent_bit_write_arrays() {
    check(
        r#"["kube.shop",1795313521,{"log":"charge failed\n","stream":"stderr","kubernetes":{"pod_name":"pay-0","namespace_name":"shop"}}]
[1795313522.5,{"log":"charge failed","stream":"stderr"}]
["kube.shop",[[1795313523,{"log":"one","stream":"stderr"}],[1795313524,{"log":"two","stream":"stdout"}]]]
[0] kube.shop: [[1795313525.0, {}], {"log"=>"a \"b\" => nil", "kubernetes"=>{"pod_name"=>"pay-0"}, "x"=>nil, "stream"=>"stdout"}]
[1] kube.shop: [1795313526.0, {"log"=>"level=warn msg="unescaped"", "stream"=>"stdout"}]
["no event", 7]"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/-/- | charge failed stream=stderr",
            "2.0 standard 2026-11-22T02:12:02.500000Z - -/-/-/-/- | charge failed stream=stderr",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/-/-/-/- | one stream=stderr",
            "3.1 standard 2026-11-22T02:12:04.000000Z - -/-/-/-/- | two stream=stdout",
            r#"4.0 standard 2026-11-22T02:12:05.000000Z - -/-/pay-0/-/- | a "b" => nil stream=stdout"#,
            "5.0 standard 2026-11-22T02:12:06.000000Z warn -/-/-/-/- | unescaped stream=stdout",
            r#"6.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | ["no event", 7]"#,
        ],
    );
}

#[test]
fn lokis_entries_in_every_version() {
    check(
        r#"{"streams":[{"labels":"{namespace=\"shop\", pod=\"pay-0\", container=\"app\"}","entries":[{"ts":"2026-11-22T02:12:01Z","line":"charge failed"}]}]}
{"data":{"result":[{"stream":{"namespace":"shop","pod":"pay-0"},"values":[["1795313522000000000","charge failed",{"structuredMetadata":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"},"parsed":{"level":"error"}}]]}]}}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/app/- | charge failed",
            "2.0 standard 2026-11-22T02:12:02.000000Z error -/shop/pay-0/-/- | charge failed trace=4bf92f3577b34da6a3ce929d0e0e4736",
        ],
    );
}

#[test]
fn rows_apart_from_their_columns() {
    check(
        r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated"},{"name":"PodName"},{"name":"PodNamespace"},{"name":"LogMessage"},{"name":"LogSource"}],"rows":[["2026-11-22T02:12:01Z","pay-0","shop","charge failed","stderr"]]}]}
{"results":[[{"field":"@timestamp","value":"2026-11-22 02:12:02.000"},{"field":"@message","value":"{\"log\":\"charge failed\",\"stream\":\"stderr\",\"kubernetes\":{\"pod_name\":\"pay-0\"}}"}]],"status":"Complete"}
{"results":[{"_time":"2026-11-22T02:12:03Z","_raw":"charge failed","host":"node-1"}]}
{"preview":false,"result":{"_time":"2026-11-22T02:12:04Z","_raw":"charge failed","host":"node-1"}}
{"_index":"logs","_id":"a","fields":{"@timestamp":["2026-11-22T02:12:05Z"],"kubernetes.pod_name":["pay-0"],"log":["charge failed"],"stream":["stderr"]}}
{"data":[{"id":"a","type":"log","attributes":{"timestamp":"2026-11-22T02:12:06Z","tags":["kube_namespace:shop","pod_name:pay-0"],"status":"error","message":"charge failed"}}]}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/-/- | charge failed stream=stderr",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/-/pay-0/-/- | charge failed stream=stderr",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/-/-/-/node-1 | charge failed",
            "4.0 standard 2026-11-22T02:12:04.000000Z - -/-/-/-/node-1 | charge failed",
            "5.0 standard 2026-11-22T02:12:05.000000Z - -/-/pay-0/-/- | charge failed stream=stderr",
            "6.0 standard 2026-11-22T02:12:06.000000Z error -/shop/pay-0/-/- | charge failed",
        ],
    );
}

#[test]
fn insights_rows_on_lines_of_their_own() {
    check(
        r#"[
 [{"field":"@timestamp","value":"2026-11-22 02:12:01.000"},{"field":"@message","value":"charge failed"}],
 [{"field":"@timestamp","value":"2026-11-22 02:12:02.000"},{"field":"@message","value":"again"}]
]"#,
        &[
            "2.0 standard 2026-11-22T02:12:01.000000Z - -/-/-/-/- | charge failed",
            "3.0 standard 2026-11-22T02:12:02.000000Z - -/-/-/-/- | again",
        ],
    );
}

#[test]
fn the_journal_in_bytes_and_as_an_export() {
    check(
        r#"{"MESSAGE":[104,101,121],"PRIORITY":"3","_HOSTNAME":"node-1","__REALTIME_TIMESTAMP":"1795313521000000"}"#,
        &["1.0 standard 2026-11-22T02:12:01.000000Z error -/-/-/-/node-1 | hey"],
    );
    let export = "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795313521000000\nPRIORITY=3\n_HOSTNAME=node-1\nMESSAGE\n\u{7}\0\0\0\0\0\0\0one\ntwo\n\n__CURSOR=s=2\n__REALTIME_TIMESTAMP=1795313522000000\n_HOSTNAME=node-1\nMESSAGE=three\n\n";
    check(
        export,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/-/-/-/node-1 | one\ntwo",
            "9.0 standard 2026-11-22T02:12:02.000000Z - -/-/-/-/node-1 | three",
        ],
    );
    // a length beyond the end than the export
    read(
        "__CURSOR=s=1\n_HOSTNAME=node-1\n__REALTIME_TIMESTAMP=1795313521000000\nMESSAGE\n\u{7f}\u{7f}\0\0\0\0\0\0one\n",
    );
    // a sequence of JSON texts, and server-sent events
    check(
        "\u{1e}{\"MESSAGE\":\"one\",\"_HOSTNAME\":\"node-1\"}\n",
        &["1.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/node-1 | one"],
    );
}

#[test]
fn places_under_other_names() {
    check(
        r#"{"time":"2026-11-22T02:12:01Z","k8s_pod":"pay-0","k8s_namespace":"shop","msg":"a"}
{"time":"2026-11-22T02:12:02Z","pod":"shop/pay-0","container":"app","message":"a"}
{"time":"2026-11-22T02:12:03Z","resource":{"labels":{"namespace_name":"shop","pod_name":"pay-0"}},"message":"a"}
{"time":"2026-11-22T02:12:04Z","metadata":{"namespace":"shop","pod":"pay-0"},"log":"a"}
{"time":"2026-11-22T02:12:05Z","level":"error","podName":"pay-0","namespaceName":"shop","containerName":"app","msg":"a"}
{"time":"2026-11-22T02:12:06Z","level":"error","pod":"pay-0","msg":"an application writes about a pod"}
{"time":"2026-11-22T02:12:07Z","ddtags":"kube_namespace:shop,pod_name:pay-0","status":"warn","message":"a"}"#,
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z - -/shop/pay-0/-/- | a",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-0/app/- | a",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/shop/pay-0/-/- | a",
            "4.0 standard 2026-11-22T02:12:04.000000Z - -/shop/pay-0/-/- | a",
            "5.0 business 2026-11-22T02:12:05.000000Z error -/shop/pay-0/app/- | a",
            "6.0 business 2026-11-22T02:12:06.000000Z error -/-/-/-/- | an application writes about a pod",
            "7.0 standard 2026-11-22T02:12:07.000000Z warn -/shop/pay-0/-/- | a",
        ],
    );
}

#[test]
fn logfmt_around_another_line() {
    check(
        r#"ts=2026-11-22T02:12:01Z namespace=shop pod=pay-0 msg="{\"level\":\"error\",\"msg\":\"charge failed\"}"
ts=2026-11-22T02:12:02Z level=warn pod=pay-0 msg="the application's own""#,
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z error -/shop/pay-0/-/- | charge failed",
            "2.0 business 2026-11-22T02:12:02.000000Z warn -/-/-/-/- | the application's own",
        ],
    );
}

#[test]
fn exports_of_consoles() {
    check(
        r#""Time","Line","labels"
"2026-11-22 10:12:03.123","charge failed","{""namespace"":""shop"",""pod"":""pay-0""}""#,
        &["2.0 standard 2026-11-22T02:12:03.123000Z - -/shop/pay-0/-/- | charge failed"],
    );
}

#[test]
fn exports_of_kibana() {
    check(
        r#""@timestamp","kubernetes.namespace","kubernetes.pod.name",message
"Nov 22, 2026 @ 10:12:03.123",shop,pay-0,"charge failed""#,
        &["2.0 standard 2026-11-22T02:12:03.123000Z - -/shop/pay-0/-/- | charge failed"],
    );
}

#[test]
fn exports_of_azure() {
    check(
        r#"TimeGenerated [UTC],Computer,PodName,PodNamespace,LogMessage,LogSource
"11/22/2026, 10:12:03.123 AM",node-1,pay-0,shop,charge failed,stderr"#,
        &["2.0 standard 2026-11-22T10:12:03.123000Z - -/shop/pay-0/-/node-1 | charge failed stream=stderr"],
    );
}

#[test]
fn exports_of_cloud_logging() {
    check(
        r"insertId,resource.labels.namespace_name,resource.labels.pod_name,severity,textPayload,timestamp
a,shop,pay-0,ERROR,charge failed,2026-11-22T02:12:03Z",
        &["2.0 standard 2026-11-22T02:12:03.000000Z error -/shop/pay-0/-/- | charge failed"],
    );
}

#[test]
fn exports_of_cls() {
    check(
        r"日志时间,__TAG__.namespace,__TAG__.pod_name,日志内容
2026-11-22 10:12:03.123,shop,pay-0,charge failed",
        &["2.0 standard 2026-11-22T02:12:03.123000Z - -/shop/pay-0/-/- | charge failed"],
    );
}

#[test]
fn carriage_returns_alone_end_lines() {
    check(
        "2026-11-22 10:12:01 ERROR one\r2026-11-22 10:12:02 INFO two\r",
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z error -/-/-/-/- | one",
            "2.0 business 2026-11-22T02:12:02.000000Z info -/-/-/-/- | two",
        ],
    );
}

#[test]
fn a_line_has_the_name_that_a_user_gave_it() {
    check(
        r#"{"stream":"stderr","till_line":"ERROR drawer is stuck","kubernetes":{"pod_name":"pay-0","namespace_name":"shop"}}
{"stream":"stderr","till":"4","kubernetes":{"pod_name":"pay-0","namespace_name":"shop"}}
{"stream":"stderr","till":"drawer is stuck","why":"no oil","kubernetes":{"pod_name":"pay-0","namespace_name":"shop"}}"#,
        &[
            "1.0 standard 2026-11-21T16:00:00.000000Z error -/shop/pay-0/-/- | drawer is stuck stream=stderr",
            r#"2.0 business 2026-11-21T16:00:00.000000Z - -/shop/pay-0/-/- | {"stream":"stderr","till":"4","kubernetes":{"pod_name":"pay-0","namespace_name":"shop"}} stream=stderr"#,
            r#"3.0 business 2026-11-21T16:00:00.000000Z - -/shop/pay-0/-/- | {"stream":"stderr","till":"drawer is stuck","why":"no oil","kubernetes":{"pod_name":"pay-0","namespace_name":"shop"}} stream=stderr"#,
        ],
    );
}

#[test]
fn colours_are_not_part_of_a_level() {
    check(
        r#"{"level":"\u001b[31merror\u001b[39m","message":"\u001b[31mcharge failed\u001b[39m","timestamp":"2026-11-22T02:12:01Z"}"#,
        &["1.0 business 2026-11-22T02:12:01.000000Z error -/-/-/-/- | charge failed"],
    );
}

#[test]
fn labels_and_streams_name_the_place() {
    check(
        r#"{"_time":"2026-11-22T02:12:01Z","_stream":"{namespace=\"shop\",kubernetes.pod_name=\"pay-0\"}","_msg":"charge failed","level":"error"}
{"logStream":"pay-0_shop_app-3b7f0c5e9a1d4c62b8e0f7a6d5c4b3a291807f6e5d4c3b2a190817263544a5b6","message":"charge failed","timestamp":1795313522000}
{"log_stream_name":"kube.var.log.containers.pay-0_shop_app-3b7f0c5e9a1d4c62b8e0f7a6d5c4b3a291807f6e5d4c3b2a190817263544a5b6.log","message":"charge failed","timestamp":1795313523000}
{"messageType":"DATA_MESSAGE","logGroup":"/aws/containerinsights/prod/application","logStream":"node-1-application.var.log.containers.pay-0_shop_app-3b7f0c5e9a1d4c62b8e0f7a6d5c4b3a291807f6e5d4c3b2a190817263544a5b6.log","logEvents":[{"id":"1","timestamp":1795313524000,"message":"charge failed"}]}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/shop/pay-0/-/- | charge failed",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-0/app/- | charge failed",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/shop/pay-0/app/- | charge failed",
            "4.0 standard 2026-11-22T02:12:04.000000Z - prod/shop/pay-0/app/- | charge failed",
        ],
    );
}

#[test]
fn log_records_of_opentelemetry_alone() {
    check(
        r#"{"timeUnixNano":"1795313521000000000","severityText":"ERROR","body":{"stringValue":"charge failed"},"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"pay-0"}},{"key":"n","value":{"intValue":"7"}}]}
{"observedTimeUnixNano":"1795313522000000000","severityNumber":13,"body":{"stringValue":"slow"},"resource":{"attributes":[{"key":"k8s.namespace.name","value":{"stringValue":"shop"}}]}}
{"resource":{"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"pay-0"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795313523000000000","body":{"stringValue":"one"}}]}]}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/-/pay-0/-/- | charge failed",
            "2.0 standard 2026-11-22T02:12:02.000000Z warn -/shop/-/-/- | slow",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/-/pay-0/-/- | one",
        ],
    );
}

#[test]
fn a_record_that_is_the_only_member() {
    check(
        r#"{"log":{"kubernetes":{"container_name":"app","pod_name":"pay-0","pod_namespace":"shop"},"message":"charge failed","source_type":"kubernetes_logs","stream":"stdout","timestamp":"2026-11-22T02:12:01Z"}}
{"message":"{\"log\":\"{\\\"level\\\":\\\"error\\\",\\\"time\\\":\\\"2026-11-22T02:12:02Z\\\",\\\"msg\\\":\\\"charge failed\\\"}\\n\",\"stream\":\"stdout\",\"kubernetes\":{\"pod_name\":\"pay-0\",\"namespace_name\":\"shop\"}}"}
{"Type":"Notification","Message":"{\"level\":\"error\",\"time\":\"2026-11-22T02:12:03Z\",\"msg\":\"charge failed\"}","Timestamp":"2026-11-22T02:12:04Z"}
{"contents":{"_source_":"stdout","_time_":"2026-11-22T02:12:05Z","content":"charge failed"},"tags":{"k8s.namespace.name":"shop","k8s.pod.name":"pay-0","k8s.container.name":"app"},"time":1795313525}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/app/- | charge failed stream=stdout",
            "2.0 standard 2026-11-22T02:12:02.000000Z error -/shop/pay-0/-/- | charge failed stream=stdout",
            "3.0 business 2026-11-22T02:12:03.000000Z error -/-/-/-/- | charge failed",
            "4.0 standard 2026-11-22T02:12:05.000000Z - -/shop/pay-0/app/- | charge failed stream=stdout",
        ],
    );
}

#[test]
fn documents_with_one_list_of_records() {
    check(
        r#"{"Response":{"ListOver":true,"Results":[{"Time":1795313521000,"HostName":"node-1","LogJson":"{\"__CONTENT__\":\"charge failed\",\"__TAG__\":{\"namespace\":\"shop\",\"pod_name\":\"pay-0\"}}"}]}}
{"meta":{"progress":"Complete","count":1},"data":[{"__time__":"1795313522","_namespace_":"shop","_pod_name_":"pay-0","content":"charge failed"}]}
{"count":1,"logs":[{"content":"charge failed\n","labels":{"podName":"pay-0","nameSpace":"shop","collectTime":"1795313523000"}}]}
{"level":"error","msg":"batch failed","items":[{"pod":"pay-0","namespace":"shop","log":"x"}]}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/-/node-1 | charge failed",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-0/-/- | charge failed",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/shop/pay-0/-/- | charge failed",
            "4.0 business 2026-11-21T16:00:00.000000Z error -/-/-/-/- | batch failed",
        ],
    );
}

#[test]
fn places_in_paths_and_tags() {
    const FILE: &str = "pay-api-7d9f8b6c5d-x2x7k_shop_app-9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a1234.log";
    check(
        &[
            format!(r#"{{"@timestamp":"2026-11-22T02:12:01Z","log":{{"offset":7,"file":{{"path":"/var/log/containers/{FILE}"}}}},"host":{{"hostname":"node-1"}},"message":"charge failed","stream":"stderr"}}"#),
            format!("2026-11-22T02:12:02+00:00\tkubernetes.var.log.containers.{FILE}\t{{\"stream\":\"stdout\",\"logtag\":\"F\",\"message\":\"charge failed\"}}"),
        ]
        .join("\n"),
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-api-7d9f8b6c5d-x2x7k/app/node-1 | charge failed stream=stderr",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-api-7d9f8b6c5d-x2x7k/app/- | charge failed stream=stdout",
        ],
    );
}

#[test]
fn an_event_that_names_only_its_begin_was_last_seen_when_it_was_collected() {
    check(
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"k8s.object.kind","value":{"stringValue":"Pod"}},{"key":"k8s.object.name","value":{"stringValue":"pay-0"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795486323000000000","severityText":"Warning","body":{"stringValue":"Back-off"},"attributes":[{"key":"k8s.event.reason","value":{"stringValue":"BackOff"}},{"key":"k8s.event.start_time","value":{"stringValue":"2026-11-24 02:00:01 +0000 UTC"}},{"key":"k8s.namespace.name","value":{"stringValue":"shop"}}]}]}]}]}"#,
        &["1.0 event 2026-11-24T02:12:03.000000Z warn -/shop/pay-0/-/- | Back-off reason=BackOff name=pay-0"],
    );
}

#[test]
fn levels_that_are_numbers_of_their_own() {
    check(
        r#"{"severity":500,"message":"charge failed","time":"2026-11-22T02:12:01Z"}
{"levelno":40,"message":"charge failed","time":"2026-11-22T02:12:02Z"}
{"LogLevel":3,"message":"slow","time":"2026-11-22T02:12:03Z"}
{"prio":1,"err_code":1045,"label":"Error","msg":"access denied","time":"2026-11-22T02:12:04Z"}
{"level":300,"level_name":"WARNING","message":"slow","time":"2026-11-22T02:12:05Z"}"#,
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z error -/-/-/-/- | charge failed",
            "2.0 business 2026-11-22T02:12:02.000000Z error -/-/-/-/- | charge failed",
            "3.0 business 2026-11-22T02:12:03.000000Z warn -/-/-/-/- | slow",
            "4.0 business 2026-11-22T02:12:04.000000Z error -/-/-/-/- | access denied",
            "5.0 business 2026-11-22T02:12:05.000000Z warn -/-/-/-/- | slow",
        ],
    );
}

#[test]
fn an_event_without_its_object() {
    check(
        r#"{"items":[{"namespace":"shop","lastTimestamp":"2026-11-22T10:12:01+08:00","reason":"FailedUpdate","message":"reconciler failed: requeue in 20s","type":"Warning"}]}"#,
        &[
            "1.0 event 2026-11-22T02:12:01.000000Z warn -/shop/-/-/- | reconciler failed: requeue in 20s reason=FailedUpdate",
        ],
    );
}

#[test]
fn exports_of_consoles_keep_the_place() {
    check(
        r#"{"results":[{"events":[{"timestamp":1795313521000,"message":"charge failed","namespace_name":"shop","pod_name":"pay-0","newrelic.source":"api.logs"}]}]}
{"datetime":1795313522000,"logContent":{"data":{"message":"charge failed","tailed_path":"/var/log/containers/pay-api-7d9f8b6c5d-x2x7k_shop_app-9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a9f8e7d6c5b4a1234.log"},"time":"2026-11-22T02:12:02Z","type":"com.oraclecloud.logging.custom.oke"}}
{"@timestamp":1795313523000,"@rawstring":"charge failed","@id":"x0","kubernetes.namespace_name":"shop","kubernetes.pod_name":"pay-0"}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/-/- | charge failed",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-api-7d9f8b6c5d-x2x7k/app/- | charge failed",
            "3.0 standard 2026-11-22T02:12:03.000000Z - -/shop/pay-0/-/- | charge failed",
        ],
    );
}

#[test]
fn what_the_journal_and_syslog_ng_add() {
    check(
        r#"{"__REALTIME_TIMESTAMP":"1795313521000000","CONTAINER_NAME":"pay","CONTAINER_PARTIAL_MESSAGE":"true","PRIORITY":"6","MESSAGE":"charge "}
{"__REALTIME_TIMESTAMP":"1795313521000001","CONTAINER_NAME":"pay","PRIORITY":"6","MESSAGE":"failed"}
{"PROGRAM":"pay","PRIORITY":"err","MESSAGE":"charge failed","HOST":"node-1","DATE":"2026-11-22T10:12:02+08:00"}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000001Z info -/-/-/pay/- | charge failed",
            "3.0 standard 2026-11-22T02:12:02.000000Z error -/-/-/-/node-1 | charge failed",
        ],
    );
}

#[test]
fn records_that_are_texts_of_json() {
    check(
        r#""{\"@timestamp\":\"2026-11-22T02:12:01Z\",\"kubernetes\":{\"namespace_name\":\"shop\",\"pod_name\":\"pay-0\"},\"log\":\"ERROR charge failed\\n\"}"
{"topic":"logs","partition":2,"offset":551,"tstype":"create","ts":1795313522000,"key":"shop/pay-0","payload":"{\"level\":\"error\",\"message\":\"charge failed\"}"}"#,
        &[
            "1.0 business 2026-11-22T02:12:01.000000Z error -/shop/pay-0/-/- | charge failed",
            "2.0 business 2026-11-22T02:12:02.000000Z error -/-/-/-/- | charge failed",
        ],
    );
}

#[test]
fn an_applications_own_record_is_no_envelope() {
    let line = |rest: &str| {
        format!(
            "2026-11-22T02:12:09Z stdout F {{\"time\":\"2026-11-22T02:12:01Z\",\"level\":\"warn\",\"msg\":\"no oil\",{rest}}}\n"
        )
    };
    for rest in [
        r#""file":"till.rs","line":33"#,
        r#""hostname":"till-0","line":"33""#,
        r#""hostname":"till-0","log":"audit""#,
        r#""path":"/v1/up","content":"multipart/form-data""#,
        r#""records":[]"#,
        r#""results":[{"id":1},{"id":2}]"#,
        r#""hits":{"hits":[{"_id":"a"}]}"#,
        r#""data":{"result":[{"message":"not found"}]}"#,
    ] {
        check(
            &line(rest),
            &["1.0 standard 2026-11-22T02:12:01.000000Z warn -/-/-/-/- | no oil stream=stdout"],
        );
    }
}

#[test]
fn names_that_dockershim_and_docker_gave() {
    check(
        r#"{"TimeGenerated":"2026-11-22T02:12:01Z","Name":"k8s_app_pay-0_shop_0b2c1d0e-1111-4222-8333-944445555666_0","LogEntry":"charge failed","LogEntrySource":"stderr"}
{"log":"charge failed\n","stream":"stderr","attrs":{"io.kubernetes.container.name":"app","io.kubernetes.pod.name":"pay-0","io.kubernetes.pod.namespace":"shop"},"time":"2026-11-22T02:12:02Z"}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-0/app/- | charge failed stream=stderr",
            "2.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-0/app/- | charge failed stream=stderr",
        ],
    );
}

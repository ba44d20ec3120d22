//! CSV with a header row: all dialects, the columns, the inner formats, and that no record of a
//! hostile CSV is lost.

use crate::envelope::{check, read, read_as};

/// The header of an export whose texts are lines of Docker's.
const EXPORT: &str = "Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log";

#[test]
fn every_dialect_is_read() {
    let expected = [
        "2.0 standard 2026-11-22T02:12:01.000000Z - -/shop/pay-api-0/-/- | plain",
        "3.0 standard 2026-11-22T02:12:02.000000Z - -/shop/pay-api-0/-/- | a, b; c | d\te f",
        "4.0 standard 2026-11-22T02:12:03.000000Z - -/shop/pay-api-0/-/- | say \"no\", don't",
    ];
    for delimiter in [",", ";", "\t", "|", " "] {
        for quote in ["\"", "'"] {
            let quoted = |text: &str| format!("{quote}{}{quote}", text.replace(quote, &quote.repeat(2)));
            let line = |fields: [&str; 4]| fields.join(delimiter) + "\n";
            let row = |second: u8, text: &str| {
                let ms = format!("17953135{second}000");
                line([ms.as_str(), "shop", "pay-api-0", text])
            };
            let rows = [
                row(21, "plain"),
                row(22, &quoted("a, b; c | d\te f")),
                row(23, &quoted("say \"no\", don't")),
            ];
            let names = ["__TIMESTAMP__", "__TAG__.namespace", "__TAG__.pod_name", "__CONTENT__"];
            let headers = [line(names), line(names.map(quoted).each_ref().map(String::as_str))];
            for header in headers {
                let counts = check(&format!("{header}{}", rows.concat()), &expected);
                assert_eq!(counts.dropped["CSV header"], 1);
                assert_eq!(counts.formats["csv > text"], 3);
            }
        }
    }
}

#[test]
fn names_of_columns_come_in_any_style() {
    for header in [
        "timestamp,namespace,pod,container,node,level,trace_id,message",
        "Time, Namespace Name, Pod Name, Container Name, Host, Severity, Trace ID, Msg",
        "@timestamp,kubernetes.namespace_name,kubernetes.pod_name,kubernetes.container_name,kubernetes.host,log.level,trace.id,log",
        "ts,k8s.namespace.name,k8s.pod.name,k8s.container.name,k8s.node.name,severityText,traceId,body",
        "__TIMESTAMP__,__TAG__.namespace,__TAG__.pod_name,__TAG__.container_name,__HOSTNAME__,level,TraceID,__CONTENT__",
    ] {
        check(
            &format!(
                "{header}\n2026-11-22T10:12:01+08:00,shop,pay-api-0,app,node-1,WARN,4bf92f3577b34da6,slow\n"
            ),
            &[
                "2.0 standard 2026-11-22T02:12:01.000000Z warn -/shop/pay-api-0/app/node-1 | slow trace=4bf92f3577b34da6",
            ],
        );
    }
    // a time without a zone is in the configured zone; the placeholders of shippers are absent values
    check(
        "time,namespace,pod,msg\n2026-11-22 10:12:01.5,-,null,slow\n",
        &["2.0 standard 2026-11-22T02:12:01.500000Z - -/-/-/-/- | slow"],
    );
}

#[test]
fn values_without_a_column_are_attributes() {
    let document = concat!(
        "__TIMESTAMP__,__SOURCE__,__FILENAME__,__TAG__.app,requestId,time,level,__CONTENT__\n",
        "1795313521000,10.0.1.7,/var/log/pay.log,pay,r-1,,odd,\"one \"\"two\"\"\"\n",
        "soon,-,,,r-2,2026-11-22T02:12:02Z,,three\n",
    );
    let (rows, _) = read_as(document, |row| {
        format!("{} {}", row.record.message, row.record.attrs.clone().into_json().unwrap_or_default())
    });
    let expected = [
        r#"one "two" {"ts_source":"collector","source":"10.0.1.7","filename":"/var/log/pay.log","app":"pay","requestId":"r-1","level":"odd"}"#,
        r#"three {"ts_source":"collector","timestamp":"soon","requestId":"r-2","time":"2026-11-22T02:12:02Z"}"#,
    ];
    assert_eq!(rows, expected);
}

#[test]
fn inner_formats_read_the_text() {
    let time = "2026-11-22T02:12:01.386637821Z,1795313521386637821";
    let docker = |text: &str| {
        let line =
            format!(r#"{{"log":"{text}\n","stream":"stdout","time":"2026-11-22T02:12:01.386637821Z"}}"#);
        line.replace('"', "\"\"")
    };
    let place = "10.0.0.7,pay-api-7d9f8b6c5d-x2x7k,app";
    let ids = "4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7";
    let document = [
        EXPORT.to_owned(),
        // its own time has neither date nor zone, and is late: the envelope's time is used
        format!("{time},{place},{ids},\"{}\"", docker("10:03:09.017 ERROR c.s.Pay#36 - refused, again")),
        format!("{time},{place},{ids},\"{}\"", docker("2026-11-22 10:12:01.300 INFO [main] c.s.Pay - up")),
        format!("{time},{place},{ids},level=warn msg=slow"),
        format!(r#"{time},{place},,,"{{""msg"":""charged"",""level"":""info"",""trace_id"":""ab12cd34ab12cd34""}}""#),
        format!(r#"{time},,,,,,"{{""auditID"":""a-1"",""verb"":""get"",""objectRef"":{{""resource"":""pods""}}}}""#),
        format!(r#"{time},,,,,,"{{""kind"":""Event"",""type"":""Warning"",""reason"":""BackOff"",""message"":""Back-off"",""involvedObject"":{{""kind"":""Pod"",""name"":""pay-api-0""}}}}""#),
    ]
    .join("\n");
    let counts = check(
        &document,
        &[
            "2.0 standard 2026-11-22T02:12:01.386637Z error -/-/pay-api-7d9f8b6c5d-x2x7k/app/10.0.0.7 | refused, again stream=stdout trace=4bf92f3577b34da6a3ce929d0e0e4736",
            "3.0 standard 2026-11-22T02:12:01.300000Z info -/-/pay-api-7d9f8b6c5d-x2x7k/app/10.0.0.7 | up stream=stdout trace=4bf92f3577b34da6a3ce929d0e0e4736",
            "4.0 business 2026-11-22T02:12:01.386637Z warn -/-/pay-api-7d9f8b6c5d-x2x7k/app/10.0.0.7 | slow trace=4bf92f3577b34da6a3ce929d0e0e4736",
            "5.0 business 2026-11-22T02:12:01.386637Z info -/-/pay-api-7d9f8b6c5d-x2x7k/app/10.0.0.7 | charged trace=ab12cd34ab12cd34",
            "6.0 audit 2026-11-22T02:12:01.386637Z info -/-/-/-/- | unknown user get pods * id=a-1",
            "7.0 event 2026-11-22T02:12:01.386637Z warn -/-/pay-api-0/-/- | Back-off reason=BackOff name=pay-api-0",
        ],
    );
    assert_eq!(counts.formats["csv > docker > logback"], 2);
}

#[test]
fn a_structured_topic_becomes_one_record() {
    check(
        concat!(
            "__TIMESTAMP__,__TAG__.cluster_id,auditID,verb,objectRef,user\n",
            r#"1795313521000,prod,a-1,get,"{""resource"":""pods"",""namespace"":""shop""}","{""username"":""bob""}""#,
            "\n",
        ),
        &["2.0 audit 2026-11-22T02:12:01.000000Z info prod/shop/-/-/- | bob get pods shop/* id=a-1"],
    );
}

#[test]
fn a_row_never_continues_another_row() {
    // a quoted text may span lines; a line that Docker cut continues in no other row, because rows have
    // no order
    let document = format!(
        "{EXPORT}\n{},,,,,,,\"2026-11-22 10:12:01.000 ERROR [main] c.s.Pay - failed\njava.io.IOException: reset\r\n\tat c.s.Pay.charge(Pay.java:42)\"\n{}\n{}\n",
        "2026-11-22T02:12:01Z",
        r#"2026-11-22T02:12:03Z,,,pay-api-0,,,,"{""log"":""10:12:03.000 INFO long"",""stream"":""stdout"",""time"":""2026-11-22T02:12:03Z""}""#,
        r#"2026-11-22T02:12:02Z,,,pay-api-0,,,,"{""log"":""10:12:02.000 INFO next\n"",""stream"":""stdout"",""time"":""2026-11-22T02:12:02Z""}""#,
    );
    let (rows, counts) = read_as(&document, |row| {
        let model::record::Body::Text(fields) = &row.record.body else { return "no text".into() };
        let stack = fields.stack.as_deref().unwrap_or("-");
        let attrs = row.record.attrs.clone().into_json().unwrap_or_default();
        format!("{} {} {stack:?} {attrs}", row.line, row.record.message)
    });
    let expected = [
        r#"2 failed "java.io.IOException: reset\n\tat c.s.Pay.charge(Pay.java:42)" "#,
        r#"5 long "-" {"ts_source":"collector","partial":true}"#,
        r#"6 next "-" {"ts_source":"collector"}"#,
    ];
    assert_eq!(rows, expected);
    assert_eq!(counts.joined, 0);
}

#[test]
fn lines_of_a_stack_join_only_in_order() {
    let row = |second: u8, text: &str| format!("2026-11-22T02:12:0{second}Z,pay-api-0,{text}\n");
    let (first, further) = (row(1, "ERROR failed"), row(2, "    at Pay.charge(Pay.java:42)"));
    let header = "time,pod,message\n";
    let joined = "2.0 business 2026-11-22T02:12:01.000000Z error -/-/pay-api-0/-/- | failed";
    assert_eq!(check(&format!("{header}{first}{further}"), &[joined]).joined, 1);
    check(
        &format!("{header}{}{first}", row(3, "ERROR other") + &further),
        &[
            "2.0 business 2026-11-22T02:12:03.000000Z error -/-/pay-api-0/-/- | other",
            "3.0 standard 2026-11-22T02:12:02.000000Z - -/-/pay-api-0/-/- |     at Pay.charge(Pay.java:42)",
            "4.0 business 2026-11-22T02:12:01.000000Z error -/-/pay-api-0/-/- | failed",
        ],
    );
}

#[test]
fn hostile_rows_cost_only_their_own_line() {
    let document = concat!(
        "\u{feff}\r\n",
        "time,pod,message\r\n",
        "2026-11-22T02:12:01Z,pay-api-0,good\r\n",
        "\r\n",
        "2026-11-22T02:12:02Z,missing\r\n",
        "2026-11-22T02:12:03Z,pay-api-0,one,too many\r\n",
        "2026-11-22T02:12:04Z,pay-api-0,\"wrong\" quotes\r\n",
        "2026-11-22T02:12:05Z,pay-api-0,\"opened, and\r\n",
        "2026-11-22T02:12:06Z,pay-api-0,\"good again\"\r\n",
        "time,pod,message\r\n",
        "2026-11-22T02:12:07Z,pay-api-0,\r\n",
        "2026-11-22T02:12:08Z,pay-api-0,6\" wide\r\n",
        "2026-11-22T02:12:09Z,pay-api-0,\"never closed",
    );
    let counts = check(
        document,
        &[
            "3.0 standard 2026-11-22T02:12:01.000000Z - -/-/pay-api-0/-/- | good",
            "5.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | 2026-11-22T02:12:02Z,missing",
            "6.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | 2026-11-22T02:12:03Z,pay-api-0,one,too many",
            "7.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | 2026-11-22T02:12:04Z,pay-api-0,\"wrong\" quotes",
            "8.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | 2026-11-22T02:12:05Z,pay-api-0,\"opened, and",
            "9.0 standard 2026-11-22T02:12:06.000000Z - -/-/pay-api-0/-/- | good again",
            "12.0 standard 2026-11-22T02:12:08.000000Z - -/-/pay-api-0/-/- | 6\" wide",
            "13.0 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | 2026-11-22T02:12:09Z,pay-api-0,\"never closed",
        ],
    );
    let faults = [
        (5, "2 fields; the header has 3"),
        (6, "4 fields; the header has 3"),
        (7, "text after a closing quote"),
        (8, "text after a closing quote"),
        (13, "a quote that never closes"),
    ];
    assert_eq!(counts.faults, faults.map(|(line, why)| (line, why.to_owned())));
    assert_eq!((counts.parsed, counts.dropped["CSV header"], counts.dropped["blank line"]), (3, 2, 3));
}

#[test]
fn an_open_quote_never_swallows_the_rest() {
    let lines = 40_000; // well over the limit of one record
    let mut document = String::from("time,pod,message\n2026-11-22T02:12:01Z,pay-api-0,\"opened\n");
    for n in 0..lines {
        document.push_str(&format!("2026-11-22T02:12:02Z,pay-api-{},a line without a quote\n", n % 10));
    }
    let (rows, counts) = read(&document);
    assert_eq!((counts.parsed, counts.unparsed), (lines, 1), "{:?}", counts.faults);
    assert_eq!(counts.faults, [(2, "a quote that never closes".to_owned())]);
    assert!(rows[0].starts_with("2.0 ") && rows[0].ends_with(",\"opened"), "{}", rows[0]);
    assert!(rows[1].starts_with("3.0 standard 2026-11-22T02:12:02"), "{}", rows[1]);
}

#[test]
fn other_texts_are_not_csv() {
    for line in [
        "time flies, log in",
        "time log",
        "time,pod,container",
        "message,level",
        "Log: time, pod",
        "2026-11-22 10:12:01 INFO time,message",
        "\"time\" \"message\"",
        "time=1,message=2",
    ] {
        let (rows, counts) = read(&format!("{line}\n2026-11-22 10:12:02 INFO [main] a.B - x\n"));
        assert_eq!((rows.len(), counts.dropped.len()), (2, 0), "{line}: {rows:?}");
    }
    // nor is a text within another envelope that looks like CSV
    let (rows, counts) =
        read(r#"{"log":"time,message\n1795313521000,x\n","stream":"stdout","time":"2026-11-22T02:12:01Z"}"#);
    assert_eq!((rows.len(), counts.dropped.len()), (1, 0), "{rows:?}");
}

#[test]
fn a_time_of_day_yields_to_the_collectors_time() {
    check(
        "2026-11-22T02:12:01.123456789Z stdout F 10:02:09.017 ERROR c.s.Pay - refused\n",
        &["1.0 standard 2026-11-22T02:12:01.123456Z error -/-/-/-/- | refused stream=stdout"],
    );
}

#[test]
fn events_may_be_csv() {
    check(
        "lastTimestamp,namespace,kind,name,type,reason,count,message\n\
         2026-11-22T02:12:01Z,shop,Pod,pay-0,Warning,BackOff,31,\"Back-off restarting failed container\"\n",
        &[
            "2.0 event 2026-11-22T02:12:01.000000Z warn -/shop/pay-0/-/- | Back-off restarting failed container reason=BackOff name=pay-0",
        ],
    );
}

#[test]
fn each_row_has_the_first_text_that_is_there() {
    let counts = check(
        "timestamp,level,message,log\n\
         2026-11-22T02:12:01Z,error,,till is stuck\n\
         2026-11-22T02:12:02Z,warn,no oil,raw line\n\
         2026-11-22T02:12:03Z,warn,,\n\
         2026-11-22T02:12:04Z,info,-,\n",
        &[
            "2.0 standard 2026-11-22T02:12:01.000000Z error -/-/-/-/- | till is stuck",
            "3.0 standard 2026-11-22T02:12:02.000000Z warn -/-/-/-/- | no oil",
            "5.0 standard 2026-11-22T02:12:04.000000Z info -/-/-/-/- | -",
        ],
    );
    assert_eq!(counts.dropped["blank line"], 1);
}

#[test]
fn exports_of_google_keep_texts_and_levels_in_two_columns() {
    check(
        "insertId,jsonPayload.level,jsonPayload.message,labels.compute.googleapis.com/resource_name,resource.labels.pod_name,severity,textPayload,timestamp\n\
         a,error,till is stuck,pool-1-ab,till-0,DEFAULT,,2026-11-22T02:12:01Z\n\
         b,,,pool-1-ab,till-0,WARNING,no oil,2026-11-22T02:12:02Z\n",
        &[
            "2.0 standard 2026-11-22T02:12:01.000000Z error -/-/till-0/-/pool-1-ab | till is stuck",
            "3.0 standard 2026-11-22T02:12:02.000000Z warn -/-/till-0/-/pool-1-ab | no oil",
        ],
    );
}

#[test]
fn a_column_holds_the_path_of_a_containers_log() {
    check(
        "_raw,_time,host,source\n\
         till is stuck,2026-11-22T02:12:01.000+0000,node-1,/var/log/pods/shop_till-0_0c1d9a2e-1111-4222-8333-944445555666/app/0.log\n\
         no oil,2026-11-22T02:12:02.000+0000,node-1,/var/log/till.log\n",
        &[
            "2.0 standard 2026-11-22T02:12:01.000000Z - -/shop/till-0/app/node-1 | till is stuck",
            "3.0 standard 2026-11-22T02:12:02.000000Z - -/-/-/-/node-1 | no oil",
        ],
    );
}

#[test]
fn sumo_logic_names_the_time_of_a_message() {
    check(
        "_messagetime,_messagetimems,_receipttime,pod,_raw\n\
         11/22/2026 02:12:01.000 AM +0000,1795313521000,1795313599000,till-0,\"{\"\"timestamp\"\":1795313521000,\"\"log\"\":\"\"ERROR till is stuck\"\"}\"\n\
         11/22/2026 02:12:02.000 AM +0000,1795313522000,1795313599000,till-0,INFO no oil\n",
        &[
            "2.0 business 2026-11-22T02:12:01.000000Z error -/-/till-0/-/- | till is stuck",
            "3.0 business 2026-11-22T02:12:02.000000Z info -/-/till-0/-/- | no oil",
        ],
    );
}

#[test]
fn azures_events_name_their_zone_in_the_header() {
    check(
        "TimeGenerated [UTC],Computer,ObjectKind,Namespace,Name,Reason,Message,KubeEventType,FirstSeen [UTC],LastSeen [UTC],Count\n\
         \"11/22/2026, 2:20:00.000 AM\",pool-1-0,Pod,shop,till-0,BackOff,no oil,Warning,\"11/22/2026, 2:10:01.000 AM\",\"11/22/2026, 2:12:01.000 AM\",4\n",
        &[
            "2.0 event 2026-11-22T02:12:01.000000Z warn -/shop/till-0/-/pool-1-0 | no oil reason=BackOff name=till-0",
        ],
    );
}

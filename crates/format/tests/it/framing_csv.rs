//! CSV without a header row, of a kind that is known by its shape: PostgreSQL's csvlog.

use crate::framing::{messages, read_object};

/// Columns after the message in version 16, empty but for the application.
const REST: &str = ",,,,,,,,,\"pay-api\",\"client backend\",,0";

/// Returns the front of a record: time, session and severity.
fn front(time: &str, severity: &str, state: &str) -> String {
    format!(
        "{time},\"pay\",\"shop\",4711,\"10.0.0.7:50466\",6a1b2c3d.1267,3,\"INSERT\",2026-11-22 02:00:00 UTC,7/9,0,{severity},{state},"
    )
}

#[test]
fn records_of_every_version_are_read() {
    let time = "2026-11-22 02:12:01.386 UTC";
    // version 16, 13 and 12, and a header that someone added
    for rest in [REST, ",,,,,,,,,\"pay-api\",\"client backend\"", ",,,,,,,,,\"pay-api\""] {
        let first = format!("{}\"paid\"{rest}\n", front(time, "LOG", "00000"));
        let object = read_object(first.as_bytes());
        let expected = "1.0 business 2026-11-22T02:12:01.386000Z info -/-/-/-/- | paid";
        assert_eq!((object.rows, object.counts.unparsed), (vec![expected.to_owned()], 0), "{rest}");
    }
    assert!(
        read_object(format!("{}\"paid\"{REST}\n", front(time, "LOG", "00000")).as_bytes()).counts.formats["csv > json"]
            == 1
    );
    let names = "log_time,user_name,database_name,process_id,connection_from,session_id,session_line_num,command_tag,session_start_time,virtual_transaction_id,transaction_id,error_severity,sql_state_code,message,detail,hint,internal_query,internal_query_pos,context,query,query_pos,location,application_name,backend_type,leader_pid,query_id";
    let object =
        read_object(format!("{names}\n{}\"paid\"{REST}\n", front(time, "PANIC", "XX000")).as_bytes());
    assert_eq!(object.rows, ["2.0 business 2026-11-22T02:12:01.386000Z fatal -/-/-/-/- | paid"]);
}

#[test]
fn severities_and_codes_have_their_columns() {
    let severities = [
        ("LOG", "info"),
        ("INFO", "info"),
        ("NOTICE", "info"),
        ("DEBUG1", "debug"),
        ("DEBUG5", "debug"),
        ("WARNING", "warn"),
        ("ERROR", "error"),
        ("FATAL", "fatal"),
        ("PANIC", "fatal"),
    ];
    let record =
        |severity: &str| format!("{}\"done\"{REST}\n", front("2026-11-22 02:12:01 UTC", severity, "23505"));
    let object = read_object(severities.map(|(severity, _)| record(severity)).concat().as_bytes());
    let levels: Vec<&str> = object.rows.iter().filter_map(|row| row.split(' ').nth(3)).collect();
    assert_eq!(levels, severities.map(|(_, level)| level));
    let (rows, _) = crate::envelope::read_as(&(record("LOG") + &record("ERROR")), |row| {
        let model::record::Body::Text(fields) = &row.record.body else { return "no text".into() };
        let attrs = row.record.attrs.clone().into_json().unwrap_or_default();
        format!("{:?} {attrs}", fields.error_code)
    });
    let attrs = r#""user_name":"pay","database_name":"shop","process_id":"4711","connection_from":"10.0.0.7:50466","session_id":"6a1b2c3d.1267","session_line_num":"3","command_tag":"INSERT","session_start_time":"2026-11-22 02:00:00 UTC","virtual_transaction_id":"7/9","transaction_id":"0""#;
    let rest = r#""application_name":"pay-api","backend_type":"client backend","query_id":"0"}"#;
    let expected = [
        format!(r#"None {{{attrs},"sql_state_code":"23505",{rest}"#),
        format!(r#"Some("23505") {{{attrs},{rest}"#),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_quoted_line_end_ends_no_record() {
    let time = "2026-11-22 10:12:01.386 CST"; // ambiguous: the configured zone
    let object = [
        format!(
            "{}\"automatic vacuum of table \"\"shop.orders\"\": index scans: 0\npages: 0 removed,\n\ntuples: 7\"{REST}\r\n",
            front(time, "LOG", "00000")
        ),
        format!(
            "{}\"duplicate key\",\"Key (id)=(7)\nexists.\",,,,,\"insert into orders\nvalues ($1)\",,,\"\",\"client backend\",,0\r\n",
            front(time, "ERROR", "23505")
        ),
        format!("{}\"connection authorized: user=pay database=shop\"{REST}\r\n", front(time, "LOG", "00000")),
    ];
    let rows = messages(object.concat().as_bytes());
    let expected = [
        "1.0 automatic vacuum of table \"shop.orders\": index scans: 0\npages: 0 removed,\n\ntuples: 7",
        "5.0 duplicate key",
        "8.0 connection authorized: user=pay database=shop",
    ];
    assert_eq!(rows, expected);
    let rows = read_object(object.concat().as_bytes()).rows;
    assert!(rows.iter().all(|row| row.contains(" 2026-11-22T02:12:01.386000Z ")), "{rows:?}");
    // the first record is longer than the bytes that are looked at: no kind can be known
    let long = format!("{}\n", "x".repeat(1000)).repeat(300);
    assert!(
        read_object(format!("{}\"{long}\"{REST}\n", front(time, "LOG", "00000")).as_bytes()).error.is_none()
    );
}

#[test]
fn a_broken_record_costs_its_own_line() {
    let record =
        |message: &str| format!("{}{message}{REST}\n", front("2026-11-22 02:12:01 UTC", "LOG", "00000"));
    let object =
        [record("\"a\""), "a line of another program\n".into(), record("\"never closed"), record("\"b\"")]
            .concat();
    let object = read_object(object.as_bytes());
    assert_eq!((object.counts.parsed, object.counts.unparsed), (2, 2), "{:?}", object.counts.faults);
}

#[test]
fn other_csv_has_no_known_kind() {
    for line in [
        "2026-11-22 02:12:01.386 UTC,pay,shop,4711",
        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24",
        "2026-11-22 02:12:01 INFO [main] a.B - a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w",
        "2026-11-22 02:12:01 UTC,a,b,4711,d,6a1b.12,x,h,i,j,k,LOG,00000,n,,,,,,,,,w",
    ] {
        let object = read_object(format!("{line}\n{line}\n").as_bytes());
        assert!(object.counts.formats.keys().all(|chain| !chain.starts_with("csv")), "{line}");
        assert_eq!(object.counts.frames, 2, "{line}");
    }
}

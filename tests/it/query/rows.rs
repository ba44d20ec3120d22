//! Typed reading of result rows, and their JSON.

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use headwater::query::rows::{Row, json_rows, rows};
use model::time::Ts;
use std::sync::Arc;

#[test]
fn columns_are_read_by_type_and_nulls_are_absent() {
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value([Some("a"), None, Some("b")]);
    list.append_null();
    let ts = TimestampMicrosecondArray::from(vec![Some(1_795_312_800_000_001), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("plain", Arc::new(StringArray::from(vec![Some("x"), None]))),
        ("view", Arc::new(StringViewArray::from(vec![Some(""), None]))),
        ("name", Arc::new(vec![Some("y"), None].into_iter().collect::<DictionaryArray<Int32Type>>())),
        ("int", Arc::new(Int64Array::from(vec![Some(7), None]))),
        ("float", Arc::new(Float64Array::from(vec![Some(0.5), None]))),
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("local", Arc::new(ts.clone())),
        ("ts", Arc::new(ts.with_timezone("UTC"))),
        ("texts", Arc::new(list.finish())),
    ];
    let batch = [RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .expect("a batch")];
    let all: Vec<Row<'_>> = rows(&batch).collect();
    let (first, second) = (all[0], all[1]);
    assert_eq!(
        (first.text("plain"), first.text("view"), first.text("name")),
        (Some("x"), Some(""), Some("y"))
    );
    assert_eq!(first.non_empty("view"), None);
    assert_eq!(
        (first.int("int"), first.float("float"), first.bool("bool")),
        (Some(7), Some(0.5), Some(true))
    );
    assert_eq!((first.ts("ts"), first.ts("local")), (Some(Ts(1_795_312_800_000_001)), None));
    assert_eq!(first.texts("texts"), ["a", "b"]);
    assert_eq!((first.text("int"), first.int("plain"), first.text("missing")), (None, None, None));
    for name in ["plain", "view", "name"] {
        assert_eq!(second.text(name), None);
    }
    assert_eq!((second.int("int"), second.ts("ts"), second.texts("texts")), (None, None, Vec::new()));
    let json = json_rows(&batch).expect("JSON");
    assert_eq!(json[0]["ts"], "2026-11-22T02:00:00.000001Z");
    assert!(json[1].is_empty());
}

//! The function `broken_objects` of SQL: the states of a cluster's objects → those that are wrong, which the view
//! `broken` shows. Must not know the faults of an object.

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, ListArray, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, TimeUnit, TimestampMicrosecondType};
use cluster::{Broken, Observation, REFUSAL, broken};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// The reason by which the view passes the last errors of a log.
const LAST_WORDS: &str = "last words";

/// A column of the view and its text.
type Text = (&'static str, fn(&Broken) -> &str);

/// The texts of a row of the view, in the order of the columns.
const TEXTS: [Text; 8] = [
    ("namespace", |broken| &broken.namespace),
    ("workload", |broken| &broken.workload),
    ("kind", |broken| &broken.kind),
    ("name", |broken| &broken.name),
    ("reason", |broken| broken.reason),
    ("message", |broken| &broken.what),
    ("zh", |broken| &broken.zh),
    ("row_id", |broken| &broken.row),
];

/// Returns the function.
pub fn function() -> ScalarUDF {
    ScalarUDF::new_from_impl(BrokenObjects { signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BrokenObjects {
    signature: Signature,
}

impl ScalarUDFImpl for BrokenObjects {
    fn name(&self) -> &'static str {
        "broken_objects"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(item()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [argument] = ColumnarValue::values_to_arrays(&args.args)?
            .try_into()
            .map_err(|_| exec_datafusion_err!("broken_objects has one argument"))?;
        let Some(lists) = argument.as_list_opt::<i32>() else {
            return exec_err!("the argument of broken_objects must be a list of structs");
        };
        let mut found: Vec<Broken> = Vec::new();
        let mut lengths = Vec::with_capacity(lists.len());
        for at in 0..lists.len() {
            let of_list =
                if lists.is_valid(at) { broken(observations(&lists.value(at))?) } else { Vec::new() };
            lengths.push(of_list.len());
            found.extend(of_list);
        }
        let rows = Arc::new(rows(&found)?);
        let list = ListArray::try_new(item(), OffsetBuffer::from_lengths(lengths), rows, None)?;
        Ok(ColumnarValue::Array(Arc::new(list)))
    }
}

/// Reads the structs of a list: time, row id, the command that showed a part of the object, and the object.
fn observations(list: &ArrayRef) -> Result<Vec<Observation>> {
    let Some(structs) = list.as_struct_opt().filter(|structs| structs.num_columns() == 4) else {
        return exec_err!("broken_objects needs structs of time, row, command and object");
    };
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let ts = cast(structs.column(0), &micros)?;
    let ts = ts.as_primitive::<TimestampMicrosecondType>();
    let texts = |column: usize| cast(structs.column(column), &DataType::Utf8View);
    let (row, shown, object) = (texts(1)?, texts(2)?, texts(3)?);
    let (row, shown, object) = (row.as_string_view(), shown.as_string_view(), object.as_string_view());
    let observation = |at: usize| {
        let text = object.is_valid(at).then(|| object.value(at))?;
        let by = if shown.is_valid(at) { shown.value(at) } else { "" };
        let is_event = by == "event";
        let object = match by {
            "event" => reported(text),
            "refusal" => refused(text),
            _ => serde_json::from_str(text).ok(),
        }?;
        Some(Observation {
            ts: ts.value(at),
            row: row.value(at).to_owned(),
            is_listed: by == "kubectl get",
            is_partial: shown.is_valid(at),
            is_reported: is_event,
            object,
        })
    };
    Ok((0..structs.len()).filter_map(observation).collect())
}

/// Returns the pod or workload that an event is about, with what it says as a condition. The text has five lines: kind,
/// namespace, name, reason and message.
fn reported(text: &str) -> Option<Value> {
    let mut lines = text.splitn(5, '\n');
    let (kind, namespace, name, reason) = (lines.next()?, lines.next()?, lines.next()?, lines.next()?);
    let condition = match reason {
        "FailedScheduling" => "PodScheduled",
        "FailedCreate" => "ReplicaFailure",
        "Unhealthy" => "Probe",
        "FailedPostStartHook" => "Hook",
        "FailedToRetrieveImagePullSecret" => "PullSecret",
        LAST_WORDS => "LastWords",
        _ => "VolumesMounted",
    };
    let message = lines.next()?;
    let condition = json!({ "type": condition, "status": "False", "reason": reason, "message": message });
    let metadata = json!({ "namespace": namespace, "name": name });
    Some(json!({ "kind": kind, "metadata": metadata, "status": { "reported": [condition] } }))
}

/// Returns a request that the API refused. The text has a line for the account's namespace, the account, the verb, the
/// resource, its group, the namespace of the request, the object that it names, and how often it was refused.
fn refused(text: &str) -> Option<Value> {
    let lines: Vec<&str> = text.split('\n').collect();
    let [namespace, account, verb, resource, group, target, name, times] = lines.as_slice() else {
        return None;
    };
    let key = format!("{account} {verb} {resource} {group} {target}");
    let metadata = json!({ "namespace": namespace, "name": key });
    let spec = json!({
        "account": account, "verb": verb, "resource": resource, "group": group, "namespace": target, "name": name,
        "count": times.parse::<i64>().unwrap_or(1),
    });
    Some(json!({ "kind": REFUSAL, "metadata": metadata, "spec": spec }))
}

fn rows(found: &[Broken]) -> Result<StructArray> {
    let times = |of: fn(&Broken) -> i64| -> ArrayRef {
        let times = TimestampMicrosecondArray::from_iter_values(found.iter().map(of));
        Arc::new(times.with_timezone("UTC"))
    };
    let mut columns = vec![times(|broken| broken.first), times(|broken| broken.last)];
    for (_, text) in TEXTS {
        let values = found.iter().map(|broken| Some(text(broken)).filter(|text| !text.is_empty()));
        columns.push(Arc::new(values.collect::<StringArray>()));
    }
    columns.push(Arc::new(Float64Array::from_iter_values(found.iter().map(|broken| broken.strength))));
    Ok(StructArray::try_new(fields(), columns, None)?)
}

fn fields() -> Fields {
    let ts =
        |name: &str| Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true);
    let texts = TEXTS.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true));
    let strength = Field::new("strength", DataType::Float64, true);
    [ts("ts"), ts("last_ts")].into_iter().chain(texts).chain([strength]).collect()
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(fields()), true))
}

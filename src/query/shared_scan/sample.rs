//! How many rows a filter selects, tried on the first rows of a table: its form does not say it.

use crate::query::engine::Engine;
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableSource};
use datafusion::prelude::{DataFrame, SessionContext};
use std::sync::Arc;

/// Rows that filters are tried on.
const ROWS: usize = 8192;
/// Of so many rows one may be selected.
const ONE_IN: usize = 20;
/// Columns of long texts, which cost more to read than all others.
const LONG: [&str; 8] =
    ["message", "attrs", "request", "response", "object", "stack", "uri", "decision_reason"];

/// The first rows of a table.
pub(super) struct Sample {
    context: SessionContext,
    schema: DFSchema,
    rows: RecordBatch,
}

impl Sample {
    pub(super) async fn of(
        engine: &Engine,
        name: &str,
        source: &Arc<dyn TableSource>,
    ) -> Result<Self, DataFusionError> {
        let plan = LogicalPlanBuilder::scan(name, Arc::clone(source), None)?.limit(0, Some(ROWS))?.build()?;
        let frame = DataFrame::new(engine.context.state(), plan);
        let schema = frame.schema().clone();
        let batches = frame.collect().await?;
        let rows = concat_batches(schema.inner(), &batches)?;
        Ok(Self { context: engine.context.clone(), schema, rows })
    }

    /// Returns the cheapest condition that holds for all rows of a filter and for few others: its conditions on short
    /// columns, else all of it. `None` if the filter selects many rows, or fails.
    pub(super) fn cheapest(&self, filter: &Expr, schema: &SchemaRef) -> Option<Expr> {
        let conditions: Vec<&Expr> = split_conjunction(filter);
        let is_long = |name: &str| {
            LONG.contains(&name)
                || schema.field_with_name(name).is_ok_and(|field| field.data_type().is_nested())
        };
        let is_short =
            |expr: &&&Expr| !calls(expr) && !expr.column_refs().iter().any(|column| is_long(&column.name));
        let cheap = conjunction(conditions.iter().filter(is_short).map(|expr| (*expr).clone()));
        cheap
            .filter(|cheap| self.selects_few(cheap))
            .or_else(|| self.selects_few(filter).then(|| filter.clone()))
    }

    /// Returns true if an expression holds for few rows, whatever their time: the first rows are of one hour.
    fn selects_few(&self, expr: &Expr) -> bool {
        let beyond_ts = |expr: &&Expr| expr.column_refs().iter().any(|column| column.name != "ts");
        let Some(expr) = conjunction(split_conjunction(expr).into_iter().filter(beyond_ts).cloned()) else {
            return false;
        };
        let count = || {
            let physical = self.context.state().create_physical_expr(expr, &self.schema)?;
            let holds = physical.evaluate(&self.rows)?.into_array(self.rows.num_rows())?;
            Ok::<_, DataFusionError>(match holds.data_type() {
                DataType::Boolean => Some(holds.as_boolean().true_count()),
                _ => None,
            })
        };
        count().is_ok_and(|count| count.is_some_and(|count| count * ONE_IN <= self.rows.num_rows()))
    }
}

/// Returns true if an expression calls a function or compares with a pattern.
fn calls(expr: &Expr) -> bool {
    let mut found = false;
    let _ = expr.apply(|part| {
        found |= matches!(part, Expr::ScalarFunction(_) | Expr::SimilarTo(_))
            || matches!(part, Expr::BinaryExpr(binary) if binary.op.to_string().contains('~'));
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

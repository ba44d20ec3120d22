//! A time that the condition of a join moves by an interval is moved once a row, not once a pair of rows:
//! of `a.ts between e.ts - interval '10 minutes' and e.ts` the join compares columns. DataFusion 55 does so itself in
//! joins without an equality (`ProjectionPushdown` of its physical plans); this is for those with one.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, Join, LogicalPlan, Operator, Projection, build_join_schema, ident,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use std::sync::Arc;

/// Computes such times below the join.
#[derive(Debug)]
pub(crate) struct MovedTimes;

impl OptimizerRule for MovedTimes {
    fn name(&self) -> &'static str {
        "moved_times"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Join(join) if !join.on.is_empty() => moved(join, config),
            plan => Ok(Transformed::no(plan)),
        }
    }
}

/// Returns a join of which both sides have the times that its condition compares.
fn moved(join: Join, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
    let (mut of_left, mut of_right) = (Vec::new(), Vec::new());
    let filter = join.filter.clone().map(|filter| {
        filter.transform_down(|expr| {
            let times = if is_moved_time(&expr, join.left.schema()) {
                &mut of_left
            } else if is_moved_time(&expr, join.right.schema()) {
                &mut of_right
            } else {
                return Ok(Transformed::no(expr));
            };
            let name = free_name(&join, config);
            times.push(expr.alias(&name));
            Ok(Transformed::new(ident(name), true, TreeNodeRecursion::Jump))
        })
    });
    let Some(filter) = filter.transpose()?.filter(|filter| filter.transformed) else {
        return Ok(Transformed::no(LogicalPlan::Join(join)));
    };
    let (left, right) = (with(&join.left, of_left)?, with(&join.right, of_right)?);
    let schema = build_join_schema(left.schema(), right.schema(), &join.join_type)?;
    let columns = Arc::clone(&join.schema);
    let join = Join { left, right, filter: Some(filter.data), schema: Arc::new(schema), ..join };
    let own = Projection::new_from_schema(Arc::new(LogicalPlan::Join(join)), columns);
    Ok(Transformed::yes(LogicalPlan::Projection(own)))
}

/// Returns a name that no column of either side has, nor one of another pass over the plan.
fn free_name(join: &Join, config: &dyn OptimizerConfig) -> String {
    loop {
        let name = config.alias_generator().next("moved_time");
        if !join.left.schema().has_column_with_unqualified_name(&name)
            && !join.right.schema().has_column_with_unqualified_name(&name)
        {
            return name;
        }
    }
}

/// Returns true for a column of one side, moved by literal intervals: it can be computed for rows that no pair has.
fn is_moved_time(expr: &Expr, side: &DFSchema) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus | Operator::Minus, right }) = expr else {
        return false;
    };
    let Expr::Literal(interval, _) = &**right else { return false };
    let is_time =
        |column: &Expr| matches!(column.get_type(side), Ok(DataType::Timestamp(..) | DataType::Date32));
    let is_column = matches!(&**left, Expr::Column(column) if side.has_column(column)) && is_time(left);
    is_interval(interval) && (is_column || is_moved_time(left, side))
}

fn is_interval(literal: &ScalarValue) -> bool {
    use ScalarValue::{IntervalDayTime, IntervalMonthDayNano, IntervalYearMonth};
    matches!(literal, IntervalDayTime(_) | IntervalMonthDayNano(_) | IntervalYearMonth(_))
}

/// Returns a plan with further columns.
fn with(plan: &Arc<LogicalPlan>, times: Vec<Expr>) -> Result<Arc<LogicalPlan>> {
    if times.is_empty() {
        return Ok(Arc::clone(plan));
    }
    let own = plan.schema().columns().into_iter().map(Expr::Column);
    let projection = Projection::try_new(own.chain(times).collect(), Arc::clone(plan))?;
    Ok(Arc::new(LogicalPlan::Projection(projection)))
}

//! Times as people write them: `ts >= '2026-11-24 10:00'` means that time in the config's zone. The engine alone reads
//! UTC, and no time without seconds. A time with an offset keeps it. Must not know any table.

use chrono_tz::Tz;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Cast, InList, TryCast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, lit};
use datafusion::optimizer::AnalyzerRule;
use model::time::Ts;

/// Reads the texts that a statement compares with a point in time. It must run before types are made equal.
#[derive(Debug)]
pub struct LocalTimes {
    /// The zone of times that name none.
    pub zone: Tz,
}

impl AnalyzerRule for LocalTimes {
    fn name(&self) -> &'static str {
        "local_times"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| {
            let mut schema = merge_schema(&plan.inputs());
            if let LogicalPlan::TableScan(scan) = &plan {
                let columns = scan.source.schema();
                schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &columns)?);
            }
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let read = expr.transform_up(|expr| Ok(self.read(expr, &schema)))?;
                Ok(if read.transformed { read.update_data(|expr| name.restore(expr)) } else { read })
            })
        })
        .map(|plan| plan.data)
    }
}

impl LocalTimes {
    /// Replaces the texts that an expression compares with a point in time.
    fn read(&self, expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
        let is_time = |expr: &Expr| matches!(expr.get_type(schema), Ok(DataType::Timestamp(_, Some(_))));
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(op) => {
                let (left, right) = match (self.point(&left), self.point(&right)) {
                    (None, Some(point)) if is_time(&left) => (left, Box::new(point)),
                    (Some(point), None) if is_time(&right) => (Box::new(point), right),
                    _ => return Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
                };
                Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right }))
            }
            Expr::Between(Between { expr, negated, low, high })
                if is_time(&expr) || is_time(&low) || is_time(&high) =>
            {
                let read = |expr: Box<Expr>| self.point(&expr).map_or(expr, Box::new);
                let (expr, low, high) = (read(expr), read(low), read(high));
                Transformed::yes(Expr::Between(Between { expr, negated, low, high }))
            }
            Expr::InList(InList { expr, list, negated }) if is_time(&expr) => {
                let list = list.into_iter().map(|item| self.point(&item).unwrap_or(item)).collect();
                Transformed::yes(Expr::InList(InList { expr, list, negated }))
            }
            other => Transformed::no(other),
        }
    }

    /// Returns the point in time that a constant names: a text, a text as a date or time, or one of them and an
    /// interval. `None` for anything else, and for a text that is not a time.
    fn point(&self, expr: &Expr) -> Option<Expr> {
        match expr {
            Expr::Literal(value, _) => {
                let text = value.try_as_str()??;
                let ts = Ts::parse(text.trim(), self.zone).ok()?;
                Some(lit(ScalarValue::TimestampMicrosecond(Some(ts.0), Some("UTC".into()))))
            }
            Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => {
                let is_local = match field.data_type() {
                    DataType::Timestamp(_, None) => true,
                    DataType::Date32 => is_date(expr),
                    _ => false,
                };
                is_local.then(|| self.point(expr)).flatten()
            }
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::Plus | Operator::Minus), right }) => {
                let is_span = matches!(&**right, Expr::Literal(value, _) if matches!(value.data_type(), DataType::Interval(_)));
                let left = is_span.then(|| self.point(left)).flatten()?;
                Some(Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op: *op, right: right.clone() }))
            }
            _ => None,
        }
    }
}

/// Returns true for a text that is a date alone.
fn is_date(expr: &Expr) -> bool {
    let Expr::Literal(value, _) = expr else { return false };
    value.try_as_str().flatten().is_some_and(|text| model::time::parse_date(text.trim()).is_ok())
}

fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

//! Joins without an equality read their left side once. If it does not fit into memory, DataFusion 55 reads
//! it again in order to spill it; scans give nothing the second time, and the join would silently lose rows
//! (<https://github.com/apache/datafusion/issues/24676>, 24745). Here the statement runs out of memory.

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Puts the left side of every nested-loop join behind `OnePass`.
#[derive(Debug)]
pub(crate) struct OnePassJoins;

impl PhysicalOptimizerRule for OnePassJoins {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let guarded = plan.transform_up(|plan| {
            let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() else {
                return Ok(Transformed::no(plan));
            };
            let children =
                vec![Arc::new(OnePass::of(Arc::clone(join.left()))) as _, Arc::clone(join.right())];
            plan.replace_children(children, recompute()).map(Transformed::yes)
        })?;
        Ok(guarded.data)
    }

    fn name(&self) -> &'static str {
        "one_pass_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn recompute() -> ReplaceChildrenOptions {
    ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute)
}

/// An input that can be read once.
#[derive(Debug)]
struct OnePass {
    input: Arc<dyn ExecutionPlan>,
    is_read: AtomicBool,
}

impl OnePass {
    fn of(input: Arc<dyn ExecutionPlan>) -> Self {
        Self { input, is_read: AtomicBool::new(false) }
    }
}

impl DisplayAs for OnePass {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ExecutionPlan for OnePass {
    fn name(&self) -> &'static str {
        "OnePassExec"
    }

    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::of(input))),
            _ => Err(DataFusionError::Internal("an input read once is one input".into())),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, recompute())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.is_read.swap(true, Ordering::Relaxed) {
            return Err(DataFusionError::ResourcesExhausted(
                "the smaller side of a join without an equality does not fit into memory".into(),
            ));
        }
        self.input.execute(partition, context)
    }
}

//! What a plan does next. Pure: from how its steps stand to what to release, what to give up, and
//! whether the execution is over.

use domain::{ExecutionStatus, StepStatus};

/// One step, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub step: i32,
    pub status: StepStatus,
    pub depends_on: Vec<i32>,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Waiting steps that have all they depend on.
    pub release: Vec<i32>,
    /// Steps that will not run any more.
    pub cancel: Vec<i32>,
    /// The execution is over, like this.
    pub finish: Option<ExecutionStatus>,
}

/// A failed step stops the plan: what runs may end, what does not run won't. The same goes for a
/// request to cancel. The execution is over when no step is left that could still change.
pub fn decide(steps: &[Step], cancel_requested: bool) -> Decision {
    if steps.is_empty() {
        // There is no plan yet.
        return Decision {
            finish: cancel_requested.then_some(ExecutionStatus::Cancelled),
            ..Decision::default()
        };
    }
    let status_of = |wanted: i32| {
        steps
            .iter()
            .find(|step| step.step == wanted)
            .map(|step| step.status)
    };
    let any = |status: StepStatus| steps.iter().any(|step| step.status == status);
    let failed = any(StepStatus::Failed);
    let stopping = failed || cancel_requested || any(StepStatus::Cancelled);
    if stopping {
        let cancel: Vec<i32> = steps
            .iter()
            .filter(|step| matches!(step.status, StepStatus::Waiting | StepStatus::Ready))
            .map(|step| step.step)
            .collect();
        let finish = (!any(StepStatus::Running)).then(|| {
            if failed {
                ExecutionStatus::Failed
            } else if cancel.is_empty() && !any(StepStatus::Cancelled) {
                // The request to cancel came after the last step had ended.
                ExecutionStatus::Completed
            } else {
                ExecutionStatus::Cancelled
            }
        });
        return Decision {
            release: vec![],
            cancel,
            finish,
        };
    }
    let release: Vec<i32> = steps
        .iter()
        .filter(|step| step.status == StepStatus::Waiting)
        .filter(|step| {
            step.depends_on
                .iter()
                .all(|needed| status_of(*needed) == Some(StepStatus::Completed))
        })
        .map(|step| step.step)
        .collect();
    let over = steps
        .iter()
        .all(|step| step.status == StepStatus::Completed);
    Decision {
        release,
        cancel: vec![],
        finish: over.then_some(ExecutionStatus::Completed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(step: i32, status: StepStatus, depends_on: &[i32]) -> Step {
        Step {
            step,
            status,
            depends_on: depends_on.to_vec(),
        }
    }

    #[test]
    fn a_step_is_released_when_all_it_needs_is_completed() {
        let mut steps = vec![
            step(0, StepStatus::Completed, &[]),
            step(1, StepStatus::Running, &[]),
            step(2, StepStatus::Waiting, &[0, 1]),
            step(3, StepStatus::Waiting, &[0]),
        ];
        assert_eq!(
            decide(&steps, false),
            Decision {
                release: vec![3],
                ..Decision::default()
            }
        );
        steps[1].status = StepStatus::Completed;
        assert_eq!(decide(&steps, false).release, [2, 3]);
    }

    #[test]
    fn a_failure_gives_up_what_has_not_started_and_waits_for_what_has() {
        let mut steps = vec![
            step(0, StepStatus::Failed, &[]),
            step(1, StepStatus::Running, &[]),
            step(2, StepStatus::Waiting, &[0]),
        ];
        assert_eq!(
            decide(&steps, false),
            Decision {
                cancel: vec![2],
                ..Decision::default()
            }
        );
        steps[1].status = StepStatus::Completed;
        assert_eq!(decide(&steps, false).finish, Some(ExecutionStatus::Failed));
    }

    #[test]
    fn cancelling_ends_at_once_when_nothing_runs() {
        let steps = [
            step(0, StepStatus::Ready, &[]),
            step(1, StepStatus::Waiting, &[0]),
        ];
        let decision = decide(&steps, true);
        assert_eq!(
            (decision.cancel, decision.finish),
            (vec![0, 1], Some(ExecutionStatus::Cancelled))
        );
        assert_eq!(decide(&[], true).finish, Some(ExecutionStatus::Cancelled));
        assert_eq!(decide(&[], false), Decision::default());
        let done = [step(0, StepStatus::Completed, &[])];
        assert_eq!(decide(&done, true).finish, Some(ExecutionStatus::Completed));
    }

    proptest! {
        /// Any plan without cycles, its running steps ending in any order and any way, comes to an end
        /// exactly once, and no step starts before what it depends on is completed.
        #[test]
        fn every_plan_ends_once_and_in_order(
            edges in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 5), 1..6),
            choices in proptest::collection::vec((any::<usize>(), 0..10u8), 32),
            cancel_at in proptest::option::of(0..12usize),
        ) {
            let mut steps: Vec<Step> = edges.iter().enumerate().map(|(n, row)| {
                let depends_on: Vec<i32> = (0..n).filter(|m| row[*m]).map(|m| m as i32).collect();
                let status = if depends_on.is_empty() { StepStatus::Ready } else { StepStatus::Waiting };
                Step { step: n as i32, status, depends_on }
            }).collect();
            let mut finished = 0;
            for (turn, (pick, outcome)) in choices.iter().enumerate() {
                // A worker takes a ready step, or ends a running one.
                let open: Vec<usize> = (0..steps.len())
                    .filter(|n| matches!(steps[*n].status, StepStatus::Ready | StepStatus::Running)).collect();
                if let Some(n) = open.get(pick % open.len().max(1)).copied() {
                    steps[n].status = match (steps[n].status, outcome) {
                        (StepStatus::Ready, _) => {
                            for needed in steps[n].depends_on.clone() {
                                prop_assert_eq!(steps[needed as usize].status, StepStatus::Completed);
                            }
                            StepStatus::Running
                        }
                        (_, 0) => StepStatus::Failed,
                        (_, 1) => StepStatus::Cancelled,
                        _ => StepStatus::Completed,
                    };
                }
                let decision = decide(&steps, cancel_at.is_some_and(|at| turn >= at));
                for n in decision.release { steps[n as usize].status = StepStatus::Ready; }
                for n in decision.cancel { steps[n as usize].status = StepStatus::Cancelled; }
                if decision.finish.is_some() {
                    finished += 1;
                    prop_assert!(steps.iter().all(|s| s.status.is_final()));
                    break;
                }
            }
            prop_assert_eq!(finished, 1);
        }
    }
}

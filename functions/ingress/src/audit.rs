use domain::UserId;
use runtime::{Problem, context};
use store::Tx;
use store::audit::{AuditRow, insert};

use crate::caller::Origin;
use crate::{Deps, problem};

/// Notes what a person did in the workspace of `tx`.
pub async fn note(
    deps: &Deps,
    tx: &mut Tx,
    actor: Option<UserId>,
    origin: &Origin,
    action: &str,
    resource: &str,
    ok: bool,
) -> Result<(), Problem> {
    let correlation = context::correlation_id();
    let row = AuditRow {
        id: deps.seams.uuid(),
        actor,
        action,
        resource,
        ok,
        ip_address: Some(&origin.address),
        user_agent: Some(&origin.user_agent),
        correlation_id: correlation.as_ref(),
        at: deps.seams.now(),
        ..AuditRow::default()
    };
    insert(tx, &row).await.map_err(problem)
}

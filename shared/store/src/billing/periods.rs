//! What has been paid for: periods, in parts. The first part is the period itself, the others are upgrades
//! within it.

use chrono::{DateTime, Utc};
use domain::{PaymentId, Tier};

use super::parse;
use crate::{Result, Tx};

/// A part of a period, with what of its payment matters to the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    pub payment_id: PaymentId,
    pub tier: Tier,
    pub created_at: DateTime<Utc>,
    /// When what it gave ended, because its money went back.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether a refund is under way that will end it: one that its customer asked for, or of all of it.
    pub is_ending: bool,
}

/// The parts of one period, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts(pub Vec<Part>);

impl Parts {
    fn standing(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.0.iter().filter(|part| part.ended_at.is_none())
    }

    /// Whether anything that was paid for has not ended.
    pub fn is_paid(&self) -> bool {
        self.standing().next().is_some()
    }

    /// Whether a refund is under way that will end a part.
    pub fn is_ending(&self) -> bool {
        self.standing().any(|part| part.is_ending)
    }

    /// Whether anything was paid for after `since`, or is about to end.
    pub fn is_touched_since(&self, since: DateTime<Utc>) -> bool {
        self.is_ending() || self.0.iter().any(|part| part.created_at > since)
    }

    /// Whether what this payment paid for has ended.
    pub fn has_ended(&self, payment: PaymentId) -> bool {
        let own = self.0.iter().find(|part| part.payment_id == payment);
        own.is_some_and(|part| part.ended_at.is_some())
    }

    /// Whether what this payment paid for lies under something that was paid for later, and both stand: an
    /// upgrade is given back before what it was an upgrade of.
    pub fn is_covered(&self, payment: PaymentId) -> bool {
        let mut from = self
            .standing()
            .skip_while(|part| part.payment_id != payment);
        from.nth(1).is_some()
    }

    /// The tier that the period keeps if this payment is taken away: that of the last other part that has not
    /// ended. `None` when there is none.
    pub fn tier_without(&self, payment: PaymentId) -> Option<Tier> {
        let other = self.standing().rfind(|part| part.payment_id != payment);
        other.map(|part| part.tier)
    }
}

/// The parts of this tenant's period that begins then.
pub async fn parts(tx: &mut Tx, start: DateTime<Utc>) -> Result<Parts> {
    let rows = sqlx::query!(
        r#"SELECT s.payment_id, s.tier, s.created_at, s.ended_at,
             EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status IN ('requested', 'pending', 'confirmed')
               AND (r.requested_by IS NOT NULL OR p.allocated_inr - r.amount_inr < 1)) AS "is_ending!"
           FROM subscription_periods s JOIN payments p ON p.id = s.payment_id
           WHERE s.workspace_id = $1 AND s.period_start = $2 ORDER BY s.part"#,
        tx.workspace().0,
        start
    )
    .fetch_all(tx.conn())
    .await?;
    let parts = rows.into_iter().map(|row| {
        Ok(Part {
            payment_id: row.payment_id.into(),
            tier: parse(&row.tier)?,
            created_at: row.created_at,
            ended_at: row.ended_at,
            is_ending: row.is_ending,
        })
    });
    Ok(Parts(parts.collect::<Result<_>>()?))
}

/// Notes that a payment has paid for a period, or for an upgrade within one. `false` when it has been noted.
/// Whether another payment pays for the period already is asked before, under the subscription's lock.
pub async fn pay(
    tx: &mut Tx,
    payment: PaymentId,
    (start, end): (DateTime<Utc>, DateTime<Utc>),
    tier: Tier,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO subscription_periods (workspace_id, period_start, part, period_end, tier, payment_id, created_at)
         SELECT $1, $2, coalesce((SELECT 1 + max(part) FROM subscription_periods WHERE workspace_id = $1 AND period_start = $2), 0),
           $3, $4, $5, $6
         ON CONFLICT DO NOTHING",
        tx.workspace().0,
        start,
        end,
        tier.as_str(),
        payment.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a payment paid for ends: its money went back.
pub async fn end(tx: &mut Tx, payment: PaymentId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE subscription_periods SET ended_at = $2 WHERE payment_id = $1 AND ended_at IS NULL",
        payment.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start and two upgrades, a second apart from each other.
    fn parts() -> (Parts, [PaymentId; 3]) {
        let ids = [1, 2, 3].map(|n| PaymentId(uuid::Uuid::from_u128(n)));
        let part = |at: usize| Part {
            payment_id: ids[at],
            tier: [Tier::Starter, Tier::Growth, Tier::Agency][at],
            created_at: moment(at),
            ended_at: None,
            is_ending: false,
        };
        (Parts([0, 1, 2].map(part).to_vec()), ids)
    }

    fn moment(seconds: usize) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds.try_into().unwrap())
    }

    #[test]
    fn what_ended_counts_no_more() {
        let (mut parts, [start, first, second]) = parts();
        assert!(parts.is_covered(start) && parts.is_covered(first) && !parts.is_covered(second));
        assert_eq!(parts.tier_without(second), Some(Tier::Growth));
        parts.0[2].ended_at = Some(moment(9));
        assert!(!parts.is_covered(first) && parts.has_ended(second));
        assert_eq!(parts.tier_without(first), Some(Tier::Starter));
        parts.0[1].ended_at = Some(moment(9));
        assert!(!parts.is_covered(start) && !parts.is_covered(second) && parts.is_paid());
        assert_eq!(parts.tier_without(start), None);
        parts.0[0].ended_at = Some(moment(9));
        assert!(!parts.is_paid());
    }

    #[test]
    fn what_came_since_or_is_about_to_end_is_seen() {
        let (mut parts, [_, _, other]) = parts();
        assert!(parts.is_touched_since(moment(1)) && !parts.is_touched_since(moment(2)));
        parts.0[0].is_ending = true;
        assert!(parts.is_ending() && parts.is_touched_since(moment(2)));
        parts.0[0].ended_at = Some(moment(9));
        assert!(!parts.is_ending() && !parts.has_ended(other));
        assert!(!Parts::default().is_covered(other));
    }
}

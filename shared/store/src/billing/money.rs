//! The ledger of rupees. Each entry moves an amount between two accounts of a workspace: `customer` (what
//! came from and went back to them), `held` (received and not used), `revenue`, `gst`.

use chrono::{DateTime, Utc};
use domain::{Inr, WorkspaceId};
use uuid::Uuid;

use crate::{Result, Tx};

/// What an entry is about. With the payment's or refund's id it is the entry's natural key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Money came.
    Received,
    /// It was used for what it was meant for, without the tax.
    Allocated,
    Tax,
    /// The use was taken back.
    Deallocated,
    TaxBack,
    /// Money went back.
    Refunded,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Allocated => "allocated",
            Self::Tax => "tax",
            Self::Deallocated => "deallocated",
            Self::TaxBack => "tax_back",
            Self::Refunded => "refunded",
        }
    }

    /// From which account to which.
    pub fn accounts(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("customer", "held"),
            Self::Allocated => ("held", "revenue"),
            Self::Tax => ("held", "gst"),
            Self::Deallocated => ("revenue", "held"),
            Self::TaxBack => ("gst", "held"),
            Self::Refunded => ("held", "customer"),
        }
    }
}

/// Writes an entry; nothing for an amount of zero. A second one of the same kind for the same thing is a
/// conflict on `money_entries_pkey`: that is how nothing is booked twice.
pub async fn post(
    tx: &mut Tx,
    reference: Uuid,
    kind: Kind,
    amount: Inr,
    now: DateTime<Utc>,
) -> Result<()> {
    if amount.is_zero() {
        return Ok(());
    }
    let (from, to) = kind.accounts();
    sqlx::query!(
        "INSERT INTO money_entries (reference_id, kind, workspace_id, from_account, to_account, amount_inr, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        reference,
        kind.as_str(),
        tx.workspace().0,
        from,
        to,
        amount.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the accounts of this tenant come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Balances {
    /// What came from the customer less what went back.
    pub received: Inr,
    pub held: Inr,
    pub revenue: Inr,
    pub gst: Inr,
}

pub async fn balances(tx: &mut Tx) -> Result<Balances> {
    let row = sqlx::query!(
        r#"SELECT
             coalesce(sum(amount_inr) FILTER (WHERE from_account = 'customer'), 0) - coalesce(sum(amount_inr) FILTER (WHERE to_account = 'customer'), 0) AS "received!",
             coalesce(sum(amount_inr) FILTER (WHERE to_account = 'held'), 0) - coalesce(sum(amount_inr) FILTER (WHERE from_account = 'held'), 0) AS "held!",
             coalesce(sum(amount_inr) FILTER (WHERE to_account = 'revenue'), 0) - coalesce(sum(amount_inr) FILTER (WHERE from_account = 'revenue'), 0) AS "revenue!",
             coalesce(sum(amount_inr) FILTER (WHERE to_account = 'gst'), 0) - coalesce(sum(amount_inr) FILTER (WHERE from_account = 'gst'), 0) AS "gst!"
           FROM money_entries WHERE workspace_id = $1"#,
        tx.workspace().0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Balances {
        received: Inr(row.received),
        held: Inr(row.held),
        revenue: Inr(row.revenue),
        gst: Inr(row.gst),
    })
}

/// Something in the books that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    pub workspace_id: Option<WorkspaceId>,
    /// The payment, refund or invoice.
    pub reference: String,
    /// Stable: `payment.received`.
    pub code: String,
    pub detail: String,
}

/// Everything in the books of all tenants that does not fit: payments against the ledger, refunds against
/// payments, invoices against allocations, numbers against their counters. Needs a sweeping operator's
/// transaction. Empty is what it should be.
pub async fn faults(tx: &mut Tx) -> Result<Vec<Fault>> {
    let rows = sqlx::query!(
        r#"WITH entry AS (
             SELECT reference_id,
               coalesce(sum(amount_inr) FILTER (WHERE kind = 'received'), 0) AS received,
               coalesce(sum(amount_inr) FILTER (WHERE kind IN ('allocated', 'tax')), 0) AS allocated,
               coalesce(sum(amount_inr) FILTER (WHERE kind IN ('deallocated', 'tax_back')), 0) AS deallocated,
               coalesce(sum(amount_inr) FILTER (WHERE kind = 'refunded'), 0) AS refunded
             FROM money_entries GROUP BY 1),
           refund AS (
             SELECT payment_id,
               coalesce(sum(amount_inr) FILTER (WHERE status = 'completed'), 0) AS done,
               coalesce(sum(amount_inr) FILTER (WHERE status IN ('requested', 'pending', 'confirmed')), 0) AS open,
               coalesce(sum(amount_inr) FILTER (WHERE status = 'completed' AND of_allocated), 0) AS credited
             FROM refunds GROUP BY 1),
           note AS (SELECT against_id, sum(payable_inr) AS credited FROM invoices WHERE kind = 'credit_note' GROUP BY 1)
           SELECT p.workspace_id, p.id::text AS "reference!", 'payment.received' AS "code!",
             format('the payment says %s came, the ledger %s', p.received_inr, coalesce(e.received, 0)) AS "detail!"
           FROM payments p LEFT JOIN entry e ON e.reference_id = p.id WHERE p.received_inr <> coalesce(e.received, 0)
           UNION ALL
           SELECT p.workspace_id, p.id::text, 'payment.allocated',
             format('the payment says %s is allocated, the ledger %s less %s of its refunds', p.allocated_inr, coalesce(e.allocated, 0),
               (SELECT coalesce(sum(re.deallocated), 0) FROM refunds r JOIN entry re ON re.reference_id = r.id WHERE r.payment_id = p.id))
           FROM payments p LEFT JOIN entry e ON e.reference_id = p.id
           WHERE p.allocated_inr <> coalesce(e.allocated, 0) -
             (SELECT coalesce(sum(re.deallocated), 0) FROM refunds r JOIN entry re ON re.reference_id = r.id WHERE r.payment_id = p.id)
           UNION ALL
           SELECT p.workspace_id, p.id::text, 'payment.refunds',
             format('the payment says %s went back and %s is under way, its refunds %s and %s', p.refunded_inr, p.refunding_inr,
               coalesce(r.done, 0), coalesce(r.open, 0))
           FROM payments p LEFT JOIN refund r ON r.payment_id = p.id
           WHERE p.refunded_inr <> coalesce(r.done, 0) OR p.refunding_inr <> coalesce(r.open, 0)
           UNION ALL
           SELECT r.workspace_id, r.id::text, 'refund.ledger', format('the refund of %s is %s, the ledger says %s', r.amount_inr, r.status, coalesce(e.refunded, 0))
           FROM refunds r LEFT JOIN entry e ON e.reference_id = r.id
           WHERE coalesce(e.refunded, 0) <> CASE WHEN r.status = 'completed' THEN r.amount_inr ELSE 0 END
           UNION ALL
           SELECT i.workspace_id, i.number, 'invoice.amount', format('the invoice is for %s, the ledger allocated %s', i.payable_inr, coalesce(e.allocated, 0))
           FROM invoices i LEFT JOIN entry e ON e.reference_id = i.payment_id
           WHERE i.kind = 'tax_invoice' AND i.status <> 'cancelled' AND i.payable_inr <> coalesce(e.allocated, 0)
           UNION ALL
           SELECT p.workspace_id, p.id::text, 'payment.idle', format('%s came and is neither used nor on its way back',
             p.received_inr - p.allocated_inr - p.refunded_inr - p.refunding_inr)
           FROM payments p
           WHERE p.received_inr > p.allocated_inr + p.refunded_inr
             + (SELECT coalesce(sum(r.amount_inr), 0) FROM refunds r
                WHERE r.payment_id = p.id AND NOT r.of_allocated AND r.status IN ('requested', 'pending', 'confirmed'))
           UNION ALL
           SELECT i.workspace_id, i.number, 'invoice.tax', format('the tax on the invoice is %s, that of the payment %s', i.tax_inr, p.tax_inr)
           FROM invoices i JOIN payments p ON p.id = i.payment_id
           WHERE i.kind = 'tax_invoice' AND i.status <> 'cancelled' AND abs(i.tax_inr - p.tax_inr) > 0.02
           UNION ALL
           SELECT p.workspace_id, p.id::text, 'invoice.missing', 'it was paid and used more than an hour ago and has no invoice'
           FROM subscription_periods s JOIN payments p ON p.id = s.payment_id
           WHERE p.captured_at < now() - interval '1 hour'
             AND NOT EXISTS (SELECT FROM invoices i WHERE i.payment_id = p.id AND i.kind = 'tax_invoice' AND i.status <> 'cancelled')
           UNION ALL
           SELECT s.workspace_id, s.payment_id::text, 'upgrade.baseless', 'it is an upgrade of what has ended'
           FROM subscription_periods s JOIN payments p ON p.id = s.payment_id
           WHERE p.purpose = 'upgrade' AND s.ended_at IS NULL
             AND NOT EXISTS (SELECT FROM subscription_periods b WHERE b.workspace_id = s.workspace_id AND b.period_start = s.period_start
               AND b.part < s.part AND b.ended_at IS NULL)
           UNION ALL
           SELECT r.workspace_id, r.id::text, 'credit_note.missing', 'it went back more than an hour ago and has no credit note'
           FROM refunds r
           WHERE r.of_allocated AND r.status = 'completed' AND r.completed_at < now() - interval '1 hour'
             AND NOT EXISTS (SELECT FROM invoices i WHERE i.refund_id = r.id)
           UNION ALL
           SELECT i.workspace_id, i.number, 'credit_note.tax', format('its credit notes take back %s of tax, the ledger %s', n.tax, back.tax)
           FROM invoices i
           JOIN (SELECT against_id, count(*) AS notes, sum(tax_inr) AS tax FROM invoices WHERE kind = 'credit_note' GROUP BY 1) n ON n.against_id = i.id
           JOIN (SELECT r.payment_id, count(*) AS refunds, sum(e.amount_inr) AS tax
             FROM refunds r JOIN money_entries e ON e.reference_id = r.id AND e.kind = 'tax_back' GROUP BY 1) back ON back.payment_id = i.payment_id
           WHERE n.notes = back.refunds AND n.tax <> back.tax
           UNION ALL
           SELECT n.workspace_id, n.number, 'credit_note.lost', format('it is against %s, which is cancelled', i.number)
           FROM invoices n JOIN invoices i ON i.id = n.against_id WHERE i.status = 'cancelled'
           UNION ALL
           SELECT p.workspace_id, p.id::text, 'invoice.twice', format('%s invoices for one payment', count(*))
           FROM payments p JOIN invoices i ON i.payment_id = p.id AND i.kind = 'tax_invoice' AND i.status <> 'cancelled'
           GROUP BY p.workspace_id, p.id HAVING count(*) > 1
           UNION ALL
           SELECT i.workspace_id, i.number, 'invoice.credited', format('credit notes over %s, refunds of its payment %s', coalesce(n.credited, 0), coalesce(r.credited, 0))
           FROM invoices i LEFT JOIN note n ON n.against_id = i.id LEFT JOIN refund r ON r.payment_id = i.payment_id
           WHERE i.kind = 'tax_invoice' AND coalesce(n.credited, 0) > coalesce(r.credited, 0)
           UNION ALL
           SELECT NULL, format('%s %s', c.series, c.financial_year), 'invoice.numbers',
             format('the last number given is %s, there are %s', c.last, (SELECT count(*) FROM invoices i WHERE i.series = c.series AND i.financial_year = c.financial_year))
           FROM invoice_counters c
           WHERE c.last <> (SELECT count(*) FROM invoices i WHERE i.series = c.series AND i.financial_year = c.financial_year)
           ORDER BY 3, 2"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Fault {
            workspace_id: row.workspace_id.map(Into::into),
            reference: row.reference,
            code: row.code,
            detail: row.detail,
        })
        .collect())
}

//! Invoices and credit notes, as data and on paper.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::InvoiceStatus;
use domain::{Inr, InvoiceId, PaymentId, RefundId, Role};
use runtime::{Path, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::billing::invoices::{self, Invoice};
use utoipa::{IntoParams, ToSchema};

use super::{cut, files, missing, open, page_size};
use crate::caller::Member;
use crate::{Deps, problem};

#[derive(Serialize, ToSchema)]
pub struct InvoiceSummary {
    #[schema(value_type = String, format = Uuid)]
    id: InvoiceId,
    /// tax_invoice or credit_note.
    kind: String,
    #[schema(example = "RF/26-27/000001")]
    number: String,
    /// The day in India.
    date: NaiveDate,
    /// draft (the e-invoice portal has not registered it yet), issued, partly_credited, credited, cancelled.
    #[schema(value_type = String)]
    status: InvoiceStatus,
    #[schema(value_type = String)]
    taxable: Inr,
    #[schema(value_type = String)]
    tax: Inr,
    #[schema(value_type = String)]
    payable: Inr,
    #[schema(value_type = String, format = Uuid)]
    payment_id: PaymentId,
    /// Of a credit note.
    #[schema(value_type = Option<String>, format = Uuid)]
    refund_id: Option<RefundId>,
    /// Of a credit note: the invoice.
    #[schema(value_type = Option<String>, format = Uuid)]
    against_id: Option<InvoiceId>,
    /// Where the PDF is; null until it is made.
    pdf: Option<String>,
}

impl From<&Invoice> for InvoiceSummary {
    fn from(invoice: &Invoice) -> Self {
        let id = invoice.id;
        Self {
            id,
            kind: invoice.kind.clone(),
            number: invoice.number.clone(),
            date: invoice.date,
            status: invoice.status,
            taxable: invoice.taxable,
            tax: invoice.tax,
            payable: invoice.payable,
            payment_id: invoice.payment_id,
            refund_id: invoice.refund_id,
            against_id: invoice.against_id,
            pdf: invoice
                .object_name
                .as_ref()
                .map(|_| format!("/v1/invoices/{id}/pdf")),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct InvoiceView {
    #[serde(flatten)]
    summary: InvoiceSummary,
    /// Beside English: en, hi, ta, te or bn.
    language: String,
    /// All that stands on it: supplier, recipient, lines, totals by head, place of supply, and so on.
    #[schema(value_type = Object)]
    content: Value,
    /// The e-invoice portal's answer: irn, ack_number, ack_date, signed_qr; null where none is needed or
    /// given yet.
    #[schema(value_type = Option<Object>)]
    registered: Option<Value>,
    registered_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Invoices {
    /// Newest first; credit notes too.
    invoices: Vec<InvoiceSummary>,
    /// For the next page: `cursor`.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<InvoiceId>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InvoiceQuery {
    /// 1 to 100. Default: 20.
    limit: Option<i64>,
    /// The next_cursor of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<InvoiceId>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Deserialize)]
pub struct ByInvoice {
    invoice_id: InvoiceId,
}

/// Invoices and credit notes, newest first. Admins and owners only.
#[utoipa::path(get, path = "/invoices", tag = "money", params(InvoiceQuery),
    responses((status = 200, body = Invoices), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<InvoiceQuery>,
) -> Result<axum::Json<Invoices>, Problem> {
    member.require(Role::Admin)?;
    let limit = page_size(query.limit)?;
    let mut tx = open(&deps, &member).await?;
    let rows = invoices::list(&mut tx, query.cursor, limit + 1).await;
    let mut rows = rows.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let next_cursor = cut(&mut rows, limit, |invoice| invoice.id);
    Ok(axum::Json(Invoices {
        invoices: rows.iter().map(InvoiceSummary::from).collect(),
        next_cursor,
    }))
}

/// One invoice or credit note, with all that stands on it. Admins and owners only.
#[utoipa::path(get, path = "/invoices/{invoice_id}", tag = "money", params(("invoice_id" = uuid::Uuid, Path)),
    responses((status = 200, body = InvoiceView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ByInvoice>,
) -> Result<axum::Json<InvoiceView>, Problem> {
    let invoice = find(&deps, &member, path.invoice_id).await?;
    Ok(axum::Json(InvoiceView {
        summary: (&invoice).into(),
        language: invoice.language,
        content: invoice.content,
        registered: invoice.registered,
        registered_at: invoice.registered_at,
        cancelled_at: invoice.cancelled_at,
        cancel_reason: invoice.cancel_reason,
    }))
}

/// An invoice or credit note on paper. Admins and owners only. It never changes: its ETag is the SHA-256 of
/// its bytes. 409 `invoice.not_ready` with Retry-After until it is made.
#[utoipa::path(get, path = "/invoices/{invoice_id}/pdf", tag = "money", params(("invoice_id" = uuid::Uuid, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 304, description = "You have it."),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub async fn pdf(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ByInvoice>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let invoice = find(&deps, &member, path.invoice_id).await?;
    if invoice.status == InvoiceStatus::Cancelled {
        return Err(Problem::conflict(
            "This invoice was cancelled; the one that took its place is among your invoices.",
        )
        .code("invoice.cancelled"));
    }
    let Some(object) = &invoice.object_name else {
        return Err(Problem::conflict(
            "The PDF of this document is being made: ask again in a moment.",
        )
        .code("invoice.not_ready")
        .retry_after(2));
    };
    let etag = invoice.sha256.as_deref().and_then(files::etag);
    if let Some(etag) = etag.clone().filter(|etag| files::has(&headers, etag)) {
        return Ok(files::unchanged(etag));
    }
    let bytes = deps.money.files.read(object).await?;
    // A number has slashes, which no file's name may have.
    let name = format!("{}.pdf", invoice.number.replace('/', "-"));
    Ok(files::kept_download(bytes, "application/pdf", &name, etag))
}

async fn find(deps: &Deps, member: &Member, id: InvoiceId) -> Result<Invoice, Problem> {
    member.require(Role::Admin)?;
    let mut tx = open(deps, member).await?;
    let invoice = invoices::get(&mut tx, id).await;
    let invoice = invoice.map_err(missing("invoice"))?;
    tx.rollback().await.map_err(problem)?;
    Ok(invoice)
}

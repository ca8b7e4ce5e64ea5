//! Reports of closed months.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{Period, Role};
use economics::report::MonthlyReport;
use events::ReportRequestedV1;
use runtime::{Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::billing::reports;
use utoipa::{IntoParams, ToSchema};

use super::{LONGEST_PAGE, LOOK, emit, files, open};
use crate::caller::Member;
use crate::{Deps, problem};

/// What of a report is for those who may see payments and invoices.
const MONEY: [&str; 2] = ["payments", "invoices"];

#[derive(Serialize, ToSchema)]
pub struct Reports {
    /// Closed months, newest first; 100 at most.
    reports: Vec<ReportEntry>,
}

#[derive(Serialize, ToSchema)]
pub struct ReportEntry {
    /// The month (IST): `2026-11`.
    period: String,
    closed_at: DateTime<Utc>,
    /// Its PDF is made; asking for it makes it.
    pdf_ready: bool,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Csv,
    Pdf,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// json, csv or pdf. Default: json.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Deserialize)]
pub struct ByPeriod {
    period: String,
}

/// A PDF that is being made.
#[derive(Serialize, ToSchema)]
pub struct ReportPending {
    period: String,
    /// Always `rendering`.
    status: &'static str,
}

/// Closed months. Analysts and above.
#[utoipa::path(get, path = "/reports", tag = "money",
    responses((status = 200, body = Reports), (status = 403, body = Problem)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
) -> Result<axum::Json<Reports>, Problem> {
    member.require(Role::Analyst)?;
    let mut tx = open(&deps, &member).await?;
    let rows = reports::list(&mut tx, LONGEST_PAGE)
        .await
        .map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let reports = rows
        .into_iter()
        .map(|row| ReportEntry {
            period: row.period.to_string(),
            closed_at: row.created_at,
            pdf_ready: row.object_name.is_some(),
        })
        .collect();
    Ok(axum::Json(Reports { reports }))
}

/// The report of a closed month: use and cost by skill, model and day, and the budget. Analysts and above.
/// For admins and owners also the month's payments and invoices, which are left out for others, as they are
/// elsewhere. The PDF has them, so it is for admins and owners only; one that nobody has asked for before is
/// made now: 202 when that takes longer than some seconds.
#[utoipa::path(get, path = "/reports/{period}", tag = "money", params(("period" = String, Path, description = "The month (IST), as in 2026-11"), ReportQuery),
    responses((status = 200, description = "As JSON, CSV or PDF. `payments` and `invoices` are there for admins and owners.", body = Object), (status = 202, body = ReportPending),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ByPeriod>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    member.require(Role::Analyst)?;
    let sees_money = member.require(Role::Admin);
    let period = month(&path.period)?;
    let mut tx = open(&deps, &member).await?;
    let report = reports::get(&mut tx, period).await.map_err(problem)?;
    let Some(mut report) = report else {
        return Err(Problem::not_found(format!(
            "There is no report of {period}: GET /v1/reports lists the months that are closed."
        )));
    };
    let name = |kind| format!("raptorflow-{period}.{kind}");
    match query.format {
        Format::Json => {
            if let (Err(_), Some(report)) = (sees_money, report.content.as_object_mut()) {
                for list in MONEY {
                    report.remove(list);
                }
            }
            Ok(axum::Json(report.content).into_response())
        }
        Format::Csv => {
            let mut report: MonthlyReport =
                serde_json::from_value(report.content).map_err(Problem::internal)?;
            if sees_money.is_err() {
                report.payments.clear();
                report.invoices.clear();
            }
            let table = report.to_csv().map_err(Problem::internal)?;
            let kind = "text/csv; charset=utf-8";
            Ok(files::download(table.into(), kind, &name("csv")))
        }
        Format::Pdf => {
            sees_money?;
            let object = match report.object_name {
                Some(object) => Some(object),
                None => {
                    let event = ReportRequestedV1 { period };
                    emit(&deps, &mut tx, &member, deps.seams.uuid(), &event);
                    tx.commit().await.map_err(problem)?;
                    wait(&deps, &member, period).await?
                }
            };
            let Some(object) = object else {
                return pending(period);
            };
            let bytes: Bytes = deps.money.files.read(&object).await?;
            Ok(files::download(bytes, "application/pdf", &name("pdf")))
        }
    }
}

/// `2026-11`; a day says more than a month does.
fn month(text: &str) -> Result<Period, Problem> {
    let fits = text.len() == "2026-11".len();
    let period = text.parse().ok().filter(|_| fits);
    period.ok_or_else(|| {
        Problem::validation("The address has a parameter that can't be right.").field(
            "period",
            "invalid",
            "expected a month such as 2026-11",
        )
    })
}

/// Where the PDF is, as soon as it is anywhere; `None` when that does not happen in time.
async fn wait(deps: &Deps, member: &Member, period: Period) -> Result<Option<String>, Problem> {
    let mut looks = deps.money.looks;
    loop {
        let mut tx = open(deps, member).await?;
        let object = reports::object(&mut tx, period).await.map_err(problem)?;
        tx.rollback().await.map_err(problem)?;
        if object.is_some() || looks == 0 || deps.shutdown.is_cancelled() {
            return Ok(object);
        }
        looks -= 1;
        tokio::time::sleep(LOOK).await;
    }
}

fn pending(period: Period) -> Result<Response, Problem> {
    let address = format!("/v1/reports/{period}?format=pdf");
    let headers = [
        (
            header::LOCATION,
            HeaderValue::from_str(&address).map_err(Problem::internal)?,
        ),
        (header::RETRY_AFTER, HeaderValue::from_static("2")),
    ];
    let body = ReportPending {
        period: period.to_string(),
        status: "rendering",
    };
    Ok((StatusCode::ACCEPTED, headers, axum::Json(body)).into_response())
}

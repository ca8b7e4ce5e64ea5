//! Invoices and monthly reports.

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use domain::{InvoiceId, Role, WorkspaceId};
use objects::Precondition;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::DbRole;
use store::billing::{invoices, reports};
use tower::ServiceExt;

use crate::World;
use crate::shop::{Customer, HURRY, at};

struct Papers {
    world: World,
    customer: Customer,
    folder: tempfile::TempDir,
}

async fn papers(arguments: &[&str]) -> Papers {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--invoices-dir", folder.path().to_str().unwrap()];
    let world = World::with(&[&place, arguments].concat()).await;
    world.clock.set(at("2026-11-21T06:30:00Z"));
    let customer = world.customer().await;
    Papers {
        world,
        customer,
        folder,
    }
}

impl Papers {
    /// `gst-invoice` stores a file.
    async fn store(&self, name: &str, bytes: &'static [u8]) {
        let place = self.folder.path().to_str().unwrap();
        let clock = self.world.seams.clock.clone();
        let objects = objects::open(place, objects::Options::default(), clock)
            .await
            .unwrap();
        let put = objects.put(name, bytes.into(), "application/pdf", Precondition::Any);
        put.await.unwrap();
    }

    /// A GET whose body is no JSON.
    async fn file(&self, path: &str, have: Option<&str>) -> (u16, HeaderMap, Bytes) {
        self.file_for(&self.customer.token, path, have).await
    }

    async fn file_for(
        &self,
        token: &str,
        path: &str,
        have: Option<&str>,
    ) -> (u16, HeaderMap, Bytes) {
        let mut request = Request::get(path).header("authorization", format!("Bearer {token}"));
        if let Some(etag) = have {
            request = request.header("if-none-match", etag);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.world.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status.as_u16(), parts.headers, bytes)
    }

    async fn stored(&self, id: InvoiceId, name: &str, sha256: &[u8]) {
        let issuer = self.world.db.store(DbRole::GstInvoice);
        let mut tx = issuer.tenant(self.customer.workspace).await.unwrap();
        let mut invoice = invoices::lock(&mut tx, id).await.unwrap();
        invoice.object_name = Some(name.to_owned());
        invoice.sha256 = Some(sha256.to_vec());
        invoices::save(&mut tx, &invoice).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_invoice_is_data_and_paper() {
    let papers = papers(&HURRY).await;
    let (world, customer) = (&papers.world, &papers.customer);
    let payment = world.paid(customer).await;
    let id = world.invoiced(customer, payment).await;
    let path = format!("/v1/invoices/{id}");
    let one = world.get(&path, &customer.token).await.expect(200);
    assert_eq!(
        (&one.body["number"], &one.body["date"]),
        (&json!("RF/26-27/000001"), &json!("2026-11-21"))
    );
    assert_eq!(
        (&one.body["status"], &one.body["kind"]),
        (&json!("issued"), &json!("tax_invoice"))
    );
    assert_eq!(
        (&one.body["taxable"], &one.body["tax"], &one.body["payable"]),
        (&json!("2999"), &json!("539.82"), &json!("3538.82"))
    );
    assert_eq!(one.body["content"]["place_of_supply"], "27");
    assert_eq!(
        (&one.body["payment_id"], &one.body["registered"]),
        (&json!(payment), &Value::Null)
    );
    assert_eq!(one.body["pdf"], Value::Null);
    let pdf = format!("{path}/pdf");
    let early = world.get(&pdf, &customer.token).await.expect(409);
    assert_eq!(
        (early.code(), &early.headers["retry-after"]),
        ("invoice.not_ready", &"2".parse().unwrap())
    );
    // A row that names a file which is not there is a fault of ours, and passes.
    let bytes = b"%PDF-1.7 an invoice";
    let sha256 = Sha256::digest(bytes);
    papers.stored(id, "invoices/one.pdf", &sha256).await;
    let away = world.get(&pdf, &customer.token).await.expect(503);
    assert!(away.headers.contains_key("retry-after"));
    papers.store("invoices/one.pdf", bytes).await;
    let (status, headers, body) = papers.file(&pdf, None).await;
    assert_eq!((status, &body[..]), (200, &bytes[..]));
    assert_eq!(headers["content-type"], "application/pdf");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"RF-26-27-000001.pdf\""
    );
    assert_eq!(
        headers["cache-control"],
        "private, max-age=31536000, immutable"
    );
    let hex: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = headers["etag"].to_str().unwrap();
    assert_eq!(etag, format!("\"{hex}\""));
    let (status, _, body) = papers.file(&pdf, Some(etag)).await;
    assert_eq!((status, body.len()), (304, 0));
    assert_eq!(papers.file(&pdf, Some("\"other\"")).await.0, 200);
    let one = world.get(&path, &customer.token).await.expect(200);
    assert_eq!(one.body["pdf"], pdf.as_str());
}

#[tokio::test]
async fn invoices_are_listed_by_pages() {
    let papers = papers(&HURRY).await;
    let (world, customer) = (&papers.world, &papers.customer);
    for _ in 0..3 {
        let payment = world.paid(customer).await;
        world.invoiced(customer, payment).await;
    }
    let page = world
        .get("/v1/invoices?limit=2", &customer.token)
        .await
        .expect(200);
    let numbers = |page: &crate::Answer| -> Vec<Value> {
        let invoices = page.body["invoices"].as_array().unwrap();
        invoices
            .iter()
            .map(|invoice| invoice["number"].clone())
            .collect()
    };
    assert_eq!(numbers(&page), ["RF/26-27/000003", "RF/26-27/000002"]);
    let rest = format!("/v1/invoices?limit=2&cursor={}", page.text("next_cursor"));
    let rest = world.get(&rest, &customer.token).await.expect(200);
    assert_eq!(numbers(&rest), ["RF/26-27/000001"]);
    world
        .get("/v1/invoices?limit=0", &customer.token)
        .await
        .expect(422);
}

fn report(workspace: WorkspaceId) -> Value {
    let used = json!({ "calls": 2, "tokens": { "input": 10, "output": 5 }, "cost_usd": "0.01" });
    json!({
        "workspace_id": workspace, "workspace_name": "जयपुर Looms", "period": "2026-10-01", "tier": "starter",
        "budget": { "limit_usd": "10", "spent_usd": "0.01" },
        "executions": { "total": 1, "completed": 1, "failed": 0 },
        "used": used,
        "by_skill": [{ "name": "campaign.diwali", "calls": 2, "tokens": { "input": 10, "output": 5 }, "cost_usd": "0.01" }],
        "by_model": [], "by_day": [],
        "payments": [{ "id": "P_1", "day": "2026-10-15", "amount": "3538.82", "status": "captured" }],
        "invoices": [{ "number": "RF/26-27/000001", "day": "2026-10-15", "kind": "invoice", "total": "3538.82" }],
        "cost_per_accepted_outcome_usd": null, "roi": null,
    })
}

/// `bill` has closed October.
async fn closed(papers: &Papers) {
    let bill = papers.world.db.store(DbRole::Bill);
    let mut tx = bill.sweep().await.unwrap();
    let workspace = papers.customer.workspace;
    let rows = [(workspace, report(workspace))];
    let (period, now) = ("2026-10".parse().unwrap(), papers.world.seams.now());
    assert_eq!(
        reports::insert(&mut tx, period, &rows, now).await.unwrap(),
        1
    );
    // Closing it again changes nothing.
    assert_eq!(
        reports::insert(&mut tx, period, &rows, now).await.unwrap(),
        0
    );
    tx.commit().await.unwrap();
}

/// `gst-invoice` has made the report's PDF.
async fn rendered(papers: &Papers) {
    papers.store("reports/one.pdf", b"%PDF-1.7 a report").await;
    let issuer = papers.world.db.store(DbRole::GstInvoice);
    let mut tx = issuer.tenant(papers.customer.workspace).await.unwrap();
    let period = "2026-10".parse().unwrap();
    assert!(
        reports::set_object(&mut tx, period, "reports/one.pdf")
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_closed_month_is_data_a_table_and_paper() {
    let papers = papers(&HURRY).await;
    let (world, token) = (&papers.world, &papers.customer.token);
    assert_eq!(
        world.get("/v1/reports", token).await.expect(200).body,
        json!({ "reports": [] })
    );
    world.get("/v1/reports/2026-10", token).await.expect(404);
    closed(&papers).await;
    let list = world.get("/v1/reports", token).await.expect(200);
    let entry = &list.body["reports"][0];
    assert_eq!(
        (&entry["period"], &entry["pdf_ready"]),
        (&json!("2026-10"), &json!(false))
    );
    let data = world.get("/v1/reports/2026-10", token).await.expect(200);
    assert_eq!(data.body["by_skill"][0]["name"], "campaign.diwali");
    assert_eq!(data.body["workspace_name"], "जयपुर Looms");
    let (status, headers, table) = papers.file("/v1/reports/2026-10?format=csv", None).await;
    assert_eq!(
        (status, &headers["content-type"]),
        (200, &"text/csv; charset=utf-8".parse().unwrap())
    );
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"raptorflow-2026-10.csv\""
    );
    let table = String::from_utf8(table.to_vec()).unwrap();
    assert!(
        table.contains("\r\nskill,campaign.diwali,,2,10,5,0.01,USD,"),
        "{table}"
    );
    let pdf = "/v1/reports/2026-10?format=pdf";
    let pending = world.get(pdf, token).await.expect(202);
    assert_eq!(
        pending.body,
        json!({ "period": "2026-10", "status": "rendering" })
    );
    assert_eq!(pending.headers["location"], pdf);
    assert!(pending.headers.contains_key("retry-after"));
    assert_eq!(
        world.said_on("report-requested-v1").await,
        [json!({ "period": "2026-10-01" })]
    );
    rendered(&papers).await;
    let (status, headers, bytes) = papers.file(pdf, None).await;
    assert_eq!((status, &bytes[..]), (200, &b"%PDF-1.7 a report"[..]));
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"raptorflow-2026-10.pdf\""
    );
    // It was not asked for again.
    assert_eq!(world.said_on("report-requested-v1").await.len(), 1);
    for path in [
        "2026-13",
        "october",
        "2026-10-01",
        "2026-10?format=xls",
        "2026-10?colour=red",
    ] {
        world
            .get(&format!("/v1/reports/{path}"), token)
            .await
            .expect(422);
    }
}

/// As GET /v1/payments and /v1/invoices are closed to them.
#[tokio::test]
async fn payments_and_invoices_in_a_report_are_for_those_who_may_see_them() {
    let papers = papers(&HURRY).await;
    closed(&papers).await;
    let world = &papers.world;
    let json = "/v1/reports/2026-10";
    let (csv, pdf) = (format!("{json}?format=csv"), format!("{json}?format=pdf"));
    for role in [Role::Analyst, Role::Operator, Role::Admin] {
        let token = world.colleague(&papers.customer, role).await;
        let sees = role == Role::Admin;
        let data = world.get(json, &token).await.expect(200);
        assert_eq!(data.body["budget"]["spent_usd"], "0.01", "{role}");
        for list in ["payments", "invoices"] {
            assert_eq!(data.body.get(list).is_some(), sees, "{role} {list}");
        }
        let (status, _, table) = papers.file_for(&token, &csv, None).await;
        let table = String::from_utf8(table.to_vec()).unwrap();
        assert!(status == 200 && table.contains("\r\nskill,"), "{table}");
        for part in ["P_1", "RF/26-27/000001", "3538.82"] {
            assert_eq!(table.contains(part), sees, "{role}: {table}");
        }
        let paper = world.get(&pdf, &token).await;
        assert_eq!(
            paper.status.as_u16(),
            if sees { 202 } else { 403 },
            "{role}"
        );
    }
    // Nobody who may not have it has it made.
    assert_eq!(world.said_on("report-requested-v1").await.len(), 1);
}

#[tokio::test]
async fn a_report_that_is_being_rendered_is_waited_for() {
    let papers = papers(&[]).await;
    closed(&papers).await;
    let asked = papers.file("/v1/reports/2026-10?format=pdf", None);
    let renders = async {
        while papers.world.said_on("report-requested-v1").await.is_empty() {
            tokio::task::yield_now().await;
        }
        rendered(&papers).await;
    };
    let ((status, _, bytes), ()) = tokio::join!(asked, renders);
    assert_eq!((status, &bytes[..]), (200, &b"%PDF-1.7 a report"[..]));
}

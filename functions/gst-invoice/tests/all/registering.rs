//! Invoices that the e-invoice portal must register before they are any.

use chrono::TimeDelta;
use domain::billing::InvoiceStatus;
use gst_invoice::{finish, issue_credit_note, issue_invoice};
use serde_json::json;
use store::DbRole;
use store::billing::invoices::{self};
use testkit::gst::{Call, Fault};

use crate::world::{content, with_portal};

#[tokio::test]
async fn an_invoice_to_a_business_is_issued_when_the_portal_has_registered_it() {
    let (world, fake) = with_portal().await;
    let payment = world.paid().await;
    // The portal takes it and its answer is lost; then it is away; then it tells of the first time.
    fake.fail_next(Call::Register, Fault::StatusAfter(502));
    fake.fail_next(Call::Register, Fault::Status(503));
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    for _ in 0..2 {
        finish(&world.deps, world.workspace, id).await.unwrap();
        let invoice = world.invoice(id).await;
        assert_eq!(
            invoice.status,
            InvoiceStatus::Draft,
            "no invoice before it is registered"
        );
        assert!(invoice.object_name.is_none() && invoice.last_error.is_some());
        world.clock.advance(TimeDelta::hours(1));
    }
    finish(&world.deps, world.workspace, id).await.unwrap();
    let invoice = world.invoice(id).await;
    assert_eq!(invoice.status, InvoiceStatus::Issued);
    assert_eq!(fake.registered().len(), 1, "registered once");
    let irn = tax::einvoice::irn_of(&content(&invoice)).unwrap();
    assert_eq!(invoice.registered.as_ref().unwrap()["irn"], json!(irn));
    assert!(world.file(&invoice).await.len() > 20_000);

    // A consumer's invoice needs no portal.
    world.profile("unregistered", None, "27").await;
    let consumer = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    assert_eq!(world.invoice(consumer).await.status, InvoiceStatus::Issued);
}

#[tokio::test]
async fn a_registered_invoice_is_cancelled_at_the_portal_too() {
    let (world, fake) = with_portal().await;
    let payment = world.paid().await;
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.last_error, None);
    assert_eq!(fake.registered().len(), 1);
    let operator = world.db.store(DbRole::Operator);
    let mut tx = operator.tenant(world.workspace).await.unwrap();
    let now = world.seams.now();
    invoices::request_cancel(&mut tx, id, "wrong recipient", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    assert_eq!(fake.calls(Call::Cancel).len(), 1);
}

#[tokio::test]
async fn a_draft_that_is_refunded_is_credited_once_it_is_registered() {
    let (world, fake) = with_portal().await;
    fake.fail_next(Call::Register, Fault::Status(503));
    let payment = world.paid().await;
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    let refund = world.refunded(payment, "3538.82").await;
    issue_credit_note(&world.deps, world.workspace, refund)
        .await
        .unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Draft);
    world.clock.advance(TimeDelta::hours(1));
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Credited);
}

#[tokio::test]
async fn a_draft_whose_registration_was_lost_is_cancelled_at_the_portal_too() {
    let (world, fake) = with_portal().await;
    fake.fail_next(Call::Register, Fault::StatusAfter(502));
    let id = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Draft);
    let operator = world.db.store(DbRole::Operator);
    let mut tx = operator.tenant(world.workspace).await.unwrap();
    let now = world.seams.now();
    invoices::request_cancel(&mut tx, id, "wrong recipient", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    assert_eq!(
        (fake.registered().len(), fake.calls(Call::Cancel).len()),
        (1, 1)
    );
}

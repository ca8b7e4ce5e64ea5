//! Invoices that the e-invoice portal must register before they are any.

use chrono::TimeDelta;
use domain::InvoiceId;
use domain::billing::InvoiceStatus;
use gst_invoice::{finish, finish_invoices, issue_credit_note, issue_invoice};
use serde_json::json;
use store::billing::invoices::Invoice;
use testkit::gst::{Call, FakePortal, Fault, Twist};

use crate::world::{World, content, with_portal};

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

    assert!(!content(&invoice).declares_no_einvoice);
}

/// Rule 46(s): who makes e-invoices says so of what is none. A credit note has no such words.
#[tokio::test]
async fn a_consumers_invoice_needs_no_portal_and_says_so() {
    let (world, _fake) = with_portal().await;
    world.profile("unregistered", None, "27").await;
    let payment = world.paid().await;
    let consumer = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    let invoice = world.invoice(consumer).await;
    assert_eq!(invoice.status, InvoiceStatus::Issued);
    assert!(content(&invoice).declares_no_einvoice);
    let refund = world.refunded(payment, "3538.82").await;
    let note = issue_credit_note(&world.deps, world.workspace, refund)
        .await
        .unwrap();
    assert!(!content(&world.invoice(note).await).declares_no_einvoice);
    // Without a portal nobody asks for e-invoices, and what is kept of the document is as it was before.
    let world = World::new().await;
    let other = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    let kept = world.invoice(other).await.content;
    assert_eq!(kept.get("declares_no_einvoice"), None);
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
    world.take_back(id).await;
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
    world.take_back(id).await;
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    assert_eq!(
        (fake.registered().len(), fake.calls(Call::Cancel).len()),
        (1, 1)
    );
}

/// An invoice that the portal has, though its answer was not believed.
async fn disbelieved(world: &World, fake: &FakePortal) -> InvoiceId {
    // As with an EINVOICE_PUBLIC_KEY that is out of date.
    for call in [Call::Register, Call::ByIrn] {
        fake.fail_always(call, Some(Fault::Twisted(Twist::Signature)));
    }
    let id = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    let invoice = world.invoice(id).await;
    assert_eq!(invoice.status, InvoiceStatus::Draft);
    assert!(invoice.last_error.unwrap().contains("portal.signature"));
    assert_eq!(standing(fake), 1);
    id
}

/// Registrations at the portal that nobody has taken back.
fn standing(fake: &FakePortal) -> usize {
    let all = fake.registered();
    all.iter().filter(|one| one.cancelled_at.is_none()).count()
}

#[track_caller]
fn stays_a_draft(invoice: &Invoice, why: &str) {
    assert_eq!(invoice.status, InvoiceStatus::Draft);
    let said = invoice.last_error.as_deref().unwrap();
    assert!(
        said.contains("can't be cancelled") && said.contains(why),
        "{said}"
    );
    assert!(
        invoice.cancel_requested_at.is_none() && invoice.next_try_at.is_some(),
        "it may be asked for again, and is to be registered yet"
    );
}

#[tokio::test]
async fn what_the_portal_has_is_cancelled_there_though_its_answer_was_not_believed() {
    let (world, fake) = with_portal().await;
    let id = disbelieved(&world, &fake).await;
    world.take_back(id).await;
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    assert_eq!(standing(&fake), 0);
    // Another takes its place: it alone stands at the portal.
    for call in [Call::Register, Call::ByIrn] {
        fake.fail_always(call, None);
    }
    world.clock.advance(TimeDelta::minutes(3));
    finish_invoices(&world.deps).await.unwrap();
    let all = world.all().await;
    let issued: Vec<_> = all
        .iter()
        .filter(|one| one.status == InvoiceStatus::Issued)
        .collect();
    assert_eq!((all.len(), issued.len(), standing(&fake)), (2, 1, 1));
}

/// The portal takes nothing back after 24 hours (code 2270), and gives no registration again after three
/// days (2283).
#[tokio::test]
async fn what_the_portal_does_not_take_back_any_more_stays() {
    for (after, refused) in [
        (TimeDelta::hours(25), "portal.signature"),
        (TimeDelta::days(4), "2283"),
    ] {
        let (world, fake) = with_portal().await;
        let id = disbelieved(&world, &fake).await;
        world.clock.advance(after);
        world.take_back(id).await;
        finish(&world.deps, world.workspace, id).await.unwrap();
        let invoice = world.invoice(id).await;
        stays_a_draft(&invoice, "2270");
        assert!(invoice.last_error.unwrap().contains(refused));
        finish_invoices(&world.deps).await.unwrap();
        assert_eq!((world.all().await.len(), standing(&fake)), (1, 1));
    }
}

#[tokio::test]
async fn a_draft_that_the_portal_never_took_is_let_go_at_any_time() {
    let (world, fake) = with_portal().await;
    fake.fail_always(Call::Register, Some(Fault::Refused("2172".into())));
    let id = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    world.clock.advance(TimeDelta::days(9));
    world.take_back(id).await;
    // First the portal is away: nothing is known.
    fake.fail_next(Call::Cancel, Fault::Status(503));
    finish(&world.deps, world.workspace, id).await.unwrap();
    let waits = world.invoice(id).await;
    assert_eq!(waits.status, InvoiceStatus::Draft);
    assert!(waits.cancel_requested_at.is_some());
    world.clock.advance(TimeDelta::minutes(2));
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    assert_eq!(fake.calls(Call::Cancel).len(), 2);
}

#[tokio::test]
async fn a_portal_that_has_a_number_and_then_not_is_not_believed() {
    let (world, fake) = with_portal().await;
    let id = disbelieved(&world, &fake).await;
    world.take_back(id).await;
    fake.fail_next(Call::Cancel, Fault::Refused("2148".into()));
    finish(&world.deps, world.workspace, id).await.unwrap();
    stays_a_draft(&world.invoice(id).await, "2148");
    assert_eq!(standing(&fake), 1);
}

#[tokio::test]
async fn an_issued_invoice_that_the_portal_keeps_stays_and_can_be_credited() {
    let (world, fake) = with_portal().await;
    let payment = world.paid().await;
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    world.take_back(id).await;
    // 2230: an e-way bill stands on it.
    fake.fail_next(Call::Cancel, Fault::Refused("2230".into()));
    finish(&world.deps, world.workspace, id).await.unwrap();
    let invoice = world.invoice(id).await;
    assert_eq!(invoice.status, InvoiceStatus::Issued);
    assert!(invoice.last_error.unwrap().contains("2230"));
    assert_eq!(
        (invoice.cancel_requested_at, invoice.next_try_at),
        (None, None)
    );
    let refund = world.refunded(payment, "3538.82").await;
    issue_credit_note(&world.deps, world.workspace, refund)
        .await
        .unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Credited);
}

#[tokio::test]
async fn without_the_portal_a_registered_invoice_waits_to_be_taken_back() {
    let (mut world, fake) = with_portal().await;
    let id = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    world.take_back(id).await;
    let portal = world.deps.portal.take();
    finish(&world.deps, world.workspace, id).await.unwrap();
    let waits = world.invoice(id).await;
    assert_eq!(waits.status, InvoiceStatus::Issued);
    assert!(waits.last_error.unwrap().contains("not set up"));
    assert!(waits.cancel_requested_at.is_some() && waits.next_try_at.is_some());
    world.deps.portal = portal;
    world.clock.advance(TimeDelta::hours(7));
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    assert_eq!(standing(&fake), 0);
}

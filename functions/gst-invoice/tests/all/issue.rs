//! Issuing on a real PostgreSQL: numbers, credit notes, the portal, files, and everything that may go wrong
//! in between.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use domain::billing::InvoiceStatus;
use domain::{Inr, InvoiceId, PaymentId};
use events::{PaymentCapturedV1, RefundCompletedV1, TaxProfileChangedV1};
use gst_invoice::{finish, finish_invoices, issue_credit_note, issue_invoice};
use store::DbRole;
use store::billing::invoices::{self};
use store::billing::tax_profiles::{self};
use tower::ServiceExt;

use crate::world::{World, content, inr};

#[tokio::test]
async fn a_payment_gets_one_invoice_however_often_it_is_told() {
    let world = World::new().await;
    world.at("2026-11-21T06:00:00Z");
    let payment = world.paid().await;
    for _ in 0..3 {
        let told = PaymentCapturedV1 {
            payment_id: payment,
        };
        assert_eq!(world.push(&told).await, StatusCode::NO_CONTENT);
    }
    let all = world.all().await;
    assert_eq!(all.len(), 1);
    let invoice = &all[0];
    assert_eq!(
        (invoice.number.as_str(), invoice.status),
        ("RF/26-27/000001", InvoiceStatus::Issued)
    );
    let content = content(invoice);
    // From Karnataka to Gujarat: 18 % of 2,999 as IGST (requirement C-02: 353882 paise in all).
    assert_eq!(content.totals.igst, inr("539.82"));
    assert_eq!(
        (content.totals.taxable, content.totals.payable),
        (inr("2999"), inr("3538.82"))
    );
    assert_eq!(content.place_of_supply, "24");
    assert_eq!(
        content.lines[0].description,
        "RaptorFlow Starter plan, 21 November 2026 to 20 December 2026"
    );
    assert_eq!(content.settlement.unwrap().method, "UPI");
    assert_eq!(invoice.next_try_at, None);
    assert!(world.file(invoice).await.starts_with(b"%PDF-"));
    let name = invoice.object_name.as_ref().unwrap();
    assert_eq!(
        name,
        &format!("invoices/{}/26-27/RF-26-27-000001.pdf", world.workspace)
    );
}

#[tokio::test]
async fn rendering_again_gives_the_same_bytes() {
    let world = World::new().await;
    let payment = world.paid().await;
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    let first = world.file(&world.invoice(id).await).await;
    let name = world.invoice(id).await.object_name.unwrap();
    world.deps.objects.delete(&name, None).await.unwrap();
    // A crash after the file and before the row: it is done again, elsewhere and later.
    sqlx::query("UPDATE invoices SET object_name = NULL, next_try_at = $1")
        .bind(world.seams.now())
        .execute(&world.owner)
        .await
        .unwrap();
    world.clock.advance(TimeDelta::days(3));
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.file(&world.invoice(id).await).await, first);
}

#[tokio::test]
async fn sixty_four_at_once_get_numbers_without_a_gap() {
    let world = World::new().await;
    let mut payments = vec![];
    for at in 0..64 {
        // Each fourth is told of twice at the same moment.
        let payment = world.paid().await;
        payments.push(payment);
        if at % 4 == 0 {
            payments.push(payment);
        }
    }
    // One whose transaction fails after it has taken a number: the number is free again.
    let nobodys = PaymentId(world.seams.uuid());
    payments.insert(20, nobodys);
    let writers = payments.into_iter().map(|payment| {
        let (deps, workspace) = (world.deps.clone(), world.workspace);
        tokio::spawn(async move { issue_invoice(&deps, workspace, payment).await })
    });
    let done = futures::future::join_all(writers).await;
    let failed = done
        .iter()
        .filter(|one| one.as_ref().unwrap().is_err())
        .count();
    assert_eq!(failed, 1, "only the one that nobody has paid");
    let mut numbers: Vec<_> = world
        .all()
        .await
        .into_iter()
        .map(|one| one.number)
        .collect();
    numbers.sort();
    let wanted: Vec<_> = (1..=64)
        .map(|n| {
            let year = numbers[0].split('/').nth(1).unwrap();
            format!("RF/{year}/{n:06}")
        })
        .collect();
    assert_eq!(numbers, wanted);
    let operator = world.db.store(DbRole::Operator);
    let mut tx = operator.sweep().await.unwrap();
    assert_eq!(store::billing::money::faults(&mut tx).await.unwrap(), []);
}

#[tokio::test]
async fn a_new_financial_year_begins_at_midnight_in_india() {
    let world = World::new().await;
    world.at("2027-03-31T18:29:59Z");
    let last = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    world.at("2027-03-31T18:30:00Z");
    let first = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    assert_eq!(world.invoice(last).await.number, "RF/26-27/000001");
    assert_eq!(world.invoice(first).await.number, "RF/27-28/000001");
    assert_eq!(world.invoice(first).await.date.to_string(), "2027-04-01");
}

#[tokio::test]
async fn refunds_get_credit_notes_that_sum_to_the_invoice() {
    let world = World::new().await;
    world.at("2026-11-21T06:00:00Z");
    let payment = world.paid().await;
    // News of the refund comes before that of its payment.
    let first = world.refunded(payment, "1000").await;
    for _ in 0..2 {
        let told = RefundCompletedV1 {
            refund_id: first,
            payment_id: payment,
        };
        assert_eq!(world.push(&told).await, StatusCode::NO_CONTENT);
    }
    let second = world.refunded(payment, "2538.82").await;
    let rest = issue_credit_note(&world.deps, world.workspace, second)
        .await
        .unwrap();
    let all = world.all().await;
    assert_eq!(all.len(), 3);
    let invoice = all.iter().find(|one| one.kind == "tax_invoice").unwrap();
    assert_eq!(invoice.status, InvoiceStatus::Credited);
    let notes: Vec<_> = all.iter().filter(|one| one.kind == "credit_note").collect();
    let taxable: Inr = notes.iter().map(|note| note.taxable).sum();
    let tax: Inr = notes.iter().map(|note| note.tax).sum();
    assert_eq!((taxable, tax), (inr("2999"), inr("539.82")));
    let note = content(&world.invoice(rest).await);
    assert_eq!(note.number, "RC/26-27/000002");
    let against = note.against.unwrap();
    assert_eq!(against.number, "RF/26-27/000001");
    assert_eq!(note.reason.as_deref(), Some("not needed"));
}

#[tokio::test]
async fn what_was_lost_is_found_by_the_schedule() {
    let world = World::new().await;
    let payment = world.paid().await;
    let refund = world.refunded(payment, "500").await;
    world.clock.advance(TimeDelta::minutes(3));
    let done = finish_invoices(&world.deps).await.unwrap();
    assert_eq!(
        (
            done.invoices,
            done.credit_notes,
            done.unfinished,
            done.failed
        ),
        (1, 1, 2, 0)
    );
    assert!(
        world
            .all()
            .await
            .iter()
            .all(|one| one.object_name.is_some())
    );
    let again = finish_invoices(&world.deps).await.unwrap();
    assert_eq!(
        (again.invoices, again.credit_notes, again.unfinished),
        (0, 0, 0)
    );
    let there = issue_credit_note(&world.deps, world.workspace, refund)
        .await
        .unwrap();
    assert_eq!(world.all().await.len(), 2);
    assert_eq!(world.invoice(there).await.kind, "credit_note");
}

#[tokio::test]
async fn a_file_store_that_is_away_keeps_no_invoice_from_being_issued() {
    let world = World::new().await;
    // Where the folder should be is a file.
    std::fs::write(world.folder.path().join("invoices"), "in the way").unwrap();
    let payment = world.paid().await;
    let told = PaymentCapturedV1 {
        payment_id: payment,
    };
    assert_eq!(world.push(&told).await, StatusCode::NO_CONTENT);
    let invoice = world.all().await.remove(0);
    assert_eq!(
        (invoice.status, &invoice.object_name),
        (InvoiceStatus::Issued, &None)
    );
    assert!(invoice.last_error.is_some() && invoice.next_try_at.is_some());
    std::fs::remove_file(world.folder.path().join("invoices")).unwrap();
    world.clock.advance(TimeDelta::hours(1));
    finish_invoices(&world.deps).await.unwrap();
    let invoice = world.all().await.remove(0);
    assert!(invoice.object_name.is_some() && invoice.last_error.is_none());
}

#[tokio::test]
async fn a_cancelled_invoice_keeps_its_number_and_another_takes_its_place() {
    let world = World::new().await;
    let payment = world.paid().await;
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    let operator = world.db.store(DbRole::Operator);
    let cancel = async |id: InvoiceId| {
        let mut tx = operator.tenant(world.workspace).await.unwrap();
        let now = world.seams.now();
        assert!(
            invoices::request_cancel(&mut tx, id, "wrong name", now)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
    };
    world.clock.advance(TimeDelta::hours(23));
    cancel(id).await;
    world.profile("unregistered", None, "27").await;
    finish_invoices(&world.deps).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    finish_invoices(&world.deps).await.unwrap();
    let all = world.all().await;
    let standing: Vec<_> = all
        .iter()
        .filter(|one| one.status == InvoiceStatus::Issued)
        .collect();
    assert_eq!((all.len(), standing.len()), (2, 1));
    assert!(standing[0].number.ends_with("000002"));
    assert_eq!(content(standing[0]).place_of_supply, "27");
    // A day later it takes a credit note.
    world.clock.advance(TimeDelta::hours(25));
    cancel(standing[0].id).await;
    finish_invoices(&world.deps).await.unwrap();
    let refused = world.invoice(standing[0].id).await;
    assert_eq!(refused.status, InvoiceStatus::Issued);
    assert!(refused.last_error.unwrap().contains("credit note"));
    assert_eq!(refused.next_try_at, None);
}

#[tokio::test]
async fn without_a_profile_no_invoice_is_made_and_the_message_comes_again() {
    let world = World::new().await;
    sqlx::query("DELETE FROM tax_profiles")
        .execute(&world.owner)
        .await
        .unwrap();
    let payment = world.paid().await;
    let told = PaymentCapturedV1 {
        payment_id: payment,
    };
    assert_eq!(world.push(&told).await, StatusCode::SERVICE_UNAVAILABLE);
    world.profile("unregistered", None, "24").await;
    assert_eq!(world.push(&told).await, StatusCode::NO_CONTENT);
    assert_eq!(
        world.all().await[0].number.split('/').next_back(),
        Some("000001"),
        "no number was lost"
    );
}

#[tokio::test]
async fn a_gstin_that_can_t_be_looked_up_is_unknown_and_never_wrong() {
    let world = World::new().await;
    world
        .profile("registered", Some("29AAGCB7383J1Z4"), "29")
        .await;
    assert_eq!(
        world.push(&TaxProfileChangedV1 {}).await,
        StatusCode::NO_CONTENT
    );
    let mut tx = world.deps.store.tenant(world.workspace).await.unwrap();
    let profile = tax_profiles::get(&mut tx).await.unwrap().unwrap();
    assert_eq!(profile.verification, "unknown");
}

#[tokio::test]
async fn every_declared_schedule_and_subscription_is_here() {
    let world = World::new().await;
    for schedule in events::schedules()
        .iter()
        .filter(|one| one.function == gst_invoice::NAME)
    {
        let request = Request::post(format!("/schedules/{}", schedule.name)).body(Body::empty());
        let response = world.app.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{}", schedule.name);
    }
    let declared: BTreeSet<_> = events::topics()
        .iter()
        .flat_map(events::Topic::subscriptions)
        .filter(|one| one.function == gst_invoice::NAME)
        .map(|one| one.name)
        .collect();
    let here: BTreeSet<_> = gst_invoice::consumers(&world.deps)
        .iter()
        .map(|consumer| consumer.subscription.name.clone())
        .collect();
    assert_eq!(declared, here);
}

#[tokio::test]
async fn an_invoice_with_credit_notes_is_not_cancelled_and_one_to_be_cancelled_gets_none() {
    let world = World::new().await;
    let payment = world.paid().await;
    let id = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap();
    finish(&world.deps, world.workspace, id).await.unwrap();
    let operator = world.db.store(DbRole::Operator);
    let cancel = async || {
        let mut tx = operator.tenant(world.workspace).await.unwrap();
        let now = world.seams.now();
        invoices::request_cancel(&mut tx, id, "wrong name", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    cancel().await;
    let refund = world.refunded(payment, "1000").await;
    assert!(
        issue_credit_note(&world.deps, world.workspace, refund)
            .await
            .is_err(),
        "not while it is open"
    );
    finish(&world.deps, world.workspace, id).await.unwrap();
    assert_eq!(world.invoice(id).await.status, InvoiceStatus::Cancelled);
    // The credit note is against the one that takes its place.
    let note = issue_credit_note(&world.deps, world.workspace, refund)
        .await
        .unwrap();
    let against = world.invoice(note).await.against_id.unwrap();
    assert_ne!(against, id);
    assert_eq!(
        world.invoice(against).await.status,
        InvoiceStatus::PartlyCredited
    );
    let mut tx = operator.tenant(world.workspace).await.unwrap();
    let now = world.seams.now();
    invoices::request_cancel(&mut tx, against, "again", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    finish(&world.deps, world.workspace, against).await.unwrap();
    let stands = world.invoice(against).await;
    assert_eq!(stands.status, InvoiceStatus::PartlyCredited);
    assert!(
        stands.cancel_requested_at.is_none(),
        "it may be asked for again"
    );
}

#[tokio::test]
async fn tax_that_was_not_charged_is_not_invoiced() {
    let world = World::new().await;
    let payment = world.paid().await;
    sqlx::query("UPDATE payments SET tax_inr = 0, taxable_inr = 3538.82")
        .execute(&world.owner)
        .await
        .unwrap();
    let refused = issue_invoice(&world.deps, world.workspace, payment)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("the tax profile has changed"),
        "{refused}"
    );
    assert!(world.all().await.is_empty());
}

/// IGST Act s. 2(6)(iv) and s. 16: without foreign exchange it is no export, and 18 % of 2,999 is 539.82
/// (requirement C-02); a zone is not asked how it pays.
#[tokio::test]
async fn a_letter_of_undertaking_frees_zones_and_not_rupees_from_abroad() {
    let letter = ["--supplier-under-lut=true"];
    let world = World::with(&letter).await;
    world.profile("overseas", None, "96").await;
    let abroad = issue_invoice(&world.deps, world.workspace, world.paid().await)
        .await
        .unwrap();
    let abroad = content(&world.invoice(abroad).await);
    assert_eq!(
        (abroad.place_of_supply.as_str(), abroad.under_lut),
        ("96", false)
    );
    assert_eq!(
        (abroad.totals.taxable, abroad.totals.igst),
        (inr("2999"), inr("539.82"))
    );
    let free = [letter[0], "--exports-under-lut=true"];
    for (arguments, kind, gstin, state) in [
        (&letter[..], "sez", Some("27AAPFU0939F1ZV"), "27"),
        (&free[..], "overseas", None, "96"),
    ] {
        let world = World::with(arguments).await;
        world.profile(kind, gstin, state).await;
        let payment = world.paid().await;
        // As it is quoted: without tax.
        sqlx::query("UPDATE payments SET tax_inr = 0, taxable_inr = 3538.82")
            .execute(&world.owner)
            .await
            .unwrap();
        let id = issue_invoice(&world.deps, world.workspace, payment)
            .await
            .unwrap();
        let document = content(&world.invoice(id).await);
        assert!(document.under_lut, "{kind}");
        assert_eq!(
            (document.totals.taxable, document.totals.total_tax),
            (inr("3538.82"), Inr::ZERO)
        );
    }
}

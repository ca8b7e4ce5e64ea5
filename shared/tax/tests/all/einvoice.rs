use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tax::compute::{Recipient, Terms, compute};
use tax::credit::credit;
use tax::document::{Against, Document, DocumentKind, RecipientKind};
use tax::einvoice::{
    Amount, Invoice, NotForPortal, irn, irn_of, needs_einvoice, request, validate,
};

use crate::arbitrary::{items, recipients};
use crate::{
    KARNATAKA, MAHARASHTRA, abroad, business, consumer, inr, invoice, item, one, state, zone,
};

fn json_of(document: &Document) -> Value {
    serde_json::to_value(request(document).unwrap()).unwrap()
}

fn paths(value: &Value) -> Vec<String> {
    validate(value)
        .into_iter()
        .map(|problem| problem.path)
        .collect()
}

/// The first from the portal's own page on the reference number, the others from replies of its sandbox
/// (resilient-tech/india-compliance, test_e_invoice.json).
#[test]
fn reference_numbers_are_those_of_the_portal() {
    for (seller, year, kind, number, expected) in [
        (
            "29AAFCC9980M1ZR",
            "2019-20",
            "INV",
            "2019-20/KA/1",
            "23f498ee41441ecad30f72ba5b9907506c3df70a17b0e0dff46b76a786400662",
        ),
        (
            "01AMBPG7773M002",
            "2022-23",
            "INV",
            "SINV-CFY-00067",
            "706daeccda0ef6f818da78f3a2a05a1288731057373002289b46c3229289a2e7",
        ),
        (
            "01AMBPG7773M002",
            "2022-23",
            "INV",
            "g2qxhY",
            "68fb4fab44aee99fb23292478c4bd838e664837c9f1b04e3d9134ffed0b40b60",
        ),
        (
            "01AMBPG7773M002",
            "2022-23",
            "CRN",
            "g2qxhY",
            "1c96258af085e45da556494ea5e5a7b401a598ab80af4136309c2dac7b54d795",
        ),
    ] {
        assert_eq!(irn(seller, year.parse().unwrap(), kind, number), expected);
    }
    let document = invoice(&business(MAHARASHTRA), &one("2999"), Terms::default());
    assert_eq!(
        irn_of(&document).unwrap(),
        irn(
            KARNATAKA,
            "2026-27".parse().unwrap(),
            "INV",
            "RF/26-27/000001"
        )
    );
}

#[test]
fn an_invoice_to_a_business_becomes_the_form() {
    let mut document = invoice(
        &business(MAHARASHTRA),
        &[item("2", "2999", "98", "18")],
        Terms::default(),
    );
    document.period = Some(("2026-11-01".parse().unwrap(), "2026-11-30".parse().unwrap()));
    document.recipient.legal_name = "Mehta \"Silk\" Textiles".into();
    let json = json_of(&document);
    // 2 × 2999 − 98 = 5900; 18 % is 1062.
    assert_eq!(
        json,
        json!({
            "Version": "1.1",
            "TranDtls": { "TaxSch": "GST", "SupTyp": "B2B", "RegRev": "N" },
            "DocDtls": { "Typ": "INV", "No": "RF/26-27/000001", "Dt": "21/11/2026" },
            "SellerDtls": {
                "Gstin": "29AAGCB7383J1Z4", "LglNm": "RaptorFlow Private Limited",
                "Addr1": "12 Residency Road", "Addr2": "Ashok Nagar", "Loc": "Bengaluru",
                "Pin": 560_025, "Stcd": "29", "Ph": "919876543210", "Em": "accounts@example.in",
            },
            "BuyerDtls": {
                "Gstin": "27AAPFU0939F1ZV", "LglNm": "Mehta 'Silk' Textiles", "Pos": "27",
                "Addr1": "12 Residency Road", "Addr2": "Ashok Nagar", "Loc": "Mumbai",
                "Pin": 400_001, "Stcd": "27", "Ph": "919876543210", "Em": "accounts@example.in",
            },
            "ItemList": [{
                "SlNo": "1", "PrdDesc": "Starter plan, monthly", "IsServc": "Y", "HsnCd": "998314",
                "Qty": 2, "Unit": "NOS", "UnitPrice": 2999, "TotAmt": 5998, "Discount": 98, "AssAmt": 5900,
                "GstRt": 18, "IgstAmt": 1062, "CgstAmt": 0, "SgstAmt": 0, "TotItemVal": 6962,
            }],
            "ValDtls": {
                "AssVal": 5900, "CgstVal": 0, "SgstVal": 0, "IgstVal": 1062, "RndOffAmt": 0,
                "TotInvVal": 6962,
            },
            "RefDtls": { "DocPerdDtls": { "InvStDt": "01/11/2026", "InvEndDt": "30/11/2026" } },
        })
    );
    assert_eq!(validate(&json), []);
    let back: Invoice = serde_json::from_value(json).unwrap();
    assert_eq!(back, request(&document).unwrap());
}

#[test]
fn each_kind_of_supply_has_its_name() {
    for (recipient, lut, name) in [
        (business(MAHARASHTRA), false, "B2B"),
        (business(KARNATAKA), true, "B2B"),
        (zone(KARNATAKA), false, "SEZWP"),
        (zone(KARNATAKA), true, "SEZWOP"),
        (abroad(), false, "EXPWP"),
        (abroad(), true, "EXPWOP"),
    ] {
        let terms = Terms {
            lut,
            ..Terms::default()
        };
        let json = json_of(&invoice(&recipient, &one("2999"), terms));
        assert_eq!(json["TranDtls"]["SupTyp"], name);
        assert_eq!(validate(&json), [], "{name}");
    }
    let export = json_of(&invoice(&abroad(), &one("2999"), Terms::default()));
    let buyer = &export["BuyerDtls"];
    assert_eq!(
        (
            &buyer["Gstin"],
            &buyer["Pos"],
            &buyer["Stcd"],
            &buyer["Pin"]
        ),
        (&json!("URP"), &json!("96"), &json!("96"), &json!(999_999))
    );
    assert_eq!(export["ExpDtls"]["CntCode"], "US");
}

/// The form has one place for SGST and UTGST. Chandigarh's numbers are ours with another state: their sums
/// are 213 and 164, so that 3 and 16 (G) are left to multiples of 36.
#[test]
fn the_territorys_tax_stands_where_the_states_does() {
    let computed = compute(
        state("04"),
        &business("04AAPFU0939F1Z3"),
        &one("2999"),
        Terms::default(),
    )
    .unwrap();
    let mut document = invoice(&business(MAHARASHTRA), &one("2999"), Terms::default());
    document.lines = computed.lines;
    document.totals = computed.totals;
    document.place_of_supply = computed.place_of_supply;
    for (party, number) in [
        (&mut document.supplier, "04AAGCB7383J1ZG"),
        (&mut document.recipient, "04AAPFU0939F1Z3"),
    ] {
        party.gstin = Some(number.into());
        party.address.state_code = "04".into();
        party.address.pin = Some("160017".into());
    }
    let json = json_of(&document);
    assert_eq!(json["ItemList"][0]["SgstAmt"], 269.91);
    assert_eq!(json["ValDtls"]["SgstVal"], 269.91);
    assert_eq!(validate(&json), []);
}

#[test]
fn only_what_goes_to_businesses_zones_and_abroad_is_registered() {
    let office = Recipient {
        gstin: Some("0717UNO00157UNO"),
        ..consumer("29")
    };
    for (recipient, needed) in [
        (business(MAHARASHTRA), true),
        (zone(KARNATAKA), true),
        (abroad(), true),
        (consumer("29"), false),
        (office, false),
    ] {
        let mut document = invoice(&recipient, &one("2999"), Terms::default());
        assert_eq!(needs_einvoice(&document), needed);
        // A UIN is printed all the same.
        assert_eq!(document.recipient.gstin.as_deref(), recipient.gstin);
        document.kind = DocumentKind::CreditNote;
        assert_eq!(needs_einvoice(&document), needed);
    }
    let consumers = invoice(&consumer("29"), &one("2999"), Terms::default());
    assert_eq!(request(&consumers), Err(NotForPortal::Consumer));
    let mut bare = invoice(&business(MAHARASHTRA), &one("2999"), Terms::default());
    bare.supplier.address.pin = None;
    assert_eq!(
        request(&bare),
        Err(NotForPortal::Missing("the supplier's PIN code"))
    );
}

#[test]
fn a_credit_note_names_its_invoice() {
    let original = invoice(&business(MAHARASHTRA), &one("2999"), Terms::default());
    let (lines, totals) = credit(&original, &[], inr("1000")).unwrap();
    let mut note = Document {
        kind: DocumentKind::CreditNote,
        number: "CN/26-27/000001".into(),
        lines,
        totals,
        ..original
    };
    assert_eq!(paths(&json_of(&note)), ["/RefDtls/PrecDocDtls"]);
    note.against = Some(Against {
        number: "RF/26-27/000001".into(),
        date: "2026-11-21".parse().unwrap(),
    });
    let json = json_of(&note);
    assert_eq!(json["DocDtls"]["Typ"], "CRN");
    assert_eq!(
        json["RefDtls"]["PrecDocDtls"],
        json!([{ "InvNo": "RF/26-27/000001", "InvDt": "21/11/2026" }])
    );
    assert_eq!(validate(&json), []);
}

/// The request for services of the India Compliance app's tests (test_e_invoice.json, `service_item`), with
/// GSTINs and PIN codes of ours, since those of the sandbox are none: a supply from one state to a buyer
/// in another, but with the place of supply at home.
#[test]
fn a_request_that_the_portal_took_is_right() {
    let taken = json!({
        "BuyerDtls": { "Addr1": "Test Address - 3", "Gstin": MAHARASHTRA, "LglNm": "_Test Registered Customer", "Loc": "Test City", "Pin": 400_055, "Pos": "29", "Stcd": "27", "TrdNm": "_Test Registered Customer" },
        "DocDtls": { "Dt": "17/09/2022", "No": "TEST-INVOICE-NO", "Typ": "INV" },
        "ItemList": [{ "AssAmt": 100.0, "CesAmt": 0, "CesNonAdvlAmt": 0, "CesRt": 0, "CgstAmt": 9.0, "Discount": 0, "GstRt": 18.0, "HsnCd": "999900", "IgstAmt": 0, "IsServc": "Y", "PrdDesc": "Test Service Item", "Qty": 1.0, "SgstAmt": 9.0, "SlNo": "1", "TotAmt": 100.0, "TotItemVal": 118.0, "Unit": "NOS", "UnitPrice": 100.0 }],
        "PayDtls": { "CrDay": 0, "PaidAmt": 0, "PaymtDue": 118.0 },
        "SellerDtls": { "Addr1": "Test Address - 1", "Gstin": KARNATAKA, "LglNm": "_Test Indian Registered Company", "Loc": "Test City", "Pin": 560_302, "Stcd": "29", "TrdNm": "_Test Indian Registered Company" },
        "TranDtls": { "RegRev": "N", "SupTyp": "B2B", "TaxSch": "GST" },
        "ValDtls": { "AssVal": 100.0, "CesVal": 0, "CgstVal": 9.0, "Discount": 0, "IgstVal": 0, "OthChrg": 0.0, "RndOffAmt": 0.0, "SgstVal": 9.0, "TotInvVal": 118.0 },
        "Version": "1.1",
    });
    assert_eq!(validate(&taken), []);
    // With other charges and rounding (`nil_exempted_item`: 10 at 12 percent, 100 beside it, −0.20).
    let mut rounded = taken;
    for (name, value) in [
        ("TotAmt", 10.0),
        ("AssAmt", 10.0),
        ("UnitPrice", 10.0),
        ("GstRt", 12.0),
        ("CgstAmt", 0.6),
        ("SgstAmt", 0.6),
        ("TotItemVal", 11.2),
    ] {
        rounded["ItemList"][0][name] = json!(value);
    }
    rounded["ValDtls"] = json!({ "AssVal": 10.0, "CesVal": 0, "CgstVal": 0.6, "Discount": 0.0, "IgstVal": 0, "OthChrg": 100.0, "RndOffAmt": -0.2, "SgstVal": 0.6, "TotInvVal": 111.0 });
    assert_eq!(validate(&rounded), []);
}

#[test]
fn what_the_form_asks_for_is_asked_for() {
    let good = json_of(&invoice(
        &business(MAHARASHTRA),
        &one("2999"),
        Terms::default(),
    ));
    for path in [
        "/Version",
        "/TranDtls",
        "/DocDtls",
        "/SellerDtls",
        "/BuyerDtls",
        "/ItemList",
        "/ValDtls",
        "/TranDtls/TaxSch",
        "/TranDtls/SupTyp",
        "/DocDtls/Typ",
        "/DocDtls/No",
        "/DocDtls/Dt",
        "/SellerDtls/Gstin",
        "/SellerDtls/LglNm",
        "/SellerDtls/Addr1",
        "/SellerDtls/Loc",
        "/SellerDtls/Pin",
        "/SellerDtls/Stcd",
        "/BuyerDtls/Gstin",
        "/BuyerDtls/LglNm",
        "/BuyerDtls/Pos",
        "/BuyerDtls/Addr1",
        "/BuyerDtls/Loc",
        "/BuyerDtls/Stcd",
        "/ItemList/0/SlNo",
        "/ItemList/0/IsServc",
        "/ItemList/0/HsnCd",
        "/ItemList/0/UnitPrice",
        "/ItemList/0/TotAmt",
        "/ItemList/0/AssAmt",
        "/ItemList/0/GstRt",
        "/ItemList/0/TotItemVal",
        "/ValDtls/AssVal",
        "/ValDtls/TotInvVal",
    ] {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let mut without = good.clone();
        without
            .pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name);
        assert_eq!(paths(&without), [path]);
    }
    for (path, value) in [
        ("/Version", json!("1.0")),
        ("/TranDtls/SupTyp", json!("B2C")),
        ("/DocDtls/No", json!("0001")),
        ("/DocDtls/No", json!("12345678901234567")),
        ("/DocDtls/No", json!("rf/1")),
        ("/DocDtls/Dt", json!("2026-11-21")),
        ("/DocDtls/Dt", json!("31/11/2026")),
        ("/SellerDtls/Pin", json!(99_999)),
        ("/SellerDtls/LglNm", json!("RF")),
        ("/SellerDtls/Addr1", json!("12 \"Road\"")),
        ("/BuyerDtls/Ph", json!("+919876543210")),
        ("/BuyerDtls/Gstin", json!("27AAPFU0939F1ZW")),
        ("/BuyerDtls/Gstin", json!("URP")),
        ("/BuyerDtls/Stcd", json!("29")),
        ("/BuyerDtls/Pin", json!(560_001)),
        ("/ItemList/0/HsnCd", json!("998")),
        ("/ItemList/0/IsServc", json!("N")),
        ("/ItemList/0/TotAmt", json!(-1)),
        ("/ItemList/0/TotAmt", json!(3000)),
        ("/ItemList/0/TotAmt", json!("2999")),
        ("/ValDtls/RndOffAmt", json!(100)),
        ("/ValDtls/TotInvVal", json!(3538.81)),
        ("/ValDtls/CesVal", json!(1)),
    ] {
        let mut wrong = good.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        wrong.pointer_mut(parent).unwrap()[name] = value.clone();
        let found = paths(&wrong);
        let also_the_sum = ["/ItemList/0/AssAmt", "/ValDtls/TotInvVal"];
        assert!(
            found
                .iter()
                .any(|found| found == path || also_the_sum.contains(&found.as_str())),
            "{path} {value}: {found:?}"
        );
    }
    assert_eq!(paths(&json!("nothing")), [""]);
}

#[test]
fn sums_and_heads_must_hold() {
    let good = json_of(&invoice(
        &business(KARNATAKA),
        &one("2999"),
        Terms::default(),
    ));
    let changed = |changes: &[(&str, Value)]| {
        let mut json = good.clone();
        for (path, value) in changes {
            *json.pointer_mut(path).unwrap() = value.clone();
        }
        paths(&json)
    };
    assert_eq!(changed(&[]), [""; 0]);
    // A paisa from one half to the other.
    assert_eq!(
        changed(&[
            ("/ItemList/0/CgstAmt", json!(269.92)),
            ("/ItemList/0/SgstAmt", json!(269.90)),
            ("/ValDtls/CgstVal", json!(269.92)),
            ("/ValDtls/SgstVal", json!(269.90)),
        ]),
        ["/ItemList/0/SgstAmt"]
    );
    // IGST within a state.
    assert_eq!(
        changed(&[
            ("/ItemList/0/CgstAmt", json!(0)),
            ("/ItemList/0/SgstAmt", json!(0)),
            ("/ItemList/0/IgstAmt", json!(539.82)),
            ("/ValDtls/CgstVal", json!(0)),
            ("/ValDtls/SgstVal", json!(0)),
            ("/ValDtls/IgstVal", json!(539.82)),
        ]),
        ["/ItemList/0/IgstAmt"]
    );
    // A rate that the tax is not of.
    assert_eq!(
        changed(&[("/ItemList/0/GstRt", json!(12))]),
        ["/ItemList/0/CgstAmt"]
    );
    assert_eq!(
        changed(&[("/ValDtls/AssVal", json!(2998))]),
        ["/ValDtls/AssVal", "/ValDtls/TotInvVal"]
    );
    assert_eq!(
        changed(&[("/ItemList/0/UnitPrice", json!(2999.0001))]),
        ["/ItemList/0/UnitPrice"]
    );
    // Without the tax it may stand only where the recipient pays it.
    assert_eq!(
        changed(&[("/ValDtls/TotInvVal", json!(2999))]),
        ["/ValDtls/TotInvVal"]
    );
    assert_eq!(
        changed(&[
            ("/ValDtls/TotInvVal", json!(2999)),
            ("/TranDtls/RegRev", json!("Y"))
        ]),
        [""; 0]
    );
}

proptest! {
    #[test]
    fn whatever_is_computed_is_right(
        items in items(), recipient in recipients(), lut in any::<bool>(), round_to_rupee in any::<bool>(),
        reverse in any::<bool>(), tax_inclusive in any::<bool>(), share in 1u32..=100,
    ) {
        prop_assume!(recipient.kind != RecipientKind::Unregistered);
        let reverse_charge = reverse && recipient.kind != RecipientKind::Overseas;
        let terms = Terms { lut, reverse_charge, round_to_rupee, tax_inclusive: tax_inclusive && !reverse_charge };
        let recipient: Recipient<'_> = recipient;
        let document = invoice(&recipient, &items, terms);
        let json = json_of(&document);
        prop_assert_eq!(validate(&json), []);
        let text = json.to_string();
        let back: Invoice = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.val_dtls.tot_inv_val, Amount(document.totals.payable.0));
        prop_assert_eq!(back.item_list[0].ass_amt, Amount(document.lines[0].taxable.0));
        // And so are its credit notes.
        let gross = domain::Inr((document.totals.payable.0 * Decimal::new(i64::from(share), 2)).round_dp(2));
        if !gross.is_zero() {
            let (lines, totals) = credit(&document, &[], gross).unwrap();
            let against = Against { number: document.number.clone(), date: document.date };
            let note = Document { kind: DocumentKind::CreditNote, lines, totals, against: Some(against), ..document };
            prop_assert_eq!(validate(&json_of(&note)), []);
        }
    }

    #[test]
    fn amounts_survive_the_wire(paise in -9_999i64..99_999_999_999_999) {
        let amount = Amount(Decimal::new(paise, 2));
        let text = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), amount);
    }
}

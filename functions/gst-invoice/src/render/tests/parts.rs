//! Rule 46 and Rule 53(1A) of the CGST Rules, part by part.

use super::*;

const SUPPLIER: [&str; 5] = [
    "RaptorFlow Technologies Private Limited",
    "4th Floor, Prestige Tower",
    "Bengaluru 560038",
    "29AAGCB7383J1Z4",
    "Karnataka (29)",
];

#[test]
fn an_invoice_within_a_state_has_all_that_rule_46_asks() {
    let text = text_of(&document(B2C), &look(Language::En));
    says(&text, &SUPPLIER);
    says(
        &text,
        &[
            "Tax Invoice",
            "Original for recipient",
            "Invoice no. RF/26-27/000041",
            "Date 21 Nov 2026",
            // An unregistered recipient: name, address, state and its code.
            "Lakshmi Narayanan",
            "14, Temple Street, Malleswaram",
            "Bengaluru 560003",
            "GSTIN: Unregistered",
            "State: Karnataka (29)",
            "Place of supply Karnataka (29)",
            "Reverse charge No",
            "Service period 21 Nov 2026 – 20 Dec 2026",
            "RaptorFlow Starter, monthly",
            "998315",
            // Rate by head, quantity, price, value, amount by head, total.
            "CGST @ 9% SGST @ 9% Total",
            "Extra executions, pack of 50 998315 2 500.00 1,000.00 90.00 90.00 1,180.00",
            "Taxable value ₹4,749.00",
            "CGST @ 9% ₹427.41",
            "SGST @ 9% ₹427.41",
            "Total tax ₹854.82",
            "Round off ₹0.18",
            "Total payable ₹5,604.00",
            "Rupees Five Thousand Six Hundred Four Only",
            "Payment received UPI, 21 Nov 2026, 10:15 IST Reference 632598761234",
            "computer-generated document; no signature is needed",
            "Page 1 / 1",
        ],
    );
    for absent in [
        "IGST",
        "UTGST",
        "Discount",
        "IRN",
        "Original invoice",
        "hereby declare",
    ] {
        assert!(!text.contains(absent), "{absent}");
    }
}

#[test]
fn the_number_of_an_embassy_is_named_as_what_it_is() {
    let mut document = document(B2C);
    document.recipient.gstin = Some("0717UNO00157UNO".into());
    let text = text_of(&document, &look(Language::En));
    says(&text, &["UIN: 0717UNO00157UNO"]);
    assert!(!text.contains("Unregistered"), "{text}");
}

#[test]
fn an_invoice_between_states_has_one_head_and_the_portal_s_code() {
    let (registered, logo) = (registered(), logo());
    let look = Look {
        registered: Some(&registered),
        logo: Some(&logo),
        ..look(Language::En)
    };
    let text = text_of(&document(B2B), &look);
    says(&text, &SUPPLIER);
    says(
        &text,
        &[
            "27AAPFU0939F1ZV",
            "Maharashtra (27)",
            "accounts@sahyadri.example",
            "1,000.00 500.00 4,500.00 810.00 5,310.00",
            "IGST @ 18% ₹4,409.82",
            "Total payable ₹28,909.00",
            "Rupees Twenty-Eight Thousand Nine Hundred Nine Only",
            &registered.irn,
            "Ack no. 112610000123456",
            "Ack date 2026-11-21 10:16:00",
        ],
    );
    for absent in ["CGST", "SGST", "UTGST", "Total tax", "Unregistered"] {
        assert!(!text.contains(absent), "{absent}");
    }
}

#[test]
fn what_is_zero_rated_says_under_which_condition() {
    let text = text_of(&document(SEZ), &look(Language::En));
    says(
        &text,
        &[
            "SUPPLY TO SEZ UNIT OR SEZ DEVELOPER FOR AUTHORISED OPERATIONS UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX",
            "24AAQCA8719H1ZC",
            "IGST (zero-rated, LUT) ₹0.00",
            "Total payable ₹7,999.00",
        ],
    );
    assert!(!text.contains("CGST"));
    let text = text_of(&document(EXPORT), &look(Language::En));
    says(
        &text,
        &[
            "SUPPLY MEANT FOR EXPORT ON PAYMENT OF INTEGRATED TAX",
            "Fjord Media AS Storgata 12 Oslo 0155 Norway",
            "Place of supply Outside India (96)",
            "Country of destination Norway",
            "IGST @ 18% ₹1,439.82",
        ],
    );
    assert!(!text.contains("Unregistered"));
}

#[test]
fn a_credit_note_names_its_invoice_and_reason() {
    let text = text_of(&document(CREDIT_NOTE), &look(Language::En));
    says(&text, &SUPPLIER);
    says(
        &text,
        &[
            "Credit Note",
            "Credit note no. RFC/26-27/000007",
            "Date 2 Dec 2026",
            "Original invoice no. RF/26-27/000039",
            "Original invoice date 20 Nov 2026",
            "Reason Subscription cancelled before the end",
            "33GSPTN0231G1ZM",
            "Tamil Nadu (33)",
            "IGST @ 18% ₹180.00",
            "Total credited ₹1,180.00",
            "Refunded UPI, 2 Dec 2026, 17:35 IST",
        ],
    );
    for absent in ["Tax Invoice", "Original for recipient", "Total payable"] {
        assert!(!text.contains(absent), "{absent}");
    }
}

/// Rule 53(1A) wants a signature, and no notification has taken that from credit notes.
#[test]
fn a_credit_note_is_signed_by_somebody() {
    let registered = registered();
    for (language, signature, by_portal) in [
        (
            Language::En,
            "Signature of the supplier or its authorised representative",
            "Digitally signed by the invoice registration portal",
        ),
        (
            Language::Hi,
            "आपूर्तिकर्ता या उसके अधिकृत प्रतिनिधि के हस्ताक्षर",
            "बीजक पंजीकरण पोर्टल द्वारा",
        ),
        (
            Language::Ta,
            "வழங்குநர் அல்லது அவரது அங்கீகரிக்கப்பட்ட பிரதிநிதியின் கையொப்பம்",
            "விலைப்பட்டியல் பதிவு இணையதளத்தால்",
        ),
        (
            Language::Te,
            "సరఫరాదారు లేదా వారి అధీకృత ప్రతినిధి సంతకం",
            "ఇన్\u{200c}వాయిస్ నమోదు పోర్టల్",
        ),
        (
            Language::Bn,
            "সরবরাহকারী বা তাঁর অনুমোদিত প্রতিনিধির স্বাক্ষর",
            "চালান নিবন্ধন পোর্টাল",
        ),
    ] {
        let note = document(CREDIT_NOTE);
        let by_hand = text_of(&note, &look(language));
        says(&by_hand, &[signature]);
        let look = Look {
            registered: Some(&registered),
            ..look(language)
        };
        let portals = text_of(&note, &look);
        says(&portals, &[by_portal]);
        assert!(!portals.contains(signature) && !by_hand.contains(by_portal));
        for text in [by_hand, portals] {
            assert!(!text.contains("no signature is needed"), "{text}");
        }
    }
}

/// Rule 46(s), in the words of Notification 14/2022.
#[test]
fn what_is_no_e_invoice_of_one_who_makes_them_says_so() {
    let mut consumers = document(B2C);
    consumers.declares_no_einvoice = true;
    for language in Language::ALL {
        says(
            &text_of(&consumers, &look(language)),
            &[
                "I/We hereby declare that though our aggregate turnover in any preceding financial year from 2017-18 onwards is more than the aggregate turnover notified under sub-rule (4) of rule 48, we are not required to prepare an invoice in terms of the provisions of the said sub-rule.",
                "no signature is needed",
            ],
        );
    }
}

#[test]
fn under_reverse_charge_the_tax_is_not_in_the_total() {
    let text = text_of(&document(REVERSE_CHARGE), &look(Language::En));
    says(
        &text,
        &[
            "Reverse charge Yes",
            "Chandigarh (04)",
            "CGST @ 9% ₹1,11,111.03",
            "UTGST @ 9% ₹1,11,111.03",
            "Tax payable by the recipient ₹2,22,222.06",
            "Total payable ₹12,34,567.00",
            "Rupees Twelve Lakh Thirty-Four Thousand Five Hundred Sixty-Seven Only",
        ],
    );
    assert!(!text.contains("SGST"));
}

#[test]
fn lines_of_several_rates_say_their_own() {
    let mut document = document(B2B);
    document.lines[1].rate_percent = 5.into();
    let text = text_of(&document, &look(Language::En));
    says(&text, &["3,599.82 18%", "810.00 5%", "IGST ₹4,409.82"]);
}

#[test]
fn nothing_taxed_still_shows_under_which_heads() {
    let mut nothing = document(B2C);
    nothing.totals = tax::document::Totals::default();
    says(&text_of(&nothing, &look(Language::En)), &["CGST", "SGST"]);
    nothing.place_of_supply = "27".into();
    let text = text_of(&nothing, &look(Language::En));
    says(&text, &["IGST"]);
    assert!(!text.contains("CGST"));
}

#[test]
fn a_report_has_its_figures_tables_and_notes() {
    let mut report: Report = serde_json::from_str(REPORT).unwrap();
    let text = texts(&RENDERER.report(&report, None).unwrap()).join("\n");
    says(
        &text,
        &[
            "Usage report",
            "Sahyadri Foods, मुंबई",
            "1 Nov 2026 – 30 Nov 2026",
            "$54.123456",
            "98.4%",
            "Cost by day",
            "विज्ञापन-लेखन 611 $18.250000",
            "gemini-3-flash 1,100 1,25,00,000 8,30,000 $31.123456",
            "Total 1,284 $54.123456",
            "21 Nov 2026 RF/26-27/000042 paid ₹28,909.00",
            "No refunds in this period.",
            "This report is no tax invoice.",
        ],
    );
    assert!(
        RENDERER
            .render_report(&report, Some(&logo()))
            .unwrap()
            .starts_with(b"%PDF")
    );
    // A month without anything; rows that don't fit their columns.
    report.figures.clear();
    report.notes.clear();
    for (_, cell) in &mut report.chart.as_mut().unwrap().days {
        *cell = Cell::Usd(domain::Usd::ZERO);
    }
    report.sections[0].rows = vec![
        vec![Cell::Text("alone".into())],
        vec![Cell::Count(1.into()); 9],
    ];
    assert!(RENDERER.render_report(&report, None).is_ok());
}

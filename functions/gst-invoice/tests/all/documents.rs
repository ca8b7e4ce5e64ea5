//! Documents in the portal's form, from Karnataka, of 21 November 2026.

use domain::Inr;
use serde_json::{Value, json};
use tax::compute::{Item, Recipient, Terms, compute};
use tax::credit::credit;
use tax::document::{Address, Against, Document, DocumentKind, Party, RecipientKind};

/// Published as valid: both of Karnataka, and one of Maharashtra.
pub const SELLER: &str = "29AAFCC9980M1ZR";
const NEIGHBOUR: &str = "29AAGCB7383J1Z4";
pub const BUYER: &str = "27AAPFU0939F1ZV";

fn party(name: &str, gstin: Option<&str>, place: &str, pin: &str) -> Party {
    let state = gstin.map_or("96", |gstin| &gstin[..2]);
    Party {
        legal_name: name.into(),
        trade_name: None,
        gstin: gstin.map(Into::into),
        address: Address {
            lines: vec!["12 Residency Road".into()],
            place: place.into(),
            pin: (!pin.is_empty()).then(|| pin.into()),
            state_code: state.into(),
            country: if state == "96" { "US" } else { "IN" }.into(),
        },
        email: None,
        phone: None,
    }
}

fn document(number: &str, kind: RecipientKind, gstin: Option<&str>, terms: Terms) -> Document {
    let recipient = Recipient {
        kind,
        gstin,
        state: None,
    };
    let item = |price: &str, discount: &str| Item {
        description: "Growth plan, monthly".into(),
        sac: "998314".into(),
        quantity: 1.into(),
        unit_price: Inr(price.parse().unwrap()),
        discount: Inr(discount.parse().unwrap()),
        rate_percent: 18.into(),
    };
    let items = [item("7999.90", "0"), item("1000", "250.55")];
    let home = bharat::states::State::find("29").unwrap();
    let computed = compute(home, &recipient, &items, terms).unwrap();
    let (place, pin) = match gstin.map(|gstin| &gstin[..2]) {
        Some("27") => ("Mumbai", "400001"),
        Some(_) => ("Bengaluru", "560001"),
        None => ("Austin", ""),
    };
    Document {
        kind: DocumentKind::TaxInvoice,
        number: number.into(),
        date: "2026-11-21".parse().unwrap(),
        supplier: party(
            "RaptorFlow Private Limited",
            Some(SELLER),
            "Bengaluru",
            "560025",
        ),
        recipient: party("Mehta Textiles", gstin, place, pin),
        recipient_kind: kind,
        place_of_supply: computed.place_of_supply,
        reverse_charge: terms.reverse_charge,
        under_lut: terms.lut && matches!(kind, RecipientKind::Sez | RecipientKind::Overseas),
        declares_no_einvoice: false,
        lines: computed.lines,
        totals: computed.totals,
        period: None,
        against: None,
        reason: None,
        settlement: None,
    }
}

fn form(document: &Document) -> Value {
    serde_json::to_value(tax::einvoice::request(document).unwrap()).unwrap()
}

fn to_mumbai(number: &str) -> Document {
    let round = Terms {
        round_to_rupee: true,
        ..Terms::default()
    };
    document(number, RecipientKind::Registered, Some(BUYER), round)
}

/// To a business in another state.
pub fn invoice() -> Value {
    form(&to_mumbai("RF/26-27/000001"))
}

pub fn numbered(number: u32) -> Value {
    form(&to_mumbai(&format!("RF/26-27/{number:06}")))
}

/// The number of [`invoice`] on another document.
pub fn dearer() -> Value {
    let terms = Terms::default();
    form(&document(
        "RF/26-27/000001",
        RecipientKind::Registered,
        Some(BUYER),
        terms,
    ))
}

/// One of each kind that is registered, by its name.
pub fn every_kind() -> Vec<(&'static str, Value)> {
    use RecipientKind::{Overseas, Registered, Sez};
    let plain = Terms::default();
    let lut = Terms { lut: true, ..plain };
    let reverse = Terms {
        reverse_charge: true,
        ..plain
    };
    let inclusive = Terms {
        tax_inclusive: true,
        round_to_rupee: true,
        ..plain
    };
    let invoices = [
        ("another state", Registered, Some(BUYER), plain),
        ("the same state", Registered, Some(NEIGHBOUR), plain),
        (
            "prices with their tax",
            Registered,
            Some(NEIGHBOUR),
            inclusive,
        ),
        ("reverse charge", Registered, Some(BUYER), reverse),
        ("zone with tax", Sez, Some(NEIGHBOUR), plain),
        ("zone under a letter", Sez, Some(NEIGHBOUR), lut),
        ("export with tax", Overseas, None, plain),
        ("export under a letter", Overseas, None, lut),
    ];
    let mut all = vec![];
    for (at, (name, kind, gstin, terms)) in invoices.into_iter().enumerate() {
        let number = format!("RF/26-27/1{at:05}");
        all.push((name, form(&document(&number, kind, gstin, terms))));
    }
    let original = to_mumbai("RF/26-27/200000");
    let (lines, totals) = credit(&original, &[], Inr("1234.56".parse().unwrap())).unwrap();
    let note = Document {
        kind: DocumentKind::CreditNote,
        number: "RC/26-27/000001".into(),
        against: Some(Against {
            number: original.number.clone(),
            date: original.date,
        }),
        lines,
        totals,
        ..original
    };
    all.push(("credit note", form(&note)));
    all
}

/// What makes [`invoice`] a wrong one: a place in it, and what stands there then.
pub fn spoilt() -> Vec<(&'static str, Value)> {
    let required = [
        "/Version",
        "/TranDtls",
        "/TranDtls/TaxSch",
        "/TranDtls/SupTyp",
        "/DocDtls/Typ",
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
        "/ItemList",
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
    ];
    let mut all: Vec<_> = required.map(|path| (path, Value::Null)).to_vec();
    all.extend([
        ("/Version", json!("1.03")),
        ("/TranDtls/SupTyp", json!("B2C")),
        ("/DocDtls/Typ", json!("BIL")),
        ("/DocDtls/No", json!("0001")),
        ("/DocDtls/No", json!("rf/1")),
        ("/DocDtls/No", json!("RF/26-27/00000001")),
        ("/DocDtls/Dt", json!("31/02/2026")),
        ("/DocDtls/Typ", json!("CRN")),
        ("/SellerDtls/Stcd", json!("27")),
        ("/SellerDtls/LglNm", json!("R\"F\" Limited")),
        ("/BuyerDtls/Stcd", json!("29")),
        // One character is mistyped.
        ("/BuyerDtls/Gstin", json!("27AAPFU0939F1ZW")),
        ("/BuyerDtls/Gstin", json!("URP")),
        ("/BuyerDtls/Pos", json!("25")),
        // Then it is within a state, and IGST is the wrong head.
        ("/BuyerDtls/Pos", json!("29")),
        ("/ItemList", json!([])),
        ("/ItemList/0/AssAmt", json!(7000)),
        ("/ItemList/0/IgstAmt", json!(1)),
        ("/ItemList/0/CgstAmt", json!(720)),
        ("/ItemList/0/GstRt", json!(5)),
        ("/ItemList/0/TotItemVal", json!(1)),
        ("/ItemList/1/Discount", json!(0)),
        ("/ValDtls/AssVal", json!(1)),
        ("/ValDtls/IgstVal", json!(1)),
        ("/ValDtls/TotInvVal", json!(1)),
        ("/ValDtls/TotInvVal", json!(-1)),
        ("/ValDtls/TotInvVal", json!("10325")),
    ]);
    all
}

/// The codes with which the portal may refuse what [`spoilt`] changes at a place: that of the form, and
/// those of what the place is about.
pub fn code_of(path: &str) -> &'static [&'static str] {
    match path {
        "/SellerDtls/Stcd" => &["2140", "2258"],
        "/BuyerDtls/Stcd" => &["2140", "2265"],
        "/BuyerDtls/Pos" => &["2140", "2265", "2174"],
        "/BuyerDtls/Gstin" => &["2140", "3028"],
        "/ItemList/0/IgstAmt" | "/ItemList/0/CgstAmt" | "/ItemList/0/GstRt" => {
            &["2140", "2174", "2175"]
        }
        "/ItemList/0/AssAmt" => &["2140", "2174", "2189"],
        "/ItemList/0/TotItemVal" | "/ItemList/1/Discount" => &["2140", "2189"],
        path if path.starts_with("/ValDtls/") => &["2140", "2189"],
        _ => &["2140"],
    }
}

//! The form INV-01, version 1.1, by the schema's own names: the parts that services need. Dates are
//! `dd/mm/yyyy`, answers to questions `Y` and `N`, states two digits.

use domain::Inr;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) const DATE: &str = "%d/%m/%Y";

/// A number on the wire, where it is a JSON number. This is the one place where money passes through a
/// binary fraction: up to 15 digits the same decimal comes out as went in, and the form allows an amount
/// 14 of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Decimal);

impl Amount {
    pub fn of(amount: Inr) -> Self {
        Self(amount.0)
    }

    /// The decimal that a JSON number shows.
    pub(super) fn shown(number: &serde_json::Number) -> Option<Decimal> {
        let text = number.to_string();
        text.parse()
            .or_else(|_| Decimal::from_scientific(&text))
            .ok()
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = self.0.normalize();
        if plain.scale() == 0
            && let Ok(whole) = i64::try_from(plain.mantissa())
        {
            return serializer.serialize_i64(whole);
        }
        // By way of its text, which rounds correctly.
        let number: f64 = plain
            .to_string()
            .parse()
            .map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Self::shown(&number)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("{number} is no amount")))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invoice {
    /// `1.1`
    pub version: String,
    pub tran_dtls: TranDtls,
    pub doc_dtls: DocDtls,
    pub seller_dtls: SellerDtls,
    pub buyer_dtls: BuyerDtls,
    pub item_list: Vec<ItemDtls>,
    pub val_dtls: ValDtls,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ref_dtls: Option<RefDtls>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp_dtls: Option<ExpDtls>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TranDtls {
    /// `GST`
    pub tax_sch: String,
    /// `B2B`, `SEZWP`, `SEZWOP`, `EXPWP`, `EXPWOP`.
    pub sup_typ: String,
    /// Reverse charge.
    pub reg_rev: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocDtls {
    /// `INV`, `CRN`.
    pub typ: String,
    pub no: String,
    pub dt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SellerDtls {
    pub gstin: String,
    /// Legal name.
    pub lgl_nm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trd_nm: Option<String>,
    pub addr1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addr2: Option<String>,
    /// The town.
    pub loc: String,
    pub pin: u32,
    pub stcd: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ph: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub em: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BuyerDtls {
    /// `URP` for one abroad.
    pub gstin: String,
    pub lgl_nm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trd_nm: Option<String>,
    /// Place of supply; `96` abroad.
    pub pos: String,
    pub addr1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addr2: Option<String>,
    pub loc: String,
    /// 999999 abroad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<u32>,
    pub stcd: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ph: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub em: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ItemDtls {
    /// From `1`.
    pub sl_no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prd_desc: Option<String>,
    /// Whether it is a service.
    pub is_servc: String,
    /// Of goods or of services.
    pub hsn_cd: String,
    pub qty: Amount,
    pub unit: String,
    pub unit_price: Amount,
    /// Before the discount.
    pub tot_amt: Amount,
    #[serde(default)]
    pub discount: Amount,
    /// Taxable.
    pub ass_amt: Amount,
    /// Percent, all heads together.
    pub gst_rt: Amount,
    #[serde(default)]
    pub igst_amt: Amount,
    #[serde(default)]
    pub cgst_amt: Amount,
    /// Of the state or of the territory.
    #[serde(default)]
    pub sgst_amt: Amount,
    pub tot_item_val: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValDtls {
    pub ass_val: Amount,
    #[serde(default)]
    pub cgst_val: Amount,
    #[serde(default)]
    pub sgst_val: Amount,
    #[serde(default)]
    pub igst_val: Amount,
    /// Within ±99.99.
    #[serde(default)]
    pub rnd_off_amt: Amount,
    pub tot_inv_val: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RefDtls {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_perd_dtls: Option<DocPerdDtls>,
    /// What a credit note is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prec_doc_dtls: Option<Vec<PrecDocDtls>>,
}

/// The period that is charged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocPerdDtls {
    pub inv_st_dt: String,
    pub inv_end_dt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PrecDocDtls {
    pub inv_no: String,
    pub inv_dt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExpDtls {
    /// The country, ISO 3166, two letters.
    pub cnt_code: String,
}

//! What a document is known by, read from the form that is sent, so that the answer can be held against it.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use tax::einvoice::{Amount, irn};
use tax::number::FinancialYear;

use super::{PortalError, codes, signed};

pub(super) struct Asked {
    pub seller: String,
    buyer: String,
    number: String,
    total: Decimal,
    /// As the portal will compute it.
    pub irn: String,
}

impl Asked {
    pub fn read(invoice: &Value) -> Result<Self, PortalError> {
        let missing = |path: &str| {
            PortalError::refused(codes::DOCUMENT, format!("the document has no fit {path}"))
        };
        let text = |path: &str| {
            let found = invoice.pointer(path).and_then(Value::as_str);
            found.map(str::to_owned).ok_or_else(|| missing(path))
        };
        let (seller, number) = (text("/SellerDtls/Gstin")?, text("/DocDtls/No")?);
        let date = NaiveDate::parse_from_str(&text("/DocDtls/Dt")?, "%d/%m/%Y")
            .map_err(|_| missing("/DocDtls/Dt"))?;
        let total = "/ValDtls/TotInvVal";
        let amount = invoice.pointer(total).map(Amount::deserialize);
        let Some(Ok(Amount(total))) = amount else {
            return Err(missing(total));
        };
        Ok(Self {
            irn: irn(
                &seller,
                FinancialYear::of(date),
                &text("/DocDtls/Typ")?,
                &number,
            ),
            buyer: text("/BuyerDtls/Gstin")?,
            seller,
            number,
            total,
        })
    }

    /// Whether a signed code is about this document.
    pub fn matches(&self, code: &signed::Code) -> Result<(), PortalError> {
        let other = |what: &str, signed: &str, sent: &str| {
            let message = format!("{what} of the signed code is {signed}, of the document {sent}");
            Err(PortalError::refused(codes::MISMATCH, message))
        };
        for (what, signed, sent) in [
            ("SellerGstin", &code.seller_gstin, &self.seller),
            ("BuyerGstin", &code.buyer_gstin, &self.buyer),
            ("DocNo", &code.doc_no, &self.number),
            ("Irn", &code.irn, &self.irn),
        ] {
            if signed != sent {
                return other(what, signed, sent);
            }
        }
        if code.tot_inv_val.0 != self.total {
            let (signed, sent) = (code.tot_inv_val.0.to_string(), self.total.to_string());
            return other("TotInvVal", &signed, &sent);
        }
        Ok(())
    }
}

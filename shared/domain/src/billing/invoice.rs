use super::transitions;
use crate::names::names;

names! {
    /// Where an invoice or credit note stands.
    InvoiceStatus, "invoice status" {
        /// Numbered; the e-invoice portal has not registered it yet.
        Draft = "draft",
        Issued = "issued",
        PartlyCredited = "partly_credited",
        Credited = "credited",
        /// Taken back within the time that the law allows. Its number stays used.
        Cancelled = "cancelled",
    }
}

transitions! {
    InvoiceStatus {
        Draft => [Issued, Cancelled],
        Issued => [PartlyCredited, Credited, Cancelled],
        PartlyCredited => [Credited],
        Credited => [],
        Cancelled => [],
    }
}

use std::path::PathBuf;

use runtime::Findings;
use tax::document::{Address, Party};
use tax::number::Series;

use crate::{gstins, portal};

/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "gst-invoice",
    about = "Numbers, registers, renders and stores GST invoices and credit notes."
)]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,

    #[command(flatten)]
    pub quote: economics::quote::Settings,

    #[command(flatten)]
    pub portal: portal::Settings,

    #[command(flatten)]
    pub gstins: gstins::Settings,

    /// RaptorFlow's legal name, as registered for GST.
    #[arg(
        long,
        env = "SUPPLIER_LEGAL_NAME",
        default_value = "RaptorFlow (development)"
    )]
    pub supplier_legal_name: String,

    /// One or two lines of RaptorFlow's address, with | between.
    #[arg(
        long,
        env = "SUPPLIER_ADDRESS",
        default_value = "1 Example Road",
        value_delimiter = '|'
    )]
    pub supplier_address: Vec<String>,

    /// The town of RaptorFlow's address.
    #[arg(long, env = "SUPPLIER_PLACE", default_value = "Bengaluru")]
    pub supplier_place: String,

    /// The PIN code of RaptorFlow's address.
    #[arg(long, env = "SUPPLIER_PIN", default_value = "560001")]
    pub supplier_pin: String,

    /// Where customers write to about an invoice.
    #[arg(long, env = "SUPPLIER_EMAIL")]
    pub supplier_email: Option<String>,

    /// A PNG, JPEG or SVG file that stands on invoices.
    #[arg(long, env = "SUPPLIER_LOGO")]
    pub supplier_logo: Option<PathBuf>,

    /// Begins the numbers of invoices: one to three capitals.
    #[arg(long, env = "INVOICE_SERIES", default_value = "RF")]
    pub invoice_series: Series,

    /// Begins the numbers of credit notes: one to three capitals, other than those of invoices.
    #[arg(long, env = "CREDIT_NOTE_SERIES", default_value = "RC")]
    pub credit_note_series: Series,

    /// The bucket of invoices and reports, as in raptorflow-invoices or gs://raptorflow-invoices/pdf.
    #[arg(long, env = "INVOICES_BUCKET")]
    pub invoices_bucket: Option<String>,

    /// Their folder where there is no bucket.
    #[arg(long, env = "INVOICES_DIR", default_value = ".raptorflow/invoices")]
    pub invoices_dir: PathBuf,

    /// A stand-in for Cloud Storage on this machine.
    #[arg(long, env = "OBJECTS_ENDPOINT")]
    pub objects_endpoint: Option<String>,
}

impl Config {
    /// Who issues.
    ///
    /// # Errors
    /// When `SUPPLIER_GSTIN` is none.
    pub fn supplier(&self) -> Result<Party, economics::quote::BadSupplier> {
        Ok(Party {
            legal_name: self.supplier_legal_name.clone(),
            trade_name: None,
            gstin: Some(self.quote.supplier_gstin.clone()),
            address: Address {
                lines: self.supplier_address.clone(),
                place: self.supplier_place.clone(),
                pin: Some(self.supplier_pin.clone()),
                state_code: self.quote.state()?.code.clone(),
                country: "IN".to_owned(),
            },
            email: self.supplier_email.clone(),
            phone: None,
        })
    }

    /// Where files are kept, as a URL that `objects` understands.
    pub fn place(&self) -> String {
        let bucket = self.invoices_bucket.as_deref().map(str::trim);
        match bucket.filter(|bucket| !bucket.is_empty()) {
            Some(name) if name.contains("://") => name.to_owned(),
            Some(name) => format!("gs://{name}"),
            None => self.invoices_dir.to_string_lossy().into_owned(),
        }
    }
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut Findings) {
        self.common.check_push(findings);
        if let Err(error) = self.quote.state() {
            findings.always("SUPPLIER_GSTIN", false, &error.to_string());
        }
        let own = "must be RaptorFlow's own";
        findings.production("SUPPLIER_GSTIN", !self.quote.is_development(), own);
        let named = !self.supplier_legal_name.contains("development");
        findings.production("SUPPLIER_LEGAL_NAME", named, own);
        findings.required("INVOICES_BUCKET", self.invoices_bucket.as_ref());
        findings.always(
            "CREDIT_NOTE_SERIES",
            self.credit_note_series != self.invoice_series,
            "must be other than INVOICE_SERIES",
        );
        findings.always(
            "SUPPLIER_ADDRESS",
            (1..=2).contains(&self.supplier_address.len()),
            "must be one or two lines, with | between",
        );
    }
}

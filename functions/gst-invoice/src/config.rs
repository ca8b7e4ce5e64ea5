use std::path::PathBuf;

use runtime::Findings;
use tax::document::{Address, Party};
use tax::number::Series;

use crate::{gstins, portal, sample};

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
            let error = error.to_string();
            let rule = error.trim_start_matches("SUPPLIER_GSTIN ");
            findings.always("SUPPLIER_GSTIN", false, rule);
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
        for (variable, fault) in sample::faults(self) {
            let rule = format!("can't stand on an invoice: {fault}");
            findings.always(variable, false, &rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(arguments: &[&str]) -> Result<Config, String> {
        let arguments = ["gst-invoice"].iter().chain(arguments);
        runtime::config::load_from(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn what_can_t_stand_on_an_invoice_is_named_before_a_number_is_taken() {
        load(&[]).unwrap();
        let long = "Whitefield ".repeat(10);
        for (arguments, expected) in [
            // Gujarat is in postal zone 3, and 560001 is in Bengaluru.
            (
                &["--supplier-gstin=24AAQCA8719H1ZC"][..],
                "SUPPLIER_PIN can't stand on an invoice: 560001 is of a postal zone",
            ),
            (&["--supplier-pin=56001"], "SUPPLIER_PIN can't stand"),
            (&["--supplier-pin="], "SUPPLIER_PIN can't stand"),
            // The form wants three letters (INV-01, SellerDtls.Loc).
            (&["--supplier-place=X"], "SUPPLIER_PLACE can't stand"),
            (
                &["--supplier-legal-name=RF"],
                "SUPPLIER_LEGAL_NAME can't stand",
            ),
            (&["--supplier-address= "], "SUPPLIER_ADDRESS can't stand"),
            (
                &["--supplier-address", &long],
                "SUPPLIER_ADDRESS can't stand",
            ),
            (&["--service-sac=99831"], "SERVICE_SAC"),
            (&["--gst-rate-percent=118"], "GST_RATE_PERCENT"),
            (
                &["--supplier-gstin=27AAPFU0939F1ZX"],
                "SUPPLIER_GSTIN has a wrong check character",
            ),
        ] {
            let error = load(arguments).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        load(&[
            "--supplier-gstin=24AAQCA8719H1ZC",
            "--supplier-place=Surat",
            "--supplier-pin=395002",
        ])
        .unwrap();
    }

    #[test]
    fn the_suppliers_number_is_printed_and_sent_as_it_is_registered() {
        let written = load(&["--supplier-gstin= 29aagcb7383j1z4\n"]).unwrap();
        let supplier = written.supplier().unwrap();
        assert_eq!(supplier.gstin.as_deref(), Some("29AAGCB7383J1Z4"));
        let account = portal::Settings {
            einvoice_base_url: Some("https://gsp.example".to_owned()),
            einvoice_client_id: Some("client".to_owned()),
            einvoice_client_secret: Some("secret".to_owned().into()),
            einvoice_username: Some("user".to_owned()),
            einvoice_password: Some("password".to_owned().into()),
            einvoice_public_key: None,
        }
        .account(&written.quote.supplier_gstin);
        assert_eq!(account.unwrap().unwrap().gstin, "29AAGCB7383J1Z4");
        // In small letters the example is still the example.
        let error = load(&[
            "--environment=production",
            "--supplier-gstin=29aafcc9980m1zr",
        ]);
        let error = error.unwrap_err();
        assert!(
            error.contains("SUPPLIER_GSTIN must be RaptorFlow's own"),
            "{error}"
        );
    }
}

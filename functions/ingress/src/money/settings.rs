use std::path::PathBuf;

/// What money goes by, beside the prices; flattened into the function's settings.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Settings {
    /// Days that a new workspace is free, the first one included.
    #[arg(long, env = "TRIAL_DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub trial_days: u32,

    /// Days after a payment in which its customer may take it back here.
    #[arg(long, env = "REFUND_WINDOW_DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=365))]
    pub refund_window_days: u32,

    /// Seconds that an answer waits for what another function makes (the gateway's page, a report's PDF)
    /// before it says where to look for it.
    #[arg(long, env = "ANSWER_WAIT_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=25))]
    pub answer_wait_seconds: u32,

    /// The bucket of invoices and reports, as in raptorflow-invoices or gs://raptorflow-invoices/pdf.
    #[arg(long, env = "INVOICES_BUCKET")]
    pub invoices_bucket: Option<String>,

    /// Their folder where there is no bucket.
    #[arg(long, env = "INVOICES_DIR", default_value = ".raptorflow/invoices")]
    pub invoices_dir: PathBuf,
}

impl Settings {
    /// The bucket, if one is named.
    pub fn bucket(&self) -> Option<&str> {
        let bucket = self.invoices_bucket.as_deref().map(str::trim);
        bucket.filter(|bucket| !bucket.is_empty())
    }

    /// The place as a URL that `objects` understands.
    pub fn place(&self) -> String {
        match self.bucket() {
            Some(name) if name.contains("://") => name.to_owned(),
            Some(name) => format!("gs://{name}"),
            None => self.invoices_dir.to_string_lossy().into_owned(),
        }
    }
}

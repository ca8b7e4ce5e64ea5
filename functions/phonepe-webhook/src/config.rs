/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "phonepe-webhook",
    about = "Not yet in use: it receives PhonePe callbacks, records them and passes them on."
)]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, _findings: &mut runtime::Findings) {}
}

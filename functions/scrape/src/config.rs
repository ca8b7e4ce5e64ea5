/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "scrape",
    about = "Not yet in use: it collects leads, pages and screenshots."
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

/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "route", about = "Plans requests and moves plans forward.")]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,

    #[command(flatten)]
    pub skills: shelf::Settings,

    #[command(flatten)]
    pub llm: llm::Settings,
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut runtime::Findings) {
        self.common.check_push(findings);
    }
}

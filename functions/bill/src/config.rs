/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "bill",
    about = "Settles executions, charges usage, keeps budgets."
)]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut runtime::Findings) {
        self.common.check_push(findings);
    }
}

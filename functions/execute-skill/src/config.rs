/// The environment of this function; `--help` lists it.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "execute-skill", about = "Runs one step of a plan.")]
pub struct Config {
    #[command(flatten)]
    pub common: runtime::Common,

    #[command(flatten)]
    pub skills: shelf::Settings,

    /// Seconds a worker holds a step without a sign of life before another may take it.
    #[arg(long, env = "LEASE_SECONDS", default_value_t = 30)]
    pub lease_seconds: u32,

    /// Seconds a step may take in all. Less than the push subscription's acknowledgement deadline.
    #[arg(long, env = "STEP_SECONDS", default_value_t = 300)]
    pub step_seconds: u32,

    #[command(flatten)]
    pub llm: llm::Settings,

    #[command(flatten)]
    pub tools: tools::Settings,
}

impl runtime::Validate for Config {
    fn common(&self) -> &runtime::Common {
        &self.common
    }

    fn check(&self, findings: &mut runtime::Findings) {
        self.common.check_push(findings);
        findings.always(
            "LEASE_SECONDS",
            (3..=600).contains(&self.lease_seconds),
            "must be 3 to 600",
        );
        findings.always(
            "STEP_SECONDS",
            (5..=590).contains(&self.step_seconds),
            "must be 5 to 590",
        );
    }
}

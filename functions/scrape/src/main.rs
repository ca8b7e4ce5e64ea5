use scrape::{Config, Deps, NAME, app};

fn main() -> std::process::ExitCode {
    runtime::block_on(async {
        let config: Config = runtime::config::load()?;
        let boot = runtime::boot(NAME, &config.common)?;
        if std::env::var_os("CLOUD_RUN_JOB").is_some() {
            tracing::info!("there is nothing to collect yet");
            return Ok(());
        }
        let deps = Deps::connect(&config, boot.seams)?;
        runtime::serve(NAME, app(&deps), &config.common, runtime::shutdown_signal()).await
    })
}

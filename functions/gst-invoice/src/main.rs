use gst_invoice::{Config, Deps, NAME, app};

fn main() -> std::process::ExitCode {
    runtime::block_on(async {
        let config: Config = runtime::config::load()?;
        let boot = runtime::boot(NAME, &config.common)?;
        let deps = Deps::connect(&config, boot.seams).await?;
        let app = app(&deps, service::verify(&config.common));
        runtime::serve(NAME, app, &config.common, runtime::shutdown_signal()).await
    })
}

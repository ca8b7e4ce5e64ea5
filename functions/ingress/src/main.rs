use ingress::{Config, Deps, NAME, app, background};

fn main() -> std::process::ExitCode {
    runtime::block_on(async {
        let config: Config = runtime::config::load()?;
        let boot = runtime::boot(NAME, &config.common)?;
        let deps = Deps::connect(&config, boot.seams).await?;
        let stop = runtime::shutdown_signal();
        let app = app(&deps, service::verify(&config.common));
        tokio::spawn(background(deps, stop.clone()));
        runtime::serve(NAME, app, &config.common, stop).await
    })
}

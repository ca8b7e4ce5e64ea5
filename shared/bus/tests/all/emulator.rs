//! The Pub/Sub emulator, found where `scripts/lib/pubsub.sh` finds it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Emulator {
    pub host: String,
    child: Option<Child>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // The launcher becomes Java (exec), so this is the emulator itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The emulator of `PUBSUB_EMULATOR_HOST`, or one that ends with the test. `None`, loudly, where there is
/// none to be had; a failure where it must be (`RAPTOR_REQUIRE_PUBSUB_EMULATOR`).
pub async fn emulator() -> Option<Emulator> {
    if let Some(host) = variable("PUBSUB_EMULATOR_HOST") {
        return Some(Emulator { host, child: None });
    }
    let Some(program) = program() else {
        assert!(
            variable("RAPTOR_REQUIRE_PUBSUB_EMULATOR").as_deref() != Some("1"),
            "the Pub/Sub emulator is required here and not installed"
        );
        eprintln!(
            "SKIPPED: the Pub/Sub emulator is not installed, so the contract was not tried on it \
             (gcloud components install pubsub-emulator)"
        );
        return None;
    };
    // A port that was free may be taken by the time Java asks for it.
    for _ in 0..3 {
        if let Some(emulator) = start(&program).await {
            return Some(emulator);
        }
    }
    panic!("the Pub/Sub emulator did not start: {}", program.display());
}

/// One that answers, or `None` if it ended before it did.
async fn start(program: &Path) -> Option<Emulator> {
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let child = Command::new(program)
        .env("CLOUD_PUBSUB_EMULATOR_OPTS", "-Xmx512m")
        .args(["--host=127.0.0.1", &format!("--port={port}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut emulator = Emulator {
        host: format!("127.0.0.1:{port}"),
        child: Some(child),
    };
    let client = reqwest::Client::new();
    let address = format!("http://{}/", emulator.host);
    for _ in 0..300 {
        if client.get(&address).send().await.is_ok() {
            return Some(emulator);
        }
        if matches!(emulator.child.as_mut()?.try_wait(), Ok(Some(_))) {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    None
}

/// The launcher, where both it and the Java it needs are installed.
fn program() -> Option<PathBuf> {
    if let Some(named) = variable("PUBSUB_EMULATOR_BIN") {
        return Some(named.into());
    }
    on_path("java")?;
    let beside_gcloud =
        on_path("gcloud").and_then(|gcloud| Some(gcloud.parent()?.parent()?.to_owned()));
    let at_home = variable("HOME").map(|home| Path::new(&home).join("google-cloud-sdk"));
    [
        beside_gcloud,
        Some("/usr/lib/google-cloud-sdk".into()),
        at_home,
    ]
    .into_iter()
    .flatten()
    .map(|root| root.join("platform/pubsub-emulator/bin/cloud-pubsub-emulator"))
    .find(|launcher| launcher.is_file())
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find_map(|folder| folder.join(name).canonicalize().ok())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

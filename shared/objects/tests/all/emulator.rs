//! fake-gcs-server, which `scripts/lib/gcs.sh` installs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Emulator {
    /// `http://host:port`
    pub endpoint: String,
    child: Child,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One that ends with the test. `None`, loudly, where it is not installed; a failure where it must be
/// (`RAPTOR_REQUIRE_GCS_EMULATOR`).
pub async fn emulator() -> Option<Emulator> {
    let Some(program) = program() else {
        assert!(
            variable("RAPTOR_REQUIRE_GCS_EMULATOR").as_deref() != Some("1"),
            "the Cloud Storage emulator is required here and not installed"
        );
        eprintln!(
            "SKIPPED: the Cloud Storage emulator is not installed, so the contract was not tried on it \
             (scripts/test installs it)"
        );
        return None;
    };
    // A port that was free may be taken by the time it asks for it.
    for _ in 0..3 {
        if let Some(emulator) = start(&program).await {
            return Some(emulator);
        }
    }
    panic!(
        "the Cloud Storage emulator did not start: {}",
        program.display()
    );
}

/// One that answers, or `None` if it ended before it did.
async fn start(program: &Path) -> Option<Emulator> {
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let host = format!("127.0.0.1:{port}");
    let endpoint = format!("http://{host}");
    let child = Command::new(program)
        .args(["-scheme", "http", "-backend", "memory"])
        .args(["-host", "127.0.0.1", "-port", &port.to_string()])
        .args(["-external-url", &endpoint, "-public-host", &host])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut emulator = Emulator { endpoint, child };
    let client = reqwest::Client::new();
    let address = format!("{}/storage/v1/b", emulator.endpoint);
    for _ in 0..300 {
        if client.get(&address).send().await.is_ok() {
            return Some(emulator);
        }
        if matches!(emulator.child.try_wait(), Ok(Some(_))) {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    None
}

/// `GCS_EMULATOR_BIN`, or where an earlier run of `scripts/test` left it.
fn program() -> Option<PathBuf> {
    if let Some(named) = variable("GCS_EMULATOR_BIN") {
        return Some(named.into());
    }
    let home = match variable("RAPTORFLOW_HOME") {
        Some(home) => PathBuf::from(home),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.raptorflow"),
    };
    let tools = home.join("tools").read_dir().ok()?;
    tools
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("fake-gcs-server-") && path.is_file()
        })
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

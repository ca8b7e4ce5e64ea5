//! The stand-ins, as processes of their own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running `raptor simulate search`; it ends when dropped.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn search(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_raptor"))
            .args(["simulate", "search", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut address)
            .unwrap();
        let address = address.trim().to_owned();
        Self { child, address }
    }

    async fn ask(&self, path: &str) -> (u16, String) {
        let request = reqwest::Client::new()
            .get(format!("{}{path}", self.address))
            .header("x-subscription-token", "k");
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const BRAVE: &str = "/res/v1/web/search?q=sarees";
const GOOGLE: &str = "/customsearch/v1?key=k&cx=c&q=sarees";
const DUCKDUCKGO: &str = "/html/?q=sarees";
const SEMRUSH: &str = "/?type=phrase_these&key=k&phrase=sarees&database=in";

#[tokio::test]
async fn search_engines_answer_each_in_its_own_way() {
    let engines = Running::search(&[]);
    let (status, brave) = engines.ask(BRAVE).await;
    let brave: Value = serde_json::from_str(&brave).unwrap();
    assert_eq!(status, 200);
    assert!(brave["web"]["results"][0]["url"].is_string(), "{brave}");
    let (_, google) = engines.ask(GOOGLE).await;
    let google: Value = serde_json::from_str(&google).unwrap();
    assert!(google["items"][0]["link"].is_string(), "{google}");
    let (_, page) = engines.ask(DUCKDUCKGO).await;
    assert!(page.contains("class=\"result__a\""), "{page}");
    let (_, table) = engines.ask(SEMRUSH).await;
    assert!(
        table.starts_with("Keyword;") && table.contains("\nsarees;"),
        "{table}"
    );
}

#[tokio::test]
async fn search_engines_fail_as_they_are_told() {
    let engines = Running::search(&[
        "--fail",
        "brave=429",
        "--fail",
        "google=nothing",
        "--fail",
        "duckduckgo=anomaly",
    ]);
    for _ in 0..2 {
        assert_eq!(engines.ask(BRAVE).await.0, 429);
    }
    let (status, google) = engines.ask(GOOGLE).await;
    assert_eq!(status, 200);
    assert!(!google.contains("\"items\""), "{google}");
    assert_eq!(engines.ask(DUCKDUCKGO).await.0, 202);
    assert_eq!(engines.ask(SEMRUSH).await.0, 200);

    for (wrong, said) in [
        ("bing=429", "none of brave"),
        ("brave=200", "status from 400 to 599"),
        ("brave", "ENGINE=REPLY"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_raptor"))
            .args(["simulate", "search", "--port", "0", "--fail", wrong])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && errors.contains(said),
            "{wrong}: {errors}"
        );
    }
}

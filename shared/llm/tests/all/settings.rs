//! The environment makes the gateway, and a wrong variable says which one it is.

use clap::Parser;
use llm::{Gateway, Settings};

use super::support::clock;

fn make(settings: &Settings, project: Option<&str>) -> Result<Gateway, String> {
    settings
        .gateway(project, clock())
        .map_err(|error| error.message)
}

fn set(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn with(providers: &[&str]) -> Settings {
    Settings {
        llm_providers: providers.iter().map(|name| (*name).to_owned()).collect(),
        ..Settings::default()
    }
}

fn names(gateway: &Gateway, name: &str) -> Vec<String> {
    let rows = gateway.resolve(name).unwrap();
    rows.into_iter().map(llm::ModelRow::name).collect()
}

#[test]
fn nothing_set_is_the_offline_model_and_a_key_alone_changes_nothing() {
    assert!(make(&Settings::default(), Some("p")).unwrap().is_offline());
    assert!(make(&with(&["offline"]), Some("p")).unwrap().is_offline());
    let keys = Settings {
        gemini_api_key: set("k"),
        openai_api_key: set("k"),
        ..Settings::default()
    };
    assert!(make(&keys, Some("p")).unwrap().is_offline());
    let empty = Settings {
        llm_vertex_base_url: set(" "),
        llm_local_endpoints: set(""),
        ..with(&["", " "])
    };
    assert!(make(&empty, None).unwrap().is_offline());
}

#[test]
fn a_stand_in_address_needs_no_project() {
    let local = Settings {
        llm_vertex_base_url: set("http://127.0.0.1:9"),
        ..Settings::default()
    };
    assert_eq!(
        names(&make(&local, None).unwrap(), "cheap"),
        ["vertex/gemini-3.1-flash-lite"]
    );
    let both = Settings {
        llm_providers: vec!["vertex".into(), "vertex-anthropic".into()],
        ..local
    };
    assert_eq!(
        names(&make(&both, None).unwrap(), "cheap"),
        [
            "vertex-anthropic/claude-haiku-5-5",
            "vertex/gemini-3.1-flash-lite"
        ]
    );
}

#[test]
fn a_cascade_crosses_providers_in_the_order_of_the_alias() {
    let all = Settings {
        gemini_api_key: set("k"),
        openai_api_key: set("k"),
        ..with(&["openai", "gemini-api", "vertex"])
    };
    assert_eq!(
        names(&make(&all, Some("p")).unwrap(), "standard"),
        [
            "vertex/gemini-3.8-flash",
            "gemini-api/gemini-3.8-flash",
            "vertex/gemini-3.5-flash",
            "gemini-api/gemini-3.5-flash",
            "openai/gpt-6.1-terra",
        ]
    );
}

#[test]
fn what_is_missing_is_named() {
    for (settings, word) in [
        (with(&["vertex"]), "GCP_PROJECT_ID"),
        (with(&["vertex-anthropic"]), "GCP_PROJECT_ID"),
        (with(&["gemini-api"]), "GEMINI_API_KEY"),
        (with(&["openai"]), "OPENAI_API_KEY"),
        (with(&["ollama"]), "LLM_LOCAL_ENDPOINTS"),
    ] {
        let message = make(&settings, None).err().unwrap();
        assert!(message.contains(word), "{message}");
    }
    let url = |change: fn(&mut Settings)| {
        let mut settings = Settings {
            gemini_api_key: set("k"),
            openai_api_key: set("k"),
            ..with(&["vertex", "gemini-api", "openai"])
        };
        change(&mut settings);
        make(&settings, Some("p")).err().unwrap()
    };
    assert!(url(|s| s.llm_vertex_base_url = set("ftp://h")).contains("LLM_VERTEX_BASE_URL"));
    assert!(url(|s| s.llm_gemini_base_url = set("h")).contains("LLM_GEMINI_BASE_URL"));
    assert!(url(|s| s.llm_openai_base_url = set("h:1")).contains("LLM_OPENAI_BASE_URL"));
}

#[test]
fn local_servers_stand_behind_the_aliases() {
    let line = "ollama=http://127.0.0.1:11434/v1;model=qwen3:8b;embedding=nomic:768;kind=ollama";
    let settings = Settings {
        llm_local_endpoints: set(line),
        ..Settings::default()
    };
    let gateway = make(&settings, None).unwrap();
    assert!(!gateway.is_offline());
    for alias in ["cheap", "standard", "lord"] {
        assert_eq!(names(&gateway, alias), ["ollama/qwen3:8b"], "{alias}");
    }
    assert_eq!(names(&gateway, "ollama/qwen3:8b"), ["ollama/qwen3:8b"]);
    assert_eq!(names(&gateway, "nomic"), ["ollama/nomic"]);
    assert!(gateway.resolve("embedding").is_err());

    let limited = Settings {
        llm_local_endpoints: set(&format!("{line};alias=cheap")),
        llm_vertex_base_url: set("http://127.0.0.1:9"),
        ..Settings::default()
    };
    let gateway = make(&limited, None).unwrap();
    assert_eq!(
        names(&gateway, "cheap"),
        ["vertex/gemini-3.1-flash-lite", "ollama/qwen3:8b"]
    );
    assert_eq!(names(&gateway, "lord"), ["vertex/gemini-4-argon"]);

    let wrong = Settings {
        llm_local_endpoints: set(&format!("{line};alias=chaep")),
        ..Settings::default()
    };
    assert!(make(&wrong, None).err().unwrap().contains("chaep"));
}

#[test]
fn places_can_be_allowed() {
    let somewhere = |location: Option<&str>, allowed: &str| {
        let settings = Settings {
            llm_vertex_location: location.map(str::to_owned),
            llm_allowed_locations: vec![allowed.to_owned()],
            ..with(&["vertex"])
        };
        make(&settings, Some("p")).unwrap()
    };
    let message = somewhere(None, "asia-south1")
        .resolve("standard")
        .err()
        .unwrap()
        .message;
    assert!(message.contains("may serve"), "{message}");
    let india = somewhere(Some("asia-south1"), "asia-south1");
    assert_eq!(
        india.resolve("standard").unwrap()[0].location,
        "asia-south1"
    );
}

#[test]
fn data_files_may_be_replaced_and_bad_ones_are_refused() {
    let folder = std::env::temp_dir().join(format!("llm-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let models = include_str!("../../data/models.json")
        .replace("\"claude-haiku-5-5\", \"gemini-3.1", "\"gemini-3.1");
    let settings = Settings {
        llm_models_file: Some(file("models.json", &models)),
        llm_vertex_base_url: set("http://127.0.0.1:9"),
        ..Settings::default()
    };
    let gateway = make(&settings, None).unwrap();
    assert_eq!(
        gateway.models().aliases["cheap"][0],
        "gemini-3.1-flash-lite"
    );

    let refused = |models: Option<String>, prices: Option<String>| {
        let settings = Settings {
            llm_models_file: models,
            llm_prices_file: prices,
            ..Settings::default()
        };
        make(&settings, None).err().unwrap()
    };
    let message = refused(None, Some(file("prices.json", "{\"prices\": 3}")));
    assert!(
        message.contains("LLM_PRICES_FILE") && message.contains("prices"),
        "{message}"
    );
    let message = refused(Some(file("bad.json", "{}")), None);
    assert!(
        message.contains("LLM_MODELS_FILE") && message.contains("bad.json"),
        "{message}"
    );
    let message = refused(Some("/no/such/file".into()), None);
    assert!(message.contains("/no/such/file"), "{message}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    settings: Settings,
}

#[test]
fn no_secret_is_ever_shown() {
    let secrets = [
        ("--llm-vertex-access-token", "hush-1"),
        ("--gemini-api-key", "hush-2"),
        ("--openai-api-key", "hush-3"),
        ("--llm-local-endpoints", "a=http://h;model=m;key=hush-4"),
    ];
    let args = secrets.iter().flat_map(|(flag, value)| [*flag, *value]);
    let command = Command::parse_from(std::iter::once("x").chain(args));
    assert_eq!(command.settings.gemini_api_key.as_deref(), Some("hush-2"));
    assert!(!format!("{command:?}").contains("hush"));
    let gateway = Settings {
        llm_providers: vec!["gemini-api".into(), "openai".into(), "a".into()],
        ..command.settings
    };
    assert!(make(&gateway, None).is_ok());
    // Help shows the values of variables unless told not to.
    let described = <Command as clap::CommandFactory>::command();
    for secret in [
        "llm_vertex_access_token",
        "gemini_api_key",
        "openai_api_key",
        "llm_local_endpoints",
    ] {
        let arg = described
            .get_arguments()
            .find(|arg| arg.get_id() == secret)
            .unwrap();
        assert!(arg.is_hide_env_values_set(), "{secret}");
    }
}

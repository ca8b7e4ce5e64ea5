use clap::Parser;
use gst_invoice::portal::Settings;

use crate::documents::SELLER;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    settings: Settings,
}

fn settings(set: &[(&str, &str)]) -> Settings {
    let flags = set.iter().flat_map(|(flag, value)| [*flag, *value]);
    let command = Command::parse_from(["test"].into_iter().chain(flags));
    command.settings
}

const FULL: [(&str, &str); 5] = [
    ("--einvoice-base-url", "https://gsp.example/einv/"),
    ("--einvoice-client-id", "client"),
    ("--einvoice-client-secret", "s3cret"),
    ("--einvoice-username", "user"),
    ("--einvoice-password", "passw0rd"),
];

#[test]
fn settings_are_whole_or_not_there() {
    let seams = runtime::system_seams();
    let open = |set: &[(&str, &str)]| settings(set).open(SELLER, &seams);
    assert!(open(&[]).unwrap().is_none());
    assert!(open(&FULL).unwrap().is_some());
    for left_out in 0..FULL.len() {
        let mut part = FULL.to_vec();
        let (flag, _) = part.remove(left_out);
        let variable = flag[2..].replace('-', "_").to_uppercase();
        let error = open(&part).err().unwrap().to_string();
        assert!(error.contains(&variable), "{error}");
    }
}

#[test]
fn an_address_or_a_key_that_is_none_is_named() {
    let seams = runtime::system_seams();
    for (flag, value, expected) in [
        (
            "--einvoice-base-url",
            "gsp.example",
            "EINVOICE_BASE_URL is not an http(s) address",
        ),
        (
            "--einvoice-base-url",
            "http://gsp.example",
            "EINVOICE_BASE_URL must be an https address",
        ),
        (
            "--einvoice-public-key",
            "key",
            "EINVOICE_PUBLIC_KEY holds no key in PEM",
        ),
    ] {
        let mut set: Vec<_> = FULL
            .into_iter()
            .filter(|(known, _)| *known != flag)
            .collect();
        set.push((flag, value));
        let error = settings(&set).open(SELLER, &seams).err().unwrap();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn no_secret_is_shown() {
    let settings = settings(&FULL);
    let account = settings.account(SELLER).unwrap().unwrap();
    let shown = format!("{settings:?} {account:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("passw0rd"),
        "{shown}"
    );
}

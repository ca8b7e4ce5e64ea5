//! `.env.example` names every variable that a function reads, and no other.

use std::collections::BTreeSet;

use clap::CommandFactory;

use crate::text;

fn read() -> BTreeSet<String> {
    let commands = [
        ingress::Config::command(),
        route::Config::command(),
        execute_skill::Config::command(),
        bill::Config::command(),
        phonepe_webhook::Config::command(),
        gst_invoice::Config::command(),
        scrape::Config::command(),
    ];
    let mut names = BTreeSet::new();
    for command in commands {
        let variables = command.get_arguments().filter_map(clap::Arg::get_env);
        names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    }
    names
}

#[test]
fn the_example_lists_every_variable_and_no_other() {
    let example = text(".env.example");
    let listed: BTreeSet<String> = example
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| {
            name.bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
        .collect();
    let read = read();
    let missing: Vec<_> = read.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&read).collect();
    assert!(missing.is_empty(), ".env.example lacks {missing:?}");
    assert!(
        unknown.is_empty(),
        ".env.example names what nothing reads: {unknown:?}"
    );
}

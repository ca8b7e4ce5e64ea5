//! The data files are well, and a file that is not is found out.

use chrono::NaiveDate;
use llm::{Models, PriceRow, Prices, Problem, Severity};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-11-20")
}

/// What the linter says after `change`, as `code subject`.
fn after(change: impl FnOnce(&mut Models, &mut Prices)) -> Vec<String> {
    let (mut models, mut prices) = (Models::embedded(), Prices::embedded());
    let before = prices.lint(&models, today());
    change(&mut models, &mut prices);
    let problems = prices.lint(&models, today());
    let new = problems
        .into_iter()
        .filter(|problem| !before.contains(problem));
    new.map(|problem| format!("{} {}", problem.code, problem.subject))
        .collect()
}

fn january(prices: &mut Prices) -> &mut PriceRow {
    let mut rows = prices.prices.iter_mut();
    rows.find(|row| {
        row.provider == "vertex" && row.model == "gemini-3.8-flash" && row.valid_from.is_some()
    })
    .unwrap()
}

fn model(models: &mut Models, id: &str) -> usize {
    models.models.iter().position(|row| row.id == id).unwrap()
}

#[test]
fn the_files_have_no_errors_and_warn_of_what_ends() {
    let (models, prices) = (Models::embedded(), Prices::embedded());
    let problems = prices.lint(&models, today());
    let errors: Vec<_> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    assert_eq!(errors, Vec::<&Problem>::new());
    let warned: Vec<_> = problems
        .iter()
        .map(|problem| (problem.code, problem.subject.as_str()))
        .collect();
    assert_eq!(
        warned,
        [
            ("model.ends", "openai/gpt-4o"),
            ("model.ends", "openai/gpt-4o-mini")
        ]
    );
    assert!(
        problems[0].message.contains("2027-01-14, in 55 days"),
        "{}",
        problems[0]
    );
}

#[test]
fn gaps_and_overlaps_are_found() {
    let flash = "vertex/gemini-3.8-flash";
    let late =
        |_: &mut Models, prices: &mut Prices| january(prices).valid_from = Some(day("2027-01-03"));
    assert!(after(late).contains(&format!("price.gap {flash}")));
    let early =
        |_: &mut Models, prices: &mut Prices| january(prices).valid_from = Some(day("2026-12-31"));
    assert_eq!(after(early), [format!("price.overlap {flash}")]);
    let band = |_: &mut Models, prices: &mut Prices| {
        let row = prices
            .prices
            .iter_mut()
            .find(|row| row.over_prompt_tokens == 100_000)
            .unwrap();
        row.over_prompt_tokens = 110_000;
    };
    assert!(after(band).contains(&"price.gap vertex-anthropic/claude-haiku-5-5".to_owned()));
    let bands = |_: &mut Models, prices: &mut Prices| {
        let row = prices
            .prices
            .iter_mut()
            .find(|row| row.over_prompt_tokens == 100_000)
            .unwrap();
        row.over_prompt_tokens = 90_000;
    };
    assert_eq!(
        after(bands),
        ["price.overlap vertex-anthropic/claude-haiku-5-5"]
    );
}

#[test]
fn a_price_that_runs_out_is_told_sixty_days_before() {
    let drop_january = |_: &mut Models, prices: &mut Prices| {
        let gone = january(prices).clone();
        prices.prices.retain(|row| *row != gone);
    };
    assert_eq!(after(drop_january), ["price.ends vertex/gemini-3.8-flash"]);
    let (models, mut prices) = (Models::embedded(), Prices::embedded());
    drop_january(&mut models.clone(), &mut prices);
    let codes = |on: &str| -> Vec<&str> {
        let problems = prices.lint(&models, day(on));
        let about = problems
            .into_iter()
            .filter(|problem| problem.subject == "vertex/gemini-3.8-flash");
        about.map(|problem| problem.code).collect()
    };
    assert_eq!(codes("2026-10-31"), Vec::<&str>::new(), "61 days before");
    assert_eq!(codes("2026-11-01"), ["price.ends"]);
    assert_eq!(codes("2026-12-31"), ["price.ends"], "the last day");
    assert_eq!(codes("2027-01-01"), ["price.gap"], "now it is an error");
}

#[test]
fn rows_that_contradict_themselves_are_refused() {
    let turned = |_: &mut Models, prices: &mut Prices| {
        january(prices).valid_until = Some(day("2026-01-01"));
    };
    assert!(after(turned).contains(&"price.invalid vertex/gemini-3.8-flash".to_owned()));
    let negative = |_: &mut Models, prices: &mut Prices| january(prices).input = (-1).into();
    assert_eq!(after(negative), ["price.invalid vertex/gemini-3.8-flash"]);

    let row = r#"{"provider":"p","model":"m","location":"l","tier":"standard","input":"1","output":"1","cached_input":"1","source":"s","read_on":"2026-01-01"}"#;
    let file = |rows: &str| {
        Prices::parse(&format!(
            r#"{{"regional_multiplier":{{}},"prices":[{rows}]}}"#
        ))
    };
    assert!(file(row).is_ok());
    let message = file(&format!("{row},{row}")).unwrap_err();
    assert!(message.contains("overlap"), "{message}");
    let message = file(&row.replace("standard", "express")).unwrap_err();
    assert!(message.contains("prices[0].tier"), "{message}");
    let message =
        file(&row.replace(r#""input""#, r#""up_to_prompt_tokens":0,"input""#)).unwrap_err();
    assert!(message.contains("prompt tokens"), "{message}");
}

#[test]
fn models_prices_and_aliases_belong_together() {
    let unpriced = |_: &mut Models, prices: &mut Prices| {
        prices.prices.retain(|row| row.model != "claude-opus-5-5");
    };
    assert_eq!(
        after(unpriced),
        ["model.unpriced vertex-anthropic/claude-opus-5-5"]
    );
    let orphan = |models: &mut Models, _: &mut Prices| {
        let at = model(models, "gpt-6.1-sol");
        models.models.remove(at);
    };
    assert_eq!(after(orphan), ["price.orphan openai/gpt-6.1-sol"]);
    let retire = |models: &mut Models, _: &mut Prices| {
        let at = model(models, "gpt-6.1-terra");
        models.models[at].ends_on = Some(today());
    };
    let mut found = after(retire);
    found.sort();
    assert_eq!(
        found,
        [
            "alias.empty fallback",
            "alias.retired fallback",
            "alias.retired heavy",
            "alias.retired premium",
            "alias.retired standard"
        ]
    );
    let promised = |models: &mut Models, _: &mut Prices| {
        let at = model(models, "claude-opus-5-5");
        models.models[at].assured_until = Some(day("2026-12-24"));
    };
    assert_eq!(
        after(promised),
        ["model.ends vertex-anthropic/claude-opus-5-5"]
    );
}

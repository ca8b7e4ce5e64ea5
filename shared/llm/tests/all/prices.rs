//! Golden costs: what each provider's counts come to, to the micro-dollar.

use chrono::NaiveDate;
use domain::Usd;
use llm::{Models, Prices, Tier, Usage};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn usd(text: &str) -> Usd {
    Usd(text.parse().unwrap())
}

fn used(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        ..Usage::default()
    }
}

/// The cost at a model row (`provider/id`, or the first of that id), in a place and a tier.
fn cost_at(model: &str, usage: &Usage, on: &str, place: Option<&str>, tier: Tier) -> Usd {
    let (models, prices) = (Models::embedded(), Prices::embedded());
    let mut row = models.row(model).unwrap().clone();
    if let Some(place) = place {
        row.location = place.to_owned();
    }
    let price = prices.find_tier(&row, usage.input, day(on), tier).unwrap();
    price.cost(usage)
}

fn cost(model: &str, usage: &Usage, on: &str) -> Usd {
    cost_at(model, usage, on, None, Tier::Standard)
}

const TODAY: &str = "2026-11-20";

#[test]
fn gemini_cached_tokens_are_charged_once_and_the_prompt_picks_the_band() {
    // LiteLLM issue 14849: counting the cached tokens twice gave $0.764, mixing the bands $0.185.
    let usage = Usage {
        cached_input: 257_955,
        ..used(262_960, 1_744)
    };
    // 5,005 x 2.50 + 257,955 x 0.625 + 1,744 x 15, per million = 0.199894375
    assert_eq!(
        cost("gemini-2.5-pro", &usage, "2025-09-24"),
        usd("0.199895")
    );
}

#[test]
fn gemini_thinking_is_output_and_searches_have_a_fee() {
    let usage = Usage {
        thinking: 500,
        ..used(1_000, 0)
    };
    // 1,000 x .75 + 500 x 3.75
    assert_eq!(cost("gemini-3.8-flash", &usage, TODAY), usd("0.002625"));
    let searched = Usage {
        searches: 3,
        ..Usage::default()
    };
    assert_eq!(cost("gemini-3.5-flash", &searched, TODAY), usd("0.042"));
    assert_eq!(
        cost("gemini-api/gemini-3.8-flash", &usage, TODAY),
        usd("0.002625")
    );
}

#[test]
fn claude_reads_and_writes_of_the_cache_have_prices_of_their_own() {
    let usage = Usage {
        cached_input: 1_000,
        cache_write_5m: 1_000,
        cache_write_1h: 500,
        ..used(3_000, 10)
    };
    // 500 x .10 + 1000 x .01 + 1000 x .125 + 500 x .20 + 10 x .50 = 290 micro-dollars
    assert_eq!(cost("claude-haiku-5-5", &usage, TODAY), usd("0.00029"));
    // 500 x 2 + 1000 x .10 + 1000 x 2.50 + 500 x 4 + 10 x 10
    assert_eq!(cost("claude-sonnet-5-5", &usage, TODAY), usd("0.0057"));
    // Cached reads were twice as dear until 6 October.
    assert_eq!(
        cost("claude-sonnet-5-5", &usage, "2026-10-06"),
        usd("0.0058")
    );
    // 500 x 4 + 1000 x .20 + 1000 x 5 + 500 x 8 + 10 x 20
    assert_eq!(cost("claude-opus-5-5", &usage, TODAY), usd("0.0114"));
    // 500 x 10 + 1000 x .25 + 1000 x 12.50 + 500 x 20 + 10 x 50
    assert_eq!(cost("claude-fable-5-1", &usage, TODAY), usd("0.02825"));
}

#[test]
fn haiku_is_five_times_dearer_past_100_000_tokens() {
    let at = |input| cost("claude-haiku-5-5", &used(input, 1_000), TODAY);
    assert_eq!(at(100_000), usd("0.0105"));
    // 100,001 x .50 + 1,000 x 2.50, rounded up to the micro-dollar.
    assert_eq!(at(100_001), usd("0.052501"));
}

#[test]
fn openai_writes_cost_more_and_long_prompts_twice() {
    let usage = Usage {
        cached_input: 1_000,
        cache_write_5m: 1_000,
        thinking: 90,
        ..used(3_000, 10)
    };
    // 1000 x 1 + 1000 x .05 + 1000 x 1.25 + 100 x 5
    assert_eq!(cost("gpt-6.1-terra", &usage, TODAY), usd("0.0028"));
    // 272,001 x 2 + 10 x 7.50
    assert_eq!(
        cost("gpt-6.1-terra", &used(272_001, 10), TODAY),
        usd("0.544077")
    );
    assert_eq!(cost("gpt-4o", &used(1_000, 100), TODAY), usd("0.0035"));
}

#[test]
fn a_price_changes_at_its_date() {
    let usage = used(1_000_000, 1_000_000);
    for (model, on, expected) in [
        ("gemini-3.8-flash", "2026-12-31", "4.5"),
        ("gemini-3.8-flash", "2027-01-01", "9"),
        ("gemini-4-argon", "2026-11-30", "12"),
        ("gemini-4-argon", "2026-12-01", "24"),
    ] {
        assert_eq!(cost(model, &usage, on), usd(expected), "{model} {on}");
    }
}

#[test]
fn a_region_costs_a_tenth_more_and_a_batch_half_but_fees_stay() {
    let usage = Usage {
        searches: 1,
        ..used(1_000_000, 0)
    };
    let at = |place, tier| cost_at("gemini-3.5-flash", &usage, TODAY, place, tier);
    assert_eq!(at(None, Tier::Standard), usd("1.514"));
    assert_eq!(at(Some("asia-south1"), Tier::Standard), usd("1.664"));
    assert_eq!(at(None, Tier::Batch), usd("0.764"));
    assert_eq!(at(None, Tier::Flex), usd("0.764"));
    assert_eq!(at(Some("eu"), Tier::Batch), usd("0.839"));
    let claude = used(1_000_000, 100_000);
    assert_eq!(
        cost_at("claude-opus-5-5", &claude, TODAY, Some("us"), Tier::Batch),
        usd("3.3")
    );
    let long = used(1_000_000, 0);
    let gpt = |tier| cost_at("gpt-6.1-terra", &long, TODAY, None, tier);
    assert_eq!((gpt(Tier::Flex), gpt(Tier::Priority)), (usd("1"), usd("4")));
}

#[test]
fn a_tier_nobody_knows_the_price_of_has_none() {
    let (models, prices) = (Models::embedded(), Prices::embedded());
    let claude = models.row("claude-haiku-5-5").unwrap();
    let found = |tier| prices.find_tier(claude, 10, day(TODAY), tier);
    assert!(found(Tier::Priority).is_none() && found(Tier::Flex).is_none());
}

#[test]
fn embeddings_cost_what_is_read_wherever_they_run() {
    let million = used(1_000_000, 0);
    assert_eq!(cost("text-embedding-005", &million, TODAY), usd("0.1"));
    let elsewhere = cost_at(
        "gemini-embedding-001",
        &million,
        TODAY,
        Some("us-central1"),
        Tier::Standard,
    );
    assert_eq!(elsewhere, usd("0.15"));
}

#[test]
fn the_ledger_key_names_row_tier_and_multiplier() {
    let (models, prices) = (Models::embedded(), Prices::embedded());
    let mut row = models.row("gemini-3.8-flash").unwrap().clone();
    row.location = "eu".to_owned();
    let key = |day: &str, tier| {
        prices
            .find_tier(&row, 5, day.parse().unwrap(), tier)
            .unwrap()
            .key()
    };
    assert_eq!(
        key(TODAY, Tier::Standard),
        "gemini-3.8-flash/global/standard/x1.1"
    );
    assert_eq!(
        key("2027-01-01", Tier::Batch),
        "gemini-3.8-flash/global/batch/2027-01-01/x0.55"
    );
    let haiku = models.row("claude-haiku-5-5").unwrap();
    let price = prices.find(haiku, 200_000, day(TODAY)).unwrap();
    assert_eq!(price.key(), "claude-haiku-5-5/global/standard/over-100000");
}

#[test]
fn a_call_that_was_made_is_never_free() {
    let (models, prices) = (Models::embedded(), Prices::embedded());
    let gone = models.row("gemini-2.5-pro").unwrap();
    assert!(prices.find(gone, 5, day(TODAY)).is_none());
    assert_eq!(
        prices.dearest(gone).unwrap().row.output,
        "15".parse().unwrap()
    );
}

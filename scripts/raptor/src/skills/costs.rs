//! What the models that a skill may be run by would cost, and what they would leave out.

use chrono::NaiveDate;
use domain::Usd;
use llm::{ModelRow, Models, Prices, Request, Usage};
use serde::Serialize;
use skills::Skill;

#[derive(Debug, Serialize)]
pub struct Candidate {
    pub model: String,
    /// The name in the skill that means it.
    named: String,
    provider: String,
    /// US dollars for a million tokens; none when nobody wrote it down.
    input_per_million: Option<Usd>,
    output_per_million: Option<Usd>,
    /// The prompt and the longest answer.
    most: Option<Usd>,
    /// What the model does not take.
    dropped: Vec<String>,
    ended: bool,
}

/// Every model the skill's own and its fallbacks mean, in the order they are asked, each once.
pub fn candidates(
    skill: &Skill,
    request: &Request,
    prompt_tokens: u64,
    today: NaiveDate,
) -> Vec<Candidate> {
    let (models, prices) = (Models::embedded(), Prices::embedded());
    let mut found: Vec<Candidate> = Vec::new();
    for named in std::iter::once(&skill.model).chain(&skill.fallbacks) {
        for row in models.candidates(named).unwrap_or_default() {
            let known = found
                .iter()
                .any(|one| one.model == row.id && one.provider == row.provider);
            if !known {
                found.push(candidate(
                    named,
                    row,
                    &prices,
                    request,
                    prompt_tokens,
                    today,
                ));
            }
        }
    }
    found
}

fn candidate(
    named: &str,
    row: &ModelRow,
    prices: &Prices,
    request: &Request,
    prompt_tokens: u64,
    today: NaiveDate,
) -> Candidate {
    let price = prices.find(row, prompt_tokens, today);
    let of = |input: u64, output: u64| {
        price.map(|price| {
            price.cost(&Usage {
                input,
                output,
                ..Usage::default()
            })
        })
    };
    let accepted = row.accept(request);
    Candidate {
        model: row.id.clone(),
        named: named.to_owned(),
        provider: row.provider.clone(),
        input_per_million: of(1_000_000, 0),
        output_per_million: of(0, 1_000_000),
        most: of(prompt_tokens, accepted.max_output_tokens.into()),
        dropped: accepted.dropped,
        ended: row.ended(today),
    }
}

impl Candidate {
    pub fn over_limit(&self, limit: Usd) -> bool {
        self.most.is_some_and(|most| most > limit)
    }

    pub fn row(&self) -> Vec<String> {
        let money = |amount: Option<Usd>| {
            amount.map_or_else(|| "?".to_owned(), |amount| amount.to_string())
        };
        let mut left_out = self.dropped.join(", ");
        if self.ended {
            left_out = "retired".to_owned();
        } else if left_out.is_empty() {
            "-".clone_into(&mut left_out);
        }
        vec![
            self.model.clone(),
            self.named.clone(),
            self.provider.clone(),
            money(self.input_per_million),
            money(self.output_per_million),
            money(self.most),
            left_out,
        ]
    }
}

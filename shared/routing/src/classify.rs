//! A multinomial naive Bayes over the catalogue's own example requests: which skill's words these are.
//! It is trained when the index is built, in one pass, so that a new skill's examples count at once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use skills::Catalogue;

use crate::lexicon::concept;
use crate::text::words;

/// Requests that are nobody's work, one a line.
const OUTSIDE: &str = include_str!("../data/outside.txt");

/// What an unseen feature counts for. Small: examples are short and few.
const SMOOTHING: f64 = 0.1;
/// Of the regression: passes over the examples, and how far each step goes.
const PASSES: usize = 30;
const PACE: f64 = 0.5;
/// With so few features it is a keyword.
const SHORT: usize = 25;
/// What a word's concept says besides the word.
const CONCEPT: f64 = 0.6;
/// A run of letters says less than a word.
const LETTERS: f64 = 0.3;

/// Texts and whose they are; `None` is nobody's.
type Example = (Option<usize>, String);

/// Features of a text and how much each counts, each once, in order.
type Features = Vec<(u64, f64)>;

/// An example: whose it is, and its features as a vector of length 1.
struct Row {
    class: usize,
    features: Features,
}

pub(crate) struct Classifier {
    features: HashMap<u64, Feature>,
    /// What a feature that a class lacks counts there.
    floor: Vec<f64>,
    /// Of the question whether it is anybody's work at all.
    bias: f64,
}

struct Feature {
    /// How rare it is among the examples.
    rarity: f64,
    /// (class, weight) for each class that has it.
    weights: Vec<(u16, f64)>,
    /// Above 0, it speaks for nobody's.
    nobody: f64,
}

/// What words look like.
pub(crate) struct Likely {
    /// How likely they are each class's; they sum to 1. The more words it knows, the surer it is.
    pub classes: Vec<f64>,
    /// The log odds that they are nobody's.
    pub nobody: f64,
}

impl Classifier {
    /// Over a catalogue: its skills are the classes, in order, and one more for what is nobody's.
    pub fn over(catalogue: &Catalogue) -> Self {
        let ids: Vec<&str> = catalogue.all().map(|skill| skill.id.as_str()).collect();
        let mut examples: Vec<Example> = Vec::new();
        for (class, skill) in catalogue.all().enumerate() {
            let own = skill.examples.iter().chain(&skill.keywords).cloned();
            examples.extend(own.map(|text| (Some(class), text)));
            examples.push((
                Some(class),
                format!("{} {}", skill.title, skill.description),
            ));
            for unlike in &skill.unlike {
                let whose = ids.iter().position(|id| *id == unlike.skill);
                if whose.is_some() || unlike.skill == "none" {
                    examples.push((whose, unlike.text.clone()));
                }
            }
        }
        Self::train(ids.len(), &examples)
    }

    /// From examples of `skills` classes; one more class is for what is nobody's.
    fn train(skills: usize, examples: &[Example]) -> Self {
        let outside = OUTSIDE.lines().filter(|line| !line.is_empty());
        let said: Vec<(usize, Features)> = examples
            .iter()
            .map(|(class, text)| (class.unwrap_or(skills), text.as_str()))
            .chain(outside.map(|text| (skills, text)))
            .map(|(class, text)| (class, features(&words(text))))
            .collect();
        let mut frequency: HashMap<u64, f64> = HashMap::new();
        for (feature, _) in said.iter().flat_map(|(_, features)| features) {
            *frequency.entry(*feature).or_default() += 1.0;
        }
        let count = said.len() as f64;
        let rarity = |feature: u64| {
            let seen = frequency.get(&feature).copied().unwrap_or(0.0);
            ((1.0 + count) / (1.0 + seen)).ln() + 1.0
        };
        let rows: Vec<Row> = said
            .into_iter()
            .map(|(class, mut features)| {
                for (feature, n) in &mut features {
                    *n *= rarity(*feature);
                }
                let length = length(features.iter().map(|(_, weight)| *weight));
                for (_, weight) in &mut features {
                    *weight /= length;
                }
                Row { class, features }
            })
            .collect();
        let classes = skills + 1;
        let mut sums: HashMap<u64, Vec<(u16, f64)>> = HashMap::new();
        let mut totals = vec![0.0; classes];
        for Row { class, features } in &rows {
            for (feature, weight) in features {
                totals[*class] += weight;
                let sums = sums.entry(*feature).or_default();
                let class = u16::try_from(*class).unwrap_or(u16::MAX);
                match sums.iter_mut().find(|(known, _)| *known == class) {
                    Some((_, sum)) => *sum += weight,
                    None => sums.push((class, *weight)),
                }
            }
        }
        let size = sums.len() as f64;
        // ln((sum + s) / (total + s·size)), as what an unseen feature counts plus what a seen one adds.
        let floor = totals
            .iter()
            .map(|total| SMOOTHING.ln() - (total + SMOOTHING * size).ln())
            .collect();
        let (nobody, bias) = nobodys(&rows, skills);
        let features = sums
            .into_iter()
            .map(|(feature, sums)| {
                let weights = sums
                    .into_iter()
                    .map(|(class, sum)| (class, (1.0 + sum / SMOOTHING).ln()))
                    .collect();
                let known = Feature {
                    rarity: rarity(feature),
                    weights,
                    nobody: nobody.get(&feature).copied().unwrap_or(0.0),
                };
                (feature, known)
            })
            .collect();
        Self {
            features,
            floor,
            bias,
        }
    }

    pub fn likely(&self, words: &[String]) -> Likely {
        let said = features(words);
        let known: Vec<(f64, &Feature)> = said
            .iter()
            .filter_map(|(feature, n)| Some((*n, self.features.get(feature)?)))
            .collect();
        let length = length(known.iter().map(|(n, feature)| n * feature.rarity));
        let mut scores = vec![0.0; self.floor.len()];
        let (mut all, mut nobody) = (0.0, self.bias);
        for (n, feature) in known {
            let weight = n * feature.rarity / length;
            all += weight;
            nobody += weight * feature.nobody;
            for (class, more) in &feature.weights {
                scores[usize::from(*class)] += weight * more;
            }
        }
        for (score, floor) in scores.iter_mut().zip(&self.floor) {
            *score += floor * all;
        }
        let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - best).exp()).sum();
        Likely {
            classes: scores
                .iter()
                .map(|score| (score - best).exp() / sum)
                .collect(),
            nobody,
        }
    }
}

/// A logistic regression of whether an example is nobody's: a weight for each feature, and the bias.
/// What is nobody's is of all kinds, for which a single class of naive Bayes is too blunt.
fn nobodys(rows: &[Row], skills: usize) -> (HashMap<u64, f64>, f64) {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let rows: Vec<(f64, Vec<(usize, f64)>)> = rows
        .iter()
        // A keyword alone is no request.
        .filter(|row| row.features.len() > SHORT)
        .map(|row| {
            let weights = row
                .features
                .iter()
                .map(|(feature, weight)| {
                    let next = places.len();
                    (*places.entry(*feature).or_insert(next), *weight)
                })
                .collect();
            (f64::from(u8::from(row.class == skills)), weights)
        })
        .collect();
    let outside = rows.iter().filter(|(wanted, _)| *wanted > 0.5).count();
    let (outside, inside) = (outside.max(1) as f64, (rows.len() - outside).max(1) as f64);
    let count = rows.len() as f64;
    let mut weights = vec![0.0; places.len()];
    let mut bias = 0.0;
    // A step through the examples that mixes the classes, the same on every run.
    let stride = (rows.len() * 5 / 8) | 1;
    for pass in 0..PASSES {
        let pace = PACE / (1.0 + 0.2 * pass as f64);
        for n in 0..rows.len() {
            let (wanted, row) = &rows[n * stride % rows.len()];
            let score: f64 = bias
                + row
                    .iter()
                    .map(|(place, x)| weights[*place] * x)
                    .sum::<f64>();
            let share = if *wanted > 0.5 { outside } else { inside };
            let error = (1.0 / (1.0 + (-score).exp()) - wanted) * count / (2.0 * share);
            for (place, x) in row {
                weights[*place] -= pace * error * x;
            }
            bias -= pace * 0.1 * error;
        }
    }
    let weights = places
        .into_iter()
        .map(|(feature, place)| (feature, weights[place]))
        .collect();
    (weights, bias)
}

fn length(weights: impl Iterator<Item = f64>) -> f64 {
    weights
        .map(|weight| weight * weight)
        .sum::<f64>()
        .sqrt()
        .max(1e-9)
}

/// Words, what they are words for, pairs of words, and runs of three and four letters, each by its hash
/// and with how much it counts; in order of the hashes, so that sums are the same on every run.
fn features(words: &[String]) -> Features {
    let mut found: Vec<(u64, f64)> = Vec::new();
    for word in words {
        found.push((hash(Kind::Word, word.chars()), 1.0));
        if let Some(concept) = concept(word) {
            found.push((hash(Kind::Concept, concept.chars()), CONCEPT));
        }
        let letters: Vec<char> = std::iter::once('<')
            .chain(word.chars())
            .chain(std::iter::once('>'))
            .collect();
        for run in letters.windows(3).chain(letters.windows(4)) {
            found.push((hash(Kind::Letters, run.iter().copied()), LETTERS));
        }
    }
    let mut pairs: Vec<u64> = words
        .windows(2)
        .map(|pair| {
            let both = pair[0].chars().chain([' ']).chain(pair[1].chars());
            hash(Kind::Pair, both)
        })
        .collect();
    // However often two words stand together, they do so once.
    pairs.sort_unstable();
    pairs.dedup();
    found.extend(pairs.into_iter().map(|pair| (pair, 1.0)));
    found.sort_unstable_by_key(|(feature, _)| *feature);
    found.dedup_by(|(next, more), (feature, n)| {
        let same = next == feature;
        if same {
            *n += *more;
        }
        same
    });
    found
}

#[derive(Hash)]
enum Kind {
    Word,
    Concept,
    Letters,
    Pair,
}

/// The same on every run. Two features with one hash are counted as one, which is rare and harmless.
fn hash(kind: Kind, text: impl Iterator<Item = char>) -> u64 {
    let mut hasher = DefaultHasher::new();
    kind.hash(&mut hasher);
    text.for_each(|c| hasher.write_u32(c.into()));
    hasher.finish()
}

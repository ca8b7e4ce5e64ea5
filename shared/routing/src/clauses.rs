//! The parts of a request, and whether it says that one comes before another.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::text::tokens;

/// Words that say that one thing comes before another.
const SEQUENCE: &str = "
    then first firstly finally afterwards before once next lastly later after secondly
    pehle pahle phir fir baad baadme uske aakhir akhir ant
    पहले फिर बाद अंत आखिर उसके
    પહેલા પછી છેલ્લે પહેલાં
    आधी मग नंतर शेवटी
    প্রথমে তারপর পরে শেষে আগে
    முதலில் பிறகு பின்னர் கடைசியாக பின்
    ముందు తర్వాత చివరగా మొదట";

/// Where one part of a request may end and another begin.
const BREAKS: &str = "
    and|then|after that|afterwards|followed by|also|plus|finally|before|once|as well as|with|along with
    phir|aur|uske baad|fir|ke baad|saath me|lekin|but|so|n|&|+|–|-|which|jisme|in pdf|as pdf|as a pdf
    फिर|और|उसके बाद|तथा|एवं|के बाद|लेकिन|साथ में|करके|लेकर|हटाकर
    અને|પછી|ત્યાર બાદ|आणि|मग|नंतर|व|এবং|তারপর|ও|আর|மற்றும்|பிறகு|మరియు|తర్వాత";

/// Whether a text says that one thing comes before another.
pub fn is_sequence(text: &str) -> bool {
    static SAID: LazyLock<HashSet<&str>> = LazyLock::new(|| SEQUENCE.split_whitespace().collect());
    tokens(text).any(|word| SAID.contains(word.as_str()))
}

/// The parts of a request that may be jobs of their own, in order.
pub fn clauses(text: &str) -> Vec<String> {
    static MARKS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut marks: Vec<String> = BREAKS
            .lines()
            .flat_map(|line| line.trim().split('|'))
            .filter(|mark| !mark.is_empty())
            .map(|mark| format!(" {mark} "))
            .collect();
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
        marks
    });
    let mut marked = text.to_lowercase();
    for mark in [";", ".", ",", "।", ":", "?", "\n"] {
        marked = marked.replace(&format!("{mark} "), " \u{1} ");
    }
    for mark in MARKS.iter() {
        marked = marked.replace(mark.as_str(), " \u{1} ");
    }
    marked
        .split('\u{1}')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

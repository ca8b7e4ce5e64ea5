use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use skills::Catalogue;

use crate::text::tokens;

/// What a request is about, beyond which skills answer it. A model may say it better; this is what the
/// words alone say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The area of work, `campaign`; the first skill's.
    pub primary_intent: String,
    /// 1 to 10: steps, tools and the length of the request.
    pub complexity: u8,
    /// What the work needs to look at: `web`, `pages`, `records`, `tax`, `dates`, `figures`.
    pub required_data_types: Vec<String>,
    pub urgency: Urgency,
    pub market_focus: Market,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    Low,
    Medium,
    High,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Market {
    Global,
    India,
    /// A state or a city of India.
    Region,
}

const NOW: &str = "today tonight urgent urgently asap immediately tomorrow now hurry abhi aaj kal turant jaldi foran \
    आज कल तुरंत जल्दी अभी આજે કાલે તરત இன்று நாளை உடனே ఈరోజు రేపు వెంటనే আজ কাল এখনই आजच लगेच";
const SOON: &str = "week weekend soon days monday tuesday wednesday thursday friday saturday sunday hafte hafta jald \
    हफ्ते सप्ताह દિવસ வாரம் వారం সপ্তাহ आठवड्यात";
const ABROAD: &str = "export exports exporter overseas abroad international global worldwide foreign nri usa us uk uae \
    dubai europe america canada australia singapore nepal bangladesh videsh niryat विदेश निर्यात નિકાસ ஏற்றுமதி ఎగుమతి রপ্তানি";

/// What each tool looks at.
const DATA: &[(&str, &str)] = &[
    ("web_search", "web"),
    ("keyword_data", "web"),
    ("scraper", "pages"),
    ("page_audit", "pages"),
    ("database_reader", "records"),
    ("record_cleaner", "records"),
    ("lead_scorer", "records"),
    ("gst_calculator", "tax"),
    ("festival_calendar", "dates"),
    ("business_calculator", "figures"),
];

impl Intent {
    /// What the words of a request, and the skills that will answer it, say.
    pub fn of(text: &str, skills: &[String], catalogue: &Catalogue) -> Self {
        let said: BTreeSet<String> = tokens(text).collect();
        let any = |list: &str| list.split_whitespace().any(|word| said.contains(word));
        let found: Vec<_> = skills.iter().filter_map(|id| catalogue.any(id)).collect();
        let tools: BTreeSet<&str> = found
            .iter()
            .flat_map(|skill| skill.tools.iter().map(String::as_str))
            .collect();
        let mut data: Vec<String> = Vec::new();
        for (tool, kind) in DATA {
            if tools.contains(tool) && !data.iter().any(|known| known == kind) {
                data.push((*kind).to_owned());
            }
        }
        let size = 2 * skills.len() + tools.len() / 2 + text.split_whitespace().count() / 25;
        Self {
            primary_intent: found
                .first()
                .map_or_else(|| "unknown".to_owned(), |skill| skill.category.clone()),
            complexity: u8::try_from(size.clamp(1, 10)).unwrap_or(10),
            required_data_types: data,
            urgency: if any(NOW) {
                Urgency::High
            } else if any(SOON) {
                Urgency::Medium
            } else {
                Urgency::Low
            },
            market_focus: if any(ABROAD) {
                Market::Global
            } else if bharat::cities::named_in(text).is_empty() {
                Market::India
            } else {
                Market::Region
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Intent {
        Intent::of(text, &[], &Catalogue::default())
    }

    #[test]
    fn words_say_when_and_where() {
        let urgent = of("aaj hi chahiye, Surat ke wholesaler");
        assert_eq!(
            (urgent.urgency, urgent.market_focus),
            (Urgency::High, Market::Region)
        );
        let abroad = of("which countries import our mango pulp, for export");
        assert_eq!(
            (abroad.urgency, abroad.market_focus),
            (Urgency::Low, Market::Global)
        );
        assert_eq!(of("plan posts for next week").urgency, Urgency::Medium);
        assert_eq!(of("plan posts").market_focus, Market::India);
    }
}

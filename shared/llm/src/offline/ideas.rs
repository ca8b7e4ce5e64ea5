//! Marketing activities in the words of the request: which, where, when and how to tell that they
//! work. They hold no fact that the request or a tool didn't give.

use chrono::{Days, NaiveDate};

/// One activity, and what each kind of property says about it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Idea {
    pub title: String,
    pub channel: String,
    pub message: String,
    pub action: String,
    pub metric: &'static str,
    pub phase: &'static str,
    pub audience: &'static str,
    /// Days from the occasion; negative before it.
    pub offset: i64,
    pub date: Option<NaiveDate>,
    /// `3 weeks before Diwali`
    pub timing: String,
}

/// What the ideas are about.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub product: String,
    pub business: String,
    pub place: Option<String>,
    pub occasion: Option<String>,
    /// The day of the occasion, when a tool or the request gave it.
    pub day: Option<NaiveDate>,
    /// Channels the request names, used first.
    pub channels: Vec<&'static str>,
    pub today: NaiveDate,
}

struct Plan {
    title: &'static str,
    channel: &'static str,
    message: &'static str,
    action: &'static str,
    metric: &'static str,
    phase: &'static str,
    audience: &'static str,
    offset: i64,
}

const PLANS: &[Plan] = &[
    Plan {
        title: "The story behind the {product}",
        channel: "Instagram",
        message: "Meet the people behind our {product}. This {occasion}, give something made by hands you know{near}.",
        action: "Film three short clips of how the {product} is made or chosen, one maker or one piece each, and post one every two days.",
        metric: "Saves and shares per clip",
        phase: "Teaser",
        audience: "People who don't know the {business} yet",
        offset: -21,
    },
    Plan {
        title: "First look for regular customers",
        channel: "WhatsApp",
        message: "You are the first to see our {occasion} {product}. Reply with a number from the catalogue and we keep it for you till Sunday.",
        action: "Send a catalogue of ten pieces to customers who agreed to messages; keep what they reserve for three days.",
        metric: "Replies and reservations per message sent",
        phase: "Early access",
        audience: "Customers of the last twelve months",
        offset: -14,
    },
    Plan {
        title: "{occasion} gift sets at three prices",
        channel: "In store",
        message: "Gifts that are ready to give: {product} in three sets, wrapped, with a handwritten card.",
        action: "Put together three gift sets at three price points, give each a name and a card, and place them at the entrance and first in the online list.",
        metric: "Gift sets sold, and average bill",
        phase: "Launch",
        audience: "People buying for family and colleagues",
        offset: -10,
    },
    Plan {
        title: "Neighbours recommend us",
        channel: "Google",
        message: "Looking for {product}{near}? See what our customers say, and come by: open late until {occasion}.",
        action: "Update the Google Business Profile (hours for the season, ten new photographs) and ask every buyer for a review with a printed QR code.",
        metric: "Direction requests and new reviews per week",
        phase: "Peak",
        audience: "People nearby who search for {product}",
        offset: -7,
    },
    Plan {
        title: "Last days: what is still in time",
        channel: "WhatsApp",
        message: "Still in time for {occasion}: these pieces are in the shop today, wrapped while you wait.",
        action: "Each morning share what is in stock and until when an order still arrives; stop when it is no longer true.",
        metric: "Orders in the last three days",
        phase: "Final push",
        audience: "People who looked but did not buy",
        offset: -2,
    },
    Plan {
        title: "Thank you, and see you again",
        channel: "Email",
        message: "Thank you for choosing our {product}. Show us how you wore or used it; the loveliest picture goes on our wall.",
        action: "Thank every buyer by name within a week, ask for a photograph, and invite them to the next collection.",
        metric: "Pictures received, and second purchases in 60 days",
        phase: "After",
        audience: "Everyone who bought",
        offset: 3,
    },
];

pub(super) const COUNT: usize = PLANS.len();

/// The activities, in the order of their dates.
pub(super) fn of(subject: &Subject) -> Vec<Idea> {
    let occasion = subject.occasion.as_deref().unwrap_or("this season");
    let near = subject
        .place
        .as_ref()
        .map(|place| format!(" in {place}"))
        .unwrap_or_default();
    let say = |text: &str| {
        let said = text
            .replace("{product}", &subject.product)
            .replace("{business}", &subject.business)
            .replace("{occasion}", occasion)
            .replace("{near}", &near);
        capital(&said)
    };
    PLANS
        .iter()
        .enumerate()
        .map(|(at, plan)| Idea {
            title: say(plan.title),
            channel: subject
                .channels
                .get(at)
                .copied()
                .unwrap_or(plan.channel)
                .to_owned(),
            message: say(plan.message),
            action: say(plan.action),
            metric: plan.metric,
            phase: plan.phase,
            audience: plan.audience,
            offset: plan.offset,
            date: date(subject, plan.offset),
            timing: timing(subject, plan.offset),
        })
        .collect()
}

impl Idea {
    pub fn audience(&self, subject: &Subject) -> String {
        self.audience
            .replace("{product}", &subject.product)
            .replace("{business}", &subject.business)
    }
}

/// The day of an activity, never one that is past.
fn date(subject: &Subject, offset: i64) -> Option<NaiveDate> {
    let days = Days::new(offset.unsigned_abs());
    let day = subject.day?;
    let day = if offset < 0 {
        day.checked_sub_days(days)
    } else {
        day.checked_add_days(days)
    }?;
    Some(day.max(subject.today))
}

fn timing(subject: &Subject, offset: i64) -> String {
    let days = offset.unsigned_abs();
    let span = match days {
        14 | 21 => format!("{} weeks", days / 7),
        7 => "1 week".to_owned(),
        _ => format!("{days} days"),
    };
    match (&subject.occasion, offset < 0) {
        (Some(occasion), true) => format!("{span} before {occasion}"),
        (Some(occasion), false) => format!("{span} after {occasion}"),
        // Without an occasion the first activity starts now.
        (None, _) => match offset + PLANS[0].offset.abs() {
            0 => "at the start".to_owned(),
            later => format!("day {}", later + 1),
        },
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(day: Option<&str>) -> Subject {
        Subject {
            product: "handloom".into(),
            business: "handloom store".into(),
            place: Some("Jaipur".into()),
            occasion: Some("Diwali".into()),
            day: day.map(|day| day.parse().unwrap()),
            channels: vec!["SMS"],
            today: "2027-10-20".parse().unwrap(),
        }
    }

    #[test]
    fn ideas_speak_of_the_subject_and_never_of_the_past() {
        let ideas = of(&subject(Some("2027-10-29")));
        assert_eq!(ideas.len(), COUNT);
        assert!(
            ideas
                .iter()
                .all(|idea| !idea.message.contains('{') && !idea.action.contains('{'))
        );
        assert!(
            ideas[3].message.contains("handloom in Jaipur"),
            "{}",
            ideas[3].message
        );
        assert_eq!(ideas[0].channel, "SMS");
        assert_eq!(
            ideas[0].date,
            Some("2027-10-20".parse().unwrap()),
            "not before today"
        );
        assert_eq!(ideas[4].date, Some("2027-10-27".parse().unwrap()));
        assert_eq!(ideas[0].timing, "3 weeks before Diwali");
        assert!(of(&subject(None)).iter().all(|idea| idea.date.is_none()));
    }
}

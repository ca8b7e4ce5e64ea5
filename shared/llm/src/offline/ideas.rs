//! Marketing activities in the words of the request: which, where, when and how to tell that they
//! work. They hold no fact that the request or a tool didn't give.

use chrono::{Datelike, Days, NaiveDate};

use super::plans::{DUES, HINDI, PLANS, Plan, YEAR_END};

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
    pub season: Season,
    /// Whether the activities are wanted in Hindi.
    pub hindi: bool,
}

/// What the activities are built around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    Festive,
    /// The Indian financial year ends on 31 March.
    YearEnd,
    /// Money that customers owe.
    Dues,
}

/// The next 31 March, today included.
pub(super) fn year_end(today: NaiveDate) -> NaiveDate {
    let year = if (today.month(), today.day()) <= (3, 31) {
        today.year()
    } else {
        today.year() + 1
    };
    NaiveDate::from_ymd_opt(year, 3, 31).unwrap_or(today)
}

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
    let plans = match subject.season {
        Season::Festive => PLANS,
        Season::YearEnd => YEAR_END,
        Season::Dues => DUES,
    };
    let hindi = (subject.hindi && subject.season == Season::Festive).then_some(HINDI);
    let worded = |at: usize, plan: &Plan| -> [String; 3] {
        let words = hindi.and_then(|hindi| hindi.get(at).copied()).unwrap_or([
            plan.title,
            plan.message,
            plan.action,
        ]);
        words.map(say)
    };
    plans
        .iter()
        .enumerate()
        .map(|(at, plan)| (at, plan, worded(at, plan)))
        .map(|(at, plan, [title, message, action])| Idea {
            title,
            channel: subject
                .channels
                .get(at)
                .copied()
                .unwrap_or(plan.channel)
                .to_owned(),
            message,
            action,
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
    let occasion = match subject.season {
        Season::Festive => subject.occasion.clone(),
        Season::YearEnd | Season::Dues => Some("31 March".to_owned()),
    };
    if subject.hindi
        && let Some(occasion) = &occasion
    {
        let way = if offset < 0 {
            "पहले"
        } else {
            "बाद"
        };
        return format!("{occasion} से {days} दिन {way}");
    }
    match (&occasion, offset < 0) {
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
            season: Season::Festive,
            hindi: false,
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

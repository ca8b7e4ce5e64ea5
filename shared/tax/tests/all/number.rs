use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use tax::number::{FinancialYear, LAST_SERIAL, LONGEST, Number, NumberError, Series, lawful};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn year(text: &str) -> FinancialYear {
    text.parse().unwrap()
}

#[test]
fn the_year_begins_on_the_first_of_april_in_india() {
    for (text, expected) in [
        ("2026-04-01", "2026-27"),
        ("2026-03-31", "2025-26"),
        ("2027-01-01", "2026-27"),
        ("2099-12-31", "2099-00"),
    ] {
        assert_eq!(FinancialYear::of(day(text)).to_string(), expected);
    }
    // Midnight in India is 18:30 UTC of the day before.
    for (text, expected) in [
        ("2027-03-31T18:29:59Z", "2026-27"),
        ("2027-03-31T18:30:00Z", "2027-28"),
    ] {
        let moment: DateTime<Utc> = text.parse().unwrap();
        assert_eq!(FinancialYear::at(moment).to_string(), expected);
    }
    let this = year("2026-27");
    assert_eq!(
        (this.first_day(), this.last_day()),
        (day("2026-04-01"), day("2027-03-31"))
    );
    assert!(this.contains(this.first_day()) && this.contains(this.last_day()));
    assert!(!this.contains(day("2027-04-01")));
    assert_eq!(this.next(), year("27-28"));
}

#[test]
fn years_are_written_long_and_short() {
    assert_eq!(year("26-27"), year("2026-27"));
    assert_eq!(
        (year("2026-27").short(), year("2026-27").begins()),
        ("26-27".into(), 2026)
    );
    for wrong in [
        "2026",
        "2026-28",
        "26-28",
        "2026-2027",
        "2026/27",
        "26-7",
        "",
        "-26-27",
        "+026-27",
    ] {
        assert_eq!(
            wrong.parse::<FinancialYear>(),
            Err(NumberError::Year(wrong.into()))
        );
    }
    assert_eq!(
        serde_json::to_string(&year("26-27")).unwrap(),
        "\"2026-27\""
    );
    assert_eq!(
        serde_json::from_str::<FinancialYear>("\"2026-27\"").unwrap(),
        year("26-27")
    );
}

#[test]
fn numbers_are_made_and_read() {
    let series: Series = "RF".parse().unwrap();
    let number = Number::new(series.clone(), year("26-27"), 1).unwrap();
    assert_eq!(number.to_string(), "RF/26-27/000001");
    assert_eq!("RF/26-27/000001".parse(), Ok(number.clone()));
    assert_eq!(number.following().unwrap().to_string(), "RF/26-27/000002");
    let last = Number::new(series.clone(), year("26-27"), LAST_SERIAL).unwrap();
    assert_eq!(
        last.following(),
        Err(NumberError::UsedUp {
            series: series.clone(),
            year: year("26-27")
        })
    );
    assert_eq!(
        Number::new(series, year("26-27"), 0),
        Err(NumberError::Zero)
    );
    // The longest that there is has the sixteen characters of Rule 46.
    assert_eq!(
        "CNR/26-27/999999"
            .parse::<Number>()
            .unwrap()
            .to_string()
            .len(),
        LONGEST
    );
    for wrong in [
        "RF/26-27/1",
        "RF/26-27/0000001",
        "RF/26-27",
        "RF/2026-27/00001",
        "RF/26-27/00000a",
        "RF/26-27/000001/",
        "RF/26-27/+00001",
        "",
    ] {
        assert!(wrong.parse::<Number>().is_err(), "{wrong}");
    }
    for wrong in ["", "rf", "ABCD", "R1", "É"] {
        assert!(wrong.parse::<Series>().is_err(), "{wrong}");
    }
    assert_eq!("RF/26-27/000000".parse::<Number>(), Err(NumberError::Zero));
}

/// Rule 46(b), and the first character by the e-invoice schema.
#[test]
fn what_may_stand_as_a_number() {
    for right in ["RF/26-27/000001", "1", "2019-20/KA/1", "SINV-CFY-00067"] {
        assert_eq!(lawful(right), Ok(()), "{right}");
    }
    assert_eq!(lawful(""), Err(NumberError::Length(0)));
    assert_eq!(lawful("12345678901234567"), Err(NumberError::Length(17)));
    for wrong in ["0001", "/1", "-1"] {
        assert_eq!(lawful(wrong), Err(NumberError::First(wrong.into())));
    }
    for wrong in ["rf/1", "RF 1", "RF_1", "RF#1", "आ1"] {
        assert_eq!(lawful(wrong), Err(NumberError::Characters(wrong.into())));
    }
}

proptest! {
    #[test]
    fn every_number_is_lawful_and_read_back(series in "[A-Z]{1,3}", begins in 2017i32..2099, serial in 1..=LAST_SERIAL) {
        let year = FinancialYear::of(NaiveDate::from_ymd_opt(begins, 4, 1).unwrap());
        let number = Number::new(series.parse().unwrap(), year, serial).unwrap();
        let text = number.to_string();
        prop_assert_eq!(lawful(&text), Ok(()));
        prop_assert_eq!(text.parse::<Number>(), Ok(number));
        prop_assert_eq!(year.to_string().parse::<FinancialYear>(), Ok(year));
        prop_assert_eq!(year.short().parse::<FinancialYear>(), Ok(year));
    }

    #[test]
    fn no_text_breaks_the_reading(text in "\\PC{0,20}") {
        let _ = text.parse::<Number>();
        let _ = text.parse::<FinancialYear>();
        let _ = lawful(&text);
    }
}

use std::sync::Arc;
use std::time::{Duration, Instant};

use guard::{PasswordError, Passwords, PolicyViolation, Verdict, check_policy, needs_rehash};

use crate::seams::CountingIds;

fn passwords() -> Passwords {
    Passwords::new(Arc::new(CountingIds::default()), 2)
}

#[tokio::test]
async fn only_the_right_password_matches() {
    let passwords = passwords();
    let hash = passwords.hash("correct horse battery").await.unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert_ne!(
        hash,
        passwords.hash("correct horse battery").await.unwrap(),
        "each has its own salt"
    );
    let verify = async |password: &str| {
        passwords
            .verify_or_dummy(password, Some(&hash))
            .await
            .unwrap()
    };
    assert_eq!(
        verify("correct horse battery").await,
        Verdict::Match { rehash: false }
    );
    assert_eq!(verify("correct horse batterY").await, Verdict::Mismatch);
    assert_eq!(verify("").await, Verdict::Mismatch);
}

#[tokio::test]
async fn a_password_typed_in_another_composition_is_the_same() {
    let passwords = passwords();
    let hash = passwords
        .hash("pass\u{0915}\u{093C}word ＡＢＣ é")
        .await
        .unwrap();
    let verdict = passwords
        .verify_or_dummy("pass\u{0958}word ABC e\u{301}", Some(&hash))
        .await
        .unwrap();
    assert_eq!(verdict, Verdict::Match { rehash: false });
}

#[tokio::test]
async fn an_unknown_account_costs_as_much_as_a_known_one() {
    let passwords = passwords();
    let hash = passwords.hash("correct horse battery").await.unwrap();
    let time = async |stored: Option<&str>| {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            assert_eq!(
                passwords
                    .verify_or_dummy("wrong horse battery", stored)
                    .await
                    .unwrap(),
                Verdict::Mismatch
            );
            best = best.min(started.elapsed());
        }
        best
    };
    let (known, unknown) = (time(Some(&hash)).await, time(None).await);
    // A dummy that fails early takes microseconds; half is far beyond what scheduling explains.
    assert!(
        unknown * 2 > known && known * 2 > unknown,
        "{known:?} {unknown:?}"
    );
}

#[tokio::test]
async fn weak_hashes_are_to_be_made_anew() {
    // argon2id of "password" with 4 MiB and one pass, made by another implementation's defaults.
    let weak = "$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(needs_rehash(weak));
    assert!(needs_rehash("not a hash"));
    assert!(!needs_rehash(
        &passwords().hash("correct horse battery").await.unwrap()
    ));
    let unreadable = passwords().verify_or_dummy("x", Some("not a hash")).await;
    assert!(matches!(unreadable, Err(PasswordError::StoredHash(_))));
}

#[test]
fn the_policy_says_what_to_do() {
    let check = |password: &str| check_policy(password, "Priya.Sharma@shop.in");
    assert_eq!(check("eleven char"), Err(PolicyViolation::TooShort));
    assert_eq!(check("twelve chars"), Ok(()));
    assert_eq!(check("बारह अक्षर का पासवर्ड"), Ok(()));
    assert_eq!(check(&"x".repeat(128)), Ok(()));
    assert_eq!(check(&"x".repeat(129)), Err(PolicyViolation::TooLong));
    assert_eq!(check("priya.sharma"), Err(PolicyViolation::IsEmail));
    assert_eq!(check("PRIYA.SHARMA@SHOP.IN"), Err(PolicyViolation::IsEmail));
    assert_eq!(
        PolicyViolation::TooShort.to_string(),
        "Use at least 12 characters."
    );
    assert_eq!(PolicyViolation::TooShort.code(), "password.too_short");
}

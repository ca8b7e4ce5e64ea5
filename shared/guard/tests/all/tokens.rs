use chrono::TimeDelta;
use domain::{UserId, WorkspaceId};
use guard::{
    ACCESS_TOKEN_LIFE, AccessTokens, KeyError, RefreshToken, TokenError, TokenKeys, delimiter, same,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::seams::{CountingIds, seams};

const OLD: &str = "k1:0123456789abcdef0123456789abcdef";
const NEW: &str = "k2:fedcba9876543210fedcba9876543210";

fn tokens(keys: &str) -> AccessTokens {
    AccessTokens::new(
        TokenKeys::parse(keys).unwrap(),
        "raptorflow",
        "raptorflow-api",
    )
}

const USER: UserId = UserId(Uuid::from_u128(7));
const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(8));

#[test]
fn a_token_lives_for_half_an_hour() {
    let ((seams, clock), tokens) = (seams(), tokens(OLD));
    let issued = tokens.issue(&seams, USER, Some(WORKSPACE));
    assert_eq!(issued.expires_at - seams.now(), ACCESS_TOKEN_LIFE);
    let claims = tokens.verify(&issued.token, seams.now()).unwrap();
    assert_eq!(
        (claims.user_id, claims.workspace_id),
        (USER, Some(WORKSPACE))
    );
    assert_eq!(claims.expires_at, issued.expires_at);
    clock.advance(TimeDelta::minutes(30) + TimeDelta::milliseconds(4_999));
    assert!(
        tokens.verify(&issued.token, seams.now()).is_ok(),
        "clocks may differ by 5 s"
    );
    clock.advance(TimeDelta::milliseconds(1));
    let expired = tokens.verify(&issued.token, seams.now()).unwrap_err();
    assert_eq!(
        (expired, expired.code()),
        (TokenError::Expired, "auth.token_expired")
    );
}

#[test]
fn a_token_from_the_future_is_refused() {
    let ((seams, _), tokens) = (seams(), tokens(OLD));
    let token = tokens.issue(&seams, USER, None).token;
    assert_eq!(
        tokens.verify(&token, seams.now()).unwrap().workspace_id,
        None
    );
    assert!(
        tokens
            .verify(&token, seams.now() - TimeDelta::seconds(5))
            .is_ok()
    );
    assert_eq!(
        tokens.verify(&token, seams.now() - TimeDelta::seconds(6)),
        Err(TokenError::NotYet)
    );
}

#[test]
fn keys_rotate_without_signing_anyone_out() {
    let (seams, _) = seams();
    let before = tokens(OLD).issue(&seams, USER, None).token;
    let rotating = tokens(&format!("{NEW},{OLD}"));
    let after = rotating.issue(&seams, USER, None).token;
    assert!(
        rotating.verify(&before, seams.now()).is_ok()
            && rotating.verify(&after, seams.now()).is_ok()
    );
    assert_eq!(
        tokens(OLD).verify(&after, seams.now()),
        Err(TokenError::UnknownKey)
    );
    assert_eq!(
        tokens(NEW).verify(&before, seams.now()),
        Err(TokenError::UnknownKey)
    );
}

#[test]
fn tokens_for_or_by_others_are_refused() {
    let (seams, _) = seams();
    let token = tokens(OLD).issue(&seams, USER, None).token;
    let keys = || TokenKeys::parse(OLD).unwrap();
    for other in [
        AccessTokens::new(keys(), "other", "raptorflow-api"),
        AccessTokens::new(keys(), "raptorflow", "other"),
    ] {
        assert_eq!(
            other.verify(&token, seams.now()),
            Err(TokenError::ForOthers)
        );
    }
    let imposter = tokens("k1:another-secret-another-secret-another");
    assert_eq!(
        imposter.verify(&token, seams.now()),
        Err(TokenError::Signature)
    );
}

#[test]
fn forged_headers_are_refused() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let ((seams, _), tokens) = (seams(), tokens(OLD));
    let token = tokens.issue(&seams, USER, None).token;
    let (_, rest) = token.split_once('.').unwrap();
    for (header, expected) in [
        (r#"{"alg":"none","kid":"k1"}"#, TokenError::Malformed),
        (r#"{"alg":"HS384","kid":"k1"}"#, TokenError::Malformed),
        (r#"{"alg":"RS256","kid":"k1"}"#, TokenError::Malformed),
        (r#"{"alg":"HS256"}"#, TokenError::UnknownKey),
        (
            r#"{"alg":"HS256","kid":"k1","typ":"x"}"#,
            TokenError::Signature,
        ),
    ] {
        let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        assert_eq!(
            tokens.verify(&forged, seams.now()),
            Err(expected),
            "{header}"
        );
        let bare = format!("{}.", forged.rsplit_once('.').unwrap().0);
        assert!(tokens.verify(&bare, seams.now()).is_err(), "{header}");
    }
    for junk in ["", ".", "..", "a.b.c", &"x".repeat(5_000)] {
        assert_eq!(tokens.verify(junk, seams.now()), Err(TokenError::Malformed));
    }
}

#[test]
fn keys_are_checked_and_never_printed() {
    assert_eq!(TokenKeys::parse(" ").unwrap_err(), KeyError::Empty);
    assert_eq!(
        TokenKeys::parse("k1:s,nokey").unwrap_err(),
        KeyError::Entry(2)
    );
    assert_eq!(TokenKeys::parse("k 1:s").unwrap_err(), KeyError::Entry(1));
    assert_eq!(TokenKeys::parse("k1:").unwrap_err(), KeyError::Entry(1));
    assert_eq!(
        TokenKeys::parse("k1:a,k1:b").unwrap_err(),
        KeyError::Twice("k1".into())
    );
    let weak = TokenKeys::parse(&format!("{OLD},dev:short")).unwrap();
    assert_eq!(weak.check_strength(), Err(KeyError::Weak("dev".into())));
    assert_eq!(
        TokenKeys::parse(&format!("{OLD},{NEW}"))
            .unwrap()
            .check_strength(),
        Ok(())
    );
    assert_eq!(format!("{weak:?}"), r#"["k1", "dev"]"#);
}

#[test]
fn refresh_tokens_are_known_by_their_hash() {
    let ids = CountingIds::default();
    let (one, two) = (RefreshToken::generate(&ids), RefreshToken::generate(&ids));
    assert!(
        one.plain.starts_with("rt_") && one.plain.len() == 46,
        "{}",
        *one.plain
    );
    assert_ne!(*one.plain, *two.plain);
    assert_eq!(RefreshToken::hash_of(&one.plain), Some(one.hash));
    assert!(
        !same(&one.hash, &two.hash) && same(&one.hash, &RefreshToken::hash_of(&one.plain).unwrap())
    );
    assert_eq!(format!("{one:?}"), "RefreshToken(***)");
    for junk in [
        "",
        "rt_",
        "rt_abc",
        &one.plain[3..],
        &format!("{}A", *one.plain),
        &format!("{}=", *one.plain),
    ] {
        assert_eq!(RefreshToken::hash_of(junk), None, "{junk}");
    }
}

#[test]
fn delimiters_are_long_and_differ() {
    let ids = CountingIds::default();
    let (one, two) = (delimiter(&ids), delimiter(&ids));
    assert_ne!(one, two);
    assert!(
        one.len() == 32 && one.bytes().all(|b| b.is_ascii_hexdigit()),
        "{one}"
    );
}

proptest! {
    #[test]
    fn a_token_changed_anywhere_is_refused(at in 0usize..1_000, with in "[A-Za-z0-9_.-]") {
        let ((seams, _), tokens) = (seams(), tokens(OLD));
        let token = tokens.issue(&seams, USER, Some(WORKSPACE)).token;
        let at = at % token.len();
        prop_assume!(token[at..=at] != with);
        let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
        prop_assert!(tokens.verify(&changed, seams.now()).is_err());
    }

    #[test]
    fn no_text_breaks_the_verifier(text in "\\PC{0,200}") {
        let (seams, _) = seams();
        prop_assert!(tokens(OLD).verify(&text, seams.now()).is_err());
        let _ = TokenKeys::parse(&text);
        let _ = RefreshToken::hash_of(&text);
    }
}

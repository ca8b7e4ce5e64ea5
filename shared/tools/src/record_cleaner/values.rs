//! E-mail addresses.

/// Mistyped domains of mail services, and what was meant.
const MISTYPED: &[(&str, &str)] = &[
    ("gmial.com", "gmail.com"),
    ("gmai.com", "gmail.com"),
    ("gamil.com", "gmail.com"),
    ("gnail.com", "gmail.com"),
    ("gmail.con", "gmail.com"),
    ("gmail.co", "gmail.com"),
    ("gmail.in", "gmail.com"),
    ("gmail.cm", "gmail.com"),
    ("gmaill.com", "gmail.com"),
    ("yaho.com", "yahoo.com"),
    ("yahoo.con", "yahoo.com"),
    ("yahooo.com", "yahoo.com"),
    ("hotmial.com", "hotmail.com"),
    ("hotmail.con", "hotmail.com"),
    ("outlok.com", "outlook.com"),
    ("rediffmial.com", "rediffmail.com"),
    ("redifmail.com", "rediffmail.com"),
];

/// An address in one form, and a doubt about it if there is one.
///
/// # Errors
/// Why it is no address.
pub(super) fn email(text: &str) -> Result<(String, Option<String>), String> {
    let text = text
        .trim_start_matches("mailto:")
        .trim_start_matches("Mailto:");
    let email: String = text
        .trim_matches(['<', '>', '"', '\'', ',', ';', '.', ' '])
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    let wrong = || "is not an e-mail address".to_owned();
    if email.matches('@').count() > 1 {
        return Err("holds more than one e-mail address, or a stray @".to_owned());
    }
    let (name, domain) = email.split_once('@').ok_or_else(wrong)?;
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let right = !name.is_empty()
        && name.chars().all(local)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && labels.len() >= 2
        && labels.iter().all(label)
        && labels.last().is_some_and(|last| last.chars().count() >= 2);
    if !right {
        return Err(wrong());
    }
    let meant = MISTYPED
        .iter()
        .find(|(mistyped, _)| *mistyped == domain)
        .map(|(mistyped, meant)| {
            format!("ends with {mistyped}, which is perhaps meant to be {meant}")
        });
    Ok((email, meant))
}

//! Digits as Indian scripts write them.

/// The first digit of each script's ten, which follow one another.
const ZEROS: [char; 9] = ['०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦'];

/// `text` with the digits of Indian scripts as ASCII digits; everything else stays.
pub fn ascii(text: &str) -> String {
    let digit = |c: char| {
        ZEROS.iter().find_map(|zero| {
            let value = u32::from(c).checked_sub(u32::from(*zero))?;
            char::from_digit(value, 10)
        })
    };
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_any_script_become_ascii() {
        assert_eq!(ascii("₹५०,००० और ৪২ ૭ ௧ a1"), "₹50,000 और 42 7 1 a1");
    }
}

//! PIN codes: six digits; the first is a postal zone (India Post).

use crate::digits;
use crate::states::State;

/// The states of each zone by their GST codes, zone 1 first. Zone 9 is the army's.
const ZONES: [&[&str]; 8] = [
    &["01", "02", "03", "04", "06", "07", "38"],
    &["05", "09"],
    &["08", "24", "26"],
    &["22", "23", "27", "30"],
    &["29", "36", "37"],
    &["31", "32", "33", "34"],
    &[
        "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "35",
    ],
    &["10", "20"],
];

/// The six digits of `text`, which may have spaces between them; `None` when it is no PIN code.
pub fn parse(text: &str) -> Option<String> {
    let pin: String = digits::ascii(text)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let fits =
        pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()) && !pin.starts_with('0');
    fits.then_some(pin)
}

/// No postal zone has it: Other Territory lies off the coast, and its taxpayers' addresses in any state.
const OTHER_TERRITORY: &str = "97";

/// Whether a PIN code can lie in a state, by its zone. Zones follow the borders of states with one
/// exception that matters: Yanam of Puducherry lies in zone 5. In Other Territory any can.
pub fn can_be_in(pin: &str, state: &State) -> bool {
    let Some(zone) = pin.chars().next().and_then(|first| first.to_digit(10)) else {
        return false;
    };
    let states = usize::try_from(zone)
        .ok()
        .and_then(|zone| zone.checked_sub(1))
        .and_then(|at| ZONES.get(at));
    match states {
        Some(states) => {
            states.contains(&state.code.as_str())
                || state.code == OTHER_TERRITORY
                || (pin.starts_with("533464") && state.code == "34")
        }
        None => zone == 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_pin_code() {
        assert_eq!(parse(" 395 003 ").as_deref(), Some("395003"));
        assert_eq!(parse("३९५००३").as_deref(), Some("395003"));
        for wrong in ["39500", "095003", "3950033", "39500a", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pin_code_lies_in_the_states_of_its_zone() {
        let state = |name: &str| State::find(name).unwrap();
        assert!(can_be_in("395003", state("Gujarat")));
        assert!(!can_be_in("395003", state("Maharashtra")));
        assert!(can_be_in("533464", state("Puducherry")));
        assert!(
            can_be_in("900056", state("Kerala")),
            "army post is anywhere"
        );
        assert!(can_be_in("400001", state("Other Territory")));
        assert!(!can_be_in("000001", state("Other Territory")));
    }

    #[test]
    fn every_state_has_one_zone() {
        for state in State::all()
            .iter()
            .filter(|state| state.code != OTHER_TERRITORY)
        {
            let zones = ZONES
                .iter()
                .filter(|states| states.contains(&state.code.as_str()));
            assert_eq!(zones.count(), 1, "{}", state.name);
        }
    }
}

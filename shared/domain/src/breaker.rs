//! A circuit breaker for something outside: after five failures in a row it refuses for a minute,
//! then lets one probe through. Its state is this process's own, and the time is a parameter.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

const FAILURES: u32 = 5;
const OPEN_FOR: TimeDelta = TimeDelta::seconds(60);

/// One for each thing that may fail on its own: a model, a search engine.
#[derive(Debug, Default)]
pub struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: DateTime<Utc>,
    },
    /// One probe is under way.
    HalfOpen,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Leave to make one call. Dropped without a verdict, it counts as no call at all.
#[derive(Debug)]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
    settled: bool,
    asked_at: DateTime<Utc>,
}

impl Breaker {
    /// # Errors
    /// How long to wait when the breaker is open or its probe is still out.
    pub fn ask(&self, now: DateTime<Utc>) -> Result<Pass<'_>, Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until > now => {
                return Err((until - now).to_std().unwrap_or_default());
            }
            State::Open { .. } => {
                *state = State::HalfOpen;
                true
            }
            State::HalfOpen => return Err(Duration::from_secs(1)),
        };
        Ok(Pass {
            breaker: self,
            probe,
            settled: false,
            asked_at: now,
        })
    }

    fn set(&self, change: impl FnOnce(State) -> State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = change(*state);
    }
}

impl Pass<'_> {
    pub fn succeeded(mut self) {
        self.settled = true;
        self.breaker.set(|_| State::default());
    }

    pub fn failed(mut self, now: DateTime<Utc>) {
        self.settled = true;
        let probe = self.probe;
        self.breaker.set(|state| match state {
            State::Closed { failures } if !probe && failures + 1 < FAILURES => State::Closed {
                failures: failures + 1,
            },
            // A call that was already under way when the breaker opened changes nothing.
            State::Open { .. } | State::HalfOpen if !probe => state,
            _ => State::Open {
                until: now + OPEN_FOR,
            },
        });
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe && !self.settled {
            // The probe told nothing: the next caller may send another.
            let until = self.asked_at;
            self.breaker.set(|_| State::Open { until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        for second in 0..5 {
            breaker.ask(at(second)).unwrap().failed(at(second));
        }
        breaker
    }

    #[test]
    fn five_failures_open_it_for_a_minute() {
        let breaker = Breaker::default();
        for second in 0..4 {
            breaker.ask(at(second)).unwrap().failed(at(second));
        }
        breaker.ask(at(4)).unwrap().succeeded();
        for second in 5..10 {
            breaker
                .ask(at(second))
                .expect("a success starts the count again")
                .failed(at(second));
        }
        assert_eq!(breaker.ask(at(10)).unwrap_err(), Duration::from_secs(59));
        assert!(breaker.ask(at(68)).is_err());
        assert!(breaker.ask(at(69)).is_ok());
    }

    #[test]
    fn one_probe_decides() {
        let breaker = opened();
        let probe = breaker.ask(at(100)).unwrap();
        assert!(breaker.ask(at(100)).is_err(), "only one probe");
        probe.failed(at(101));
        assert!(breaker.ask(at(160)).is_err(), "open for another minute");
        breaker.ask(at(161)).unwrap().succeeded();
        assert!(
            breaker.ask(at(161)).is_ok() && breaker.ask(at(161)).is_ok(),
            "closed again"
        );
    }

    #[test]
    fn a_dropped_probe_lets_the_next_one_through() {
        let breaker = opened();
        drop(breaker.ask(at(100)).unwrap());
        assert!(breaker.ask(at(100)).is_ok());
    }
}

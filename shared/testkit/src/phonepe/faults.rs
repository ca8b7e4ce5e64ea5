//! Bad days, as told or at random.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A call of the simulator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Token,
    /// Also the hosted setup of a mandate.
    Pay,
    SdkOrder,
    OrderStatus,
    TransactionStatus,
    Refund,
    RefundStatus,
    /// The custom family's.
    Setup,
    MandateStatus,
    Notify,
    Redeem,
    Cancel,
    ValidateVpa,
}

impl Call {
    const NAMES: [(Self, &'static str); 13] = [
        (Self::Token, "token"),
        (Self::Pay, "pay"),
        (Self::SdkOrder, "sdk-order"),
        (Self::OrderStatus, "order-status"),
        (Self::TransactionStatus, "transaction-status"),
        (Self::Refund, "refund"),
        (Self::RefundStatus, "refund-status"),
        (Self::Setup, "setup"),
        (Self::MandateStatus, "mandate-status"),
        (Self::Notify, "notify"),
        (Self::Redeem, "redeem"),
        (Self::Cancel, "cancel"),
        (Self::ValidateVpa, "validate-vpa"),
    ];
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.iter().find(|(call, _)| call == self);
        f.write_str(named.map_or("call", |(_, name)| name))
    }
}

impl FromStr for Call {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::NAMES.iter().find(|(_, name)| *name == text);
        named.map(|(call, _)| *call).ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            format!("{text:?} is none of {}", names.join(", "))
        })
    }
}

/// How one call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer, and nothing happened.
    Timeout,
    /// No answer, and it happened.
    TimeoutAfter,
    /// Half an answer, and it happened.
    CutAfter,
    /// This status, 500 to 599, and nothing happened.
    Server(u16),
    /// This status, and it happened.
    ServerAfter(u16),
    /// 429, and nothing happened.
    RateLimited,
    /// 401, as if the token had been withdrawn.
    Unauthorised,
    /// 200 with a page that is not JSON, and it happened.
    Malformed,
    /// 200 with a state that no document names, and it happened.
    NewState,
}

impl FromStr for Fault {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let status = |text: &str| {
            text.parse()
                .ok()
                .filter(|status| (500..=599).contains(status))
        };
        Ok(match text {
            "timeout" => Self::Timeout,
            "timeout-after" => Self::TimeoutAfter,
            "cut-after" => Self::CutAfter,
            "429" => Self::RateLimited,
            "401" => Self::Unauthorised,
            "malformed" => Self::Malformed,
            "new-state" => Self::NewState,
            other => {
                let after = other.strip_suffix("-after");
                match (status(other), after.and_then(status)) {
                    (Some(status), _) => Self::Server(status),
                    (_, Some(status)) => Self::ServerAfter(status),
                    _ => {
                        return Err(format!(
                            "{other:?} is none of timeout, timeout-after, cut-after, 401, 429, malformed, new-state, 5xx and 5xx-after"
                        ));
                    }
                }
            }
        })
    }
}

/// A share of all calls that go wrong, drawn from a seed.
#[derive(Debug, Clone)]
pub struct RandomFaults {
    /// 0 to 1.
    pub share: f64,
    pub fault: Fault,
    pub seed: u64,
}

pub(super) struct Faults {
    next: BTreeMap<Call, VecDeque<Fault>>,
    always: BTreeMap<Call, Fault>,
    random: Option<(RandomFaults, StdRng)>,
}

impl Faults {
    pub fn new(random: Option<RandomFaults>, always: Vec<(Call, Fault)>) -> Self {
        Self {
            next: BTreeMap::new(),
            always: always.into_iter().collect(),
            random: random.map(|random| {
                let rng = StdRng::seed_from_u64(random.seed);
                (random, rng)
            }),
        }
    }

    pub fn push(&mut self, call: Call, fault: Fault) {
        self.next.entry(call).or_default().push_back(fault);
    }

    pub fn always(&mut self, call: Call, fault: Option<Fault>) {
        match fault {
            Some(fault) => self.always.insert(call, fault),
            None => self.always.remove(&call),
        };
    }

    pub fn draw(&mut self, call: Call) -> Option<Fault> {
        if let Some(fault) = self.next.get_mut(&call).and_then(VecDeque::pop_front) {
            return Some(fault);
        }
        if let Some(fault) = self.always.get(&call) {
            return Some(*fault);
        }
        let (random, rng) = self.random.as_mut()?;
        (rng.random::<f64>() < random.share).then_some(random.fault)
    }
}

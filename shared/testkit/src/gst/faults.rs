//! Bad days, as told.

use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;
use std::time::Duration;

use super::SLOW;

/// A call of either simulator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Login,
    Register,
    ByIrn,
    Cancel,
    /// The GSP's.
    Search,
}

impl FromStr for Call {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "login" => Self::Login,
            "register" => Self::Register,
            "by-irn" => Self::ByIrn,
            "cancel" => Self::Cancel,
            "search" => Self::Search,
            other => {
                return Err(format!(
                    "{other:?} is none of login, register, by-irn, cancel and search"
                ));
            }
        })
    }
}

/// How one call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No answer, and nothing happened.
    Timeout,
    /// No answer, and it happened.
    TimeoutAfter,
    /// This status with a page that is no JSON, and nothing happened.
    Status(u16),
    /// This status, and it happened.
    StatusAfter(u16),
    /// 200 with a page that is no JSON, and it happened.
    Malformed,
    /// A good answer, this much later.
    Slow(Duration),
    /// Refused with this code of the portal's or of the GSP's.
    Refused(String),
    /// The same words under another status than 200.
    RefusedWith(u16, String),
    /// It happened, and the answer is a wrong one.
    Twisted(Twist),
}

/// What is wrong with an answer that looks good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twist {
    /// Signed with a key that is not the portal's.
    Signature,
    /// The reference number is another document's; the signed code is right.
    Irn,
    /// This field of the signed code is another document's.
    Code(&'static str),
    /// The GSP answers about another taxpayer.
    Taxpayer,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let status = |text: &str| {
            let status = text.parse().ok();
            status.filter(|status| (400..=599).contains(status))
        };
        Ok(match text {
            "timeout" => Self::Timeout,
            "timeout-after" => Self::TimeoutAfter,
            "malformed" => Self::Malformed,
            "slow" => Self::Slow(SLOW),
            "forged" => Self::Twisted(Twist::Signature),
            "other-amount" => Self::Twisted(Twist::Code("TotInvVal")),
            "other-buyer" => Self::Twisted(Twist::Code("BuyerGstin")),
            "other-irn" => Self::Twisted(Twist::Irn),
            "other-document" => Self::Twisted(Twist::Code("Irn")),
            "other-taxpayer" => Self::Twisted(Twist::Taxpayer),
            other => {
                let after = other.strip_suffix("-after").and_then(status);
                match (status(other), after, other.strip_prefix("code-")) {
                    (Some(status), ..) => Self::Status(status),
                    (_, Some(status), _) => Self::StatusAfter(status),
                    (.., Some(code)) if !code.is_empty() => Self::Refused(code.to_owned()),
                    _ => {
                        return Err(format!(
                            "{other:?} is none of timeout, timeout-after, 4xx, 5xx, 4xx-after, 5xx-after, malformed, slow, code-NNNN, forged, other-amount, other-buyer, other-irn, other-document and other-taxpayer"
                        ));
                    }
                }
            }
        })
    }
}

pub(super) struct Faults {
    next: BTreeMap<Call, VecDeque<Fault>>,
    always: BTreeMap<Call, Fault>,
}

impl Faults {
    pub fn new(always: Vec<(Call, Fault)>) -> Self {
        Self {
            next: BTreeMap::new(),
            always: always.into_iter().collect(),
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
        let next = self.next.get_mut(&call).and_then(VecDeque::pop_front);
        next.or_else(|| self.always.get(&call).cloned())
    }
}

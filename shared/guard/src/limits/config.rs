use std::collections::BTreeMap;
use std::str::FromStr;

use domain::Tier;
use serde::{Deserialize, Serialize};

use super::Window;

/// What is being limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Attempts to sign in, by account and address.
    Login,
    /// Requests, by user.
    Api,
    /// Executions asked for, by user.
    Executions,
}

impl Class {
    pub const ALL: [Self; 3] = [Self::Login, Self::Api, Self::Executions];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Api => "api",
            Self::Executions => "executions",
        }
    }
}

/// The limits, as data. As text (`RATE_LIMITS`) it is JSON; what is left out keeps its default:
/// `{"api":{"limit":2000,"seconds":3600},"tiers":{"agency":{"executions":{"limit":1000,"seconds":3600}}}}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    pub login: Window,
    pub api: Window,
    pub executions: Window,
    /// What a tier has instead.
    pub tiers: BTreeMap<Tier, TierLimits>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TierLimits {
    pub api: Option<Window>,
    pub executions: Option<Window>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            login: Window::new(5, 300),
            api: Window::new(1000, 3600),
            executions: Window::new(100, 3600),
            tiers: BTreeMap::new(),
        }
    }
}

impl RateLimits {
    /// The limit for a class; `tier` is `None` before anyone is signed in.
    pub fn window(&self, class: Class, tier: Option<Tier>) -> Window {
        let own = tier.and_then(|tier| self.tiers.get(&tier));
        match class {
            Class::Login => self.login,
            Class::Api => own.and_then(|own| own.api).unwrap_or(self.api),
            Class::Executions => own
                .and_then(|own| own.executions)
                .unwrap_or(self.executions),
        }
    }
}

impl FromStr for RateLimits {
    type Err = serde_json::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

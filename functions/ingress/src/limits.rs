//! Rate limits. Sign-ins are counted in the database at once, because a few too many matter. Requests and
//! executions are counted in memory and shared with the other instances about once a second.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{Tier, UserId};
use guard::limits::Delta;
use guard::{Class, Decision, LocalLimiter, RateLimits, Window, decide, login_subject};
use runtime::Problem;
use store::rate_limits;
use tokio_util::sync::CancellationToken;

use crate::{Config, Deps, problem};

/// People counted in one process.
const CAPACITY: usize = 100_000;
const SYNC: Duration = Duration::from_secs(1);
/// Buckets that no window reaches any more are deleted this often.
const FORGET: Duration = Duration::from_secs(300);

pub struct Limits {
    rules: RateLimits,
    local: LocalLimiter,
}

impl Limits {
    pub fn new(config: &Config) -> Self {
        let mut rules = config.rate_limits.clone();
        rules.login = config.rate_limit_login.unwrap_or(rules.login);
        if let Some(window) = config.rate_limit_api {
            rules.api = window;
            rules.tiers.values_mut().for_each(|tier| tier.api = None);
        }
        if let Some(window) = config.rate_limit_executions {
            rules.executions = window;
            rules
                .tiers
                .values_mut()
                .for_each(|tier| tier.executions = None);
        }
        Self {
            rules,
            local: LocalLimiter::new(CAPACITY),
        }
    }

    /// One request of a person; `tier` is that of the workspace it is about, if it is about one.
    pub fn request(&self, deps: &Deps, user: UserId, tier: Option<Tier>) -> Result<(), Problem> {
        self.count(deps, &format!("user:{user}"), Class::Api, tier)
    }

    /// One request of somebody who has not signed in.
    pub fn stranger(&self, deps: &Deps, address: &str) -> Result<(), Problem> {
        self.count(deps, &format!("address:{address}"), Class::Api, None)
    }

    /// One execution asked for.
    pub fn execution(&self, deps: &Deps, user: UserId, tier: Tier) -> Result<(), Problem> {
        self.count(deps, &format!("user:{user}"), Class::Executions, Some(tier))
    }

    fn count(
        &self,
        deps: &Deps,
        subject: &str,
        class: Class,
        tier: Option<Tier>,
    ) -> Result<(), Problem> {
        let window = self.rules.window(class, tier);
        let decision = self.local.check(deps.seams.now(), subject, class, window);
        verdict(decision, class)
    }

    /// One attempt to sign in, counted before the password is looked at.
    pub async fn sign_in(&self, deps: &Deps, email: &str, address: &str) -> Result<(), Problem> {
        let now = deps.seams.now();
        let window = self.rules.window(Class::Login, None);
        let subject = login_subject(email, address);
        let class = Class::Login.as_str();
        let current = bucket(window, window.bucket_start(now));
        let mut tx = deps.store.plain().await.map_err(problem)?;
        let one = rate_limits::Delta {
            subject: subject.clone(),
            class: class.to_owned(),
            bucket: current,
            count: 1,
            expires_at: expiry(window, window.bucket_start(now)),
        };
        // The row stays locked until the end, so attempts at the same time are counted one by one.
        let with_this = rate_limits::add(&mut tx, &[one]).await.map_err(problem)?;
        let before = rate_limits::read(&mut tx, &subject, class, &[current - 1])
            .await
            .map_err(problem)?;
        let count = |totals: &[rate_limits::Total]| {
            totals.first().map_or(0, |total| total.count.unsigned_abs())
        };
        let decision = decide(
            now,
            window,
            count(&before),
            count(&with_this).saturating_sub(1),
        );
        if decision.allowed {
            tx.commit().await.map_err(problem)?;
        } else {
            // A refused attempt costs nothing, so waiting always helps.
            tx.rollback().await.map_err(problem)?;
        }
        verdict(decision, Class::Login)
    }

    async fn sync(&self, deps: &Deps) -> store::Result<()> {
        let deltas = self.local.drain_deltas();
        if deltas.is_empty() {
            return Ok(());
        }
        let shared = share(deps, &deltas).await;
        match &shared {
            Ok(totals) => self.local.merge_totals(totals),
            Err(_) => self.local.restore_deltas(&deltas),
        }
        shared.map(|_| ())
    }
}

async fn share(deps: &Deps, deltas: &[Delta]) -> store::Result<Vec<guard::limits::Total>> {
    let rows: Vec<rate_limits::Delta> = deltas
        .iter()
        .map(|delta| rate_limits::Delta {
            subject: delta.subject.clone(),
            class: delta.class.as_str().to_owned(),
            bucket: bucket(delta.window, delta.bucket_start),
            count: i32::try_from(delta.count).unwrap_or(i32::MAX),
            expires_at: expiry(delta.window, delta.bucket_start),
        })
        .collect();
    let mut tx = deps.store.sweep().await?;
    let totals = rate_limits::add(&mut tx, &rows).await?;
    tx.commit().await?;
    let total_of = |delta: &Delta| {
        let number = bucket(delta.window, delta.bucket_start);
        let total = totals.iter().find(|total| {
            total.bucket == number
                && total.subject == delta.subject
                && total.class == delta.class.as_str()
        })?;
        Some(guard::limits::Total {
            subject: delta.subject.clone(),
            class: delta.class,
            bucket_start: delta.bucket_start,
            count: total.count.unsigned_abs(),
        })
    };
    Ok(deltas.iter().filter_map(total_of).collect())
}

fn bucket(window: Window, start: chrono::DateTime<chrono::Utc>) -> i64 {
    start.timestamp().div_euclid(i64::from(window.seconds()))
}

/// A bucket counts for its own window and the next.
fn expiry(window: Window, start: chrono::DateTime<chrono::Utc>) -> chrono::DateTime<chrono::Utc> {
    start + TimeDelta::seconds(2 * i64::from(window.seconds()))
}

fn verdict(decision: Decision, class: Class) -> Result<(), Problem> {
    if decision.allowed {
        return Ok(());
    }
    metrics::counter!("rate_limited_total", "class" => class.as_str()).increment(1);
    Err(Problem::too_many_requests(decision.retry_after_seconds))
}

/// Shares counts until `stop`.
pub async fn keep_in_step(deps: Deps, stop: CancellationToken) {
    let mut sync = tokio::time::interval(SYNC);
    let mut forget = tokio::time::interval(FORGET);
    loop {
        let done = tokio::select! {
            () = stop.cancelled() => return,
            _ = sync.tick() => deps.limits.sync(&deps).await,
            _ = forget.tick() => forget_expired(&deps).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "rate limits are counted by this instance alone for now");
        }
    }
}

async fn forget_expired(deps: &Deps) -> store::Result<()> {
    let mut tx = deps.store.sweep().await?;
    rate_limits::forget_expired(&mut tx, deps.seams.now()).await?;
    tx.commit().await
}

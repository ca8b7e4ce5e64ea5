//! Watching costs: spending that is unlike a workspace's own, use that is off purpose, and what skills have
//! cost lately. What is found is put up for review, once a day, workspace and kind.
//!
//! A day is judged by the hour while it runs and once as a whole after its end, so that neither its last
//! hour nor a day without runs is passed over. Days on which a workspace spent nothing are no samples: who
//! rests on Sunday does not become unusual on Monday.
//!
//! Of the signs of abuse, requests by intent, skills and repeated prompts are counted from what is stored.
//! Not counted is what leaves no row: requests that the API refuses at once as no marketing work, and
//! prompts that our own guard suspects (a metric and a log line). For guard hits stand the requests that a
//! model's guard refused.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::billing::Access;
use domain::{Tier, Usd, WorkspaceId};
use economics::abuse::{self, Counts, OUT_OF_SCOPE, Thresholds};
use economics::anomaly::{self, Severity};
use economics::cycle::{day_of, midnight};
use serde::Serialize;
use serde_json::{Value, json};
use store::billing::subscriptions;
use store::cost_watch::{self, NewReview, Opened, Span};
use store::skill_costs;
use uuid::Uuid;

use crate::{Deps, Result};

/// Workspaces looked at together.
const PAGE: i64 = 500;
/// What a day is compared with.
const EARLIER: Days = Days::new(30);
/// After a time without the watch, the days before that are past help.
const CAUGHT_UP: Days = Days::new(7);
/// Workspaces of a tier whose days make its mean.
const SAMPLE: i64 = 1_000;
/// What abuse is looked for in.
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// Runs that say what a skill costs.
const HISTORY: TimeDelta = TimeDelta::days(90);
const STEPS: i64 = 100_000;

/// What a run came to.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// The days that were judged: those that have ended since the last one that was judged as a whole, and
    /// today.
    pub days: Vec<NaiveDate>,
    pub workspaces: usize,
    /// Reviews that were opened, or became graver.
    pub anomalies: usize,
    pub abuse: usize,
    pub paused: usize,
    /// Skills whose costs are known.
    pub skills: u64,
    /// Workspaces that could not be handled now; the reason is in the log.
    pub failed: usize,
}

/// Judges every workspace's spending and use, and works out what skills cost. Twice at once or again, it
/// finds its reviews there.
pub async fn sweep_anomalies(deps: &Deps) -> Result<Watched> {
    let now = deps.seams.now();
    let today = day_of(now);
    let mut tx = deps.store.sweep().await?;
    let late = ended(cost_watch::last_judged(&mut tx).await?, today);
    tx.rollback().await?;
    let mut watch = Watch {
        deps,
        now,
        means: HashMap::new(),
        done: Watched::default(),
    };
    watch.done.days.extend(late.iter().copied().chain([today]));
    let mut after = None;
    loop {
        let mut tx = deps.store.sweep().await?;
        let page = cost_watch::page(&mut tx, after, PAGE).await?;
        tx.rollback().await?;
        let Some((last, _)) = page.last().copied() else {
            break;
        };
        watch.done.workspaces += page.len();
        for day in watch.done.days.clone() {
            watch.costs(&page, day).await?;
        }
        watch.use_of(&page, today).await?;
        after = Some(last);
    }
    let mut done = watch.done;
    let mut tx = deps.store.sweep().await?;
    // What failed is tried again by the next run.
    for day in late.into_iter().filter(|_| done.failed == 0) {
        cost_watch::judged(&mut tx, day, now).await?;
    }
    done.skills = skill_costs::refresh(&mut tx, now - HISTORY, STEPS, now).await?;
    tx.commit().await?;
    tracing::info!(
        workspaces = done.workspaces,
        anomalies = done.anomalies,
        abuse = done.abuse,
        paused = done.paused,
        failed = done.failed,
        "watched costs"
    );
    Ok(done)
}

/// The days that have ended and are still to be judged, when `last` was.
fn ended(last: Option<NaiveDate>, today: NaiveDate) -> Vec<NaiveDate> {
    let yesterday = today - Days::new(1);
    let first = last.map_or(yesterday, |last| last + Days::new(1));
    first
        .max(today - CAUGHT_UP)
        .iter_days()
        .take_while(|day| *day < today)
        .collect()
}

struct Watch<'a> {
    deps: &'a Deps,
    now: DateTime<Utc>,
    /// What a day costs on average, by tier and day: asked for when the first workspace needs it.
    means: HashMap<(Tier, NaiveDate), Option<Usd>>,
    done: Watched,
}

impl Watch<'_> {
    /// Judges what the workspaces of a page spent on a day.
    async fn costs(&mut self, page: &[(WorkspaceId, Tier)], day: NaiveDate) -> Result<()> {
        let (from, to) = (midnight(day), midnight(day + Days::new(1)));
        let earlier = (midnight(day - EARLIER), from);
        let settings = &self.deps.anomaly;
        let mut tx = self.deps.store.sweep().await?;
        let ids: Vec<Uuid> = page.iter().map(|(id, _)| id.0).collect();
        // Up to that nothing is unusual, so most workspaces end here.
        let spent = cost_watch::spent(&mut tx, &ids, (from, to), settings.ignore_below_usd).await?;
        let ids: Vec<Uuid> = spent.iter().map(|(id, _)| id.0).collect();
        let mut history = HashMap::<WorkspaceId, Vec<Usd>>::new();
        if !ids.is_empty() {
            for (id, cost) in cost_watch::by_day(&mut tx, &ids, earlier).await? {
                history.entry(id).or_default().push(cost);
            }
        }
        let mut unusual = vec![];
        for (id, cost) in spent {
            let own = history.remove(&id).unwrap_or_default();
            let tier = page.iter().find(|(known, _)| *known == id);
            let mut mean = None;
            if let Some((_, tier)) = tier
                && own.len() < settings.min_samples
            {
                mean = match self.means.get(&(*tier, day)) {
                    Some(mean) => *mean,
                    None => cost_watch::tier_mean(&mut tx, *tier, SAMPLE, earlier).await?,
                };
                self.means.insert((*tier, day), mean);
            }
            let verdict = anomaly::judge(cost, &own, mean, settings);
            if let Some(severity) = verdict.severity {
                unusual.push((id, severity, json!(verdict)));
            }
        }
        tx.rollback().await?;
        for (id, severity, detail) in unusual {
            let opened = self.unusual(id, day, severity, detail).await;
            match opened {
                Ok(opened) => self.done.anomalies += usize::from(opened),
                Err(error) => self.failed(id, &error),
            }
        }
        Ok(())
    }

    /// Puts a workspace's spending up for review, and stops the workspace if that is called for and
    /// allowed. `false` when there is a review already. 4 round trips and 1 commit, 6 with a pause.
    async fn unusual(
        &mut self,
        id: WorkspaceId,
        day: NaiveDate,
        severity: Severity,
        mut detail: Value,
    ) -> Result<bool> {
        let mut tx = self.deps.store.tenant(id).await?;
        let access = subscriptions::access(&mut tx).await?;
        let (severity, pauses) = match severity {
            Severity::Review => ("review", false),
            Severity::Pause => ("pause", self.deps.anomaly_pauses),
        };
        detail["paused"] = json!(pauses);
        let review = NewReview {
            id: self.deps.seams.uuid(),
            day,
            kind: "anomaly",
            severity,
            detail: &detail,
            now: self.now,
        };
        if cost_watch::open(&mut tx, &review).await? == Opened::Known {
            tx.rollback().await?;
            return Ok(false);
        }
        // Who may not run work anyway has nothing to be stopped from.
        let pauses = pauses && access == Access::Full;
        if pauses {
            subscriptions::set_access(&mut tx, Access::Paused).await?;
        }
        tx.commit().await?;
        self.done.paused += usize::from(pauses);
        tracing::warn!(workspace.id = %id, %day, severity, paused = pauses, %detail, "unusual costs");
        metrics::counter!("cost_reviews_total", "kind" => "anomaly", "severity" => severity)
            .increment(1);
        Ok(true)
    }

    /// Looks for use that is off purpose in the last day of a page's workspaces.
    async fn use_of(&mut self, page: &[(WorkspaceId, Tier)], today: NaiveDate) -> Result<()> {
        let thresholds = Thresholds::default();
        let span = (self.now - WINDOW, self.now);
        let ids: Vec<Uuid> = page.iter().map(|(id, _)| id.0).collect();
        let mut tx = self.deps.store.sweep().await?;
        let busy = cost_watch::busy(&mut tx, &ids, span, fewest(&thresholds)).await?;
        let counts = counts(&mut tx, &busy, span).await?;
        tx.rollback().await?;
        for (id, counts) in counts {
            let verdict = abuse::judge(&counts, &thresholds);
            if !verdict.off_purpose {
                continue;
            }
            let detail = json!({ "verdict": verdict, "counts": counts });
            match self.off_purpose(id, today, &detail).await {
                Ok(opened) => self.done.abuse += usize::from(opened),
                Err(error) => self.failed(id, &error),
            }
        }
        Ok(())
    }

    /// Puts a workspace's use up for review. `false` when that was done for these hours.
    async fn off_purpose(
        &mut self,
        id: WorkspaceId,
        day: NaiveDate,
        detail: &Value,
    ) -> Result<bool> {
        let mut tx = self.deps.store.tenant(id).await?;
        // The hours before midnight are looked at on both days.
        let known = cost_watch::was_opened(&mut tx, "abuse", self.now - WINDOW).await?;
        let review = NewReview {
            id: self.deps.seams.uuid(),
            day,
            kind: "abuse",
            severity: "review",
            detail,
            now: self.now,
        };
        if known || cost_watch::open(&mut tx, &review).await? == Opened::Known {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.commit().await?;
        tracing::warn!(workspace.id = %id, %day, %detail, "use that looks off purpose");
        metrics::counter!("cost_reviews_total", "kind" => "abuse", "severity" => "review")
            .increment(1);
        Ok(true)
    }

    fn failed(&mut self, id: WorkspaceId, error: &crate::Error) {
        tracing::error!(workspace.id = %id, %error, "a workspace's costs are left for the next run");
        self.done.failed += 1;
    }
}

/// Requests below which no threshold can be reached.
fn fewest(thresholds: &Thresholds) -> i64 {
    let fewest = thresholds
        .out_of_scope
        .min(thresholds.guard_hits)
        .min(thresholds.near_duplicates_an_hour)
        .min(thresholds.one_skill_runs);
    i64::try_from(fewest).unwrap_or(i64::MAX)
}

async fn counts(
    tx: &mut store::Tx,
    busy: &[Uuid],
    span: Span,
) -> Result<BTreeMap<WorkspaceId, Counts>> {
    let mut all = BTreeMap::<WorkspaceId, Counts>::new();
    if busy.is_empty() {
        return Ok(all);
    }
    for asked in cost_watch::asked(tx, busy, span).await? {
        let counts = all.entry(asked.workspace_id).or_default();
        let class = match asked.intent {
            _ if asked.out_of_scope => OUT_OF_SCOPE.to_owned(),
            Some(intent) => intent,
            None => "unplanned".to_owned(),
        };
        *counts.intents.entry(class).or_default() += asked.requests.unsigned_abs();
        counts.guard_hits += asked.guarded.unsigned_abs();
    }
    for (id, again) in cost_watch::repeated(tx, busy, span).await? {
        all.entry(id).or_default().near_duplicates_an_hour = again.unsigned_abs();
    }
    for (id, skill, runs) in cost_watch::runs(tx, busy, span).await? {
        let skills = &mut all.entry(id).or_default().skills;
        skills.insert(skill, runs.unsigned_abs());
    }
    Ok(all)
}

use std::time::Duration;

use serde::Serialize;

use super::procs::Measured;
use crate::print;

/// What was measured of each request.
#[derive(Debug, Default)]
pub struct Latencies {
    pub submit: Vec<Duration>,
    /// From the submission to the answer that says it is completed, for those watched.
    pub complete: Vec<Duration>,
}

impl Latencies {
    pub fn extend(&mut self, other: Self) {
        self.submit.extend(other.submit);
        self.complete.extend(other.complete);
    }
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

impl Percentiles {
    fn of(mut samples: Vec<Duration>) -> Option<Self> {
        samples.sort_unstable();
        let last = samples.len().checked_sub(1)?;
        let at = |percent: usize| {
            let index = (last * percent).div_ceil(100);
            (samples[index].as_secs_f64() * 1e5).round() / 100.0
        };
        Some(Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
        })
    }
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub executions: u64,
    pub submit_per_second: f64,
    /// From the first submission until the last execution is finished and settled.
    pub end_to_end_per_second: f64,
    pub submit_ms: Option<Percentiles>,
    pub complete_ms: Option<Percentiles>,
    pub commits_per_execution: f64,
    pub round_trips_per_execution: f64,
    /// Server and database together.
    pub cpu_seconds_per_1000: f64,
    pub server_cpu_seconds_per_1000: f64,
    pub postgres_cpu_seconds_per_1000: f64,
    pub server_memory_mb: f64,
}

impl Report {
    pub fn new(
        executions: u64,
        submitted_in: Duration,
        done_in: Duration,
        latencies: Latencies,
        before: &Measured,
        after: &Measured,
    ) -> Self {
        let count = executions as f64;
        let server = (after.server_cpu - before.server_cpu) / count * 1000.0;
        let postgres = (after.postgres_cpu - before.postgres_cpu) / count * 1000.0;
        Self {
            executions,
            submit_per_second: round(count / submitted_in.as_secs_f64()),
            end_to_end_per_second: round(count / done_in.as_secs_f64()),
            submit_ms: Percentiles::of(latencies.submit),
            complete_ms: Percentiles::of(latencies.complete),
            commits_per_execution: round((after.commits - before.commits) as f64 / count),
            round_trips_per_execution: round((after.round_trips - before.round_trips) / count),
            cpu_seconds_per_1000: round(server + postgres),
            server_cpu_seconds_per_1000: round(server),
            postgres_cpu_seconds_per_1000: round(postgres),
            server_memory_mb: round(after.server_memory as f64 / 1e6),
        }
    }

    pub fn print(&self) {
        let value = serde_json::to_value(self).expect("a report is plain data");
        let rows: Vec<_> = value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| vec![name.replace('_', " "), value.to_string()])
            .collect();
        print::table(&["MEASURE", "VALUE"], &rows);
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_samples() {
        let samples = (1..=100).map(Duration::from_millis).collect();
        let found = Percentiles::of(samples).unwrap();
        assert!(
            (found.p50 - 51.0).abs() < 1e-9 && (found.p99 - 100.0).abs() < 1.5,
            "{found:?}"
        );
        assert!(Percentiles::of(vec![]).is_none());
    }
}

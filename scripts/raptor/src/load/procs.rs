//! What the processes and the database say of themselves.

use std::collections::HashMap;

use anyhow::{Context, Result};

/// Counters at one moment; the difference of two is what lay between.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub commits: i64,
    pub round_trips: f64,
    /// Seconds.
    pub server_cpu: f64,
    /// Seconds.
    pub postgres_cpu: f64,
    /// Bytes.
    pub server_memory: u64,
}

pub async fn measure(
    base: &str,
    database: &str,
    server: Option<u32>,
    postgres: Option<u32>,
) -> Result<Measured> {
    let metrics = reqwest::get(format!("{base}/metrics"))
        .await?
        .text()
        .await?;
    Ok(Measured {
        commits: store::migrate::commits(database).await?,
        round_trips: counter(&metrics, "store_round_trips_total"),
        server_cpu: server.map_or(Ok(0.0), cpu_seconds)?,
        postgres_cpu: postgres.map_or(Ok(0.0), cpu_seconds)?,
        server_memory: server.map_or(Ok(0), memory)?,
    })
}

/// The sum over all labels of a counter in the Prometheus text format.
fn counter(metrics: &str, name: &str) -> f64 {
    metrics
        .lines()
        .filter(|line| line.starts_with(name))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

/// CPU seconds of a process and its descendants, ended ones included.
fn cpu_seconds(root: u32) -> Result<f64> {
    // The kernel's user-visible clock tick is 1/100 s on Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let mut stats: HashMap<u32, (u32, u64)> = HashMap::new();
    for entry in std::fs::read_dir("/proc").context("this needs /proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        // The command is in parentheses and may hold anything: count fields after it.
        let Some((_, rest)) = stat.rsplit_once(')') else {
            continue;
        };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| {
            fields
                .get(index)
                .and_then(|f| f.parse::<u64>().ok())
                .unwrap_or(0)
        };
        let parent = u32::try_from(number(1)).unwrap_or(0);
        // utime, stime, cutime, cstime (proc(5), fields 14 to 17).
        stats.insert(
            pid,
            (parent, number(11) + number(12) + number(13) + number(14)),
        );
    }
    stats
        .get(&root)
        .with_context(|| format!("no process {root}"))?;
    let belongs = |mut pid: u32| loop {
        if pid == root {
            return true;
        }
        match stats.get(&pid) {
            Some((parent, _)) if *parent != 0 => pid = *parent,
            _ => return false,
        }
    };
    let ticks: u64 = stats
        .iter()
        .filter(|(pid, _)| belongs(**pid))
        .map(|(_, (_, ticks))| ticks)
        .sum();
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Resident bytes of a process.
fn memory(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("no process {pid}"))?;
    let kilobytes = status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or(0);
    Ok(kilobytes * 1024)
}

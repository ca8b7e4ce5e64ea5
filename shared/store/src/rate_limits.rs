//! Counters of sliding windows, shared by all instances. An instance counts in memory and adds what
//! it counted about once a second; a strict limit (sign-in) counts here at once.

use chrono::{DateTime, Utc};

use crate::{Result, Tx};

/// Uses to add to one bucket.
#[derive(Debug, Clone)]
pub struct Delta {
    pub subject: String,
    pub class: String,
    /// Unix seconds divided by the window's length.
    pub bucket: i64,
    pub count: i32,
    pub expires_at: DateTime<Utc>,
}

/// One bucket's total over all instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub subject: String,
    pub class: String,
    pub bucket: i64,
    pub count: i32,
}

/// Adds the counts and answers the new totals, in one statement whatever their number. Buckets are
/// taken in key order, so that two instances can't deadlock. A (subject, class, bucket) comes once.
pub async fn add(tx: &mut Tx, deltas: &[Delta]) -> Result<Vec<Total>> {
    let mut sorted: Vec<&Delta> = deltas.iter().collect();
    sorted.sort_by(|a, b| (&a.subject, &a.class, a.bucket).cmp(&(&b.subject, &b.class, b.bucket)));
    let subjects: Vec<String> = sorted.iter().map(|d| d.subject.clone()).collect();
    let classes: Vec<String> = sorted.iter().map(|d| d.class.clone()).collect();
    let buckets: Vec<i64> = sorted.iter().map(|d| d.bucket).collect();
    let counts: Vec<i32> = sorted.iter().map(|d| d.count).collect();
    let expiries: Vec<DateTime<Utc>> = sorted.iter().map(|d| d.expires_at).collect();
    let totals = sqlx::query_as!(
        Total,
        "INSERT INTO rate_limits AS r (subject, class, bucket, count, expires_at)
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::timestamptz[])
         ON CONFLICT (subject, class, bucket) DO UPDATE SET count = r.count + excluded.count
         RETURNING subject, class, bucket, count",
        &subjects,
        &classes,
        &buckets,
        &counts,
        &expiries,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(totals)
}

/// The totals of some buckets of one subject and class.
pub async fn read(tx: &mut Tx, subject: &str, class: &str, buckets: &[i64]) -> Result<Vec<Total>> {
    let totals = sqlx::query_as!(
        Total,
        "SELECT subject, class, bucket, count FROM rate_limits
         WHERE subject = $1 AND class = $2 AND bucket = ANY($3)",
        subject,
        class,
        buckets,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(totals)
}

pub async fn forget_expired(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!("DELETE FROM rate_limits WHERE expires_at < $1", now)
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected())
}

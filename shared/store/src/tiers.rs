//! Tiers as data: prices and limits.

use domain::{Inr, Tier, Usd};

use crate::{Result, StoreError, Tx};

#[derive(Debug, Clone, serde::Serialize)]
pub struct TierRow {
    pub tier: Tier,
    /// A month, without GST.
    pub price: Inr,
    pub limit_usd: Usd,
    /// `None` is unlimited.
    pub limit_tokens: Option<i64>,
    pub features: Vec<String>,
}

pub async fn all(tx: &mut Tx) -> Result<Vec<TierRow>> {
    let rows = sqlx::query!("SELECT * FROM plans ORDER BY price_inr")
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TierRow {
                tier: row
                    .tier
                    .parse()
                    .map_err(|e: domain::UnknownValue| StoreError::Config(e.to_string().into()))?,
                price: Inr(row.price_inr),
                limit_usd: Usd(row.limit_usd),
                limit_tokens: row.limit_tokens,
                features: row.features,
            })
        })
        .collect()
}

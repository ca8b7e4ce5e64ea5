//! Who a workspace is to the tax office.

use chrono::{DateTime, Utc};
use domain::WorkspaceId;

use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TaxProfile {
    /// registered, unregistered, sez or overseas.
    pub kind: String,
    pub legal_name: String,
    pub trade_name: Option<String>,
    pub gstin: Option<String>,
    pub address_lines: Vec<String>,
    pub place: String,
    pub pin: Option<String>,
    /// GST code; 96 outside India.
    pub state_code: String,
    /// ISO 3166.
    pub country: String,
    pub email: Option<String>,
    /// Of invoices, beside English: en, hi, ta, te or bn.
    pub language: String,
    /// unverified, valid, inactive, not_found or unknown (the register could not be asked).
    pub verification: String,
    pub verified_name: Option<String>,
    pub verified_at: Option<DateTime<Utc>>,
}

/// This tenant's profile, if it has given one.
pub async fn get(tx: &mut Tx) -> Result<Option<TaxProfile>> {
    let profile = sqlx::query_as!(
        TaxProfile,
        "SELECT kind, legal_name, trade_name, gstin, address_lines, place, pin, state_code, country, email, language,
           verification, verified_name, verified_at
         FROM tax_profiles WHERE workspace_id = $1",
        tx.workspace().0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(profile)
}

/// Writes what the customer says; a new GSTIN is unverified.
pub async fn put(tx: &mut Tx, profile: &TaxProfile, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO tax_profiles AS t (workspace_id, kind, legal_name, trade_name, gstin, address_lines, place, pin, state_code, country,
           email, language, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (workspace_id) DO UPDATE SET kind = excluded.kind, legal_name = excluded.legal_name, trade_name = excluded.trade_name,
           gstin = excluded.gstin, address_lines = excluded.address_lines, place = excluded.place, pin = excluded.pin,
           state_code = excluded.state_code, country = excluded.country, email = excluded.email, language = excluded.language,
           verification = CASE WHEN t.gstin IS NOT DISTINCT FROM excluded.gstin THEN t.verification ELSE 'unverified' END,
           verified_name = CASE WHEN t.gstin IS NOT DISTINCT FROM excluded.gstin THEN t.verified_name END,
           verified_at = CASE WHEN t.gstin IS NOT DISTINCT FROM excluded.gstin THEN t.verified_at END,
           updated_at = excluded.updated_at",
        tx.workspace().0,
        profile.kind,
        profile.legal_name,
        profile.trade_name,
        profile.gstin,
        &profile.address_lines,
        profile.place,
        profile.pin,
        profile.state_code,
        profile.country,
        profile.email,
        profile.language,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what the register says of a GSTIN, if the profile still has it.
pub async fn verified(
    tx: &mut Tx,
    gstin: &str,
    verification: &str,
    name: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE tax_profiles SET verification = $3, verified_name = $4, verified_at = $5 WHERE workspace_id = $1 AND gstin = $2",
        tx.workspace().0,
        gstin,
        verification,
        name,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Workspaces of all tenants whose GSTIN could not be looked up yet. Needs a sweeping transaction.
pub async fn unverified(
    tx: &mut Tx,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<WorkspaceId>> {
    let rows = sqlx::query_scalar!(
        "SELECT workspace_id FROM tax_profiles
         WHERE gstin IS NOT NULL AND (verification = 'unverified' AND updated_at < $1 OR verification = 'unknown' AND verified_at < $1)
         ORDER BY updated_at LIMIT $2",
        before,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

//! Who a workspace is to the tax office: what its invoices say, and which tax they bear.

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::Role;
use events::TaxProfileChangedV1;
use runtime::{Json, Problem};
use serde::{Deserialize, Serialize};
use store::billing::tax_profiles::TaxProfile;
use store::billing::{payments, subscriptions, tax_profiles};
use tax::document::RecipientKind;
use utoipa::ToSchema;

use self::check::checked;
use super::{emit, open};
use crate::caller::{Member, Origin};
use crate::{Deps, audit, problem};

mod check;

/// An invoice is made as soon as its payment is; what was lost then, some minutes later.
const INVOICE_WITHIN_SECONDS: u64 = 60;
/// An invoice that is not there by then waits for people, who may need another profile for it.
const INVOICE_LATE: TimeDelta = TimeDelta::hours(1);

/// What a customer says of themselves.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutTaxProfile {
    /// registered: has a GSTIN. unregistered: has none. sez: a unit or developer of a special economic zone.
    /// overseas: outside India.
    #[schema(value_type = String)]
    kind: RecipientKind,
    /// As it is registered; 3 to 100 characters.
    #[schema(example = "Jaipur Looms Private Limited")]
    legal_name: String,
    /// 3 to 100 characters.
    trade_name: Option<String>,
    /// Of those with the kinds registered and sez, and of the state of the address. An embassy or a body of the
    /// United Nations, which is unregistered, gives its UIN.
    #[schema(example = "27AAPFU0939F1ZV")]
    gstin: Option<String>,
    /// One or two lines without place, PIN code and state.
    address_lines: Vec<String>,
    /// The town.
    place: String,
    /// Six digits; none outside India.
    #[schema(example = "400001")]
    pin: Option<String>,
    /// GST code, two digits, or name; 96 (or nothing) outside India.
    #[schema(example = "27")]
    state: Option<String>,
    /// ISO 3166, two letters. Default: IN.
    country: Option<String>,
    /// Where invoices may be sent.
    email: Option<String>,
    /// Of invoices, beside English: en, hi, ta, te or bn. Default: en.
    language: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct TaxProfileView {
    /// registered, unregistered, sez or overseas.
    kind: String,
    legal_name: String,
    trade_name: Option<String>,
    gstin: Option<String>,
    address_lines: Vec<String>,
    place: String,
    pin: Option<String>,
    /// GST code; 96 outside India.
    state: String,
    country: String,
    email: Option<String>,
    language: String,
    /// Of the GSTIN: unverified, valid, inactive, not_found, or unknown (the register could not be asked).
    verification: String,
    /// As the register has it.
    verified_name: Option<String>,
    verified_at: Option<DateTime<Utc>>,
}

impl From<TaxProfile> for TaxProfileView {
    fn from(profile: TaxProfile) -> Self {
        Self {
            kind: profile.kind,
            legal_name: profile.legal_name,
            trade_name: profile.trade_name,
            gstin: profile.gstin,
            address_lines: profile.address_lines,
            place: profile.place,
            pin: profile.pin,
            state: profile.state_code,
            country: profile.country,
            email: profile.email,
            language: profile.language,
            verification: profile.verification,
            verified_name: profile.verified_name,
            verified_at: profile.verified_at,
        }
    }
}

/// Who the workspace is to the tax office. Admins and owners only.
#[utoipa::path(get, path = "/tax-profile", tag = "money",
    responses((status = 200, body = TaxProfileView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
) -> Result<axum::Json<TaxProfileView>, Problem> {
    member.require(Role::Admin)?;
    let mut tx = open(&deps, &member).await?;
    let profile = tax_profiles::get(&mut tx).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    profile
        .map(|profile| axum::Json(profile.into()))
        .ok_or_else(|| {
            Problem::not_found("This workspace has no tax profile yet: PUT /v1/tax-profile.")
                .code("tax_profile.none")
        })
}

/// Says who the workspace is to the tax office. Admins and owners only. A GSTIN is looked up in the register
/// afterwards: see `verification`. Invoices that were made keep what they say.
///
/// While a payment is open, or one that was made has no invoice yet, what decides its tax (kind, state, GSTIN)
/// stays as it is: 409 `tax_profile.in_use`, with Retry-After where the invoice is being made.
#[utoipa::path(put, path = "/tax-profile", tag = "money", request_body = PutTaxProfile,
    responses((status = 200, body = TaxProfileView), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn put(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    Json(body): Json<PutTaxProfile>,
) -> Result<axum::Json<TaxProfileView>, Problem> {
    member.require(Role::Admin)?;
    let profile = checked(body)?;
    let now = deps.seams.now();
    let mut tx = open(&deps, &member).await?;
    // Nobody makes a payment meanwhile.
    subscriptions::lock(&mut tx).await.map_err(problem)?;
    let before = tax_profiles::get(&mut tx).await.map_err(problem)?;
    if before.is_some_and(|before| taxed_otherwise(&before, &profile)) {
        let open = payments::open(&mut tx).await.map_err(problem)?;
        if let Some(payment) = open.first() {
            return Err(Problem::conflict(format!(
                "The payment {} over {} is open, and its tax goes by the profile as it is: change the kind, state or GSTIN when it has ended.",
                payment.id, payment.amount
            ))
            .code("tax_profile.in_use"));
        }
        if let Some(payment) = payments::uninvoiced(&mut tx, now - INVOICE_LATE)
            .await
            .map_err(problem)?
        {
            return Err(Problem::conflict(format!(
                "The invoice of the payment {} over {} is being made, by the profile as it is: change the kind, state or GSTIN when it is there, in a few minutes.",
                payment.id, payment.amount
            ))
            .code("tax_profile.in_use")
            .retry_after(INVOICE_WITHIN_SECONDS));
        }
    }
    tax_profiles::put(&mut tx, &profile, now)
        .await
        .map_err(problem)?;
    // As it stands now, with what the register says of an unchanged number.
    let stored = tax_profiles::get(&mut tx).await.map_err(problem)?;
    audit::note(
        &deps,
        &mut tx,
        Some(member.user_id),
        &origin,
        "tax_profile.put",
        &profile.kind,
        true,
    )
    .await?;
    if profile.gstin.is_some() {
        emit(
            &deps,
            &mut tx,
            &member,
            deps.seams.uuid(),
            &TaxProfileChangedV1 {},
        );
    }
    tx.commit().await.map_err(problem)?;
    Ok(axum::Json(stored.unwrap_or(profile).into()))
}

/// Whether the change decides how much tax there is.
fn taxed_otherwise(before: &TaxProfile, after: &TaxProfile) -> bool {
    before.kind != after.kind
        || before.state_code != after.state_code
        || before.gstin != after.gstin
}

//! `raptor migrate`

use anyhow::{Context, Result, bail};
use store::DbRole;

use crate::{Outcome, dev, print};

/// Apply migrations, make the coming months' partitions, grant roles to logins. Safe to repeat.
///
/// Needs DATABASE_URL: the database's owner, who may create roles.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: DATABASE_LOGINS=raptor_bill=bill_login raptor migrate --json")]
pub struct Args {
    /// `role=login`, comma separated: makes each login a member of its function's role. Where
    /// DATABASE_PASSWORD_<LOGIN> is set, the login is made, or given that password.
    #[arg(long, env = "DATABASE_LOGINS", value_delimiter = ',')]
    logins: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn migrate(args: Args) -> Result<Outcome> {
    let url = dev::database_url()?;
    let grants = args
        .logins
        .iter()
        .map(|pair| parse_grant(pair))
        .collect::<Result<Vec<_>>>()?;
    let migrated = store::migrate::migrate(&url).await?;
    for (role, login) in &grants {
        let variable = format!("DATABASE_PASSWORD_{}", login.to_uppercase());
        let password = std::env::var(variable).ok();
        store::migrate::grant_login(&url, *role, login, password.as_deref())
            .await
            .with_context(|| format!("can't grant {} to {login}", role.as_str()))?;
    }
    if args.json {
        print::json(&migrated);
    } else {
        print::note(format!(
            "{} migrations applied ({} in all), {} partitions made, {} logins granted",
            migrated.applied,
            migrated.total,
            migrated.partitions_made,
            grants.len()
        ));
    }
    Ok(Outcome::OK)
}

fn parse_grant(pair: &str) -> Result<(DbRole, String)> {
    let Some((role, login)) = pair.split_once('=') else {
        bail!("{pair:?} is not role=login, as in raptor_bill=bill_login");
    };
    let known = DbRole::ALL.iter().find(|known| known.as_str() == role);
    let Some(known) = known else {
        let all: Vec<_> = DbRole::ALL.iter().map(|role| role.as_str()).collect();
        bail!("{role:?} is not a role: expected one of {}", all.join(", "));
    };
    Ok((*known, login.to_owned()))
}

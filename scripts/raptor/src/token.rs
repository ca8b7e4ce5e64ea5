//! `raptor token`

use anyhow::Result;

use crate::{Outcome, dev, local, print};

/// Print an access token for the development user, making the user and a workspace if needed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: curl -H \"Authorization: Bearer $(raptor token)\" http://127.0.0.1:8080/v1/budget"
)]
pub struct Args {
    /// One JSON object: token, user_id, workspace_id, expires_at.
    #[arg(long)]
    json: bool,
}

pub async fn token(args: Args) -> Result<Outcome> {
    let seams = runtime::system_seams();
    let store = dev::ingress_store(&dev::database_url()?)?;
    let identity = dev::identity(&store, &seams).await?;
    let signer = local::signer(&dev::signing_key(&dev::home(), &seams)?)?;
    let issued = local::issue(&signer, identity.user, &seams);
    if args.json {
        print::json(&serde_json::json!({
            "token": issued.token, "expires_at": issued.expires_at,
            "user_id": identity.user, "workspace_id": identity.workspace,
        }));
    } else {
        print::line(issued.token);
    }
    Ok(Outcome::OK)
}

//! The agents of a workspace.

use crate::{Result, Tx};

#[derive(Debug, Clone, Copy)]
pub struct AgentSeed<'a> {
    pub key: &'a str,
    pub title: &'a str,
    pub guild: &'a str,
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct Agent {
    pub agent_key: String,
    pub title: String,
    pub guild: String,
    pub enabled: bool,
}

/// Adds agents that are not there yet; answers how many were new.
pub async fn seed(tx: &mut Tx, agents: &[AgentSeed<'_>]) -> Result<u64> {
    let keys: Vec<String> = agents.iter().map(|a| a.key.to_owned()).collect();
    let titles: Vec<String> = agents.iter().map(|a| a.title.to_owned()).collect();
    let guilds: Vec<String> = agents.iter().map(|a| a.guild.to_owned()).collect();
    let done = sqlx::query!(
        "INSERT INTO agents (workspace_id, agent_key, title, guild)
         SELECT $1, a.key, a.title, a.guild FROM unnest($2::text[], $3::text[], $4::text[]) AS a (key, title, guild)
         ON CONFLICT DO NOTHING",
        tx.workspace().0,
        &keys,
        &titles,
        &guilds,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

pub async fn list(tx: &mut Tx) -> Result<Vec<Agent>> {
    let agents = sqlx::query_as!(
        Agent,
        "SELECT agent_key, title, guild, enabled FROM agents WHERE workspace_id = $1 ORDER BY agent_key",
        tx.workspace().0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(agents)
}

-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_agent_executions_user_created ON agent_executions (user_id, created_at DESC);

-- One request and all that was done for it. The statement that accepts it reads its workspace and its
-- budget; foreign keys to them would lock those few hot rows once more for every request.
CREATE TABLE agent_executions (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  parent_id uuid REFERENCES agent_executions (id),
  depth integer NOT NULL DEFAULT 0 CONSTRAINT agent_executions_depth_bound CHECK (depth BETWEEN 0 AND 5),
  status text NOT NULL CONSTRAINT agent_executions_status_known CHECK (status IN
    ('pending', 'queued', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled')),
  priority text NOT NULL CONSTRAINT agent_executions_priority_known CHECK (priority IN ('realtime', 'standard', 'batch')),
  prompt text NOT NULL,
  skill_id text,                               -- what the caller asked for, if they named one
  input jsonb NOT NULL DEFAULT '{}',
  plan jsonb,
  output jsonb,
  error_code text,
  error_detail text,
  model text,
  cost_usd numeric(12, 6) NOT NULL DEFAULT 0,
  tokens_input bigint NOT NULL DEFAULT 0,
  tokens_output bigint NOT NULL DEFAULT 0,
  estimate_usd numeric(12, 6) NOT NULL,
  step_count integer NOT NULL DEFAULT 0,
  event_seq integer NOT NULL DEFAULT 0,        -- the last event's number
  correlation_id text NOT NULL,
  cancel_requested_at timestamptz,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  completed_at timestamptz,
  due_at timestamptz                           -- one without a plan past this is asked for again; NULL once it has one
) WITH (fillfactor = 60);
CREATE INDEX agent_executions_workspace_created_idx ON agent_executions (workspace_id, created_at DESC, id DESC);
CREATE INDEX agent_executions_parent_id_idx ON agent_executions (parent_id) WHERE parent_id IS NOT NULL;
-- Not WHERE status = ...: an index that names the status would make every change of it write all indexes.
CREATE INDEX agent_executions_due_idx ON agent_executions (due_at) WHERE due_at IS NOT NULL;
SELECT isolate_tenant('agent_executions');
CREATE POLICY sweep ON agent_executions FOR SELECT TO raptor_route, raptor_ingress USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON agent_executions TO raptor_ingress;
GRANT SELECT, UPDATE ON agent_executions TO raptor_route, raptor_execute_skill;
GRANT SELECT ON agent_executions TO raptor_bill;

-- One step of a plan: a skill, run by a worker that holds its lease.
CREATE TABLE agent_runs (
  execution_id uuid NOT NULL REFERENCES agent_executions (id),
  step integer NOT NULL,
  workspace_id uuid NOT NULL,
  skill_id text NOT NULL,
  skill_version text NOT NULL,
  skill_hash text NOT NULL,
  status text NOT NULL CONSTRAINT agent_runs_status_known CHECK (status IN
    ('waiting', 'ready', 'running', 'completed', 'failed', 'cancelled')),
  depends_on integer[] NOT NULL DEFAULT '{}',
  input jsonb NOT NULL,
  output jsonb,
  error_code text,
  error_detail text,
  model text,
  cost_usd numeric(12, 6) NOT NULL DEFAULT 0,
  tokens_input bigint NOT NULL DEFAULT 0,
  tokens_output bigint NOT NULL DEFAULT 0,
  attempt integer NOT NULL DEFAULT 0,
  lease_token uuid,
  lease_until timestamptz,
  due_at timestamptz NOT NULL,                 -- an open one past this is asked for again
  started_at timestamptz,
  completed_at timestamptz,
  PRIMARY KEY (execution_id, step)
) WITH (fillfactor = 80);
CREATE INDEX agent_runs_open_idx ON agent_runs (due_at) WHERE status IN ('ready', 'running');
SELECT isolate_tenant('agent_runs');
CREATE POLICY sweep ON agent_runs FOR SELECT TO raptor_route USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON agent_runs TO raptor_ingress, raptor_route;
GRANT SELECT, UPDATE ON agent_runs TO raptor_execute_skill;

-- What happened, in order, never changed: an execution can be rebuilt from it. Partitioned by the
-- month in its execution's id (UUIDv7 starts with its time), so that (execution_id, seq) stays
-- unique and every look-up by execution touches one partition. `tx` lets a reader of all new rows
-- wait for transactions that are still open. No foreign keys: the log outlives what it tells of.
CREATE TABLE execution_events (
  execution_id uuid NOT NULL,
  seq integer NOT NULL,
  workspace_id uuid NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL,
  data jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (execution_id, seq)
) PARTITION BY RANGE (execution_id);
CREATE INDEX execution_events_tx_idx ON execution_events (tx);
SELECT isolate_tenant('execution_events');
CREATE POLICY feed ON execution_events FOR SELECT TO raptor_ingress USING (app_sweeping());
GRANT SELECT, INSERT ON execution_events TO raptor_ingress, raptor_route, raptor_execute_skill;

-- An Idempotency-Key and what it answered.
CREATE TABLE idempotency_keys (
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  resource_id uuid NOT NULL,                   -- what the first request made
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, key)
);
SELECT isolate_tenant('idempotency_keys');
GRANT SELECT, INSERT ON idempotency_keys TO raptor_ingress;

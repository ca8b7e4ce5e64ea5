-- What a workspace may spend in a month, what it has spent, and what is held for work under way.
CREATE TABLE budgets (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  period date NOT NULL,                        -- the first day of the month, IST
  limit_usd numeric(12, 6) NOT NULL,
  spent_usd numeric(12, 6) NOT NULL DEFAULT 0,
  held_usd numeric(12, 6) NOT NULL DEFAULT 0 CONSTRAINT budgets_held_not_negative CHECK (held_usd >= 0),
  limit_tokens bigint,                         -- NULL is unlimited
  spent_tokens bigint NOT NULL DEFAULT 0,
  executions integer NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, period)
) WITH (fillfactor = 50);
SELECT isolate_tenant('budgets');
GRANT SELECT, INSERT, UPDATE ON budgets TO raptor_ingress, raptor_route, raptor_bill;

-- The part of a budget that an unfinished execution has reserved.
CREATE TABLE budget_holds (
  execution_id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  period date NOT NULL,
  amount_usd numeric(12, 6) NOT NULL CONSTRAINT budget_holds_amount_not_negative CHECK (amount_usd >= 0),
  status text NOT NULL DEFAULT 'held' CONSTRAINT budget_holds_status_known CHECK (status IN ('held', 'settled')),
  expires_at timestamptz NOT NULL,             -- a held one past this: ask the execution
  settled_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX budget_holds_expiry_idx ON budget_holds (expires_at) WHERE status = 'held';
SELECT isolate_tenant('budget_holds');
CREATE POLICY sweep ON budget_holds FOR SELECT TO raptor_bill USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON budget_holds TO raptor_ingress, raptor_route;
GRANT SELECT, UPDATE ON budget_holds TO raptor_bill;

-- Double entry: each row moves an amount from one account of a workspace to another, so the sum over
-- all accounts is zero by construction. (reference_id, kind, part) is the natural key of a posting.
CREATE TABLE ledger_entries (
  reference_id uuid NOT NULL,                  -- UUIDv7 of what caused it: an execution
  kind text NOT NULL CONSTRAINT ledger_entries_kind_known CHECK (kind IN ('hold', 'settle', 'release', 'overrun', 'late_usage')),
  part text NOT NULL DEFAULT '',
  workspace_id uuid NOT NULL,
  period date NOT NULL,
  from_account text NOT NULL,
  to_account text NOT NULL,
  amount_usd numeric(12, 6) NOT NULL CONSTRAINT ledger_entries_amount_not_negative CHECK (amount_usd >= 0),
  at timestamptz NOT NULL,
  CONSTRAINT ledger_entries_accounts_known CHECK (
    from_account IN ('available', 'held', 'spent') AND to_account IN ('available', 'held', 'spent') AND from_account <> to_account),
  PRIMARY KEY (reference_id, kind, part)
) PARTITION BY RANGE (reference_id);
CREATE INDEX ledger_entries_budget_idx ON ledger_entries (workspace_id, period);
SELECT isolate_tenant('ledger_entries');
GRANT SELECT, INSERT ON ledger_entries TO raptor_ingress, raptor_route, raptor_bill;

-- Every model call: what it read, wrote and cost. `late` marks the calls of a worker that had lost
-- its lease: they are charged by themselves, not with the settlement.
CREATE TABLE cost_logs (
  execution_id uuid NOT NULL,
  step integer NOT NULL,
  attempt integer NOT NULL,
  call integer NOT NULL,
  workspace_id uuid NOT NULL,
  late boolean NOT NULL DEFAULT false,
  skill_id text NOT NULL,
  model text NOT NULL,
  provider text NOT NULL,
  tokens_input bigint NOT NULL,
  tokens_cached bigint NOT NULL,
  tokens_output bigint NOT NULL,               -- thinking included
  certainty text NOT NULL CONSTRAINT cost_logs_certainty_known CHECK (certainty IN ('reported', 'estimated', 'missing')),
  cost_usd numeric(12, 6) NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (execution_id, step, attempt, call)
) PARTITION BY RANGE (execution_id);
CREATE INDEX cost_logs_workspace_at_idx ON cost_logs (workspace_id, at);
SELECT isolate_tenant('cost_logs');
GRANT SELECT, INSERT ON cost_logs TO raptor_execute_skill;
GRANT SELECT ON cost_logs TO raptor_bill, raptor_ingress;

-- Model calls that no customer pays for: choosing skills where the words of a request do not.
CREATE TABLE house_costs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  execution_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  purpose text NOT NULL,                       -- what calls are labelled with in place of a skill
  model text NOT NULL,
  provider text NOT NULL,
  tokens_input bigint NOT NULL,
  tokens_cached bigint NOT NULL,
  tokens_output bigint NOT NULL,               -- thinking included
  certainty text NOT NULL CONSTRAINT house_costs_certainty_known CHECK (certainty IN ('reported', 'estimated', 'missing')),
  cost_usd numeric(12, 6) NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX house_costs_at_idx ON house_costs (at);
SELECT isolate_tenant('house_costs');
GRANT INSERT ON house_costs TO raptor_route;

-- One alert per threshold and month.
CREATE TABLE budget_alerts (
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  period date NOT NULL,
  threshold_percent integer NOT NULL,
  spent_usd numeric(12, 6) NOT NULL,
  limit_usd numeric(12, 6) NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, period, threshold_percent)
);
SELECT isolate_tenant('budget_alerts');
CREATE POLICY feed ON budget_alerts FOR SELECT TO raptor_ingress USING (app_sweeping());
CREATE INDEX budget_alerts_at_idx ON budget_alerts (at);
GRANT SELECT, INSERT ON budget_alerts TO raptor_bill;
GRANT SELECT ON budget_alerts TO raptor_ingress;

-- Told to everyone who is connected: maintenance, an outage. Belongs to no tenant.
CREATE TABLE system_alerts (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  severity text NOT NULL CONSTRAINT system_alerts_severity_known CHECK (severity IN ('info', 'warning', 'critical')),
  text text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX system_alerts_created_at_idx ON system_alerts (created_at);
GRANT SELECT ON system_alerts TO raptor_ingress;
GRANT SELECT, INSERT ON system_alerts TO raptor_operator;

-- Months that are closed, what stood in them, and who uses more than they should.

-- How far the closing of a month has come. Belongs to no tenant.
CREATE TABLE month_closes (
  period date PRIMARY KEY,
  after_id uuid,                               -- the last workspace looked at
  looked_at bigint NOT NULL DEFAULT 0,
  reports bigint NOT NULL DEFAULT 0,           -- of workspaces in which anything happened
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON month_closes TO raptor_bill;
GRANT SELECT ON month_closes TO raptor_operator;

-- The report of a closed month. bill writes those of many workspaces at once, while sweeping.
CREATE TABLE monthly_reports (
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  period date NOT NULL,
  content jsonb NOT NULL,                      -- economics::report::MonthlyReport
  object_name text,                            -- of the PDF, once somebody asked for it
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, period)
);
SELECT isolate_tenant('monthly_reports');
CREATE POLICY closing ON monthly_reports FOR INSERT TO raptor_bill WITH CHECK (app_sweeping());
GRANT INSERT ON monthly_reports TO raptor_bill;
GRANT SELECT ON monthly_reports TO raptor_bill, raptor_ingress, raptor_gst_invoice;
GRANT UPDATE (object_name) ON monthly_reports TO raptor_gst_invoice;

-- Use that somebody should look at, once a day, workspace and kind.
CREATE TABLE cost_reviews (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  day date NOT NULL,                           -- in India
  kind text NOT NULL CONSTRAINT cost_reviews_kind_known CHECK (kind IN ('anomaly', 'abuse')),
  severity text NOT NULL CONSTRAINT cost_reviews_severity_known CHECK (severity IN ('review', 'pause')),
  detail jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  closed_at timestamptz,
  verdict text,                                -- what an operator made of it
  UNIQUE (workspace_id, day, kind)
);
CREATE INDEX cost_reviews_open_idx ON cost_reviews (created_at) WHERE closed_at IS NULL;
SELECT isolate_tenant('cost_reviews');
GRANT SELECT, INSERT, UPDATE (severity, detail) ON cost_reviews TO raptor_bill;
GRANT UPDATE (closed_at, verdict) ON cost_reviews TO raptor_operator;
CREATE POLICY operator_writes ON cost_reviews FOR UPDATE TO raptor_operator USING (workspace_id = app_workspace_id());

-- Days whose costs have been judged as a whole, after their end. Belongs to no tenant.
CREATE TABLE cost_watches (
  day date PRIMARY KEY,                        -- in India
  judged_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON cost_watches TO raptor_bill;
GRANT SELECT ON cost_watches TO raptor_operator;

-- What a skill has cost lately, over all workspaces: figures only. Belongs to no tenant.
CREATE TABLE skill_costs (
  skill_id text PRIMARY KEY,
  steps bigint NOT NULL,                       -- that ended, well or not
  failures bigint NOT NULL,                    -- of them, those that failed
  attempts bigint NOT NULL,                    -- that the steps took together
  mean_usd numeric(12, 6) NOT NULL,
  p50_usd numeric(12, 6) NOT NULL,
  p90_usd numeric(12, 6) NOT NULL,
  recent_usd numeric(12, 6)[] NOT NULL,        -- the latest steps, at most 200, newest first
  updated_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON skill_costs TO raptor_bill;
GRANT SELECT ON skill_costs TO raptor_ingress, raptor_operator;

-- To close months and to watch costs, bill reads across tenants.
CREATE POLICY sweep ON cost_logs FOR SELECT TO raptor_bill USING (app_sweeping());
CREATE POLICY watching ON agent_executions FOR SELECT TO raptor_bill USING (app_sweeping());
CREATE POLICY sweep ON budgets FOR SELECT TO raptor_bill USING (app_sweeping());
CREATE POLICY closing ON subscription_periods FOR SELECT TO raptor_bill USING (app_sweeping());
CREATE POLICY closing ON invoices FOR SELECT TO raptor_bill USING (app_sweeping());
CREATE POLICY watching ON agent_runs FOR SELECT TO raptor_bill USING (app_sweeping());
GRANT SELECT ON agent_runs TO raptor_bill;

-- An operator may give money back when the customer's own time for it is over; what operators do to a
-- workspace is noted where its people can see it.
GRANT UPDATE (refunding_inr, updated_at) ON payments TO raptor_operator;
GRANT INSERT ON refunds, audit_logs TO raptor_operator;

-- Subscriptions, payments, refunds, mandates, and the rupees behind them. Statuses and the steps between
-- them are those of `domain::billing`.

-- Who a workspace is to the tax office. An invoice keeps its own copy, so a change alters no invoice.
CREATE TABLE tax_profiles (
  workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
  kind text NOT NULL CONSTRAINT tax_profiles_kind_known CHECK (kind IN ('registered', 'unregistered', 'sez', 'overseas')),
  legal_name text NOT NULL,
  trade_name text,
  gstin text,
  address_lines text[] NOT NULL,
  place text NOT NULL,
  pin text,
  state_code text NOT NULL CONSTRAINT tax_profiles_state_code_shape CHECK (state_code ~ '^[0-9]{2}$'),
  country text NOT NULL,
  email text,
  language text NOT NULL DEFAULT 'en',         -- of invoices, beside English
  verification text NOT NULL DEFAULT 'unverified' CONSTRAINT tax_profiles_verification_known
    CHECK (verification IN ('unverified', 'valid', 'inactive', 'not_found', 'unknown')),
  verified_name text,                          -- as the tax office has it
  verified_at timestamptz,
  updated_at timestamptz NOT NULL,
  -- An unregistered one may have the UIN of an embassy or a body of the United Nations.
  CONSTRAINT tax_profiles_gstin_where_registered
    CHECK (kind = 'unregistered' OR (kind IN ('registered', 'sez')) = (gstin IS NOT NULL))
);
SELECT isolate_tenant('tax_profiles');
CREATE POLICY sweep ON tax_profiles FOR SELECT TO raptor_gst_invoice USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON tax_profiles TO raptor_ingress;
GRANT SELECT ON tax_profiles TO raptor_bill, raptor_gst_invoice;
GRANT UPDATE (verification, verified_name, verified_at) ON tax_profiles TO raptor_gst_invoice;

-- One a workspace, for its whole life.
CREATE TABLE subscriptions (
  workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
  status text NOT NULL CONSTRAINT subscriptions_status_known
    CHECK (status IN ('trialing', 'active', 'past_due', 'read_only', 'cancelled')),
  tier text NOT NULL REFERENCES plans (tier),
  period_start timestamptz NOT NULL,           -- midnight in India; of a trial, when it began
  period_end timestamptz NOT NULL,             -- not included
  anchor_day integer NOT NULL CONSTRAINT subscriptions_anchor_day_bound CHECK (anchor_day BETWEEN 1 AND 31),
  next_tier text REFERENCES plans (tier),      -- from the next period on
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  mandate_id uuid,                             -- what renewals are taken under
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT subscriptions_period_runs_forward CHECK (period_start < period_end)
) WITH (fillfactor = 80);
CREATE INDEX subscriptions_tier_idx ON subscriptions (tier);
CREATE INDEX subscriptions_next_tier_idx ON subscriptions (next_tier);
CREATE INDEX subscriptions_mandate_id_idx ON subscriptions (mandate_id);
CREATE INDEX subscriptions_due_idx ON subscriptions (period_end) WHERE status IN ('trialing', 'active', 'past_due');
SELECT isolate_tenant('subscriptions');
CREATE POLICY sweep ON subscriptions FOR SELECT TO raptor_bill USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON subscriptions TO raptor_ingress, raptor_bill;
GRANT SELECT ON subscriptions TO raptor_gst_invoice;
GRANT UPDATE (tier, access) ON workspaces TO raptor_bill;
CREATE POLICY sweep ON workspaces FOR SELECT TO raptor_bill USING (app_sweeping());

CREATE TABLE mandates (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  status text NOT NULL DEFAULT 'created' CONSTRAINT mandates_status_known
    CHECK (status IN ('created', 'pending', 'active', 'paused', 'cancelling', 'cancelled', 'revoked', 'failed', 'expired')),
  max_amount_inr numeric(12, 2) NOT NULL,
  expires_at timestamptz NOT NULL,
  gateway_id text,
  cancel_requested_at timestamptz,             -- by us
  observed_at timestamptz NOT NULL DEFAULT '-infinity',  -- when the gateway was asked for what stands here
  next_check_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX mandates_workspace_id_idx ON mandates (workspace_id, created_at);
CREATE INDEX mandates_check_idx ON mandates (next_check_at) WHERE next_check_at IS NOT NULL;
SELECT isolate_tenant('mandates');
CREATE POLICY sweep ON mandates FOR SELECT TO raptor_bill USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON mandates TO raptor_ingress, raptor_bill;

-- A payment is one order at the gateway. Its id there is made from this id (`domain::MerchantId`).
CREATE TABLE payments (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  purpose text NOT NULL CONSTRAINT payments_purpose_known CHECK (purpose IN ('start', 'renewal', 'upgrade')),
  method text NOT NULL CONSTRAINT payments_method_known CHECK (method IN ('checkout', 'mandate_setup', 'mandate_debit')),
  status text NOT NULL DEFAULT 'created' CONSTRAINT payments_status_known CHECK (status IN
    ('created', 'notifying', 'notified', 'pending', 'captured', 'failed', 'expired', 'partly_refunded', 'refunded')),
  tier text NOT NULL REFERENCES plans (tier),
  period_start timestamptz NOT NULL,           -- what it pays for
  period_end timestamptz NOT NULL,
  attempt integer NOT NULL DEFAULT 0,          -- of a debit: 0 on the day, then one for each day of dunning
  taxable_inr numeric(12, 2) NOT NULL,
  tax_inr numeric(12, 2) NOT NULL,
  tax_heads integer NOT NULL DEFAULT 1 CONSTRAINT payments_tax_heads_known CHECK (tax_heads IN (1, 2)),  -- 2 within a state
  amount_inr numeric(12, 2) NOT NULL,
  mandate_id uuid REFERENCES mandates (id),
  requested_by uuid,                           -- a person; NULL for a renewal
  gateway_order_id text,
  redirect_url text,                           -- where the customer pays
  expires_at timestamptz,
  not_before timestamptz,                      -- of a debit: it may not be taken earlier
  sent_at timestamptz,                         -- the gateway was asked, whatever came of it
  next_check_at timestamptz,                   -- when to ask again; NULL when nothing is awaited
  leased_until timestamptz,
  observed_at timestamptz NOT NULL DEFAULT '-infinity',  -- when the gateway was asked for what stands here
  received_inr numeric(12, 2) NOT NULL DEFAULT 0,
  allocated_inr numeric(12, 2) NOT NULL DEFAULT 0,       -- used for what it was meant for; the rest is held
  refunding_inr numeric(12, 2) NOT NULL DEFAULT 0,       -- of refunds under way
  refunded_inr numeric(12, 2) NOT NULL DEFAULT 0,
  captured_at timestamptz,
  payment_mode text,                           -- UPI_INTENT, CARD …
  utr text,
  transaction_id text,
  error_code text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT payments_amount_sum CHECK (amount_inr = taxable_inr + tax_inr AND amount_inr >= 1),
  CONSTRAINT payments_refund_bound CHECK (refunding_inr >= 0 AND refunded_inr >= 0 AND refunding_inr + refunded_inr <= received_inr),
  CONSTRAINT payments_allocation_bound CHECK (allocated_inr >= 0 AND allocated_inr <= received_inr)
) WITH (fillfactor = 80);
CREATE INDEX payments_workspace_id_idx ON payments (workspace_id, created_at);
CREATE INDEX payments_mandate_id_idx ON payments (mandate_id);
CREATE INDEX payments_tier_idx ON payments (tier);
CREATE INDEX payments_check_idx ON payments (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX payments_updated_at_idx ON payments (updated_at);
CREATE INDEX payments_captured_at_idx ON payments (captured_at) WHERE captured_at IS NOT NULL;
-- A period is debited once on each of its days: two runs of the debit cycle make one.
CREATE UNIQUE INDEX payments_one_debit_key ON payments (workspace_id, period_start, attempt) WHERE method = 'mandate_debit';
SELECT isolate_tenant('payments');
CREATE POLICY sweep ON payments FOR SELECT TO raptor_bill, raptor_gst_invoice USING (app_sweeping());
GRANT SELECT, INSERT ON payments TO raptor_ingress;
GRANT UPDATE (refunding_inr, updated_at) ON payments TO raptor_ingress;
GRANT SELECT, INSERT, UPDATE ON payments TO raptor_bill;
GRANT SELECT ON payments TO raptor_gst_invoice;

-- What has been paid for. One payment a period: a second one is held and given back.
CREATE TABLE subscription_periods (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  period_start timestamptz NOT NULL,
  part integer NOT NULL DEFAULT 0,             -- 0 the period itself, then its upgrades
  period_end timestamptz NOT NULL,
  tier text NOT NULL REFERENCES plans (tier),
  payment_id uuid NOT NULL REFERENCES payments (id),
  created_at timestamptz NOT NULL,
  ended_at timestamptz,                        -- its money went back, and with it what it gave
  PRIMARY KEY (workspace_id, period_start, part)
);
CREATE UNIQUE INDEX subscription_periods_payment_key ON subscription_periods (payment_id);
CREATE INDEX subscription_periods_tier_idx ON subscription_periods (tier);
SELECT isolate_tenant('subscription_periods');
GRANT SELECT, INSERT, UPDATE (ended_at) ON subscription_periods TO raptor_bill;
GRANT SELECT ON subscription_periods TO raptor_ingress;

CREATE TABLE refunds (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  payment_id uuid NOT NULL REFERENCES payments (id),
  amount_inr numeric(12, 2) NOT NULL CONSTRAINT refunds_amount_positive CHECK (amount_inr >= 1),
  of_allocated boolean NOT NULL,               -- an invoice was made for this money: a credit note follows
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'requested' CONSTRAINT refunds_status_known
    CHECK (status IN ('requested', 'pending', 'confirmed', 'completed', 'failed')),
  requested_by uuid,
  gateway_refund_id text,
  error_code text,
  sent_at timestamptz,
  next_check_at timestamptz,
  leased_until timestamptz,
  observed_at timestamptz NOT NULL DEFAULT '-infinity',
  completed_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX refunds_workspace_id_idx ON refunds (workspace_id, created_at);
CREATE INDEX refunds_payment_id_idx ON refunds (payment_id);
CREATE INDEX refunds_check_idx ON refunds (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX refunds_updated_at_idx ON refunds (updated_at);
CREATE INDEX refunds_completed_at_idx ON refunds (completed_at) WHERE of_allocated AND status = 'completed';
SELECT isolate_tenant('refunds');
CREATE POLICY sweep ON refunds FOR SELECT TO raptor_bill, raptor_gst_invoice USING (app_sweeping());
GRANT SELECT, INSERT ON refunds TO raptor_ingress;
GRANT SELECT, INSERT, UPDATE ON refunds TO raptor_bill;
GRANT SELECT ON refunds TO raptor_gst_invoice;

-- Rupees, double entry: each row moves an amount from one account of a workspace to another, so the sum
-- over all accounts is zero by construction. What came from the customer and did not go back is revenue,
-- tax or held.
CREATE TABLE money_entries (
  reference_id uuid NOT NULL,                  -- the payment or refund
  kind text NOT NULL CONSTRAINT money_entries_kind_known
    CHECK (kind IN ('received', 'allocated', 'tax', 'deallocated', 'tax_back', 'refunded')),
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  from_account text NOT NULL,
  to_account text NOT NULL,
  amount_inr numeric(12, 2) NOT NULL CONSTRAINT money_entries_amount_positive CHECK (amount_inr > 0),
  at timestamptz NOT NULL,
  CONSTRAINT money_entries_accounts_known CHECK (
    from_account IN ('customer', 'held', 'revenue', 'gst') AND to_account IN ('customer', 'held', 'revenue', 'gst')
    AND from_account <> to_account),
  PRIMARY KEY (reference_id, kind)
);
CREATE INDEX money_entries_workspace_id_idx ON money_entries (workspace_id, at);
SELECT isolate_tenant('money_entries');
CREATE POLICY sweep ON money_entries FOR SELECT TO raptor_bill USING (app_sweeping());
GRANT SELECT, INSERT ON money_entries TO raptor_bill;
GRANT SELECT ON money_entries TO raptor_ingress;

-- Callbacks of the gateway as they came, once each. The workspace is the one that the id in it names;
-- NULL when it names none of ours.
CREATE TABLE payment_callbacks (
  body_hash bytea PRIMARY KEY,                 -- SHA-256
  workspace_id uuid,
  event text NOT NULL,
  merchant_id text,
  body bytea NOT NULL,
  received_at timestamptz NOT NULL
);
CREATE INDEX payment_callbacks_received_at_idx ON payment_callbacks (received_at);
SELECT isolate_tenant('payment_callbacks');
CREATE POLICY written ON payment_callbacks FOR INSERT WITH CHECK (app_sweeping() AND workspace_id IS NULL);
GRANT INSERT ON payment_callbacks TO raptor_phonepe_webhook;
GRANT SELECT (body_hash) ON payment_callbacks TO raptor_phonepe_webhook;
GRANT SELECT, INSERT, DELETE ON outbox TO raptor_phonepe_webhook;
-- It stands open to everybody, so of what waits there it sees its own only.
CREATE POLICY own ON outbox AS RESTRICTIVE TO raptor_phonepe_webhook
  USING (sender = 'phonepe-webhook') WITH CHECK (sender = 'phonepe-webhook');
GRANT INSERT ON dead_letters, rejected_messages TO raptor_phonepe_webhook, raptor_gst_invoice;

-- Whoever holds a name does the work that goes by it, until then. Belongs to no tenant.
CREATE TABLE leases (
  name text PRIMARY KEY,
  holder uuid NOT NULL,
  until timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO raptor_bill, raptor_gst_invoice;

-- What one day's comparison of our books with the gateway's came to. Belongs to no tenant.
CREATE TABLE reconciliations (
  day date PRIMARY KEY,                        -- in India
  after_id uuid,                               -- how far a run that is not finished has come
  checked integer NOT NULL DEFAULT 0,
  differences jsonb NOT NULL DEFAULT '[]',
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON reconciliations TO raptor_bill;
GRANT SELECT ON reconciliations TO raptor_operator;

-- An operator may stop a workspace and let it go on.
GRANT UPDATE (access) ON workspaces TO raptor_operator;
CREATE POLICY operator_writes ON workspaces FOR UPDATE TO raptor_operator USING (id = app_workspace_id());

-- The last number given in a series and financial year. The row is locked until the invoice that took the
-- number is committed, so numbers have no gaps. Belongs to no tenant: the series is the supplier's.
CREATE TABLE invoice_counters (
  series text NOT NULL,
  financial_year text NOT NULL,                -- 26-27
  last integer NOT NULL,
  PRIMARY KEY (series, financial_year)
);
GRANT SELECT, INSERT, UPDATE ON invoice_counters TO raptor_gst_invoice;
GRANT SELECT ON invoice_counters TO raptor_operator;

-- Invoices and credit notes. `content` is never changed; what the portal answered stands beside it.
CREATE TABLE invoices (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  kind text NOT NULL CONSTRAINT invoices_kind_known CHECK (kind IN ('tax_invoice', 'credit_note')),
  status text NOT NULL CONSTRAINT invoices_status_known
    CHECK (status IN ('draft', 'issued', 'partly_credited', 'credited', 'cancelled')),
  series text NOT NULL,
  financial_year text NOT NULL,
  sequence integer NOT NULL CONSTRAINT invoices_sequence_positive CHECK (sequence > 0),
  number text NOT NULL CONSTRAINT invoices_number_shape CHECK (number ~ '^[A-Z1-9][A-Z0-9/-]{0,15}$'),
  date date NOT NULL,                          -- in India
  payment_id uuid NOT NULL REFERENCES payments (id),
  refund_id uuid REFERENCES refunds (id),      -- of a credit note
  against_id uuid REFERENCES invoices (id),    -- of a credit note: the invoice
  content jsonb NOT NULL,                      -- tax::document::Document
  taxable_inr numeric(12, 2) NOT NULL,
  tax_inr numeric(12, 2) NOT NULL,
  payable_inr numeric(12, 2) NOT NULL,
  language text NOT NULL,
  needs_registration boolean NOT NULL,         -- by the e-invoice portal
  registered jsonb,                            -- tax::document::Registered
  registered_at timestamptz,
  object_name text,                            -- of the PDF, once it is stored
  sha256 bytea,
  cancel_requested_at timestamptz,
  cancel_reason text,
  cancelled_at timestamptz,
  next_try_at timestamptz,                     -- something of it is not done yet
  tries integer NOT NULL DEFAULT 0,
  last_error text,
  created_at timestamptz NOT NULL,
  CONSTRAINT invoices_credit_note_against CHECK ((kind = 'credit_note') = (against_id IS NOT NULL AND refund_id IS NOT NULL))
);
CREATE UNIQUE INDEX invoices_number_key ON invoices (series, financial_year, sequence);
-- One that was taken back makes room for another.
CREATE UNIQUE INDEX invoices_payment_key ON invoices (payment_id) WHERE kind = 'tax_invoice' AND status <> 'cancelled';
CREATE UNIQUE INDEX invoices_refund_key ON invoices (refund_id);
CREATE INDEX invoices_payment_id_idx ON invoices (payment_id);
CREATE INDEX invoices_against_id_idx ON invoices (against_id);
CREATE INDEX invoices_workspace_id_idx ON invoices (workspace_id, created_at);
CREATE INDEX invoices_unfinished_idx ON invoices (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX invoices_cancelled_at_idx ON invoices (cancelled_at) WHERE cancelled_at IS NOT NULL;
SELECT isolate_tenant('invoices');
CREATE POLICY sweep ON invoices FOR SELECT TO raptor_gst_invoice USING (app_sweeping());
GRANT SELECT, INSERT, UPDATE ON invoices TO raptor_gst_invoice;
GRANT SELECT ON invoices TO raptor_ingress, raptor_bill;
GRANT UPDATE (cancel_requested_at, cancel_reason, next_try_at) ON invoices TO raptor_operator;
CREATE POLICY operator_writes ON invoices FOR UPDATE TO raptor_operator USING (workspace_id = app_workspace_id());
GRANT SELECT ON subscription_periods TO raptor_gst_invoice;
CREATE POLICY sweep ON subscription_periods FOR SELECT TO raptor_gst_invoice USING (app_sweeping());

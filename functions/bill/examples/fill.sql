-- :size workspaces; four of five worked in the month that begins on :first (IST), three of five paid.
INSERT INTO users (id, email) VALUES ('00000000-0000-7000-8000-000000000001', 'bench@example.in');

CREATE TABLE filled AS
SELECT uuidv7() AS id, i, uuidv7() AS payment_id, (DATE ':first')::timestamp AT TIME ZONE 'Asia/Kolkata' AS month
FROM generate_series(1, :size) i;

INSERT INTO workspaces (id, owner_id, name, slug, tier)
SELECT id, '00000000-0000-7000-8000-000000000001', 'Looms of Jaipur ' || i, 'looms-' || i,
  (ARRAY['starter', 'starter', 'growth', 'agency'])[1 + i % 4]
FROM filled;

INSERT INTO budgets (workspace_id, period, limit_usd, spent_usd)
SELECT id, ':first', 10, 0.2 FROM filled WHERE i % 5 > 0;

INSERT INTO agent_executions (id, workspace_id, user_id, status, priority, prompt, output, estimate_usd, correlation_id, created_at)
SELECT uuidv7(), id, id, CASE WHEN k = 10 THEN 'failed' ELSE 'completed' END, 'standard', 'Plan a Diwali campaign for our store',
  '{"plan": "Lamps, sweets and a discount on sarees"}', 0.05, 'bench', month + make_interval(days => 2 * k, hours => k)
FROM filled CROSS JOIN generate_series(1, 10) k WHERE i % 5 > 0;

-- 25 calls on as many days; the first four are of the month before.
INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, skill_id, model, provider, tokens_input, tokens_cached,
  tokens_output, certainty, cost_usd, at)
SELECT uuidv7(), 0, 1, 1, id, (ARRAY['content.copy', 'campaign.diwali', 'seo.audit'])[1 + k % 3], (ARRAY['flash', 'pro'])[1 + k % 2],
  'vertex', 1200, 200, 340, 'reported', 0.01, month + make_interval(days => k - 5, hours => k)
FROM filled CROSS JOIN generate_series(1, 25) k WHERE i % 5 > 0;

INSERT INTO payments (id, workspace_id, purpose, method, status, tier, period_start, period_end, taxable_inr, tax_inr, amount_inr,
  received_inr, allocated_inr, captured_at, created_at, updated_at)
SELECT payment_id, id, 'renewal', 'mandate_debit', 'captured', 'starter', month, month + interval '1 month', 2999, 539.82, 3538.82,
  3538.82, 3538.82, month + interval '6 hours', month, month
FROM filled WHERE i % 5 > 1;

INSERT INTO subscription_periods (workspace_id, period_start, period_end, tier, payment_id, created_at)
SELECT id, month, month + interval '1 month', 'starter', payment_id, month FROM filled WHERE i % 5 > 1;

INSERT INTO invoices (id, workspace_id, kind, status, series, financial_year, sequence, number, date, payment_id, content, taxable_inr,
  tax_inr, payable_inr, language, needs_registration, created_at)
SELECT uuidv7(), id, 'tax_invoice', 'issued', 'RF', '26-27', i, 'RF/26-27/' || lpad(i::text, 6, '0'), ':first', payment_id,
  '{}', 2999, 539.82, 3538.82, 'en', false, month
FROM filled WHERE i % 5 > 1;

DROP TABLE filled;
ANALYZE;

INSERT INTO payments (id, workspace_id, purpose, method, status, tier, period_start, period_end, taxable_inr, tax_inr,
  amount_inr, received_inr, allocated_inr, captured_at, created_at, updated_at)
VALUES (:payment, :workspace, 'start', 'checkout', 'captured', 'starter', now(), now() + interval '30 days', 2999, 539.82,
  3538.82, 3538.82, 3538.82, now(), now(), now());

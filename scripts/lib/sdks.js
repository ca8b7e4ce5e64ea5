// PhonePe's Node SDK against the simulator whose address is the argument. Run by scripts/sdks.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { BaseUrl } = require('pg-sdk-node/dist/common/constants/BaseUrl');
const {
  BadRequest,
  CreateSdkOrderRequest,
  Env,
  MetaInfo,
  PhonePeException,
  RefundRequest,
  ResourceConflict,
  ResourceNotFound,
  ServerError,
  StandardCheckoutClient,
  StandardCheckoutPayRequest,
  TooManyRequests,
  UnauthorizedAccess,
} = require('pg-sdk-node');

const url = process.argv[2];
BaseUrl.SANDBOX.PG_HOST_URL = url;
BaseUrl.SANDBOX.OAUTH_HOST_URL = url;
// It says what it meets on its way; what matters here is thrown.
console.warn = () => {};
let checks = 0;

function expect(what, actual, expected) {
  checks += 1;
  assert.deepEqual(actual, expected, `node: ${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

async function expectError(what, kind, code, call) {
  let error;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  expect(`${what}: class`, error && error.constructor.name, kind.name);
  expect(`${what}: code`, error.code, code);
}

// Moves the clock, acts for the payer, or looks.
async function simulator(path, body) {
  const options = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(`${url}/simulator/${path}`, options);
  assert.ok(answer.ok, `node: ${path} answers ${answer.status}`);
  const text = await answer.text();
  return text && JSON.parse(text);
}

const request = (id, amount) =>
  StandardCheckoutPayRequest.builder().merchantOrderId(id).amount(amount).redirectUrl('https://app.example/back').build();
const refundOf = (id, order, amount) =>
  RefundRequest.builder().merchantRefundId(id).originalMerchantOrderId(order).amount(amount).build();

async function payments(client) {
  const meta = MetaInfo.builder().udf1('one').build();
  const asked = StandardCheckoutPayRequest.builder()
    .merchantOrderId('JS-1')
    .amount(149950)
    .redirectUrl('https://app.example/back')
    .message('Growth')
    .expireAfter(900)
    .metaInfo(meta)
    .build();
  const started = await client.pay(asked);
  expect('pay', [started.state, started.orderId.slice(0, 3)], ['PENDING', 'OMO']);
  expect('pay: page', started.redirectUrl.startsWith(url), true);
  let status = await client.getOrderStatus('JS-1');
  expect('status: pending', [status.state, status.paymentDetails], ['PENDING', []]);
  await simulator('orders/JS-1/pay', {});
  // It sends `details=true` twice.
  status = await client.getOrderStatus('JS-1', true);
  expect('status', [status.state, status.amount, status.merchantOrderId], ['COMPLETED', 149950, 'JS-1']);
  expect('status: meta', status.metaInfo.udf1, 'one');
  const detail = status.paymentDetails[0];
  expect('detail', [detail.state, detail.paymentMode, detail.amount], ['COMPLETED', 'UPI_INTENT', 149950]);
  expect('detail: rail', [detail.rail.type, detail.rail.utr.length], ['UPI', 12]);
  expect('detail: instrument', detail.instrument.type, 'ACCOUNT');
  expect('detail: split', detail.splitInstruments[0].amount, 149950);
  const one = await client.getTransactionStatus(detail.transactionId);
  expect('transaction', [one.merchantOrderId, one.paymentDetails.length], ['JS-1', 1]);

  await client.pay(request('JS-2', 100));
  await simulator('orders/JS-2/decline', {});
  status = await client.getOrderStatus('JS-2');
  expect('declined', [status.state, status.errorCode, status.detailedErrorCode], ['FAILED', 'INVALID_MPIN', 'ZM']);

  const order = await client.createSdkOrder(
    CreateSdkOrderRequest.StandardCheckoutBuilder()
      .merchantOrderId('JS-3')
      .amount(100)
      .redirectUrl('https://app.example/back')
      .build()
  );
  expect('sdk order', [order.state, Boolean(order.token)], ['PENDING', true]);
}

async function refunds(client) {
  const started = await client.refund(refundOf('JSR-1', 'JS-1', 40000));
  expect('refund', [started.state, started.amount, started.refundId.slice(0, 3)], ['PENDING', 40000, 'OMR']);
  const status = await client.getRefundStatus('JSR-1');
  expect('refund: status', [status.state, status.amount, status.originalMerchantOrderId], ['COMPLETED', 40000, 'JS-1']);
  expect('refund: detail', [status.paymentDetails[0].state, status.paymentDetails[0].rail.type], ['COMPLETED', 'UPI']);
  await simulator('fail', { refunds: 1 });
  await client.refund(refundOf('JSR-2', 'JS-1', 100));
  expect('refund: failed', (await client.getRefundStatus('JSR-2')).state, 'FAILED');
}

async function errors(client) {
  await expectError('99 paise', BadRequest, 'BAD_REQUEST', () => client.pay(request('JS-9', 99)));
  await expectError('a long id', BadRequest, 'BAD_REQUEST', () => client.pay(request('x'.repeat(64), 100)));
  await expectError('too much', BadRequest, 'BAD_REQUEST', () => client.refund(refundOf('JSR-9', 'JS-1', 109951)));
  await expectError('an unknown order', ResourceNotFound, 'INVALID_MERCHANT_ORDER_ID', () => client.getOrderStatus('nothing'));
  await expectError('an id twice', ResourceConflict, 'ORDER_ALREADY_EXISTS', () => client.pay(request('JS-1', 100)));
  await simulator('fail', { call: 'order-status', fault: '401' });
  await expectError('401', UnauthorizedAccess, 'AUTHORIZATION_FAILED', () => client.getOrderStatus('JS-1'));
  expect('after 401', (await client.getOrderStatus('JS-1')).state, 'COMPLETED');
  await simulator('fail', { call: 'order-status', fault: '429' });
  await expectError('429', TooManyRequests, 'TOO_MANY_REQUESTS', () => client.getOrderStatus('JS-1'));
  await simulator('fail', { call: 'order-status', fault: '503' });
  await expectError('503', ServerError, 'INTERNAL_SERVER_ERROR', () => client.getOrderStatus('JS-1'));
}

// Hears callbacks: each as its authorization header and its body.
const heard = [];

async function listen() {
  const server = http.createServer((asked, answer) => {
    let body = '';
    asked.on('data', (chunk) => (body += chunk));
    asked.on('end', () => {
      heard.push({ authorization: asked.headers.authorization, body });
      answer.end();
    });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  server.unref();
  const address = `http://127.0.0.1:${server.address().port}/`;
  await simulator('webhook', { url: address, username: 'raptor', password: 'password1' });
}

async function callbacks(client) {
  const made = (await simulator('webhooks')).length;
  for (let tries = 0; heard.length < made && tries < 200; tries += 1) {
    await new Promise((later) => setTimeout(later, 50));
  }
  expect('callbacks heard', heard.length, made);
  const seen = new Set();
  for (const { body, authorization } of heard) {
    const read = client.validateCallback('raptor', 'password1', authorization, body);
    const { event } = JSON.parse(body);
    seen.add(event);
    expect(`${event}: type`, read.type, event.toUpperCase().replaceAll('.', '_'));
    if (event.startsWith('pg.refund')) {
      expect(`${event}: order`, read.payload.originalMerchantOrderId, 'JS-1');
    } else {
      expect(`${event}: order`, ['JS-1', 'JS-2'].includes(read.payload.merchantOrderId), true);
    }
  }
  expect('events', [...seen].sort(), [
    'checkout.order.completed',
    'checkout.order.failed',
    'checkout.transaction.attempt.failed',
    'pg.refund.accepted',
    'pg.refund.completed',
    'pg.refund.failed',
  ]);
  assert.throws(() => client.validateCallback('raptor', 'password1', 'forged', '{}'), PhonePeException);
}

async function main() {
  // Its token is kept for all clients: the wrong secret first.
  const stranger = new StandardCheckoutClient('client', 'wrong', 1, Env.SANDBOX, false);
  await expectError('wrong credentials', BadRequest, 'OIM000', () => stranger.pay(request('JS-0', 100)));
  const client = new StandardCheckoutClient('client', 'secret', 1, Env.SANDBOX, false);
  await listen();
  await payments(client);
  await refunds(client);
  await errors(client);
  await callbacks(client);
  const { captured, refunded } = await simulator('books');
  expect('books', [captured, refunded], [149950, 40000]);
  console.log(`pg-sdk-node: ${checks} checks passed`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

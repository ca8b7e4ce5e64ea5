"""PhonePe's Python SDK against the simulator whose address is the argument. Run by scripts/sdks."""

import datetime
import http.server
import json
import logging
import sys
import threading
import time
import urllib.request
import warnings

import phonepe.sdk.pg.env as env
from phonepe.sdk.pg.common.exceptions import (
    BadRequest,
    PhonePeException,
    ResourceConflict,
    ResourceNotFound,
    ServerError,
    TooManyRequests,
    UnauthorizedAccess,
)
from phonepe.sdk.pg.common.models.request.meta_info import MetaInfo
from phonepe.sdk.pg.common.models.request.pg_payment_request import PgPaymentRequest
from phonepe.sdk.pg.common.models.request.refund_request import RefundRequest
from phonepe.sdk.pg.common.models.response.payment_instruments.account_payment_instrument_v2 import (
    AccountPaymentInstrumentV2,
)
from phonepe.sdk.pg.common.models.response.rails.upi_payment_rail import UpiPaymentRail
from phonepe.sdk.pg.payments.v2.models.request.create_sdk_order_request import CreateSdkOrderRequest
from phonepe.sdk.pg.payments.v2.models.request.pg_v2_instrument_type import PgV2InstrumentType
from phonepe.sdk.pg.payments.v2.models.request.prefill_user_login_details import PrefillUserLoginDetails
from phonepe.sdk.pg.payments.v2.models.request.standard_checkout_pay_request import StandardCheckoutPayRequest
from phonepe.sdk.pg.payments.v2.standard_checkout_client import StandardCheckoutClient
from phonepe.sdk.pg.subscription.v2.models.request.amount_type import AmountType
from phonepe.sdk.pg.subscription.v2.models.request.auth_workflow_type import AuthWorkflowType
from phonepe.sdk.pg.subscription.v2.models.request.frequency import Frequency
from phonepe.sdk.pg.subscription.v2.models.request.redemption_retry_strategy import RedemptionRetryStrategy
from phonepe.sdk.pg.subscription.v2.subscription_client import SubscriptionClient

# It says what it meets on its way; what matters here is raised.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

URL = sys.argv[1]
env.SANDBOX_PG_BASE_URL = URL
env.SANDBOX_OAUTH_BASE_URL = URL
CREDENTIALS = {"client_id": "client", "client_version": 1, "env": env.Env.SANDBOX}
checks = 0


def expect(what, actual, expected):
    global checks
    checks += 1
    if actual != expected:
        sys.exit(f"python: {what}: expected {expected!r}, got {actual!r}")


def expect_error(what, kind, code, call):
    try:
        call()
    except kind as error:
        expect(f"{what}: class", type(error), kind)
        expect(f"{what}: code", error.code, code)
    else:
        sys.exit(f"python: {what}: expected {kind.__name__}, got no error")


def simulator(path, body=None):
    """Moves the clock, acts for the payer, or looks."""
    request = urllib.request.Request(f"{URL}/simulator/{path}")
    if body is not None:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
        request.method = "POST"
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def payments(client):
    # Its explicit nulls, a full request, and every field of the answer.
    started = client.pay(
        StandardCheckoutPayRequest.build_request(
            merchant_order_id="PY-1",
            amount=149950,
            redirect_url="https://app.example/back",
            message="Growth",
            expire_after=900,
            meta_info=MetaInfo.build_meta_info(udf1="one", udf11="a-b@c.d +"),
            disable_payment_retry=True,
            prefill_user_login_details=PrefillUserLoginDetails(phone_number="9876543210"),
        )
    )
    expect("pay: state", started.state, "PENDING")
    expect("pay: order id", started.order_id[:3], "OMO")
    expect("pay: page", started.redirect_url.startswith(URL), True)
    expect("pay: expiry is ahead", started.expire_at > simulated_millis(), True)
    status = client.get_order_status("PY-1")
    expect("status: pending", (status.state, status.payment_details), ("PENDING", []))
    simulator("orders/PY-1/pay", {})
    status = client.get_order_status("PY-1", details=True)
    expect("status: state", status.state, "COMPLETED")
    expect("status: ids", (status.merchant_order_id, status.order_id), ("PY-1", started.order_id))
    expect("status: amounts", (status.amount, status.payable_amount, status.fee_amount), (149950, 149950, 0))
    expect("status: meta", (status.meta_info.udf1, status.meta_info.udf11), ("one", "a-b@c.d +"))
    detail = status.payment_details[0]
    expect("detail: mode", detail.payment_mode, PgV2InstrumentType.UPI_INTENT)
    expect("detail: state and amount", (detail.state, detail.amount), ("COMPLETED", 149950))
    expect("detail: rail", type(detail.rail), UpiPaymentRail)
    expect("detail: utr", len(detail.rail.utr), 12)
    expect("detail: instrument", type(detail.instrument), AccountPaymentInstrumentV2)
    expect("detail: split", detail.split_instruments[0].amount, 149950)
    one = client.get_transaction_status(detail.transaction_id)
    expect("transaction", (one.merchant_order_id, one.payment_details[0].transaction_id), ("PY-1", detail.transaction_id))

    client.pay(StandardCheckoutPayRequest.build_request(merchant_order_id="PY-2", amount=100))
    simulator("orders/PY-2/decline", {})
    status = client.get_order_status("PY-2")
    expect("declined", (status.state, status.error_code, status.detailed_error_code), ("FAILED", "INVALID_MPIN", "ZM"))
    expect("declined: attempt", status.payment_details[0].error_code, "INVALID_MPIN")

    order = client.create_sdk_order(
        CreateSdkOrderRequest.build_standard_checkout_request(
            merchant_order_id="PY-3", amount=100, redirect_url="https://app.example/back"
        )
    )
    expect("sdk order", (order.state, bool(order.token), order.order_id[:3]), ("PENDING", True, "OMO"))


def refunds(client):
    started = client.refund(RefundRequest.build_refund_request("PYR-1", 40000, "PY-1"))
    expect("refund", (started.state, started.amount, started.refund_id[:3]), ("PENDING", 40000, "OMR"))
    status = client.get_refund_status("PYR-1")
    expect("refund: state", (status.state, status.amount), ("COMPLETED", 40000))
    expect("refund: ids", (status.merchant_refund_id, status.original_merchant_order_id), ("PYR-1", "PY-1"))
    detail = status.payment_details[0]
    expect("refund: detail", (detail.state, detail.amount, type(detail.rail)), ("COMPLETED", 40000, UpiPaymentRail))
    simulator("fail", {"refunds": 1})
    client.refund(RefundRequest.build_refund_request("PYR-2", 100, "PY-1"))
    status = client.get_refund_status("PYR-2")
    expect("refund: failed", (status.state, status.payment_details[0].error_code), ("FAILED", "OTHERS"))


def errors(client):
    pay = StandardCheckoutPayRequest.build_request
    refund = RefundRequest.build_refund_request
    expect_error("99 paise", BadRequest, "BAD_REQUEST", lambda: client.pay(pay(merchant_order_id="PY-9", amount=99)))
    expect_error("a long id", BadRequest, "BAD_REQUEST", lambda: client.pay(pay(merchant_order_id="x" * 64, amount=100)))
    expect_error("an id with a slash", BadRequest, "BAD_REQUEST", lambda: client.pay(pay(merchant_order_id="a/b", amount=100)))
    expect_error("too much", BadRequest, "BAD_REQUEST", lambda: client.refund(refund("PYR-9", 109951, "PY-1")))
    expect_error("an unknown order", ResourceNotFound, "INVALID_MERCHANT_ORDER_ID", lambda: client.get_order_status("nothing"))
    expect_error("an id twice", ResourceConflict, "ORDER_ALREADY_EXISTS", lambda: client.pay(pay(merchant_order_id="PY-1", amount=100)))
    # A token that is refused is dropped, and the call is the caller's to make again.
    simulator("fail", {"call": "order-status", "fault": "401"})
    expect_error("401", UnauthorizedAccess, "AUTHORIZATION_FAILED", lambda: client.get_order_status("PY-1"))
    expect("after 401", client.get_order_status("PY-1").state, "COMPLETED")
    simulator("fail", {"call": "order-status", "fault": "429"})
    expect_error("429", TooManyRequests, "TOO_MANY_REQUESTS", lambda: client.get_order_status("PY-1"))
    simulator("fail", {"call": "order-status", "fault": "503"})
    expect_error("503", ServerError, "INTERNAL_SERVER_ERROR", lambda: client.get_order_status("PY-1"))
    expect_error(
        "wrong credentials",
        BadRequest,
        "OIM000",
        lambda: StandardCheckoutClient(client_secret="wrong", should_publish_events=False, **CREDENTIALS),
    )


def mandates(client):
    # The SDK has the custom family alone.
    started = client.setup(
        PgPaymentRequest.build_subscription_setup_upi_intent(
            merchant_order_id="PYS-1",
            merchant_subscription_id="PYM-1",
            amount=99900,
            max_amount=120000,
            auth_workflow_type=AuthWorkflowType.TRANSACTION,
            amount_type=AmountType.VARIABLE,
            frequency=Frequency.MONTHLY,
            device_os="ANDROID",
            target_app="com.phonepe.app",
        )
    )
    expect("setup", (started.state, started.intent_url.startswith("upi://mandate?")), ("PENDING", True))
    expect("setup: mandate", client.get_subscription_status("PYM-1").state, "ACTIVATION_IN_PROGRESS")
    simulator("orders/PYS-1/pay", {})
    order = client.get_order_status("PYS-1")
    expect("setup: order", (order.state, order.amount), ("COMPLETED", 99900))
    flow = order.payment_flow
    expect("setup: flow", (flow.merchant_subscription_id, flow.max_amount, flow.frequency), ("PYM-1", 120000, Frequency.MONTHLY))
    mandate = client.get_subscription_status("PYM-1")
    expect("mandate", (mandate.state, mandate.max_amount, mandate.amount_type), ("ACTIVE", 120000, AmountType.VARIABLE))
    expect("mandate: pause", (mandate.pause_start_date, mandate.pause_end_date), (None, None))
    expect("mandate: id", (mandate.subscription_id, mandate.subscription_id[:3]), (flow.subscription_id, "OMS"))

    debit = PgPaymentRequest.build_subscription_notify_request
    custom = RedemptionRetryStrategy.CUSTOM
    announced = client.notify(debit("PYD-1", "PYM-1", 99900, custom))
    expect("notify", announced.state, "NOTIFICATION_IN_PROGRESS")
    told = client.get_order_status("PYD-1")
    expect("notified", (told.state, told.payment_flow.auto_debit), ("NOTIFIED", False))
    day = told.payment_flow.valid_after - told.payment_flow.notified_at
    expect("notified: a day's notice", day, 24 * 3600 * 1000)
    expect_error("redeemed at once", BadRequest, "BAD_REQUEST", lambda: client.redeem("PYD-1"))
    expect_error("above the cap", BadRequest, "BAD_REQUEST", lambda: client.notify(debit("PYD-9", "PYM-1", 120001, custom)))
    # 13:05 in India, the second day from here.
    tomorrow = simulated_now() + datetime.timedelta(days=2)
    simulator("clock", {"at": tomorrow.strftime("%Y-%m-%dT07:35:00Z")})
    # By then it had expired: two days are its life.
    announced = client.notify(debit("PYD-2", "PYM-1", 99900, custom))
    client.get_order_status("PYD-2")
    simulator("clock", {"at": (tomorrow + datetime.timedelta(days=1)).strftime("%Y-%m-%dT06:00:00Z")})
    expect_error("redeemed at 11:30", BadRequest, "BAD_REQUEST", lambda: client.redeem("PYD-2"))
    simulator("clock", {"at": (tomorrow + datetime.timedelta(days=1)).strftime("%Y-%m-%dT07:40:00Z")})
    redeemed = client.redeem("PYD-2")
    expect("redeem", (redeemed.state, redeemed.transaction_id[:2]), ("PENDING", "OM"))
    done = client.get_order_status("PYD-2")
    expect("debited", (done.state, done.amount), ("COMPLETED", 99900))
    expect("debited: mode", done.payment_details[0].payment_mode, PgV2InstrumentType.UPI_AUTO_PAY)
    one = client.get_transaction_status(redeemed.transaction_id)
    expect("debited: transaction", one.merchant_order_id, "PYD-2")
    client.refund(RefundRequest.build_refund_request("PYR-3", 99900, "PYD-2"))
    expect("debit refunded", client.get_refund_status("PYR-3").state, "COMPLETED")

    simulator("mandates/PYM-1/pause", {})
    paused = client.get_subscription_status("PYM-1")
    expect("paused", (paused.state, paused.pause_end_date > paused.pause_start_date), ("PAUSED", True))
    simulator("mandates/PYM-1/resume", {})
    expect("cancel", client.cancel_subscription("PYM-1"), None)
    expect("cancelled", client.get_subscription_status("PYM-1").state, "CANCELLED")
    expect_error("cancelled twice", BadRequest, "BAD_REQUEST", lambda: client.cancel_subscription("PYM-1"))
    expect_error("an unknown mandate", ResourceNotFound, "SUBSCRIPTION_NOT_FOUND", lambda: client.get_subscription_status("nothing"))


class Merchant(http.server.BaseHTTPRequestHandler):
    """Hears callbacks: each as its Authorization header and its body."""

    heard = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        Merchant.heard.append((self.headers["authorization"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def listen():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Merchant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    simulator("webhook", {"url": address, "username": "raptor", "password": "password1"})


def callbacks(client):
    deadline = time.monotonic() + 10
    while len(Merchant.heard) < len(simulator("webhooks")) and time.monotonic() < deadline:
        time.sleep(0.05)
    expect("callbacks heard", len(Merchant.heard), len(simulator("webhooks")))
    seen = set()
    for authorization, body in Merchant.heard:
        read = client.validate_callback("raptor", "password1", authorization, body)
        seen.add(read.event)
        expect(f"{read.event}: type", read.type.value, read.event.upper().replace(".", "_"))
        expect(f"{read.event}: state", bool(read.payload.state), True)
        if read.event.startswith("pg.refund"):
            expect("refund's order", read.payload.original_merchant_order_id in ("PY-1", "PYD-2"), True)
            expect("refund's ids", (bool(read.payload.merchant_refund_id), bool(read.payload.refund_id)), (True, True))
        elif read.payload.merchant_order_id:
            expect(f"{read.event}: amount", read.payload.amount >= 100, True)
        else:
            expect(f"{read.event}: mandate", read.payload.merchant_subscription_id, "PYM-1")
            expect(f"{read.event}: frequency", read.payload.frequency, Frequency.MONTHLY)
    expect(
        "events",
        sorted(seen),
        [
            "checkout.order.completed",
            "checkout.order.failed",
            "checkout.transaction.attempt.failed",
            "pg.refund.accepted",
            "pg.refund.completed",
            "pg.refund.failed",
            "subscription.cancelled",
            "subscription.notification.completed",
            "subscription.paused",
            "subscription.redemption.order.completed",
            "subscription.redemption.order.failed",
            "subscription.redemption.transaction.completed",
            "subscription.setup.order.completed",
            "subscription.unpaused",
        ],
    )
    try:
        client.validate_callback("raptor", "password2", Merchant.heard[0][0], "{}")
    except PhonePeException as error:
        expect("a forged callback", error.http_status_code, 417)
    else:
        sys.exit("python: a forged callback is taken")


def simulated_now():
    return datetime.datetime.fromisoformat(simulator("clock")["now"].replace("Z", "+00:00"))


def simulated_millis():
    return simulated_now().timestamp() * 1000


checkout = StandardCheckoutClient.get_instance(client_secret="secret", should_publish_events=False, **CREDENTIALS)
listen()
payments(checkout)
refunds(checkout)
errors(checkout)
subscriptions = SubscriptionClient.get_instance(client_secret="secret", should_publish_events=False, **CREDENTIALS)
mandates(subscriptions)
callbacks(checkout)
books = simulator("books")
# PY-1, the setup and the second debit; 400 rupees of the first and all of the debit back.
expect("books", (books["captured"], books["refunded"]), (149950 + 99900 + 99900, 40000 + 99900))
checkout.close()
subscriptions.close()
print(f"phonepe-pg-sdk-python: {checks} checks passed")

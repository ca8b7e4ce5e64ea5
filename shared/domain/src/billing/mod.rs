//! Where a payment, a refund, a mandate, a subscription and an invoice may stand, and which steps lead from
//! one to the next. Each table of allowed steps is here and nowhere else: whoever changes a status asks it.
//!
//! A step to the status it has already is no step: applying the same news twice changes nothing.

mod invoice;
mod mandate;
mod merchant_id;
mod payment;
mod refund;
mod subscription;

pub use invoice::InvoiceStatus;
pub use mandate::MandateStatus;
pub use merchant_id::{MerchantId, MerchantKind};
pub use payment::{PaymentMethod, PaymentPurpose, PaymentStatus};
pub use refund::RefundStatus;
pub use subscription::{Access, SubscriptionStatus};

/// Gives a status type its table: `from => [to, …]` for every status, checked by the compiler to be complete.
macro_rules! transitions {
    ($type:ident { $($from:ident => [$($to:ident),* $(,)?],)+ }) => {
        impl $type {
            /// Where it may go from here.
            pub fn next(self) -> &'static [Self] {
                match self { $(Self::$from => &[$(Self::$to),*],)+ }
            }

            /// Whether `to` may follow.
            pub fn may_become(self, to: Self) -> bool {
                self.next().contains(&to)
            }

            /// Nothing changes after this.
            pub fn is_final(self) -> bool {
                self.next().is_empty()
            }

            /// Every status that `to` may follow: for conditional updates.
            pub fn before(to: Self) -> Vec<&'static str> {
                let before = Self::ALL.iter().filter(|from| from.may_become(to));
                before.map(|from| from.as_str()).collect()
            }
        }
    };
}

pub(crate) use transitions;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_follows_itself_and_all_are_reached() {
        macro_rules! check {
            ($type:ident, $first:expr) => {
                for status in $type::ALL {
                    assert!(!status.may_become(*status), "{status}");
                    assert!(
                        $first.contains(status) || !$type::before(*status).is_empty(),
                        "{status} is never reached"
                    );
                }
            };
        }
        check!(PaymentStatus, [PaymentStatus::Created]);
        check!(RefundStatus, [RefundStatus::Requested]);
        check!(MandateStatus, [MandateStatus::Created]);
        check!(SubscriptionStatus, [SubscriptionStatus::Trialing]);
        check!(InvoiceStatus, [InvoiceStatus::Draft]);
    }

    #[test]
    fn money_that_came_is_never_forgotten() {
        // Whatever was thought of a payment before, news of its money is taken.
        for status in PaymentStatus::ALL {
            let before_money = matches!(
                status,
                PaymentStatus::Created
                    | PaymentStatus::Notifying
                    | PaymentStatus::Notified
                    | PaymentStatus::Pending
                    | PaymentStatus::Failed
                    | PaymentStatus::Expired
            );
            assert_eq!(
                status.may_become(PaymentStatus::Captured),
                before_money,
                "{status}"
            );
        }
    }

    #[test]
    fn what_has_ended_stays_ended() {
        assert!(RefundStatus::Completed.is_final() && !RefundStatus::Failed.is_open());
        assert_eq!(RefundStatus::Failed.next(), [RefundStatus::Completed]);
        assert!(MandateStatus::Revoked.is_final() && InvoiceStatus::Cancelled.is_final());
    }
}

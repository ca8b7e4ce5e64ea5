//! One list of cases for every wire: what a caller of the gateway may rely on, whoever answers.

mod answers;
mod cascade;
mod embeddings;
mod fixture;
mod tools;
mod troubles;
mod usage;

/// A module of tests for each wire, with all cases.
macro_rules! on_every_wire {
    ($($file:ident: $($case:ident)*;)*) => {
        on_every_wire!(@wire vertex Vertex $($file: $($case)*;)*);
        on_every_wire!(@wire gemini_api GeminiApi $($file: $($case)*;)*);
        on_every_wire!(@wire claude Claude $($file: $($case)*;)*);
        on_every_wire!(@wire openai OpenAi $($file: $($case)*;)*);
        on_every_wire!(@wire local Local $($file: $($case)*;)*);
    };
    (@wire $module:ident $wire:ident $($file:ident: $($case:ident)*;)*) => {
        mod $module {
            use super::fixture::Wire;
            $($(
                #[tokio::test]
                async fn $case() {
                    super::$file::$case(Wire::$wire).await;
                }
            )*)*
        }
    };
}

on_every_wire! {
    answers:
        a_request_goes_to_its_place_with_its_credentials
        plain_text_comes_whole
        streamed_text_comes_in_pieces
        an_answer_fits_the_schema
        an_effort_is_sent_and_what_is_not_taken_is_told
        unknown_fields_and_values_do_no_harm
        a_slow_start_is_waited_for
        thinking_to_the_limit_is_truncated_and_billed
        a_blocked_prompt_is_policy_and_was_counted;
    tools:
        a_call_and_its_result_go_round
        several_calls_are_answered_together
        parts_in_disorder_are_put_together_and_go_back
        a_malformed_call_is_tried_again_once
        another_wires_history_is_understood;
    usage:
        counts_and_cost_are_the_providers_own
        an_answer_without_a_count_is_estimated
        a_stream_that_ends_before_its_count_is_estimated;
    troubles:
        nobody_there_is_transient_and_costs_nothing
        an_answer_of_nothing_is_tried_again
        a_rate_limit_is_waited_out
        a_wait_in_milliseconds_is_obeyed
        a_provider_may_forbid_another_try
        a_server_error_is_tried_again
        an_overloaded_model_is_tried_again
        an_error_in_the_middle_is_tried_again
        a_cut_answer_is_an_error_with_an_estimate
        a_stalled_call_ends_at_the_deadline
        a_cancelled_call_closes_the_connection
        a_model_that_is_gone_falls_over_to_the_next_provider
        a_refusal_of_our_own_making_is_not_repeated
        five_failures_open_the_breaker_and_one_probe_is_let_through;
}

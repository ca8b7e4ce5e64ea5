//! What every store keeps to: memory, a directory, and Cloud Storage (on a stand-in, fake-gcs-server). Each
//! case is written once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod cloud;
mod directory;
mod emulator;
mod harness;
mod lists;
mod races;
mod wire;

/// A test of each case in memory and in a directory, and a list of them for one test on Cloud Storage.
macro_rules! cases {
    (
        everywhere { $($file:ident: $($every:ident),+;)+ }
        not_on_the_emulator { $($odd_file:ident: $($odd:ident),+;)+ }
    ) => {
        mod in_memory {
            use super::{$($file,)+ harness::Way};
            $($(#[tokio::test] async fn $every() { $file::$every(Way::Memory).await })+)+
            $($(#[tokio::test] async fn $odd() { $odd_file::$odd(Way::Memory).await })+)+
        }
        mod in_a_directory {
            use super::{$($file,)+ harness::Way};
            $($(#[tokio::test] async fn $every() { $file::$every(Way::Directory).await })+)+
            $($(#[tokio::test] async fn $odd() { $odd_file::$odd(Way::Directory).await })+)+
        }
        /// Starts each case; its name and its end.
        fn on_cloud_storage(way: &harness::Way) -> Vec<(&'static str, tokio::task::JoinHandle<()>)> {
            vec![$($((stringify!($every), tokio::spawn($file::$every(way.clone()))),)+)+]
        }
    };
}

cases! {
    everywhere {
        cases:
            what_is_put_is_got_back_whole,
            any_script_and_any_sign_makes_a_name,
            a_long_name_works,
            names_that_cannot_be_are_refused,
            a_name_may_be_the_beginning_of_another,
            an_object_is_created_once,
            every_put_makes_another_generation,
            an_object_is_replaced_only_as_it_is_known,
            what_is_missing_is_none,
            an_empty_object_is_an_object,
            a_mebibyte_comes_back_whole,
            every_byte_comes_back,
            what_is_too_large_is_refused,
            what_is_deleted_is_gone;
        lists:
            a_list_has_what_begins_so_in_order,
            a_list_of_more_than_a_page_is_whole;
        races:
            of_sixteen_that_create_one_does,
            of_sixteen_that_swap_none_is_lost,
            a_reader_sees_whole_generations_only;
    }
    // It deletes whatever the condition; `wire.rs` tells what is asked of Cloud Storage.
    not_on_the_emulator {
        cases:
            another_generation_is_not_deleted;
    }
}

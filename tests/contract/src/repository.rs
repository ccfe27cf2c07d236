//! What a [`Repository`](trunkline_ports::repository::Repository) must do, whatever stands behind it.
//!
//! Each rule is an async function that takes a way to open a fixture's repository with the adapter under test.

pub mod export;
pub mod look;
pub mod tags;

use trunkline_ports::failure::Failure;

/// A refusal's code and message, or the fault, in one line.
fn said(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("{}: {}", refusal.code, refusal.message),
        Failure::Fault(fault) => format!("fault: {}", fault.message),
    }
}

/// Hands the name of every rule to the macro `$test`, as `module::name`: it makes a test of each.
#[macro_export]
macro_rules! repository_rules {
    ($test:ident) => {
        $test! {
            look::a_repository_without_commits_has_no_lines,
            look::adoption_tells_only_the_head_of_trunk_and_a_release_branch_back_to_its_fork,
            look::new_commits_are_first_parents_oldest_first_with_author_time_and_keys,
            look::a_commit_without_a_policy_or_with_a_broken_one_says_so,
            look::a_rewritten_trunk_is_told_from_the_newest_commit_that_both_have,
            look::a_trunk_that_was_set_back_is_rewritten_and_has_nothing_new,
            look::a_merge_the_wrong_way_round_rewrites_first_parents,
            look::hostile_words_come_through_as_plain_text_on_one_line,
            tags::every_kind_of_tag_is_peeled_to_its_commit_and_others_are_left_out,
            tags::a_tag_on_a_side_branch_is_on_no_line_and_names_where_it_left_trunk,
            tags::of_several_ways_to_trunk_the_newest_counts,
            tags::a_release_branch_holds_its_own_commits_and_trunks_below_the_fork,
            tags::only_a_tag_that_is_new_or_moved_is_told_where_it_is,
            tags::a_tag_is_made_once_and_never_moved,
            tags::a_revision_is_what_git_understands_and_nothing_else,
            tags::a_file_is_read_at_a_commit_within_a_limit,
            export::only_what_is_watched_is_there,
            export::rights_links_and_odd_names_are_kept_and_submodules_left_out,
            export::attributes_and_filters_change_nothing,
            export::a_link_that_leads_out_is_refused,
            export::a_path_that_leads_out_is_refused,
            export::a_file_is_never_written_through_a_link,
            export::large_files_and_many_files_come_through_whole,
            export::a_folder_that_is_not_empty_or_a_commit_that_is_not_there_is_refused
        }
    };
}

//! The operators of Tamis: one operator, one file, in folders by kind.
//!
//! The doc comment of an operator's config is its page in the manual; its example runs in the tests.

use tamis_core::operator::OperatorSpec;

mod fields;
#[cfg(test)]
mod testing;
mod typing;

pub mod chat;
pub mod choose;
pub mod conversation;
pub mod dedup;
pub mod flow;
pub mod gate;
pub mod group;
pub mod image;
pub mod region;
pub mod script;
pub mod shape;
pub mod table;
pub mod text;
pub mod train;

/// Every operator, by name.
pub static REGISTRY: &[OperatorSpec] = &[
    OperatorSpec::of::<chat::ask::ChatAsk>(),
    OperatorSpec::of::<chat::judge::ChatJudge>(),
    OperatorSpec::of::<choose::case::ChooseCase>(),
    OperatorSpec::of::<choose::pick::ChoosePick>(),
    OperatorSpec::of::<choose::share::ChooseShare>(),
    OperatorSpec::of::<choose::when::ChooseWhen>(),
    OperatorSpec::of::<conversation::append::ConversationAppend>(),
    OperatorSpec::of::<conversation::build::ConversationBuild>(),
    OperatorSpec::of::<conversation::from_pairs::ConversationFromPairs>(),
    OperatorSpec::of::<dedup::keys::DedupKeys>(),
    OperatorSpec::of::<flow::each::Each>(),
    OperatorSpec::of::<gate::require::GateRequire>(),
    OperatorSpec::of::<group::by::GroupBy>(),
    OperatorSpec::of::<image::crop::ImageCrop>(),
    OperatorSpec::of::<image::draw_boxes::ImageDrawBoxes>(),
    OperatorSpec::of::<image::hash::ImageHash>(),
    OperatorSpec::of::<image::info::ImageInfo>(),
    OperatorSpec::of::<image::resize::ImageResize>(),
    OperatorSpec::of::<image::size::ImageSize>(),
    OperatorSpec::of::<region::clean::RegionClean>(),
    OperatorSpec::of::<region::group::RegionGroup>(),
    OperatorSpec::of::<region::mentions::RegionMentions>(),
    OperatorSpec::of::<region::unnest::RegionUnnest>(),
    OperatorSpec::of::<flow::repeat::Repeat>(),
    OperatorSpec::of::<flow::rounds::Rounds>(),
    OperatorSpec::of::<flow::on_fail::RouteOnFail>(),
    OperatorSpec::of::<script::rhai::ScriptRhai>(),
    OperatorSpec::of::<shape::compute::ShapeCompute>(),
    OperatorSpec::of::<shape::drop::ShapeDrop>(),
    OperatorSpec::of::<shape::explode::ShapeExplode>(),
    OperatorSpec::of::<shape::rename::ShapeRename>(),
    OperatorSpec::of::<shape::select::ShapeSelect>(),
    OperatorSpec::of::<table::join::TableJoin>(),
    OperatorSpec::of::<table::sample::TableSample>(),
    OperatorSpec::of::<text::contains::TextContains>(),
    OperatorSpec::of::<text::length::TextLength>(),
    OperatorSpec::of::<text::matches::TextMatch>(),
    OperatorSpec::of::<text::parse_json::ParseJson>(),
    OperatorSpec::of::<text::parse_tags::ParseTags>(),
    OperatorSpec::of::<text::parse_turns::ParseTurns>(),
    OperatorSpec::of::<text::repetition::TextRepetition>(),
    OperatorSpec::of::<text::strip_phrases::StripPhrases>(),
    OperatorSpec::of::<text::template::TextTemplate>(),
    OperatorSpec::of::<train::external::TrainExternal>(),
    OperatorSpec::of::<flow::subrecipe::Use>(),
];

//! The operators of Tamis: one operator, one file, in folders by kind.
//!
//! The doc comment of an operator's config is its page in the manual; its example runs in the tests.

use tamis_core::operator::OperatorSpec;

mod fields;
mod matrix;
mod take;
#[cfg(test)]
mod testing;
mod typing;
mod whole;

pub mod chat;
pub mod choose;
pub mod cluster;
pub mod code;
pub mod conversation;
pub mod dedup;
pub mod embed;
pub mod flow;
pub mod gate;
pub mod group;
pub mod image;
pub mod neighbours;
pub mod ocr;
pub mod ordered;
pub mod region;
pub mod sample;
pub mod score;
pub mod script;
pub mod select;
pub mod shape;
pub mod table;
pub mod text;
pub mod train;
pub mod vector;

/// Every operator, by name.
pub static REGISTRY: &[OperatorSpec] = &[
    OperatorSpec::of::<chat::ask::ChatAsk>(),
    OperatorSpec::of::<chat::complete::ChatComplete>(),
    OperatorSpec::of::<chat::judge::ChatJudge>(),
    OperatorSpec::of::<chat::likelihood::ChatLikelihood>(),
    OperatorSpec::of::<chat::probability::ChatProbability>(),
    OperatorSpec::of::<choose::case::ChooseCase>(),
    OperatorSpec::of::<choose::pick::ChoosePick>(),
    OperatorSpec::of::<choose::share::ChooseShare>(),
    OperatorSpec::of::<choose::when::ChooseWhen>(),
    OperatorSpec::of::<cluster::kmeans::ClusterKmeans>(),
    OperatorSpec::of::<code::run::CodeRun>(),
    OperatorSpec::of::<conversation::append::ConversationAppend>(),
    OperatorSpec::of::<conversation::build::ConversationBuild>(),
    OperatorSpec::of::<conversation::from_pairs::ConversationFromPairs>(),
    OperatorSpec::of::<dedup::embeddings::DedupEmbeddings>(),
    OperatorSpec::of::<dedup::keys::DedupKeys>(),
    OperatorSpec::of::<dedup::minhash::DedupMinhash>(),
    OperatorSpec::of::<flow::each::Each>(),
    OperatorSpec::of::<embed::image::EmbedImage>(),
    OperatorSpec::of::<embed::text::EmbedText>(),
    OperatorSpec::of::<gate::require::GateRequire>(),
    OperatorSpec::of::<group::by::GroupBy>(),
    OperatorSpec::of::<image::crop::ImageCrop>(),
    OperatorSpec::of::<image::degrade::ImageDegrade>(),
    OperatorSpec::of::<image::draw_boxes::ImageDrawBoxes>(),
    OperatorSpec::of::<image::edit::ImageEdit>(),
    OperatorSpec::of::<image::generate::ImageGenerate>(),
    OperatorSpec::of::<image::hash::ImageHash>(),
    OperatorSpec::of::<image::info::ImageInfo>(),
    OperatorSpec::of::<image::resize::ImageResize>(),
    OperatorSpec::of::<image::size::ImageSize>(),
    OperatorSpec::of::<neighbours::find::NeighboursFind>(),
    OperatorSpec::of::<ocr::read::OcrRead>(),
    OperatorSpec::of::<ordered::cap::OrderedCap>(),
    OperatorSpec::of::<ordered::draw::OrderedDraw>(),
    OperatorSpec::of::<ordered::running::OrderedRunning>(),
    OperatorSpec::of::<region::clean::RegionClean>(),
    OperatorSpec::of::<region::group::RegionGroup>(),
    OperatorSpec::of::<region::pairing::RegionMatch>(),
    OperatorSpec::of::<region::mentions::RegionMentions>(),
    OperatorSpec::of::<region::unnest::RegionUnnest>(),
    OperatorSpec::of::<flow::repeat::Repeat>(),
    OperatorSpec::of::<flow::rounds::Rounds>(),
    OperatorSpec::of::<flow::on_fail::RouteOnFail>(),
    OperatorSpec::of::<sample::proximity::SampleProximity>(),
    OperatorSpec::of::<score::normalise::ScoreNormalise>(),
    OperatorSpec::of::<script::rhai::ScriptRhai>(),
    OperatorSpec::of::<select::above::SelectAbove>(),
    OperatorSpec::of::<select::assign::SelectAssign>(),
    OperatorSpec::of::<select::balance::SelectBalance>(),
    OperatorSpec::of::<select::mix::SelectMix>(),
    OperatorSpec::of::<select::percentile::SelectPercentile>(),
    OperatorSpec::of::<select::quota::SelectQuota>(),
    OperatorSpec::of::<select::sample::SelectSample>(),
    OperatorSpec::of::<select::top::SelectTop>(),
    OperatorSpec::of::<shape::compute::ShapeCompute>(),
    OperatorSpec::of::<shape::count::ShapeCount>(),
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
    OperatorSpec::of::<vector::combine::VectorCombine>(),
    OperatorSpec::of::<vector::distance::VectorDistance>(),
    OperatorSpec::of::<vector::similarity::VectorSimilarity>(),
];

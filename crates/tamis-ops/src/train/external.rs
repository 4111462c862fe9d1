//! `train.external`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::barrier::{Applying, BarrierOperator, Decide, HANDED_BACK, Merging, Parts};
use tamis_core::bind::Scope;
use tamis_core::error::StopReason;
use tamis_core::operator::{Bound, Context, OperatorConfig, Verdict};
use tamis_core::{Record, Schema, StepError};

use super::hand_over::{self, MANIFEST};

/// Hands the records to a trainer outside, stops the run, and takes it up again with the new model.
///
/// For self-play and for judges, detectors and writers that are trained on what the recipe has made so far. The step
/// writes `handover/STEP/` in the run directory: `data.jsonl` with one record a line, `media/` with the pictures by their
/// hash, and `manifest.json` with the fields, the number of records and a digest. Then the run stops. When the model is
/// trained, the run is taken up with `tamis resume DIR --trained STEP=models.yaml`, where `models.yaml` says who plays the
/// roles from here on; roles that it does not bind are played as before. The file is kept in the run directory, so that
/// later resumes need nothing. It may also be put into `handover/STEP/` by the trainer itself.
///
/// The records themselves go on unchanged. Each shard waits for the model; each round of `rounds` hands over anew.
/// `tamis plan` and `tamis test` train nothing and go on at once.
///
/// Reads `fields`, writes nothing.
///
/// # Example
/// ```yaml example
/// step: { train.external: { fields: [question], note: "fine-tune the writer, two epochs" } }
/// in: [ { question: Who? }, { question: Why? } ]
/// kept: [0, 1]
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainExternal {
    /// The fields to hand over. Default: all.
    fields: Option<Vec<String>>,
    /// What is to be done with them, in words for the person or program that trains; stands in the manifest. Default:
    /// none.
    note: Option<String>,
}

impl OperatorConfig for TrainExternal {
    const NAME: &'static str = "train.external";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let schema = match &self.fields {
            None => scope.schema().clone(),
            Some(names) => {
                let names = crate::shape::read_names(scope, "fields", names)?;
                names.iter().filter_map(|name| Some((name.clone(), scope.schema().get(name)?.clone()))).collect()
            }
        };
        Bound::barrier(HandOver { schema, note: self.note })
    }
}

struct HandOver {
    schema: Schema,
    note: Option<String>,
}

impl BarrierOperator for HandOver {
    type Summary = ();
    type Decision = ();

    fn map(&self, _: &[Record], _: &Context<'_>) -> ((), Vec<(usize, StepError)>) {
        ((), Vec::new())
    }

    fn merge(&self, parts: &Parts<'_, ()>, decide: &mut Decide<'_, ()>, ctx: &Merging<'_>) -> Result<(), StepError> {
        if !ctx.handover.join(MANIFEST).exists() {
            hand_over::write(parts.before(), &self.schema, self.note.as_deref(), ctx)?;
        }
        if !ctx.handover.join(HANDED_BACK).exists() {
            let (step, place) = (ctx.ctx.step, ctx.handover.display());
            return Err(StepError::Stop(StopReason::HandedOver { step: step.to_string(), place: place.to_string() }));
        }
        (0..parts.len()).try_for_each(|_| decide.put(&()))
    }

    fn apply(&self, _: &mut Record, _: usize, _: &(), _: &Applying<'_>) -> Result<Verdict, StepError> {
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::StepError;
    use tamis_core::barrier::{Barrier, Before, Merging, Place};
    use tamis_core::error::StopReason;
    use tamis_core::operator::{Bound, Context};
    use tamis_core::{Record, StepError as Error};

    use crate::testing::{example, problems};

    const ASK: &str = "
step: { train.external: { fields: [image, question], note: two epochs } }
types: { image: image }
in: [ { image: '8x8#1', question: Who?, id: 1 }, { image: '8x8#2', question: Why?, id: 2 }, { image: '8x8#1', question: How?, id: 3 } ]
";

    struct One(Vec<Record>);

    impl Before for One {
        fn parts(&self) -> usize {
            1
        }

        fn summary(&self, _: usize) -> Result<Vec<u8>, Error> {
            Ok(Vec::new())
        }

        fn record(&self, place: Place) -> Result<Record, Error> {
            Ok(self.0[place.row as usize].clone())
        }

        fn records(&self, _: usize) -> Result<Vec<Record>, Error> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn the_data_is_handed_over_once_and_the_run_waits_for_the_model() {
        let example = example(ASK).unwrap();
        let (block, _) = example.bind().unwrap();
        let Bound::Barrier(barrier) = &block.steps[0].bound else { panic!("no barrier") };
        let host = example.host();
        let before = One(example.records(0, &host).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let (scratch, handover) = (folder.path().join("scratch"), folder.path().join("handover/step"));
        let merge = || {
            std::fs::create_dir_all(&scratch).unwrap();
            let ctx = Context { host: &host, step: "step" };
            let mut decisions = 0;
            let merging = Merging { ctx: &ctx, scratch: &scratch, handover: &handover };
            let merged = Barrier::merge(
                &**barrier,
                &before,
                &mut |_| {
                    decisions += 1;
                    Ok(())
                },
                &merging,
            );
            let _ = std::fs::remove_dir_all(&scratch);
            merged.map(|()| decisions)
        };
        let Err(StepError::Stop(StopReason::HandedOver { step, .. })) = merge() else { panic!("it goes on") };
        assert_eq!(step, "step");
        let data = std::fs::read_to_string(handover.join("data.jsonl")).unwrap();
        let first: serde_json::Value = serde_json::from_str(data.lines().next().unwrap()).unwrap();
        assert_eq!((data.lines().count(), &first["question"], first.get("id")), (3, &"Who?".into(), None));
        assert!(handover.join(first["image"].as_str().unwrap()).is_file(), "{first}");
        assert_eq!(std::fs::read_dir(handover.join("media")).unwrap().count(), 2, "each picture once");
        let manifest = std::fs::read_to_string(handover.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let digest = blake3::hash(data.as_bytes()).to_hex();
        assert_eq!((&manifest["records"], &manifest["note"]), (&3.into(), &"two epochs".into()));
        assert_eq!(manifest["digest"], format!("blake3:{digest}"));
        assert!(merge().is_err(), "still no model");
        std::fs::write(handover.join("models.yaml"), "").unwrap();
        assert_eq!(merge().unwrap(), 1);
    }

    #[test]
    fn a_field_that_is_not_there_cannot_be_handed_over() {
        assert!(problems(&ASK.replace("question]", "questin]")).contains("did you mean `question`"));
    }
}

//! `--trained STEP=models.yaml`: the model that a step waited for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use tamis_core::Name;
use tamis_core::barrier::HANDED_BACK;
use tamis_core::error::did_you_mean;
use tamis_core::model::{Model, RoleKind};
use tamis_engine::layout::write_atomically;
use tamis_engine::{Rebind, RunDir};
use tamis_models::{Bindings, Services};
use tamis_recipe::plan::Plan;

use crate::error::Error;
use crate::launch::{self, split};

/// Checks what was trained and puts it where the run finds it from now on.
pub fn hand_back(plan: &Plan, dir: &RunDir, trained: &[String]) -> Result<(), Error> {
    for pair in trained {
        let (step, file) = split(pair, "--trained", "train.external=models.yaml")?;
        let barriers: Vec<(usize, &str)> =
            plan.stages.iter().enumerate().filter_map(|(i, s)| Some((i, &*s.barrier.as_ref()?.id))).collect();
        let Some((stage, _)) = barriers.iter().find(|(_, id)| *id == step) else {
            let hint = did_you_mean(&step, barriers.iter().map(|(_, id)| *id));
            let message = format!("--trained {pair}: no step that hands records over is called `{step}`{hint}");
            return Err(Error::refused(message));
        };
        let text = std::fs::read(&file).map_err(|e| Error::refused(format!("--trained {pair}: {file}: {e}")))?;
        bound(&Bindings::load(&file)?, &launch::roles(plan), &file).map_err(Error::refused)?;
        let place = dir.handover(&step).join(HANDED_BACK);
        let known = std::fs::read(&place).ok();
        if known.as_ref().is_some_and(|known| *known != text) && dir.decisions(stage + 1).exists() {
            let message = format!("the run has gone on behind `{step}` with another {}", place.display());
            return Err(Error::refused(message).help("begin a new run with --out to train otherwise"));
        }
        let cannot = |e: std::io::Error| Error::refused(format!("cannot write {}: {e}", place.display()));
        std::fs::create_dir_all(dir.handover(&step)).map_err(cannot)?;
        write_atomically(&place, &text).map_err(cannot)?;
    }
    Ok(())
}

/// Lets a run without a trainer go on at once, in rehearsals: whoever was to hand something back has done so.
pub fn pretend(plan: &Plan, dir: &RunDir) -> Result<(), Error> {
    for step in plan.stages.iter().filter_map(|stage| stage.barrier.as_ref()) {
        let place = dir.handover(&step.id);
        std::fs::create_dir_all(&place)
            .and_then(|()| std::fs::write(place.join(HANDED_BACK), ""))
            .map_err(|e| Error::refused(format!("cannot write {}: {e}", place.display())))?;
    }
    Ok(())
}

/// The roles of the recipe that the bindings name.
fn bound(bindings: &Bindings, roles: &[(Name, RoleKind)], file: &str) -> Result<Vec<(Name, RoleKind)>, String> {
    let named = |role: &&(Name, RoleKind)| bindings.missing(std::slice::from_ref(*role)).is_empty();
    let bound: Vec<_> = roles.iter().filter(named).cloned().collect();
    let names: Vec<&str> = roles.iter().map(|(name, _)| &**name).collect();
    if bound.is_empty() { Err(format!("{file} binds none of the roles {}", names.join(", "))) } else { Ok(bound) }
}

/// Binds roles anew behind a step that handed its records over.
pub struct Rebinder {
    /// the roles of the recipe
    pub roles: Vec<(Name, RoleKind)>,
    /// the run's journal, budget and meter
    pub services: Services,
}

impl Rebind for Rebinder {
    fn models<'a>(&'a self, file: &'a Path) -> BoxFuture<'a, Result<BTreeMap<Name, Arc<dyn Model>>, String>> {
        async move {
            let bindings = Bindings::load(file).map_err(|e| e.to_string())?;
            let roles = bound(&bindings, &self.roles, &file.display().to_string())?;
            bindings.connect(&roles, self.services.clone()).await.map_err(|e| e.to_string())
        }
        .boxed()
    }
}

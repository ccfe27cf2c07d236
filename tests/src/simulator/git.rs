//! What people do with git in a script.

use super::random::Random;
use super::script::{Change, Step};
use super::stage::Stage;

impl Stage {
    /// What people do with git.
    pub(super) fn git(&self, step: Step) {
        let (shop, repository) = (&self.shop, &self.shop.stores.repository);
        let some = |random: &mut Random| {
            let commits = shop.commits.borrow();
            commits[random.below(commits.len()).max(random.below(commits.len()))].clone()
        };
        let a_tag = |random: &mut Random| {
            let tags: Vec<_> = repository.tags().into_keys().collect();
            (!tags.is_empty()).then(|| random.pick(&tags).clone())
        };
        match step {
            Step::Push { change, salt } => drop(shop.push("main", None, change, &mut Random::new(salt))),
            Step::Release { change, salt } => {
                let random = &mut Random::new(salt);
                let change = if change == Change::Broken { Change::Api } else { change };
                let branch = *random.pick(&["release/1", "release/2"]);
                let from = some(random);
                shop.push(branch, Some(&from), change, random);
            }
            Step::Tag { prod, salt } | Step::Astray { prod, salt } => {
                let random = &mut Random::new(salt);
                let commit = match step {
                    Step::Astray { .. } => shop.stray(random),
                    _ => Some(some(random)),
                };
                if let (Some(commit), Some(tag)) = (commit, shop.tag(prod, random))
                    && !repository.tags().contains_key(&tag)
                {
                    repository.point(&tag, &commit, random.chance(50).then_some("Ada"));
                }
            }
            Step::Move { salt } => {
                let random = &mut Random::new(salt);
                let tag = a_tag(random);
                if let Some(tag) = tag {
                    repository.point(&tag, &some(random), None);
                }
            }
            Step::Untag { salt } => a_tag(&mut Random::new(salt)).iter().for_each(|tag| repository.remove(tag)),
            Step::Rewrite { salt } => drop(shop.rewrite(&mut Random::new(salt))),
            _ => {}
        }
    }
}

//! The same observations in any order end in the same places.
//!
//! First a history is made in which every commit came to stage by itself and was judged, so that nothing was passed over.
//! Then the same things happen in another order and are seen in other batches: tags, more commits, the last verdict. Which commits
//! are passed over on the way may differ, and the refusals that follow; what runs in the end may not.

use std::collections::BTreeMap;
use std::rc::Rc;

use trunkline_core::deployment::{Artifacts, waves};
use trunkline_core::ids::{Commit, Name};
use trunkline_core::orders;
use trunkline_ports::memory::Plain;
use trunkline_ports::targets::Standing;
use trunkline_ports::work::{Others, Silence, Worker};

use super::history::stands;
use super::random::Random;
use super::script::Change;
use super::shop::Shop;

/// What stands at each place.
type Places = BTreeMap<(Name, Name), Standing>;

/// Something that comes to be known.
#[derive(Clone, Debug)]
enum News {
    Tag(String, Commit),
    Untag(String),
    Head(Commit),
}

/// Plays one history in several orders.
///
/// # Errors
/// Where two of them ended in different places.
pub fn shuffled(seed: u64) -> Result<(), String> {
    let mut first: Option<Places> = None;
    for order in 0..6 {
        let places = play(seed, order)?;
        let expected = first.get_or_insert_with(|| places.clone());
        if *expected != places {
            let line = |((place, artifact), there): (&(Name, Name), &Standing)| {
                format!("  {place} {artifact} {}", stands(there))
            };
            let lines = |places: &Places| places.iter().map(line).collect::<Vec<_>>().join("\n");
            let (one, other) = (lines(expected), lines(&places));
            return Err(format!("seed {seed}: order 0 ended in\n{one}\nand order {order} in\n{other}"));
        }
    }
    Ok(())
}

fn play(seed: u64, order: u64) -> Result<Places, String> {
    let shop = Shop::calm(seed);
    let repository = Rc::clone(&shop.stores.repository);
    let mut random = Random::new(seed);
    let mut proven = Vec::new();
    run(&shop)?;
    for _ in 0..4 {
        let change = *random.pick(&[Change::Api, Change::Web, Change::Site, Change::All, Change::Docs, Change::Revert]);
        proven.extend(shop.push("main", None, change, &mut random));
        run(&shop)?;
        judge(&shop, true)?;
        run(&shop)?;
    }
    let mut news: Vec<News> = Vec::new();
    for number in 0..5 {
        let commit = random.pick(&proven).clone();
        let word = if random.chance(50) { "rc-" } else { "v1." };
        news.push(News::Tag(format!("{word}{number}"), commit));
    }
    news.push(News::Untag("never-there".to_owned()));
    let before = repository.head("main").ok_or("no trunk")?;
    let last = shop.push("main", None, Change::All, &mut random).ok_or("no trunk")?;
    repository.branch("main", Some(&before));
    news.push(News::Head(last));

    let mut shuffle = Random::new(seed.wrapping_mul(31).wrapping_add(order));
    while !news.is_empty() {
        let index = if order == 0 { 0 } else { shuffle.below(news.len()) };
        match news.remove(index) {
            News::Tag(tag, commit) => repository.point(&tag.parse().map_err(|_| "a tag")?, &commit, None),
            News::Untag(tag) => repository.remove(&tag.parse().map_err(|_| "a tag")?),
            News::Head(commit) => repository.branch("main", Some(&commit)),
        }
        if shuffle.chance(50) {
            run(&shop)?;
        }
    }
    for _ in 0..3 {
        run(&shop)?;
        shop.stores.clock.advance(std::time::Duration::from_hours(1));
    }
    judge(&shop, false)?;
    run(&shop)?;
    run(&shop)?;
    places(&shop)
}

/// One worker, from beginning to end, in a world where nothing ever waits.
fn run(shop: &Shop) -> Result<(), String> {
    with(shop, async |worker| {
        worker.observe().await?;
        worker.work(|_| true, Others::Await).await.map(drop)
    })
}

/// Says of what runs in stage whether it is good, where a verdict is asked for.
fn judge(shop: &Shop, passed: bool) -> Result<(), String> {
    let check: Name = "e2e".parse().map_err(|_| "a name")?;
    let stage: Name = "stage".parse().map_err(|_| "a name")?;
    with(shop, async |worker| {
        let here = worker.state().environments.get(&stage).and_then(|here| Some(here.newest()?.deploy.clone()));
        let Some(deploy) = here.filter(|deploy| deploy.checks.contains(&check)) else { return Ok(()) };
        let say = |state: &_, policy: &_| {
            orders::verdict(state, policy, &stage, &deploy.commit, &check, passed, None).map(|fact| vec![fact])
        };
        worker.order(say).await.map(drop)
    })
}

fn with(
    shop: &Shop,
    work: impl AsyncFnOnce(
        &Worker<'_, trunkline_ports::memory::World<Plain>>,
    ) -> Result<(), trunkline_ports::failure::Failure>,
) -> Result<(), String> {
    let world = shop.stores.plain();
    let run = async {
        let worker = Worker::open(&world, &Silence, "worker", "main").await?;
        work(&worker).await
    };
    let mut run = Box::pin(run);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match run.as_mut().poll(&mut context) {
        std::task::Poll::Ready(result) => result.map_err(|failure| failure.to_string()),
        std::task::Poll::Pending => Err("a worker waits in a world without waiting".to_owned()),
    }
}

fn places(shop: &Shop) -> Result<Places, String> {
    let mut places = Places::new();
    with(shop, async |worker| {
        let state = worker.state();
        let Some(policy) = state.policy() else { return Ok(()) };
        for (name, here) in &state.environments {
            let Some(current) = here.current() else { continue };
            let all: Artifacts = current.deploy.artifacts.clone();
            let deploy = trunkline_core::fact::Deploy { artifacts: all, ..current.deploy.clone() };
            for unit in waves(&policy, &deploy, None).into_iter().flatten() {
                let there = shop.stores.targets.standing(&unit);
                places.extend(there.into_iter().map(|(artifact, there)| ((name.clone(), artifact), there)));
            }
        }
        Ok(())
    })?;
    Ok(places)
}

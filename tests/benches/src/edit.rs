//! One image in 1,000 kustomizations, against `ruamel.yaml` and `sed -i`. Every other byte must stay.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::measure::{Contestant, Figures, race};
use crate::stand::{Stand, shell, text};
use crate::subject::REPOSITORY;
use crate::table::Row;

/// How many kustomizations.
const FILES: usize = 1000;

/// The digest they have before.
const OLD: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// What `scripts/bench` puts the interpreter with `ruamel.yaml` into.
const INTERPRETER: &str = "TRUNKLINE_BENCH_PYTHON";

/// Sets tag and digest below one name, wherever that is; it knows nothing of YAML. `$1` the folder, `$2` tag, `$3` digest.
pub(crate) const SED: &str = r#"exec find "$1" -name kustomization.yaml -exec sed -i \
    -e "/name: registry.example\/shop\/api /,/digest:/{s/newTag: .*/newTag: \"$2\"/;s/digest: .*/digest: $3/}" {} +"#;

const RUAMEL: &str = "
import os, sys
from ruamel.yaml import YAML
yaml = YAML()
yaml.preserve_quotes = True
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        with open(path) as file:
            document = yaml.load(file)
        for image in document['images']:
            if image['name'] == 'registry.example/shop/api':
                image['newTag'], image['digest'] = sys.argv[2], sys.argv[3]
        with open(path, 'w') as file:
            yaml.dump(document, file)
";

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let folder = stand.folder("edit")?;
    let interpreter = std::env::var(INTERPRETER).unwrap_or_else(|_| "python3".to_owned());
    let mine = turn(&folder, "ours", true, |at, tag, digest| Ok(stand.subject("edit", &[at, tag, digest])));
    let sed = turn(&folder, "sed", true, |at, tag, digest| Ok(shell(SED, &[at, tag, digest])));
    let ruamel = turn(&folder, "ruamel", false, |at, tag, digest| {
        let mut command = Command::new(&interpreter);
        command.args(["-c", RUAMEL, at, tag, digest]);
        Ok(command)
    });
    let figures: Vec<Figures> = race(stand.rounds, None, &mut [mine, sed, ruamel])?;
    let others = changed(&folder.join("ruamel"), stand.rounds)?;
    let mut sed = Row::race(format!("{FILES} kustomizations against `sed -i`"), &figures[0], &figures[1]);
    sed = sed.at_least(0.5, ", every other byte equal", true);
    let what = format!("… against ruamel.yaml (which changes other bytes in {others} of them)");
    Ok(vec![sed, Row::race(what, &figures[0], &figures[2]).at_least(10.0, "", true)])
}

/// A contestant on files of its own, which are made anew each round.
fn turn<'a>(
    folder: &Path,
    name: &str,
    exact: bool,
    command: impl Fn(&str, &str, &str) -> Outcome<Command> + 'a,
) -> Contestant<'a> {
    let folder = folder.join(name);
    let checked = folder.clone();
    Contestant::new(
        move |round| {
            make(&folder, FILES)?;
            command(text(&folder)?, &tag(round), &digest(round))
        },
        move |round| match changed(&checked, round)? {
            0 => Ok(()),
            _ if !exact => Ok(()),
            wrong => Err(format!("{wrong} files are not what they should be").into()),
        },
    )
}

fn tag(round: usize) -> String {
    format!("v1.{round}")
}

/// A digest of its own for each round.
pub(crate) fn digest(round: usize) -> String {
    format!("sha256:{:064x}", round + 1)
}

/// How many files differ from what they should be.
fn changed(folder: &Path, round: usize) -> Outcome<usize> {
    let mut wrong = 0;
    for number in 0..FILES {
        let expected = kustomization(number).replace("\"old\"", &format!("\"{}\"", tag(round)));
        let found = fs::read_to_string(folder.join(format!("apps/{number:04}/kustomization.yaml")))?;
        wrong += usize::from(found != expected.replace(OLD, &digest(round)));
    }
    Ok(wrong)
}

/// Makes `apps/0000/kustomization.yaml` and so on.
pub(crate) fn make(folder: &Path, count: usize) -> Outcome {
    for number in 0..count {
        let place = folder.join(format!("apps/{number:04}"));
        fs::create_dir_all(&place)?;
        fs::write(place.join("kustomization.yaml"), kustomization(number))?;
    }
    Ok(())
}

fn kustomization(number: usize) -> String {
    format!(
        r#"# Owned by team {team}. Ask before you change anything here.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: shop-{number:04}   # one for each customer
resources:
  - ../../base
  -   service.yaml
commonLabels: {{app: "app-{number}",  team: '{team}'}}

images:
  - name: registry.example/shop/web   # not this one
    newTag: "1.0"
  - name: {REPOSITORY}  # set by the pipeline
    newTag: "old"
    digest: {OLD}

replicas:
  - name: api
    count: {team}
patches:
  - target: {{kind: Deployment, name: api}}
    patch: |-
      - op: replace
        path: /spec/template/spec/terminationGracePeriodSeconds
        value: 30
"#,
        team = number % 17
    )
}

//! Layers: the same input gives the same bytes, and nothing leads out.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use insta::assert_snapshot;
use serde_json::{Value, json};
use trunkline_ports::artifacts::Image;

use crate::support::{Export, Store, json as document, recipe, rerun_after, run, shown};

/// What `tar` shows of an image's last layer.
fn listing(store: &Store, image: &Image) -> String {
    let layout = store.layout("shop/web");
    let manifest = document(&layout, image.digest.as_str());
    let layer = manifest["layers"].as_array().unwrap().last().unwrap()["digest"].as_str().unwrap().replace(':', "/");
    run(
        "tar",
        &[
            "--list",
            "--verbose",
            "--utc",
            "--full-time",
            "--numeric-owner",
            "--file",
            layout.join("blobs").join(layer).to_str().unwrap(),
        ],
    )
}

async fn refusal(export: &Export, recipe: Value) -> String {
    let store = Store::new();
    shown(&store.build("shop/web", export, recipe).await.unwrap_err())
        .replace(export.path().to_str().unwrap(), "EXPORT")
}

#[tokio::test]
async fn the_same_files_give_the_same_digest_whatever_their_times_order_modes_and_path() {
    let one = Export::new();
    one.file("dist/a", "a")
        .file("dist/b/c", "c")
        .program("dist/run", "x")
        .link("dist/l", "b/c")
        .file("dist/big", vec![7; 3_000_000]);
    let other = Export::new();
    other
        .file("dist/big", vec![7; 3_000_000])
        .link("dist/l", "b/c")
        .program("dist/run", "x")
        .file("dist/b/c", "c")
        .file("dist/a", "a");
    fs::set_permissions(other.path().join("dist/a"), fs::Permissions::from_mode(0o660)).unwrap();
    fs::set_permissions(other.path().join("dist/b"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(other.path().join("dist/run"), fs::Permissions::from_mode(0o511)).unwrap();
    run("touch", &["--date=2001-01-01", other.path().join("dist/a").to_str().unwrap()]);

    for compression in ["gzip", "zstd"] {
        let mut recipe = recipe();
        recipe["compression"] = json!(compression);
        let first = Store::new().build("shop/web", &one, recipe.clone()).await.unwrap();
        let second = Store::new().build("shop/api", &other, recipe).await.unwrap();
        assert_eq!(first, second);
    }
}

#[tokio::test]
async fn an_image_has_the_digest_it_had_yesterday() {
    let image = Store::new().build("shop/web", &Export::site(), recipe()).await.unwrap();
    assert_snapshot!(image.digest, @"sha256:278e281cd674f753f10e3914efc890dc6c012542fd164768dbb7919f46ac3206");
}

#[tokio::test]
async fn entries_are_sorted_and_say_nothing_of_who_made_them() {
    let export = Export::new();
    let long = "n".repeat(120);
    export
        .file("dist/z", "zz")
        .file("dist/a/b", "b")
        .file(&format!("dist/{long}/{long}"), "long")
        .program("dist/run", "x")
        .link("dist/to", "a/b");
    let store = Store::new();
    let image = store.build("shop/web", &export, recipe()).await.unwrap();
    assert_snapshot!(listing(&store, &image).replace(&long, "LONG"), @"
    drwxr-xr-x 0/0               0 1970-01-01 00:00:00 srv
    drwxr-xr-x 0/0               0 1970-01-01 00:00:00 srv/www
    drwxr-xr-x 0/0               0 1970-01-01 00:00:00 srv/www/a
    -rw-r--r-- 0/0               1 1970-01-01 00:00:00 srv/www/a/b
    drwxr-xr-x 0/0               0 1970-01-01 00:00:00 srv/www/LONG
    -rw-r--r-- 0/0               4 1970-01-01 00:00:00 srv/www/LONG/LONG
    -rwxr-xr-x 0/0               1 1970-01-01 00:00:00 srv/www/run
    lrwxrwxrwx 0/0               0 1970-01-01 00:00:00 srv/www/to -> a/b
    -rw-r--r-- 0/0               2 1970-01-01 00:00:00 srv/www/z
    ");
}

#[tokio::test]
async fn a_file_goes_to_its_path_or_into_a_folder() {
    let store = Store::new();
    for (to, expected) in [("/serve", "serve"), ("/bin/", "bin/serve"), ("/", "serve")] {
        let recipe = json!({ "base": "scratch", "layers": [{ "from": "bin/linux-amd64/serve", "to": to }] });
        let image = store.build("shop/web", &Export::site(), recipe).await.unwrap();
        assert!(listing(&store, &image).trim_end().ends_with(&format!(" {expected}")), "{to}");
    }
}

#[tokio::test]
async fn a_link_that_leads_out_of_its_layer_is_refused() {
    for (target, inside) in [
        ("b/c", true),
        ("../srv/../www/b", false),
        ("b/../b/c", true),
        ("/srv/www/b", true),
        ("../../etc/passwd", false),
        ("/etc/passwd", false),
        ("..", false),
        ("b/../../www2", false),
        ("../../../../../../../../etc/passwd", false),
    ] {
        let export = Export::new();
        export.file("dist/b/c", "c").link("dist/link", target);
        let built = Store::new().build("shop/web", &export, recipe()).await;
        assert_eq!(built.is_ok(), inside, "{target}");
    }
    let export = Export::new();
    export.link("dist/deep/link", "../../../etc/passwd");
    assert_snapshot!(refusal(&export, recipe()).await, @"
    refused, path-escapes: the link `/srv/www/deep/link` leads out of its layer, to `../../../etc/passwd`
    help: copy the file in its place, or let one layer to `/` hold both; `dist` goes to `/srv/www`
    ");
}

#[tokio::test]
async fn a_source_that_leads_out_or_is_not_there_is_refused() {
    let export = Export::new();
    export.link("dist", "/etc");
    assert_snapshot!(refusal(&export, recipe()).await, @"
    refused, path-escapes: `dist` leads out of the export, through a link
    help: copy what it points to into the repository; nothing outside the commit is ever built in
    ");
    assert_snapshot!(refusal(&Export::new(), recipe()).await, @"
    refused, input-missing: `dist` is not there
    help: the build sees only what `watch` matches and what `run` wrote: is it among them?
    ");
    let up = json!({ "base": "scratch", "layers": [{ "from": "dist", "to": "/srv/../.." }] });
    assert_snapshot!(refusal(&Export::site(), up).await, @"
    refused, path-escapes: a layer cannot go to `/srv/../..`
    help: write an absolute path in the image, without `..`: `/app`
    ");
}

#[tokio::test]
async fn what_cannot_be_in_an_image_is_refused_by_name() {
    let export = Export::site();
    let _socket = UnixListener::bind(export.path().join("dist/socket")).unwrap();
    assert_snapshot!(refusal(&export, recipe()).await, @"
    refused, build-failed: `/srv/www/socket` is a socket: an image's layer holds files, folders and links
    help: remove it from `dist` before the layer is made
    ");
    let export = Export::site();
    run("mkfifo", &[export.path().join("dist/pipe").to_str().unwrap()]);
    assert_snapshot!(refusal(&export, recipe()).await, @"
    refused, build-failed: `/srv/www/pipe` is a pipe: an image's layer holds files, folders and links
    help: remove it from `dist` before the layer is made
    ");
    let export = Export::site();
    export.file("dist/.wh.index.html", "");
    assert_snapshot!(refusal(&export, recipe()).await, @"
    refused, build-failed: `/srv/www/.wh.index.html` would delete a file of the image: names that begin with `.wh.` mean that in a layer
    help: rename it in `dist`
    ");
}

/// No file may grow beyond 1 MiB in it, which is what a full disk does, without filling one.
const SMALL: &str = "trap '' XFSZ; ulimit -f 2048";

#[tokio::test]
async fn a_full_disk_ends_in_a_clear_message_and_leaves_nothing_behind() {
    if !rerun_after(SMALL, "layers::a_full_disk_ends_in_a_clear_message_and_leaves_nothing_behind", &[]) {
        return;
    }
    let export = Export::new();
    let mut noise = vec![0; 1_000_000];
    fs::File::open("/dev/urandom").unwrap().read_exact(&mut noise).unwrap();
    export.file("dist/a", &noise).file("dist/b", &noise);
    let store = Store::new();
    let failure = shown(&store.build("shop/web", &export, recipe()).await.unwrap_err());
    assert!(failure.starts_with("fault that stays: no room left: cannot write `"), "{failure}");
    let left: Vec<_> = fs::read_dir(store.layout("shop/web")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

//! The login that builds push with.

use futures_util::future::join_all;
use trunkline_ports::credentials::{Credentials as _, Login};
use trunkline_testbench::proxy::Step;

use crate::stage::{Stage, shown};

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

#[tokio::test]
async fn many_at_once_ask_once_and_no_other_host_is_asked_about() {
    let stage = Stage::mutable().await;
    for login in join_all((0..10).map(|_| stage.ecr.login(HOST))).await {
        let Some(Login::Password { user, password }) = login.unwrap() else { panic!("no password") };
        assert_eq!((&*user, password.expose()), ("AWS", "123456789012-auth-token"));
    }
    assert!(stage.ecr.login("registry.example").await.unwrap().is_none());
    assert_eq!(stage.proxy.actions(), ["GetAuthorizationToken"]);
}

#[tokio::test]
async fn who_may_not_log_in_is_told_which_permission_is_missing() {
    let stage = Stage::where_each("GetAuthorizationToken", Step::Answer(400, "AccessDeniedException")).await;
    let Err(refused) = stage.ecr.login(HOST).await else { panic!("logged in") };
    assert!(shown(&refused).contains("allow `ecr:GetAuthorizationToken`"), "{refused}");
}

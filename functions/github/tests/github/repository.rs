//! The rules of every repository, over GitHub.

use crate::support::Stand;

macro_rules! rules {
    ($($module:ident::$name:ident),*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let stand = Stand::new();
                trunkline_contract::repository::$module::$name(|fixture| stand.open(fixture)).await;
            }
        )*
    };
}

trunkline_contract::repository_rules!(rules);

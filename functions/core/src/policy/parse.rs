//! Reading the policy file (interim).
use super::Policy;
use crate::refusal::{Code, Refusal};

impl Policy {
    /// Reads a policy.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        serde_saphyr::from_str(text).map_err(|error| Refusal::new(Code::PolicyInvalid, error.to_string()))
    }
}

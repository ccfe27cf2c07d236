//! Which repositories are in ECR, by their names.

use std::fmt;

/// A repository of ECR.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The account whose registry it is: 12 digits.
    pub(super) account: String,
    /// Its region.
    pub(super) region: String,
    /// Its name there.
    pub(super) repository: String,
    host: String,
}

impl Place {
    /// Reads `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME` and its like (FIPS, dual stack, China); nothing when it is elsewhere.
    ///
    /// Source: <https://docs.aws.amazon.com/general/latest/gr/ecr.html>
    pub fn parse(repository: &str) -> Option<Self> {
        let (host, name) = repository.split_once('/')?;
        let (account, region) = registry(host)?;
        let (account, region, repository) = (account.to_owned(), region.to_owned(), name.to_owned());
        Some(Self { account, region, repository, host: host.to_owned() })
    }
}

/// The account and the region of a registry's host.
pub(super) fn registry(host: &str) -> Option<(&str, &str)> {
    let (account, rest) = host.split_once('.')?;
    let dual = |rest: &'static str| (rest, [".on.aws", ".on.amazonwebservices.com.cn"]);
    let single = |rest: &'static str| (rest, [".amazonaws.com", ".amazonaws.com.cn"]);
    let forms = [dual("dkr-ecr."), dual("dkr-ecr-fips."), single("dkr.ecr."), single("dkr.ecr-fips.")];
    let region = forms.iter().find_map(|(start, ends)| {
        let rest = rest.strip_prefix(start)?;
        ends.iter().find_map(|end| rest.strip_suffix(end))
    })?;
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !region.is_empty() && region.bytes().all(legal)).then_some((account, region))
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(repository: &str, expected: Option<(&str, &str, &str)>) {
        let place = Place::parse(repository);
        let told = place.as_ref().map(|place| (&*place.account, &*place.region, &*place.repository));
        assert_eq!(told, expected, "{repository}");
    }

    #[test]
    fn a_repository_is_in_ecr_by_its_host() {
        check("123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api", Some(("123456789012", "eu-west-1", "shop/api")));
        check("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/a", Some(("123456789012", "us-east-1", "a")));
        check("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a", Some(("123456789012", "cn-north-1", "a")));
        check("123456789012.dkr-ecr.eu-west-1.on.aws/a", Some(("123456789012", "eu-west-1", "a")));
    }

    #[test]
    fn any_other_host_is_not_ecr() {
        for other in [
            "shop/api",
            "registry.example/shop/api",
            "12345678901.dkr.ecr.eu-west-1.amazonaws.com/a",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example/a",
            "123456789012.dkr.ecr.eu-west-1/x.amazonaws.com/a",
            "123456789012.dkr.ecr..amazonaws.com/a",
            "public.ecr.aws/a/b",
        ] {
            check(other, None);
        }
    }
}

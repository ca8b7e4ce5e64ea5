use crate::names::names;

names! {
    /// What a member may do in a workspace. Later variants may do all that earlier ones may.
    Role, "role" {
        /// Reads.
        Viewer = "viewer",
        /// Reads, and sees costs.
        Analyst = "analyst",
        /// Runs executions. The plans' `member` is this.
        Operator = "operator" | "member",
        /// Manages members.
        Admin = "admin",
        /// Everything, money included.
        Owner = "owner",
    }
}

names! {
    /// What a workspace has paid for. Later variants include earlier ones. Set by billing alone.
    Tier, "tier" {
        Starter = "starter",
        Growth = "growth",
        Agency = "agency",
        Enterprise = "enterprise",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_tiers_are_ordered() {
        assert!(Role::Owner > Role::Admin && Role::Operator > Role::Viewer);
        assert!(Tier::Enterprise > Tier::Starter);
        assert_eq!("member".parse::<Role>().unwrap(), Role::Operator);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "gold".parse::<Tier>().unwrap_err().to_string();
        assert_eq!(
            error,
            r#""gold" is not a tier: expected one of starter, growth, agency, enterprise"#
        );
    }
}

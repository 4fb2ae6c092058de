//! What describes a site: fields, statuses, projects, the server, the caller.

use serde_json::{Value, json};

use super::ask::Ask;
use super::catalogue_json as shape;
use super::changelog_json::Histories;
use super::issue_json::{Page, timestamp};
use super::issues::paged;
use super::reply::{Answer, Reply};
use super::selection::Selection;
use crate::catalogue::{Category, Project};
use crate::options::Dialect;
use crate::sync::read;

/// Makes a list with everything at hand that shapes need.
fn listing(ask: &Ask, list: impl FnOnce(&Page<'_>) -> Vec<Value>) -> Vec<Value> {
    let site = read(&ask.shared.site);
    let selection = Selection::default();
    list(&Page {
        site: &site,
        catalogue: site.catalogue(),
        selection: &selection,
        base_url: &ask.shared.base_url,
        dialect: ask.shared.dialect,
        zone: ask.visitor.zone,
        histories: Histories::None,
    })
}

fn array(ask: &Ask, list: impl FnOnce(&Page<'_>) -> Vec<Value>) -> Reply {
    Reply::json(&listing(ask, list))
}

/// `GET /field`.
pub(crate) fn fields(ask: &Ask) -> Reply {
    array(ask, |page| page.catalogue.visible_fields().map(|field| shape::field(field, page.dialect)).collect())
}

/// `GET /status`.
pub(crate) fn statuses(ask: &Ask) -> Reply {
    array(ask, |page| page.catalogue.statuses.iter().map(|status| shape::status(&page.rest(), status)).collect())
}

/// `GET /statuscategory`.
pub(crate) fn status_categories(ask: &Ask) -> Reply {
    array(ask, |page| Category::ALL.iter().map(|category| shape::category(&page.rest(), *category)).collect())
}

/// `GET /issuetype`.
pub(crate) fn issue_types(ask: &Ask) -> Reply {
    array(ask, |page| page.catalogue.types.iter().map(|of| shape::issue_type(page, of)).collect())
}

/// `GET /priority`.
pub(crate) fn priorities(ask: &Ask) -> Reply {
    array(ask, |page| page.catalogue.priorities.iter().map(|p| shape::listed_choice(page, "priority", p)).collect())
}

/// `GET /resolution`.
pub(crate) fn resolutions(ask: &Ask) -> Reply {
    array(ask, |page| page.catalogue.resolutions.iter().map(|r| shape::listed_choice(page, "resolution", r)).collect())
}

/// `GET /project` of Data Center: all at once.
pub(crate) fn projects(ask: &Ask) -> Reply {
    array(ask, |page| projects_of(ask, page, |_| true))
}

/// `GET /project/search` of Cloud: pages of at most 100; keys and ids narrow it; 404 if there is none.
pub(crate) fn project_search(ask: &Ask) -> Answer {
    let keys: Vec<String> = ask.list("keys").unwrap_or_default();
    let ids: Vec<String> = ask.list("id").unwrap_or_default();
    let query = ask.param("query").unwrap_or_default().to_lowercase();
    if keys.len() > 50 || ids.len() > 50 {
        return Err(Reply::error(400, "At most 50 keys or ids are allowed."));
    }
    let wanted = |project: &Project| {
        let named = keys.is_empty() || keys.iter().any(|key| key.eq_ignore_ascii_case(&project.key));
        let numbered = ids.is_empty() || ids.contains(&project.id.to_string());
        let found = project.name.to_lowercase().contains(&query) || project.key.to_lowercase().contains(&query);
        named && numbered && found
    };
    let all = listing(ask, |page| projects_of(ask, page, wanted));
    if all.is_empty() {
        return Err(Reply::error(404, "No projects were found."));
    }
    paged(ask, &all, (50, 100), "values")
}

fn projects_of(ask: &Ask, page: &Page<'_>, wanted: impl Fn(&Project) -> bool) -> Vec<Value> {
    let seen = |project: &&Project| project.is_seen_by(ask.user());
    let projects = page.catalogue.projects.iter().filter(seen).filter(|project| wanted(project));
    projects.map(|project| shape::listed_project(page, project)).collect()
}

/// `GET /myself`: the one operation that never answers the anonymous.
pub(crate) fn myself(ask: &Ask) -> Answer {
    let site = read(&ask.shared.site);
    let user = ask.user().and_then(|id| site.catalogue().user(id)).ok_or_else(Reply::must_sign_in)?;
    let own = format!("{}/rest/api", ask.shared.base_url);
    Ok(Reply::json(&match ask.shared.dialect {
        Dialect::Cloud => json!({
            "self": format!("{own}/3/user?accountId={}", user.id), "accountId": user.id,
            "accountType": "atlassian", "emailAddress": user.email, "displayName": user.display_name,
            "active": true, "timeZone": user.zone.name(), "locale": "en_GB",
            "groups": { "size": 0, "items": [] }, "applicationRoles": { "size": 1, "items": [] },
        }),
        Dialect::DataCenter => json!({
            "self": format!("{own}/2/user?username={}", user.name), "key": user.id, "name": user.name,
            "emailAddress": user.email, "displayName": user.display_name, "active": true, "deleted": false,
            "timeZone": user.zone.name(), "locale": "en_GB",
            "groups": { "size": 0, "items": [] }, "applicationRoles": { "size": 1, "items": [] },
        }),
    }))
}

/// `GET /serverInfo`: open to everybody.
pub(crate) fn server_info(ask: &Ask) -> Reply {
    let options = &ask.shared.options;
    let (major, minor, patch) = options.server_version;
    let server_time = timestamp(options.clock.now(), options.zone);
    let mut info = match ask.shared.dialect {
        Dialect::Cloud => json!({
            "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
            "buildNumber": 100_285, "serverTimeZone": options.zone.name(), "displayUrl": ask.shared.base_url,
        }),
        // Data Center calls itself Server, too
        Dialect::DataCenter => json!({
            "version": format!("{major}.{minor}.{patch}"), "versionNumbers": [major, minor, patch],
            "deploymentType": "Server", "buildNumber": major * 1_000_000 + minor * 10_000 + patch,
            "databaseBuildNumber": major * 1_000_000 + minor * 10_000 + patch,
        }),
    };
    info["baseUrl"] = json!(ask.shared.base_url);
    info["buildDate"] = json!("2026-05-01T00:00:00.000+0000");
    info["serverTime"] = json!(server_time);
    info["scmInfo"] = json!("5132161f");
    info["serverTitle"] = json!(options.name);
    Reply::json(&info)
}

/// `GET /_edge/tenant_info`: open to everybody, and only Cloud has it.
pub(crate) fn tenant_info(ask: &Ask) -> Reply {
    Reply::json(&json!({ "cloudId": ask.shared.cloud_id }))
}

/// `GET /configuration`.
pub(crate) fn configuration(ask: &Ask) -> Reply {
    let on = ask.shared.options.time_tracking;
    Reply::json(&json!({
        "votingEnabled": true, "watchingEnabled": true, "unassignedIssuesAllowed": true, "subTasksEnabled": true,
        "issueLinkingEnabled": true, "timeTrackingEnabled": on, "attachmentsEnabled": true,
        "timeTrackingConfiguration": {
            "workingHoursPerDay": 8.0, "workingDaysPerWeek": 5.0, "timeFormat": "pretty", "defaultUnit": "minute",
        },
    }))
}

/// `GET /mypermissions`: Cloud wants to be told which, Data Center tells all.
pub(crate) fn my_permissions(ask: &Ask) -> Answer {
    let wanted = match (ask.shared.dialect, ask.list("permissions")) {
        (Dialect::Cloud, None) => return Err(Reply::error(400, "The permissions query parameter is required.")),
        (Dialect::Cloud, Some(wanted)) => wanted,
        (Dialect::DataCenter, _) if ask.user().is_none() => return Err(Reply::must_sign_in()),
        (Dialect::DataCenter, _) => vec!["BROWSE_PROJECTS".to_owned(), "ADMINISTER".to_owned()],
    };
    let permission = |(id, key): (usize, &String)| {
        let have = ask.user().is_some() && key != "ADMINISTER";
        let kind = if key == "ADMINISTER" { "GLOBAL" } else { "PROJECT" };
        let value = json!({ "id": id.to_string(), "key": key, "name": key, "type": kind, "havePermission": have });
        (key.clone(), value)
    };
    let permissions: serde_json::Map<_, _> = wanted.iter().enumerate().map(|(n, key)| permission((n, key))).collect();
    Ok(Reply::json(&json!({ "permissions": permissions })))
}

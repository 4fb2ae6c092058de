//! Statuses, projects, types, people and the like as JSON.

use serde_json::{Map, Value, json};

use super::issue_json::Page;
use crate::catalogue::{Catalogue, Category, Choice, IssueType, Project, SprintState, Status, User};
use crate::field::Field;
use crate::options::Dialect;

/// A status category; Jira has exactly four.
pub(crate) fn category(rest: &str, category: Category) -> Value {
    let (id, key, colour, name) = category.wire();
    json!({ "self": format!("{rest}/statuscategory/{id}"), "id": id, "key": key, "colorName": colour, "name": name })
}

/// A status with its category.
pub(crate) fn status(rest: &str, status: &Status) -> Value {
    let mut value = json!({
        "self": format!("{rest}/status/{}", status.id), "description": "", "iconUrl": "",
        "name": status.name, "id": status.id.to_string(), "statusCategory": category(rest, status.category),
    });
    add_scope(&mut value, status.scope);
    value
}

/// The status of an issue.
pub(crate) fn status_of(page: &Page<'_>, id: u32) -> Option<Value> {
    page.catalogue.status(id).map(|known| status(&page.rest(), known))
}

/// A project in short.
pub(crate) fn project(page: &Page<'_>, project: &Project) -> Value {
    let mut value = json!({
        "self": format!("{}/project/{}", page.rest(), project.id),
        "id": project.id.to_string(), "key": project.key, "name": project.name, "projectTypeKey": "software",
    });
    if page.dialect == Dialect::Cloud {
        value["simplified"] = json!(project.team_managed);
    }
    value
}

/// A project as Cloud's project search lists it.
pub(crate) fn listed_project(page: &Page<'_>, of: &Project) -> Value {
    let mut value = project(page, of);
    if page.dialect == Dialect::Cloud {
        value["style"] = json!(if of.team_managed { "next-gen" } else { "classic" });
        value["isPrivate"] = json!(false);
    }
    value
}

/// An issue type.
pub(crate) fn issue_type(page: &Page<'_>, of: &IssueType) -> Value {
    let mut value = json!({
        "self": format!("{}/issuetype/{}", page.rest(), of.id), "id": of.id.to_string(), "description": "",
        "iconUrl": "", "name": of.name, "subtask": of.level < 0,
    });
    if page.dialect == Dialect::Cloud {
        value["hierarchyLevel"] = json!(of.level);
        add_scope(&mut value, of.scope);
    }
    value
}

/// A person: account ids on Cloud, names and keys on Data Center.
pub(crate) fn user(page: &Page<'_>, user: &User) -> Value {
    let own = format!("{}/user", page.rest());
    match page.dialect {
        Dialect::Cloud => json!({
            "self": format!("{own}?accountId={}", user.id), "accountId": user.id, "accountType": "atlassian",
            "displayName": user.display_name, "active": true, "timeZone": user.zone.name(),
        }),
        Dialect::DataCenter => json!({
            "self": format!("{own}?username={}", user.name), "name": user.name, "key": user.id,
            "emailAddress": user.email, "displayName": user.display_name, "active": true,
            "timeZone": user.zone.name(),
        }),
    }
}

/// A value with id and name, by id.
pub(crate) fn choice(page: &Page<'_>, what: &str, among: &[Choice], id: Option<u32>) -> Value {
    let known = among.iter().find(|choice| Some(choice.id) == id);
    known.map_or(Value::Null, |choice| listed_choice(page, what, choice))
}

/// A value with id and name.
pub(crate) fn listed_choice(page: &Page<'_>, what: &str, choice: &Choice) -> Value {
    json!({ "self": format!("{}/{what}/{}", page.rest(), choice.id), "id": choice.id.to_string(), "name": choice.name })
}

/// Several values with id and name.
pub(crate) fn choices(page: &Page<'_>, what: &str, among: &[Choice], ids: &[u32]) -> Value {
    ids.iter().map(|id| choice(page, what, among, Some(*id))).collect()
}

/// Versions by id.
pub(crate) fn versions(page: &Page<'_>, ids: &[u32]) -> Value {
    let known = ids.iter().filter_map(|id| page.catalogue.versions.iter().find(|version| version.id == *id));
    let shape = |version: &crate::catalogue::Version| {
        json!({
            "self": format!("{}/version/{}", page.rest(), version.id), "id": version.id.to_string(),
            "name": version.name, "archived": false, "released": version.released,
        })
    };
    known.map(shape).collect()
}

/// Sprints: objects on Cloud, Java's own text on Data Center. Null where there is none.
pub(crate) fn sprints(catalogue: &Catalogue, ids: &[u32], dialect: Dialect) -> Value {
    let shape = |id: &u32| {
        let sprint = catalogue.sprints.iter().find(|sprint| sprint.id == *id)?;
        let state = match sprint.state {
            SprintState::Future => "future",
            SprintState::Active => "active",
            SprintState::Closed => "closed",
        };
        Some(match dialect {
            Dialect::Cloud => json!({ "id": sprint.id, "name": sprint.name, "state": state, "boardId": 1, "goal": "" }),
            Dialect::DataCenter => json!(format!(
                "com.atlassian.greenhopper.service.sprint.Sprint@1f2[id={},rapidViewId=1,state={},name={},\
                 startDate=<null>,endDate=<null>,completeDate=<null>,sequence={}]",
                sprint.id,
                state.to_uppercase(),
                sprint.name,
                sprint.id
            )),
        })
    };
    if ids.is_empty() { Value::Null } else { ids.iter().filter_map(shape).collect() }
}

/// Text as a document of Cloud's version 3.
pub(crate) fn document(text: &str) -> Value {
    json!({
        "type": "doc", "version": 1,
        "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }],
    })
}

/// A field as `/field` lists it; the key field has no schema at all.
pub(crate) fn field(field: &Field, dialect: Dialect) -> Value {
    let custom = field.custom_id();
    let mut value = json!({
        "id": field.id, "name": field.name, "custom": custom.is_some(), "orderable": true,
        "navigable": field.navigable, "searchable": !field.clause_names.is_empty(), "clauseNames": field.clause_names,
    });
    if dialect == Dialect::Cloud {
        value["key"] = json!(field.id);
        add_scope(&mut value, field.scope);
    }
    if let Some(schema_type) = field.schema_type {
        let mut schema = Map::new();
        schema.insert("type".into(), json!(schema_type));
        if let Some(items) = field.items {
            schema.insert("items".into(), json!(items));
        }
        match custom {
            Some(id) => {
                schema.insert("custom".into(), json!(field.custom_type));
                schema.insert("customId".into(), json!(id));
            }
            None => {
                schema.insert("system".into(), json!(field.id));
            }
        }
        value["schema"] = Value::Object(schema);
    }
    value
}

fn add_scope(value: &mut Value, scope: Option<u32>) {
    if let Some(project) = scope {
        value["scope"] = json!({ "type": "PROJECT", "project": { "id": project.to_string() } });
    }
}

//! How fast a page of issues becomes facts.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use okrsync_connections::{Wanted, wire::decode_issues};
use okrsync_domain::{issue::FieldId, measure::Metric};
use std::fmt::Write;

const ISSUES: u32 = 1000;

/// A page as Cloud gives it, with status, times and points.
fn page() -> String {
    let mut page = String::from("{\"issues\":[");
    for n in 0..ISSUES {
        let comma = if n == 0 { "" } else { "," };
        let done = if n % 3 == 0 { (3, "done") } else { (4, "indeterminate") };
        write!(
            page,
            r#"{comma}{{"expand":"operations,editmeta,changelog","id":"{id}","self":"https://northwind.atlassian.net/rest/api/3/issue/{id}",
            "key":"AE-{n}","fields":{{"updated":"2026-09-27T10:03:11.123+0200","timespent":{n},"timeoriginalestimate":null,"timeestimate":3600,
            "customfield_10016":{n}.5,"status":{{"self":"https://northwind.atlassian.net/rest/api/3/status/3","description":"",
            "iconUrl":"https://northwind.atlassian.net/images/icons/statuses/generic.png","name":"In Progress","id":"3",
            "statusCategory":{{"self":"https://northwind.atlassian.net/rest/api/3/statuscategory/4","id":{category},"key":"{key}","colorName":"yellow","name":"x"}}}}}}}}"#,
            id = 10_000 + n,
            category = done.0,
            key = done.1,
        )
        .expect("a string takes everything");
    }
    page + "],\"isLast\":true}"
}

fn decode(criterion: &mut Criterion) {
    let points = [FieldId::new("customfield_10016")];
    let metrics = [Metric::TimeSpent, Metric::RemainingEstimate, Metric::StoryPoints];
    let wanted = Wanted::for_metrics(&metrics.each_ref().map(|metric| (metric, &points[..])));
    let page = page();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(u64::from(ISSUES)));
    group.bench_function("issues", |bencher| {
        bencher.iter(|| decode_issues(page.as_bytes(), &wanted).expect("the page is sound"));
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);

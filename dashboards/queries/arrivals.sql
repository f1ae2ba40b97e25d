-- One row per kind of export: how many files came, and how old the newest day is.
select
    release_files.area,
    release_files.kind,
    count(*) as file_count,
    max(release_files.export_day) as newest_day,
    release.known_at - max(release_files.export_day) as days_behind
from release_files
cross join release
group by release_files.area, release_files.kind, release.known_at
order by release_files.area, release_files.kind

-- One statement, so that everything is from the same moment.
select 'alerts', key, data::text, checksum from bbb_scaler.alerts where fleet = $1
union all
select 'records', key, data::text, checksum from bbb_scaler.records where fleet = $1
union all
select 'pauses', key, data::text, checksum from bbb_scaler.pauses where fleet = $1
union all
select 'fleet', '', data::text, checksum from bbb_scaler.fleet where fleet = $1 and data is not null
union all
select 'load', key, data::text, checksum from bbb_scaler.load where fleet = $1
union all
select 'feeds', key, data::text, checksum from bbb_scaler.feeds where fleet = $1

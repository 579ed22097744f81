-- One statement, and so one transaction, which needs nothing more from the daemon once
-- it has begun: a daemon that stops in the middle leaves no lock behind.
--
-- The lock on the row of the lease keeps another daemon from acquiring it before this
-- statement ends. If this one waits for the lock, PostgreSQL evaluates the condition
-- again with the new row, so that a daemon that was deposed meanwhile writes nothing.
with held as (
	select from bbb_scaler.lease where fleet = $1 and epoch = $2 and holder <> '' for no key update
), alerts as (
	insert into bbb_scaler.alerts (fleet, key, data, checksum)
	select $1, key, data::json, checksum from unnest($3::text[], $4::text[], $5::text[]) as row (key, data, checksum)
	where exists (select from held)
	on conflict (fleet, key) do update set data = excluded.data, checksum = excluded.checksum
), no_alerts as (
	delete from bbb_scaler.alerts where fleet = $1 and key = any ($6::text[]) and exists (select from held)
), records as (
	insert into bbb_scaler.records (fleet, key, data, checksum)
	select $1, key, data::json, checksum from unnest($7::text[], $8::text[], $9::text[]) as row (key, data, checksum)
	where exists (select from held)
	on conflict (fleet, key) do update set data = excluded.data, checksum = excluded.checksum
), pauses as (
	insert into bbb_scaler.pauses (fleet, key, data, checksum)
	select $1, key, data::json, checksum from unnest($10::text[], $11::text[], $12::text[]) as row (key, data, checksum)
	where exists (select from held)
	on conflict (fleet, key) do update set data = excluded.data, checksum = excluded.checksum
), no_pauses as (
	delete from bbb_scaler.pauses where fleet = $1 and key = any ($13::text[]) and exists (select from held)
), counted as (
	update bbb_scaler.fleet
	set entries = entries + $16::bigint, data = coalesce($14::text::json, data), checksum = coalesce($15::text, checksum)
	where fleet = $1 and ($16 > 0 or $14::text is not null) and exists (select from held)
	returning entries
), journal as (
	insert into bbb_scaler.journal (fleet, seq, at, server, server_id, data, checksum)
	select $1, entries - $16 + n, at, server, server_id, row.data::json, row.checksum
	from counted, unnest($17::timestamptz[], $18::text[], $19::text[], $20::text[], $21::text[])
		with ordinality as row (at, server, server_id, data, checksum, n)
), old as (
	delete from bbb_scaler.journal where fleet = $1 and seq <= (select entries from counted) - $22::bigint
), load as (
	insert into bbb_scaler.load (fleet, key, data, checksum)
	select $1, key, data::json, checksum from unnest($23::text[], $24::text[], $25::text[]) as row (key, data, checksum)
	where exists (select from held)
	on conflict (fleet, key) do update set data = excluded.data, checksum = excluded.checksum
), no_load as (
	delete from bbb_scaler.load where fleet = $1 and key = any ($26::text[]) and exists (select from held)
), feeds as (
	insert into bbb_scaler.feeds (fleet, key, data, checksum)
	select $1, key, data::json, checksum from unnest($27::text[], $28::text[], $29::text[]) as row (key, data, checksum)
	where exists (select from held)
	on conflict (fleet, key) do update set data = excluded.data, checksum = excluded.checksum
), no_feeds as (
	delete from bbb_scaler.feeds where fleet = $1 and key = any ($30::text[]) and exists (select from held)
)
select exists (select from held)

-- Everything is in a schema of its own, so that the database can be shared with other
-- applications. Each fleet has its own rows.

create table bbb_scaler.fleet (
	fleet       text primary key,
	-- What tells this fleet from another one that is given the same name by mistake. An
	-- empty balancer takes that of the next daemon that opens the store.
	balancer    text not null,
	datacenters text[] not null,
	-- The record of the fleet as a whole; null until the first one is written.
	data        json,
	checksum    text,
	-- The number of the last journal entry.
	entries     bigint not null default 0
);

-- The lease: which daemon may write. Times are by the clock of the database.
create table bbb_scaler.lease (
	fleet   text primary key,
	holder  text not null default '', -- empty: nobody
	address text not null default '',
	digest  text not null default '',
	epoch   bigint not null default 0,
	since   timestamptz not null default clock_timestamp(),
	until   timestamptz not null default clock_timestamp()
);

-- The checksum is that of the key and the data: CRC-32C in hexadecimal digits. Half of
-- each page stays free, so that a row that changes stays on its page, which halves the
-- work of a change.

create table bbb_scaler.alerts (
	fleet    text,
	key      text, -- fingerprint
	data     json not null,
	checksum text not null,
	primary key (fleet, key)
) with (fillfactor = 50);

create table bbb_scaler.records (
	fleet    text,
	key      text, -- id of the server
	data     json not null,
	checksum text not null,
	primary key (fleet, key)
) with (fillfactor = 50);

create table bbb_scaler.pauses (
	fleet    text,
	key      text, -- id of the pause
	data     json not null,
	checksum text not null,
	primary key (fleet, key)
) with (fillfactor = 50);

create table bbb_scaler.journal (
	fleet     text,
	seq       bigint,
	at        timestamptz not null,
	server    text not null,
	server_id text not null,
	data      json not null,
	checksum  text not null,
	primary key (fleet, seq)
);
create index on bbb_scaler.journal (fleet, server, seq);
create index on bbb_scaler.journal (fleet, server_id, seq);
create index on bbb_scaler.journal using brin (at);

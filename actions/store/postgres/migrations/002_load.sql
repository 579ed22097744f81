-- The load that the scaler remembers for its forecast, and what its calendars said when
-- they were last read.

create table bbb_scaler.load (
	fleet    text,
	key      text, -- days since 1970-01-01, and the pool
	data     json not null,
	checksum text not null,
	primary key (fleet, key)
) with (fillfactor = 50);

create table bbb_scaler.feeds (
	fleet    text,
	key      text, -- name of the calendar
	data     json not null,
	checksum text not null,
	primary key (fleet, key)
);

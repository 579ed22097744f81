-- By name and by id apart, so that each reads the end of an index only.
(select seq, data::text, checksum from bbb_scaler.journal where fleet = $1 and server = $2 order by seq desc limit $3)
union
(select seq, data::text, checksum from bbb_scaler.journal where fleet = $1 and server_id = $2 order by seq desc limit $3)
order by seq desc limit $3

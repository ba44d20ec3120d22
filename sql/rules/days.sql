-- On how many days before the window the table has records: without some, everything would be new.
select count(distinct date_trunc('day', ts)) as days from history.{table}

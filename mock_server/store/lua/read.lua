-- 5: number after which to begin
local found = redis.call('HMGET', meta, 'added', 'dropped')
local added = tonumber(found[1] or 0)
local before = added - redis.call('LLEN', journal)
local skipped = math.max(0, tonumber(ARGV[5]) - before)
local entries = redis.call('LRANGE', journal, skipped, -1)
return {'ok', added, tonumber(found[2] or 0), entries, redis.call('ZRANGE', at .. 'left', 0, -1)}

-- 5: number of the entry whose client left
local left = at .. 'left'
redis.call('ZADD', left, ARGV[5], ARGV[5])
local before = tonumber(redis.call('HGET', meta, 'added') or 0) - redis.call('LLEN', journal)
redis.call('ZREMRANGEBYSCORE', left, '-inf', before)
live('left')
return {'ok'}

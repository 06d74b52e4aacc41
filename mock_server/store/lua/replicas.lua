-- 1: time to live, 2: format, 3: name of the replica, 4: what it serves, empty at its end, 5: seconds after which a
-- replica that is silent is gone
local found = redis.call('GET', KEYS[2])
if found and found ~= ARGV[2] then return {'format', found} end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[1])
local replicas, seen = base .. ':replicas', base .. ':seen'
if ARGV[4] == '' then
  redis.call('HDEL', replicas, ARGV[3])
  redis.call('ZREM', seen, ARGV[3])
else
  redis.call('HSET', replicas, ARGV[3], ARGV[4])
  redis.call('ZADD', seen, now, ARGV[3])
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now - tonumber(ARGV[5]))) do
  redis.call('HDEL', replicas, name)
  redis.call('ZREM', seen, name)
end
redis.call('EXPIRE', replicas, ARGV[1])
redis.call('EXPIRE', seen, ARGV[1])
return {'ok', redis.call('HGETALL', replicas)}

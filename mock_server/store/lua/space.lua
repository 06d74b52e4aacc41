-- Prelude of the scripts that work on a space.
-- 1: name of the space, 2: time to live in seconds, 3: maximum number of spaces, 4: seconds in which a space counts as
-- in use
local space, ttl = ARGV[1], tonumber(ARGV[2])
local at = base .. ':space:' .. space .. ':'
local function live(...)
  for _, key in ipairs({...}) do redis.call('EXPIRE', at .. key, ttl) end
end
local meta, states, used = at .. 'meta', at .. 'states', at .. 'used'
local journal = at .. 'journal'
if space ~= '' then
  local spaces = base .. ':spaces'
  if not redis.call('ZSCORE', spaces, space) then
    redis.call('ZREMRANGEBYSCORE', spaces, '-inf', now - ttl)
    if redis.call('ZCARD', spaces) >= tonumber(ARGV[3]) then
      local oldest = redis.call('ZRANGE', spaces, 0, 0, 'WITHSCORES')
      if #oldest == 0 or now - tonumber(oldest[2]) < tonumber(ARGV[4]) then return {'full'} end
      drop(oldest[1])
    end
  end
  redis.call('ZADD', spaces, now, space)
  redis.call('EXPIRE', spaces, ttl)
end
-- A version is a time, so that it never comes back after Redis has lost its data.
local function write_rules(rules)
  local version = clock[1] .. '.' .. clock[2]
  redis.call('HSET', meta, 'version', version, 'rules', rules)
  return version
end
local function rules_since(known)
  local version = redis.call('HGET', meta, 'version') or '0'
  return version, version ~= known and (redis.call('HGET', meta, 'rules') or '') or ''
end

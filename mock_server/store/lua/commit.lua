-- 5: version of the rules that is known, 6 and 7: conversation that was read and its state, 8 and 9: conversation to
-- write and its state, 10: rules to write, 11: request id, 12: entry, 13: response if the entry lacks a part of it,
-- 14 to 16: maximum number of conversations, number of requests, and size of the journal
if ARGV[11] ~= '' then
  local answer = redis.call('HGET', at .. 'answers', ARGV[11])
  if answer then return {'answered', answer} end
end
local version, rules = rules_since(ARGV[5])
local state = ARGV[6] ~= '' and redis.call('HGET', states, ARGV[6]) or ''
-- Not every request needs to renew the times to live and to look for what has expired.
local is_due = now - tonumber(redis.call('HGET', meta, 'renewed') or 0) > ttl / 100
local taken = ARGV[8] ~= '' and ARGV[8] ~= ARGV[6] and redis.call('HEXISTS', states, ARGV[8]) or 0
if version ~= ARGV[5] or state ~= ARGV[7] or taken == 1 then return {'changed', version, rules, state, taken} end

if ARGV[8] ~= '' then
  redis.call('HSET', states, ARGV[8], ARGV[9])
  redis.call('ZADD', used, now, ARGV[8])
  local total = redis.call('ZCARD', used)
  local excess, gone = total - tonumber(ARGV[14]), {}
  if is_due then gone = redis.call('ZRANGEBYSCORE', used, '-inf', now - ttl, 'LIMIT', 0, 1000) end
  if excess > #gone then gone = redis.call('ZRANGE', used, 0, excess - 1) end
  for _, name in ipairs(gone) do
    redis.call('HDEL', states, name)
    redis.call('ZREM', used, name)
  end
  if total == 1 then live('states', 'used') end
end
if ARGV[10] ~= '' then version = write_rules(ARGV[10]) end

local most, most_bytes = tonumber(ARGV[15]), tonumber(ARGV[16])
local number = redis.call('HINCRBY', meta, 'added', 1)
local count = redis.call('RPUSH', journal, ARGV[12])
local bytes = redis.call('HINCRBY', meta, 'bytes', #ARGV[12])
while count > 0 and (count > most or bytes > most_bytes) do
  bytes = redis.call('HINCRBY', meta, 'bytes', -#redis.call('LPOP', journal))
  redis.call('HINCRBY', meta, 'dropped', 1)
  count = count - 1
end
if count == 1 then live('journal') end

if ARGV[11] ~= '' then
  local answers, order = at .. 'answers', at .. 'order'
  local answer = ARGV[13] ~= '' and ARGV[13] or ARGV[12]
  redis.call('HSET', answers, ARGV[11], answer)
  local kept = redis.call('RPUSH', order, ARGV[11])
  local size = redis.call('HINCRBY', meta, 'answer-bytes', #answer)
  while kept > 1 and (kept > tonumber(ARGV[14]) or size > most_bytes) do
    local oldest = redis.call('LPOP', order)
    size = redis.call('HINCRBY', meta, 'answer-bytes', -redis.call('HSTRLEN', answers, oldest))
    redis.call('HDEL', answers, oldest)
    kept = kept - 1
  end
  if kept == 1 then live('answers', 'order') end
end
if is_due then
  redis.call('HSET', meta, 'renewed', now)
  live('meta', 'states', 'used', 'openings', 'journal', 'left', 'answers', 'order')
end
return {'ok', number, version}

"""The Lua scripts that read and change the shared state. Redis runs each of them as one step.

A space has these keys, all with a time to live; ``AT`` is ``PREFIX:FORMAT:space:NAME:``.

- ``AT:meta``: hash with the version of the rules, the rules, counters of ids and of the journal
- ``AT:states`` and ``AT:used``: states of the conversations by id, and when each was last used
- ``AT:openings``: how often recorded conversations with the same opening were started
- ``AT:journal`` and ``AT:left``: the entries, and the numbers of those whose client left
- ``AT:answers`` and ``AT:order``: responses by request id, and these ids, oldest first
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1

FORMAT = "1"
"""The version of keys and values. Increase it when either changes."""


@dataclass(frozen=True)
class Script:
    """A script."""

    text: str
    digest: str = field(init=False)
    """Its SHA-1, the name by which Redis knows it once it is loaded."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha1(self.text.encode(), usedforsecurity=False).hexdigest())


_CLOCK = """
local base = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local function drop(name)
  for _, key in ipairs({'meta', 'states', 'used', 'openings', 'journal', 'left', 'answers', 'order'}) do
    redis.call('UNLINK', base .. ':space:' .. name .. ':' .. key)
  end
  return redis.call('ZREM', base .. ':spaces', name)
end
"""

# Arguments: the name of the space, the time to live in seconds, the maximum number of spaces, and the seconds in which
# a space counts as in use.
_SPACE = (
    _CLOCK
    + """
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
"""
)

LOAD = Script(
    _SPACE
    + """
-- 5: version of the rules that is known, 6: conversation, 7: "1" to take an id, 8: opening
local version, rules = rules_since(ARGV[5])
local state = ARGV[6] ~= '' and redis.call('HGET', states, ARGV[6]) or ''
local id, opening = 0, 0
if ARGV[7] == '1' then
  id = redis.call('HINCRBY', meta, 'ids', 1)
  live('meta')
end
if ARGV[8] ~= '' then
  opening = redis.call('HINCRBY', at .. 'openings', ARGV[8], 1)
  live('openings')
end
return {'ok', version, rules, state, id, opening}
"""
)

COMMIT = Script(
    _SPACE
    + """
-- 5: version of the rules that is known, 6 and 7: conversation that was read and its state, 8 and 9: conversation to
-- write and its state, 10: rules to write, 11: request id, 12: entry, 13: response if the entry lacks a part of it,
-- 14 to 16: maximum number of conversations, number of requests, and size of the journal
if ARGV[11] ~= '' then
  local answer = redis.call('HGET', at .. 'answers', ARGV[11])
  if answer then return {'answered', answer} end
end
local version, rules = rules_since(ARGV[5])
local state = ARGV[6] ~= '' and redis.call('HGET', states, ARGV[6]) or ''
-- Renewing the times to live, and looking for what is over, need not happen with each request.
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
"""
)

RULES = Script(
    _SPACE
    + """
-- 5: version of the rules that is known, 6: "1" to write, 7: rules to write
local version, rules = rules_since(ARGV[5])
if ARGV[6] == '1' and version == ARGV[5] then
  version = write_rules(ARGV[7])
  live('meta')
  return {'ok', version, ARGV[7]}
end
return {'changed', version, rules}
"""
)

READ = Script(
    _SPACE
    + """
-- 5: number after which to begin
local found = redis.call('HMGET', meta, 'added', 'dropped')
local added = tonumber(found[1] or 0)
local before = added - redis.call('LLEN', journal)
local skipped = math.max(0, tonumber(ARGV[5]) - before)
local entries = redis.call('LRANGE', journal, skipped, -1)
return {'ok', added, tonumber(found[2] or 0), entries, redis.call('ZRANGE', at .. 'left', 0, -1)}
"""
)

LEFT = Script(
    _SPACE
    + """
-- 5: number of the entry whose client left
local left = at .. 'left'
redis.call('ZADD', left, ARGV[5], ARGV[5])
local before = tonumber(redis.call('HGET', meta, 'added') or 0) - redis.call('LLEN', journal)
redis.call('ZREMRANGEBYSCORE', left, '-inf', before)
live('left')
return {'ok'}
"""
)

CLEAR = Script(
    _SPACE
    + """
-- 5: "1" to forget conversations and rules too
redis.call('UNLINK', journal, at .. 'left')
redis.call('HDEL', meta, 'bytes', 'dropped')
if ARGV[5] == '1' then
  redis.call('UNLINK', states, used, at .. 'openings', at .. 'answers', at .. 'order')
  redis.call('HDEL', meta, 'ids', 'answer-bytes')
  write_rules('')
  live('meta')
end
return {'ok'}
"""
)

SIZES = Script(
    _SPACE
    + """
return {'ok', redis.call('HLEN', states), redis.call('LLEN', journal), redis.call('HGET', meta, 'rules') or ''}
"""
)

SPACES = Script(_CLOCK + "return {'ok', redis.call('ZRANGE', base .. ':spaces', 0, -1)}\n")

DELETE = Script(_CLOCK + "return {'ok', drop(ARGV[1])}\n")

REPLICAS = Script(
    _CLOCK
    + """
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
"""
)

ALL = (LOAD, COMMIT, RULES, READ, LEFT, CLEAR, SIZES, SPACES, DELETE, REPLICAS)

-- Prelude of every script: the time, and how a space is removed.
local base = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local function drop(name)
  for _, key in ipairs({'meta', 'states', 'used', 'openings', 'journal', 'left', 'answers', 'order'}) do
    redis.call('UNLINK', base .. ':space:' .. name .. ':' .. key)
  end
  return redis.call('ZREM', base .. ':spaces', name)
end

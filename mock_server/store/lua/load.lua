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

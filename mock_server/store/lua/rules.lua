-- 5: version of the rules that is known, 6: "1" to write, 7: rules to write
local version, rules = rules_since(ARGV[5])
if ARGV[6] == '1' and version == ARGV[5] then
  version = write_rules(ARGV[7])
  live('meta')
  return {'ok', version, ARGV[7]}
end
return {'changed', version, rules}

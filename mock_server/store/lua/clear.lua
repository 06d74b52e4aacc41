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

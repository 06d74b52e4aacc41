-- 1: name of the space
return {'ok', drop(ARGV[1])}

return {'ok', redis.call('ZRANGE', base .. ':spaces', 0, -1)}

return {'ok', redis.call('HLEN', states), redis.call('LLEN', journal), redis.call('HGET', meta, 'rules') or ''}

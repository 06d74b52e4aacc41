<?php
// A chat service for PHP's built-in server, with json_decode and the checks that is_string and is_int make.
//
// json_decode reads integers outside of 64 bits as floats, takes the last of two equal keys, and rejects a name that
// begins with NUL. DateTimeImmutable reads nearly any text as a time.

declare(strict_types=1);

function fault(array $loc, string $msg, string $type): array
{
    return ['loc' => ['body', ...$loc], 'msg' => $msg, 'type' => $type];
}

function string_faults(object $holder, array $loc, array $required, array $optional): array
{
    $faults = [];
    foreach ([...$required, ...$optional] as $name) {
        if (!property_exists($holder, $name)) {
            if (in_array($name, $required, true)) {
                $faults[] = fault([...$loc, $name], 'Field required', 'missing');
            }
        } elseif (!is_string($holder->$name)) {
            $faults[] = fault([...$loc, $name], 'Must be a string', 'string');
        }
    }
    return $faults;
}

function timestamp_faults(mixed $value, array $loc): array
{
    if (!is_string($value)) {
        return [];
    }
    try {
        new DateTimeImmutable($value);
        return [];
    } catch (Exception $error) {
        return [fault($loc, 'Not a date-time', 'date_time')];
    }
}

function event_faults(mixed $event, int $index): array
{
    if (!is_object($event)) {
        return [fault(['events', $index], 'Must be an object', 'object')];
    }
    return [
        ...string_faults($event, ['events', $index], ['timestamp', 'type'], ['item_id', 'description']),
        ...timestamp_faults($event->timestamp ?? null, ['events', $index, 'timestamp']),
    ];
}

function faults(mixed $body): array
{
    if (!is_object($body)) {
        return [fault([], 'Must be an object', 'object')];
    }
    $faults = string_faults($body, [], ['message'], ['conversation_id', 'session_id', 'user_id']);
    $limit = property_exists($body, 'limit') ? $body->limit : 4;
    if (!is_int($limit) && !(is_float($limit) && floor($limit) === $limit)) {
        $faults[] = fault(['limit'], 'Must be an integer', 'integer');
    }
    $events = property_exists($body, 'events') ? $body->events : [];
    if (!is_array($events)) {
        return [...$faults, fault(['events'], 'Must be an array', 'array')];
    }
    return [...$faults, ...array_merge(...array_map(event_faults(...), $events, array_keys($events)))];
}

function uuid(): string
{
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex(random_bytes(16)), 4));
}

function reply(object $body): array
{
    $items = json_decode(file_get_contents(getenv('CATALOGUE')));
    $limit = (int) max(0, min($body->limit ?? 4, count($items)));
    $id = ($body->conversation_id ?? '') === '' ? uuid() : $body->conversation_id;
    return ['conversation_id' => $id, 'message' => 'Here you are.', 'items' => array_slice($items, 0, $limit)];
}

function send(int $status, mixed $body, array $headers = []): void
{
    http_response_code($status);
    foreach (['Content-Type: application/json', ...$headers] as $header) {
        header($header);
    }
    echo json_encode($body, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
}

if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/v1/chat') {
    send(404, ['detail' => 'Not found']);
} elseif ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    send(405, ['detail' => 'Method not allowed'], ['Allow: POST']);
} else {
    $body = json_decode(file_get_contents('php://input'));
    $faults = json_last_error() === JSON_ERROR_NONE
        ? faults($body)
        : [fault([], json_last_error_msg(), 'json_invalid')];
    send($faults ? 422 : 200, $faults ? ['detail' => $faults] : reply($body));
}
